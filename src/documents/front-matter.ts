/**
 * Splits a Markdown document into front matter and body, and reads the front matter as data.
 *
 * R5. Reading executes nothing, whatever the text contains. gray-matter would evaluate `---js` (also `--- js`, `---JS`,
 *     `---javascript`), so: its first line must be exactly `---` (or `+++`, for TOML), every one of its engines is replaced, its `stringify`
 *     is never called, and it always gets an options object (without one it caches and shares results).
 * F1. The closing line must be exactly `---` too: gray-matter would also split at `---anything`.
 * F2. Lines and columns are those of the whole document.
 */
import matter from "gray-matter";
import type { Problem } from "./problem.ts";
import { parseToml } from "./toml-tree.ts";
import { parseYaml, type YamlMap, type YamlValue } from "./yaml-tree.ts";

/** What the lines around the front matter say that it is written in: `---` YAML, `+++` TOML. */
export type FrontMatterLanguage = "yaml" | "toml";

export type MarkdownDocument = {
  /** Null where the document has no front matter, or an empty or unusable one. */
  readonly frontMatter: YamlMap | null;
  /** Of the block that the document opens with, usable or not; null where it opens with none. */
  readonly language: FrontMatterLanguage | null;
  readonly body: string;
  /** 1-based line of the document on which the body starts. */
  readonly bodyLine: number;
  readonly problems: readonly Problem[];
};

const fences = {
  yaml: { mark: "---", first: /^\ufeff?---[ \t]*\r?\n/, closing: /^---[ \t]*(?:\r?\n|$)/ },
  toml: { mark: "+++", first: /^\ufeff?\+\+\+[ \t]*\r?\n/, closing: /^\+\+\+[ \t]*(?:\r?\n|$)/ },
} as const;
/** What only looks like a first line: a language or anything else behind the three dashes. */
const tagged = /^\ufeff?---[^\S\n]*([^\s-][^\n]*)(?:\n|$)/;
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
  const language = languageOf(text);
  if (language === null) return withoutFrontMatter(text, file);
  const { mark, closing: closingLine } = fences[language];
  const start = text.startsWith("\ufeff") ? 4 : 3;
  const fault = sizeFault(text, start, mark, file);
  if (fault) return unusable(language, fault);
  const source = matter(text, { engines, language: "yaml", delimiters: [mark, mark], excerpt: false }).matter;
  const closing = text.slice(start + source.length + 1);
  const line = countLines(source) + 1;
  if (!closingLine.test(closing)) return unusable(language, unclosed(closing, line, mark, file));
  const end = closingLine.exec(closing)?.[0] ?? "";
  const { tree, problems } = parse(language, `${source}\n`, file);
  const whole = { language, body: closing.slice(end.length), bodyLine: line + (end.endsWith("\n") ? 1 : 0) };
  if (tree === null || tree.kind === "map") return { ...whole, frontMatter: tree, problems };
  return { ...whole, frontMatter: null, problems: [...problems, notAMap(file, tree.line, tree.column)] };
}

function languageOf(text: string): FrontMatterLanguage | null {
  if (fences.yaml.first.test(text)) return "yaml";
  return fences.toml.first.test(text) ? "toml" : null;
}

function parse(
  language: FrontMatterLanguage,
  source: string,
  file: string,
): { readonly tree: YamlValue | null; readonly problems: readonly Problem[] } {
  // What gray-matter calls the matter begins with the rest of the first line.
  if (language === "yaml") return parseYaml(source, file);
  const { tree, problems } = parseToml(source, file, 1);
  return { tree: tree?.entries.length === 0 ? null : tree, problems };
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
    language: null,
    body: text,
    bodyLine: 1,
    problems: language === undefined ? [] : [problem],
  };
}

function unusable(language: FrontMatterLanguage, problem: Problem): MarkdownDocument {
  return { frontMatter: null, language, body: "", bodyLine: 1, problems: [problem] };
}

/** Before gray-matter sees the text: one of its patterns takes quadratic time over a long run of blank lines. */
function sizeFault(text: string, start: number, mark: string, file: string): Problem | null {
  const end = text.indexOf(`\n${mark}`, start);
  const source = text.slice(start, end === -1 ? text.length : end);
  if (source.length <= frontMatterLimit && !/\s{500}/.test(source)) return null;
  return {
    code: "front-matter-too-large",
    severity: "error",
    message: `The front matter is longer than ${frontMatterLimit / 1024} KB, or is mostly blank.`,
    file,
    line: 1,
    column: 1,
    hint: `Close it with a line that is exactly "${mark}", and move long texts into the body.`,
  };
}

function unclosed(closing: string, line: number, mark: string, file: string): Problem {
  return {
    code: "front-matter-unclosed",
    severity: "error",
    message:
      closing === ""
        ? `The front matter that "${mark}" opens in line 1 is never closed.`
        : `A line that starts with "${mark}" but holds more than that neither closes the front matter nor belongs in it.`,
    file,
    line: closing === "" ? 1 : line,
    column: 1,
    hint: `Put a line with exactly "${mark}" after the last key.`,
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
