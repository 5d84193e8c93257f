/**
 * Splits a Markdown document into front matter and body, and reads the front matter as data.
 *
 * R5. Reading executes nothing, whatever the text contains. gray-matter would evaluate `---js` (also `--- js`, `---JS`,
 *     `---javascript`), so: its first line must be exactly `---`, every one of its engines is replaced, its `stringify`
 *     is never called, and it always gets an options object (without one it caches and shares results).
 * F1. The closing line must be exactly `---` too: gray-matter would also split at `---anything`.
 * F2. Lines and columns are those of the whole document.
 */
import matter from "gray-matter";
import type { Problem } from "./problem.ts";
import { parseYaml, type YamlMap } from "./yaml-tree.ts";

export type MarkdownDocument = {
  /** Null where the document has no front matter, or an empty or unusable one. */
  readonly frontMatter: YamlMap | null;
  /** True when the document opens with a front matter block, usable or not. */
  readonly hasFrontMatter: boolean;
  readonly body: string;
  /** 1-based line of the document on which the body starts. */
  readonly bodyLine: number;
  readonly problems: readonly Problem[];
};

const firstLine = /^\ufeff?---[ \t]*\r?\n/;
/** What only looks like a first line: a language or anything else behind the three dashes. */
const tagged = /^\ufeff?---[^\S\n]*([^\s-][^\n]*)(?:\n|$)/;
const closingLine = /^---[ \t]*(?:\r?\n|$)/;

/** The front matter's own ceiling; a document may be larger (`file.ts`). In UTF-16 code units. */
export const frontMatterLimit = 64 * 1024;

const refuse = (): never => {
  throw new TypeError("no engine but ours may read front matter");
};
/** R5: all of gray-matter's engines and both of its aliases. Ours reads nothing either: it leaves the text to `parseYaml`. */
const engines = {
  yaml: { parse: (): object => ({}), stringify: refuse },
  yml: { parse: (): object => ({}), stringify: refuse },
  json: { parse: refuse, stringify: refuse },
  javascript: { parse: refuse, stringify: refuse },
  js: { parse: refuse, stringify: refuse },
  coffee: { parse: refuse, stringify: refuse },
  toml: { parse: refuse, stringify: refuse },
};

/** Reads a document that is already in memory. Never throws for what the text contains. */
export function readMarkdown(text: string, file: string): MarkdownDocument {
  if (!firstLine.test(text)) return withoutFrontMatter(text, file);
  const start = text.startsWith("\ufeff") ? 4 : 3;
  const fault = sizeFault(text, start, file);
  if (fault) return unusable(fault);
  const source = matter(text, { engines, language: "yaml", delimiters: ["---", "---"], excerpt: false }).matter;
  const closing = text.slice(start + source.length + 1);
  const line = countLines(source) + 1;
  if (!closingLine.test(closing)) return unusable(unclosed(closing, line, file));
  const end = closingLine.exec(closing)?.[0] ?? "";
  const { tree, problems } = parseYaml(`${source}\n`, file);
  const shape = tree === null || tree.kind === "map" ? [] : [notAMap(file, tree.line, tree.column)];
  return {
    frontMatter: tree?.kind === "map" ? tree : null,
    hasFrontMatter: true,
    body: closing.slice(end.length),
    bodyLine: line + (end.endsWith("\n") ? 1 : 0),
    problems: [...problems, ...shape],
  };
}

function withoutFrontMatter(text: string, file: string): MarkdownDocument {
  const language = tagged.exec(text)?.[1]?.trim();
  const problem: Problem = {
    code: "front-matter-language",
    severity: "error",
    message: `The first line is "---" followed by "${(language ?? "").slice(0, 40)}": front matter is YAML here, and nothing else is read or executed.`,
    file,
    line: 1,
    column: 4,
    hint: 'Make the first line exactly "---" and write the front matter as YAML.',
  };
  return {
    frontMatter: null,
    hasFrontMatter: false,
    body: text,
    bodyLine: 1,
    problems: language === undefined ? [] : [problem],
  };
}

function unusable(problem: Problem): MarkdownDocument {
  return { frontMatter: null, hasFrontMatter: true, body: "", bodyLine: 1, problems: [problem] };
}

/** Before gray-matter sees the text: one of its patterns takes quadratic time over a long run of blank lines. */
function sizeFault(text: string, start: number, file: string): Problem | null {
  const end = text.indexOf("\n---", start);
  const source = text.slice(start, end === -1 ? text.length : end);
  if (source.length <= frontMatterLimit && !/\s{500}/.test(source)) return null;
  return {
    code: "front-matter-too-large",
    severity: "error",
    message: `The front matter is longer than ${frontMatterLimit / 1024} KB, or is mostly blank.`,
    file,
    line: 1,
    column: 1,
    hint: 'Close it with a line that is exactly "---", and move long texts into the body.',
  };
}

function unclosed(closing: string, line: number, file: string): Problem {
  return {
    code: "front-matter-unclosed",
    severity: "error",
    message:
      closing === ""
        ? 'The front matter that "---" opens in line 1 is never closed.'
        : 'A line that starts with "---" but holds more than that neither closes the front matter nor belongs in it.',
    file,
    line: closing === "" ? 1 : line,
    column: 1,
    hint: 'Put a line with exactly "---" after the last key.',
  };
}

function notAMap(file: string, line: number, column: number): Problem {
  return {
    code: "front-matter-shape",
    severity: "error",
    message: "The front matter must be a map of keys and values.",
    file,
    line,
    column,
    hint: "Write `key: value` lines between the two --- lines.",
  };
}

function countLines(text: string): number {
  let lines = 1;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) lines += 1;
  return lines;
}
