/** `list_code_definition_names`: what a source file defines, by patterns on its lines. Honest about being no parser. */
import { z } from "zod";
import { answering, breathe, done, failed, isOutcome, pathOr, printable } from "./answer.ts";
import { decodeText, readWhole } from "./read-bytes.ts";
import { workspacePath } from "./read-tools.ts";
import { isPathError, openFolder } from "./safe-files.ts";
import type { Tool } from "./tool.ts";
import { walkFolder } from "./walk-folder.ts";

type Pattern = { readonly kind: string; readonly expression: RegExp };

export type Definition = { readonly line: number; readonly kind: string; readonly name: string };

// Every expression is anchored, and each of its repetitions ends where the next part begins: no backtracking over a line.
const script: readonly Pattern[] = [
  { kind: "class", expression: /^\s*(?:export )?(?:default )?(?:abstract )?class ([\w$]+)/ },
  { kind: "function", expression: /^\s*(?:export )?(?:default )?(?:async )?function\s?\*? ?([\w$]+)/ },
  {
    kind: "function",
    expression:
      /^(?:export )?(?:const|let) ([\w$]+)[^=]{0,200}= ?(?:async )?(?:function\b|\([^)]{0,300}\)[^=]{0,100}=>|[\w$]+ ?=>)/,
  },
  { kind: "interface", expression: /^\s*(?:export )?(?:declare )?interface ([\w$]+)/ },
  { kind: "type", expression: /^\s*(?:export )?(?:declare )?type ([\w$]+)/ },
  { kind: "enum", expression: /^\s*(?:export )?(?:declare )?(?:const )?enum ([\w$]+)/ },
  { kind: "namespace", expression: /^\s*(?:export )?(?:declare )?namespace ([\w$.]+)/ },
  { kind: "constant", expression: /^export (?:const|let|var) ([\w$]+)/ },
];
const python: readonly Pattern[] = [
  { kind: "class", expression: /^\s*class (\w+)/ },
  { kind: "function", expression: /^\s*(?:async )?def (\w+)/ },
  { kind: "constant", expression: /^([A-Z][A-Z0-9_]+)\s?(?::[^=]{1,100})?= / },
];
const go: readonly Pattern[] = [
  { kind: "function", expression: /^func (\w+)/ },
  { kind: "method", expression: /^func \([^)]{1,100}\) (\w+)/ },
  { kind: "type", expression: /^type (\w+)/ },
];
const rust: readonly Pattern[] = [
  { kind: "function", expression: /^\s*(?:pub(?:\([a-z]{1,20}\))? )?(?:const )?(?:async )?(?:unsafe )?fn (\w+)/ },
  { kind: "struct", expression: /^\s*(?:pub(?:\([a-z]{1,20}\))? )?struct (\w+)/ },
  { kind: "enum", expression: /^\s*(?:pub(?:\([a-z]{1,20}\))? )?enum (\w+)/ },
  { kind: "trait", expression: /^\s*(?:pub(?:\([a-z]{1,20}\))? )?(?:unsafe )?trait (\w+)/ },
  { kind: "impl", expression: /^impl(?:<[^>]{0,100}>)? ([^{]{1,100}?) ?\{/ },
  { kind: "module", expression: /^\s*(?:pub(?:\([a-z]{1,20}\))? )?mod (\w+)/ },
  { kind: "macro", expression: /^macro_rules! (\w+)/ },
];
const javaModifiers = "(?:(?:public|protected|private|static|final|abstract|sealed|synchronized) ){0,5}";
const java: readonly Pattern[] = [
  { kind: "class", expression: new RegExp(`^\\s*${javaModifiers}(?:class|record) (\\w+)`) },
  { kind: "interface", expression: new RegExp(`^\\s*${javaModifiers}@?interface (\\w+)`) },
  { kind: "enum", expression: new RegExp(`^\\s*${javaModifiers}enum (\\w+)`) },
  {
    kind: "method",
    expression: new RegExp(
      `^\\s+${javaModifiers}(?!return |new |throw |else )[\\w<>[\\],?]{1,80} (\\w+)\\([^;]{0,300}\\{\\s*$`,
    ),
  },
];

const languages: Readonly<Record<string, readonly Pattern[]>> = {
  ts: script,
  tsx: script,
  mts: script,
  cts: script,
  js: script,
  jsx: script,
  mjs: script,
  cjs: script,
  py: python,
  go,
  rs: rust,
  java,
};

const coverage =
  "TypeScript, JavaScript, Python, Go, Rust and Java, by patterns on single lines: definitions spread over lines or made by macros can be missing";
const fileLimit = 1024 * 1024;
const filesLimit = 200;

/** Definitions of one file's text; undefined for a language that is not covered. */
export function definitionsIn(path: string, text: string): readonly Definition[] | undefined {
  const patterns = languages[path.slice(path.lastIndexOf(".") + 1).toLowerCase()];
  if (!patterns) return undefined;
  return text.split("\n").flatMap((line, index) => {
    const start = line.slice(0, 500);
    for (const { kind, expression } of patterns) {
      const name = expression.exec(start)?.[1];
      if (name !== undefined) return [{ line: index + 1, kind, name }];
    }
    return [];
  });
}

const args = z.strictObject({
  path: workspacePath.describe("Source file, or a folder: then the files directly in it."),
});

export const codeDefinitionsTool: Tool<z.infer<typeof args>> = {
  name: "list_code_definition_names",
  description: `List classes, functions, types and the like with their lines. Covers ${coverage}.`,
  schema: args,
  access: "read",
  run: (context, { path }) =>
    answering(context, async () => {
      const parsed = pathOr(path);
      if (isOutcome(parsed)) return parsed;
      const files = filesAt(context.workspace, parsed.path);
      const sections: string[] = [];
      for (const file of files.slice(0, filesLimit)) {
        const section = sectionOf(context.workspace, file, files.length === 1);
        if (section !== undefined) sections.push(section);
        context.signal.throwIfAborted();
        await breathe();
      }
      if (sections.length === 0)
        return failed(`${parsed.path || "."}: no file of a language that is covered. Covered: ${coverage}.`);
      const more = files.length > filesLimit ? [`[only the first ${filesLimit} of ${files.length} files]`] : [];
      return done([...sections, ...more, `(${coverage}.)`].join("\n"));
    }),
};

function filesAt(root: string, path: string): string[] {
  try {
    openFolder(root, path).close();
  } catch (error) {
    if (!isPathError(error)) throw error;
    return [path];
  }
  return [...walkFolder(root, path, { depth: 1 })].flatMap((entry) => (entry.kind === "file" ? [entry.path] : []));
}

/** Of a folder, files that cannot be read are passed over; a file that was named must answer. */
function sectionOf(root: string, path: string, named: boolean): string | undefined {
  if (!Object.hasOwn(languages, path.slice(path.lastIndexOf(".") + 1).toLowerCase())) return undefined;
  try {
    const text = decodeText(readWhole(root, path, fileLimit));
    if (text === undefined) return undefined;
    const found = definitionsIn(path, text) ?? [];
    return [
      `${printable(path)}: ${found.length} definitions`,
      ...found.map((item) => `${item.line} | ${item.kind} ${item.name}`),
    ].join("\n");
  } catch (error) {
    if (named || !isPathError(error)) throw error;
    return `${printable(path)}: ${error.message}`;
  }
}
