/**
 * TOML as the same tree of values with line, column and comment that YAML becomes (`yaml-tree.ts`). smol-toml says what a document means,
 * and whether it is one; where its values stand, and which comment stands behind them, it does not say: that is looked up here.
 *
 * T1. Nothing is constructed: dates and large numbers stay text.
 * T2. The same ceilings on depth and number of values as for YAML, and the same keys refused.
 * T3. A comment belongs to a value only where it is the only value of its line: the comment behind `[a, b]` is not b's.
 */
import { TomlDate, TomlError, parse } from "smol-toml";
import type { Problem } from "./problem.ts";
import { locateToml, pathKey, type TomlMark } from "./toml-places.ts";
import { refusedKeys, yamlLimits, type YamlMap, type YamlValue } from "./yaml-tree.ts";

/** `firstLine`: the line of the document on which `source` starts. Never throws for what the text says. */
export function parseToml(
  source: string,
  file: string,
  firstLine: number,
): { readonly tree: YamlMap | null; readonly problems: Problem[] } {
  try {
    const parsed = parse(source, { maxDepth: yamlLimits.depth, integersAsBigInt: "asNeeded" });
    const build: Build = { marks: locateToml(source, firstLine), file, count: 0, first: firstLine };
    return { tree: mapOf(build, parsed, []), problems: [] };
  } catch (error) {
    if (error instanceof Refused) return { tree: null, problems: [error.problem] };
    if (!(error instanceof TomlError)) throw error;
    const what = error.message.split("\n")[0]?.replace(/^Invalid TOML document: /, "") ?? "";
    return {
      tree: null,
      problems: [
        {
          code: "toml-invalid",
          severity: "error",
          message: `The front matter is not valid TOML: ${what}.`,
          file,
          line: firstLine + error.line - 1,
          column: error.column,
          hint: "Look at quotes and brackets here and in the line before; a text needs quotes, and a list commas.",
        },
      ],
    };
  }
}

class Refused extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

type Build = {
  readonly marks: ReadonlyMap<string, TomlMark>;
  readonly file: string;
  readonly first: number;
  count: number;
};
type Path = readonly (string | number)[];

function placeOf(build: Build, path: Path): TomlMark {
  return build.marks.get(pathKey(path)) ?? { line: build.first, column: 1, comment: null };
}

function spend(build: Build, path: Path): void {
  build.count += 1;
  if (build.count <= yamlLimits.values) return;
  const { line, column } = placeOf(build, path);
  const message = `The front matter holds more than ${yamlLimits.values} values.`;
  throw new Refused({ code: "yaml-too-large", severity: "error", message, file: build.file, line, column });
}

function valueOf(build: Build, value: unknown, path: Path): YamlValue {
  spend(build, path);
  const place = placeOf(build, path);
  if (Array.isArray(value)) {
    return { kind: "list", ...place, items: value.map((item, index) => valueOf(build, item, [...path, index])) };
  }
  if (typeof value === "object" && value !== null && !(value instanceof TomlDate)) {
    return mapOf(build, value as Record<string, unknown>, path);
  }
  const plain = typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value));
  const text = value instanceof TomlDate ? value.toISOString() : String(value);
  return { kind: "text", ...place, text, value: plain ? value : text };
}

function mapOf(build: Build, table: Readonly<Record<string, unknown>>, path: Path): YamlMap {
  const entries = Object.entries(table).map(([key, value]) => {
    const at = [...path, key];
    const { line, column } = placeOf(build, at);
    if (refusedKeys.has(key)) {
      const message = `The key "${key}" is refused: it means something else to JavaScript.`;
      throw new Refused({ code: "yaml-key", severity: "error", message, file: build.file, line, column });
    }
    return { key, line, column, value: valueOf(build, value, at) };
  });
  return { kind: "map", ...placeOf(build, path), entries };
}
