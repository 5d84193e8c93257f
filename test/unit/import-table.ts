/** The import table of ARCHITECTURE.md as data, a scanner of imports, and the check of one against the other. Pure. */
import { dirname, join } from "node:path/posix";

export type Row = {
  /** A folder of src, a single file (`store/checkpoints`), or a group of files at its top (`leaves`). */
  readonly part: string;
  /** Files at the top of src that the part consists of, without extension; empty where the part's name says it. */
  readonly files: readonly string[];
  readonly parts: readonly string[];
  readonly packages: readonly string[];
  readonly node: "any" | "none";
};

const ticked = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] as string);

/** The rows of the first table that has the columns part, may import, packages, Node. */
export function parseTable(page: string): Row[] {
  const lines = page.split("\n");
  const head = lines.findIndex((line) => /^\|\s*part\s*\|\s*may import\s*\|\s*packages\s*\|\s*Node\s*\|/.test(line));
  if (head === -1) throw new Error("ARCHITECTURE.md has no import table");
  const end = lines.findIndex((line, index) => index > head && !line.startsWith("|"));
  return lines.slice(head + 2, end === -1 ? undefined : end).map((line) => {
    const [first = "", parts = "", packages = "", node = ""] = line.split("|").slice(1);
    const [part, ...files] = ticked(first);
    if (part === undefined) throw new Error(`the import table has a row without a part: ${line}`);
    if (!/^\s*(any|none)\s*$/.test(node)) throw new Error(`column Node says neither any nor none: ${line}`);
    return { part, files, parts: ticked(parts), packages: ticked(packages), node: node.trim() as Row["node"] };
  });
}

/** Comments become blanks; strings are matched first, so that `//` inside one is not taken for a comment. */
function withoutComments(source: string): string {
  return source.replace(/"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (token) =>
    token.startsWith("/") ? token.replace(/[^\n]/g, " ") : token,
  );
}

const statement = /^[ \t]*(?:import|export)\b(?:[^"';]*?\bfrom)?\s*["']([^"']+)["']/gm;
const call = /\b(?:import|require)\s*\(\s*(?:["'`]([^"'`$]+)["'`])?/g;

/** Everything a module names: static, type-only, re-exported, for its effect, dynamic. A computed `import()` reads `*`. */
export function importsOf(source: string): string[] {
  const code = withoutComments(source);
  return [
    ...[...code.matchAll(statement)].map((m) => m[1] as string),
    ...[...code.matchAll(call)].map((m) => m[1] ?? "*"),
  ];
}

/** The row that a file of src falls under, most specific first. `file` is relative to src. */
export function rowOf(rows: readonly Row[], file: string): Row | undefined {
  const stem = file.replace(/\.tsx?$/, "");
  return (
    rows.find((row) => row.part === stem || row.files.includes(stem)) ??
    rows.find((row) => file.includes("/") && row.part === file.split("/")[0])
  );
}

/** Sentences, one for each import that the table does not allow. `file` is relative to src. */
export function violations(rows: readonly Row[], file: string, source: string): string[] {
  const own = rowOf(rows, file);
  if (!own) return [`src/${file} belongs to no part of the import table`];
  return importsOf(source).flatMap((name) => {
    const why = refusal(rows, own, file, name);
    return why === undefined ? [] : [`src/${file} imports "${name}": ${why}`];
  });
}

function refusal(rows: readonly Row[], own: Row, file: string, name: string): string | undefined {
  if (name === "*") return own.node === "any" ? undefined : `${own.part} may not load what it computes`;
  if (name.startsWith(".")) return refusalOfFile(rows, own, join(dirname(file), name));
  if (name.startsWith("node:")) return own.node === "any" ? undefined : `${own.part} is pure`;
  const named = name.startsWith("@") ? name.split("/").slice(0, 2).join("/") : (name.split("/")[0] as string);
  return own.packages.includes(named) ? undefined : `${own.part} may not use the package ${named}`;
}

function refusalOfFile(rows: readonly Row[], own: Row, target: string): string | undefined {
  if (target.startsWith("..")) return "it lies outside src";
  const other = rowOf(rows, target);
  if (!other) return `src/${target} belongs to no part of the import table`;
  return other.part === own.part || own.parts.includes(other.part)
    ? undefined
    : `${own.part} may not import ${other.part}`;
}
