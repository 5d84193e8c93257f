import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { importsOf, parseTable, rowOf, violations, type Row } from "./import-table.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
const rows = parseTable(page);
const files = globSync("**/*.{ts,tsx}", { cwd: join(root, "src") }).toSorted();
const rowNamed = (part: string): Row => {
  const row = rows.find((candidate) => candidate.part === part);
  if (!row) throw new Error(`no row ${part}`);
  return row;
};

describe("the import table of ARCHITECTURE.md", () => {
  test("holds over every file of src", () => {
    expect(files.length).toBeGreaterThan(20);
    const found = files.flatMap((file) => violations(rows, file, readFileSync(join(root, "src", file), "utf8")));
    expect(found).toEqual([]);
  });

  test("names no part that is not there", () => {
    const used = new Set(files.map((file) => rowOf(rows, file)?.part));
    expect(rows.map((row) => row.part).filter((part) => !used.has(part))).toEqual([]);
    expect(rows.flatMap((row) => row.files).filter((file) => !files.includes(`${file}.ts`))).toEqual([]);
  });

  test("goes one way: no row imports a row below it", () => {
    const seen = new Set<string>();
    for (const row of rows) {
      seen.add(row.part);
      expect({ row: row.part, ahead: row.parts.filter((part) => !seen.has(part)) }).toEqual({
        row: row.part,
        ahead: [],
      });
    }
  });

  test("keeps each heavy or native package where the pages say it is", () => {
    const users = (pattern: RegExp): string[] =>
      rows.filter((row) => row.packages.some((name) => pattern.test(name))).map((row) => row.part);
    expect(users(/^@langchain\/langgraph/)).toEqual(["store/checkpoints", "checkpoint-sqlite", "run"]);
    expect(users(/^@langchain\//)).toEqual(["store/checkpoints", "checkpoint-sqlite", "models", "run"]);
    expect(users(/^better-sqlite3$/)).toEqual(["store"]);
    expect(users(/^@huggingface\//)).toEqual(["models"]);
    expect(rowNamed("views")).toMatchObject({ node: "none" });
    expect(rowNamed("views").parts).not.toContain("store");
  });

  test("names for each promise files that cite its number", () => {
    const promises = page.split("\n").flatMap((line) => {
      const id = /^\| \*\*([DR]\d)\*\* \|/.exec(line)?.[1];
      const paths = [...line.matchAll(/`(src\/[^`]+\.ts)`/g)].map((match) => match[1] as string);
      return id === undefined ? [] : [{ id, paths }];
    });
    expect(promises.map(({ id }) => id).join(" ")).toBe("D1 D2 D3 D4 D5 D6 D7 D8 D9 R1 R2 R3 R4 R5 R6 R7 R8");
    const wrong = promises.flatMap(({ id, paths }) => {
      if (paths.length === 0) return [`${id} names no file`];
      const cites = (path: string): boolean => new RegExp(`\\b${id}\\b`).test(readFileSync(join(root, path), "utf8"));
      return paths.filter((path) => !cites(path)).map((path) => `${path} does not cite ${id}`);
    });
    expect(wrong).toEqual([]);
  });

  test("speaks of files that exist", () => {
    const named = [...page.matchAll(/`((?:src|test|scripts|graphs|modes|\.ci)\/[^`\s*<]+)`/g)].map(
      (m) => m[1] as string,
    );
    const missing = named.filter((path) => globSync(path.replace(/\/$/, ""), { cwd: root }).length === 0);
    expect(missing).toEqual([]);
  });
});

describe("the check can fail", () => {
  const cases: readonly (readonly [file: string, source: string, why: string])[] = [
    ["org/lint.ts", 'import { openStore } from "../store/open.ts";', "org may not import store"],
    ["org/lint.ts", 'import type { Store } from "../store/ports.ts";', "org may not import store"],
    ["org/lint.ts", 'export * from "../run/graph.ts";', "org may not import run"],
    ["org/lint.ts", 'export type {\n  A, // it\'s one\n  B,\n} from "../run/graph.ts";', "org may not import run"],
    ["org/lint.ts", 'const run = await import("../run/graph.ts");', "org may not import run"],
    ["org/lint.ts", 'type Graph = typeof import("../run/graph.ts");', "org may not import run"],
    ["modes/read.ts", 'import "../org/chart.ts";', "modes may not import org"],
    ["views/trace.ts", 'import { readFileSync } from "node:fs";', "views is pure"],
    ["views/trace.ts", "const it = await import(name);", "views may not load what it computes"],
    ["views/trace.ts", 'const url = "http://x"; const fs = require("node:fs");', "views is pure"],
    ["cli/commands/lint.ts", 'import { StateGraph } from "@langchain/langgraph";', "the package @langchain/langgraph"],
    [
      "store/open.ts",
      'import { x } from "@langchain/langgraph-checkpoint/y";',
      "the package @langchain/langgraph-checkpoint",
    ],
    ["run/turn.ts", 'import Database from "better-sqlite3";', "the package better-sqlite3"],
    [
      "tools/files.ts",
      'import { InferenceClient } from "@huggingface/inference";',
      "the package @huggingface/inference",
    ],
    ["store/open.ts", 'import { saver } from "./checkpoints.ts";', "store may not import store/checkpoints"],
    ["errors.ts", 'import { x } from "./ids.ts";\nimport { y } from "./modes/mode.ts";', "leaves may not import modes"],
    ["org/lint.ts", 'import { x } from "../../scripts/build.ts";', "outside src"],
    ["elsewhere/x.ts", "", "belongs to no part"],
  ];

  test.each(cases)("%s: %s", (file, source, why) => {
    expect(violations(rows, file, source)).toEqual([expect.stringContaining(why)]);
  });

  test("comments and strings are not imports", () => {
    const source =
      '// import "../run/a.ts"\n/* import("../run/b.ts") */\nconst text = "see // import";\nimport { x } from "./c.ts";';
    expect(importsOf(source)).toEqual(["./c.ts"]);
  });
});
