import { describe, expect, test } from "vitest";
import { RE2JS } from "re2js";
import { definitionsIn } from "../../src/tools/code-definitions.ts";
import { globExpression } from "../../src/tools/search/glob.ts";
import { openWorkbench } from "./tools-bench.ts";

const files = {
  "src/a.ts": "const total = 1;\nexport function add() {\n  return total;\n}\n",
  "src/b.md": "# Total\n",
  "deep/er/c.ts": "// TOTAL\n",
  "node_modules/x/d.ts": "total",
  "data.bin": Buffer.from([0, 1, 2]),
};

describe("search_files", () => {
  test("gives path:line: text, in the order of folders", async () => {
    const bench = openWorkbench(files);
    const outcome = await bench.call("search_files", { regex: "(?i)total" });
    expect(outcome.text).toBe(
      [
        "4 matches in 3 files; 1 not text.",
        "src/a.ts:1: const total = 1;",
        "src/a.ts:3:   return total;",
        "src/b.md:1: # Total",
        "deep/er/c.ts:1: // TOTAL",
      ].join("\n"),
    );
  });

  test("a file pattern and a path narrow it; a file can be searched by name", async () => {
    const bench = openWorkbench(files);
    expect((await bench.call("search_files", { regex: "(?i)total", file_pattern: "*.md" })).text).toContain(
      "1 match in 1 file",
    );
    expect((await bench.call("search_files", { regex: "(?i)total", path: "deep" })).text).toContain("deep/er/c.ts:1");
    expect((await bench.call("search_files", { regex: "total", path: "src/a.ts" })).text).toContain(
      "2 matches in 1 file",
    );
    expect((await bench.call("search_files", { regex: "total", path: "node_modules" })).text).toContain(
      "node_modules/x/d.ts:1",
    );
  });

  test("a wrong regex and a path that is not there are answers", async () => {
    const bench = openWorkbench(files);
    expect(await bench.call("search_files", { regex: "(" })).toMatchObject({
      ok: false,
      text: expect.stringContaining("missing closing )"),
    });
    expect(await bench.call("search_files", { regex: "a", path: "no" })).toMatchObject({ ok: false });
  });

  test("many matches are cut, and it says so", async () => {
    const bench = openWorkbench({ "a.txt": "x\n".repeat(1000) });
    const outcome = await bench.call("search_files", { regex: "x" });
    expect(outcome.text).toContain("only the first 200");
    expect(outcome.text.split("\n")).toHaveLength(201);
  });
});

test.each([
  ["*.ts", ["a.ts", "src/a.ts"], ["a.tsx", "a.ts/b"]],
  ["src/*.ts", ["src/a.ts"], ["src/deep/a.ts", "a.ts", "other/src/a.ts"]],
  ["src/**/*.ts", ["src/a.ts", "src/deep/er/a.ts"], ["src/a.js"]],
  ["**", ["a", "a/b/c"], []],
  ["*.{md,txt}", ["a.md", "x/a.txt"], ["a.mdx"]],
  ["a?.c++", ["ab.c++"], ["a.c++", "abb.c++"]],
  ["[a](b).txt", ["[a](b).txt"], ["a.txt"]],
])("file pattern %s", (pattern, yes, no) => {
  const expression = RE2JS.compile(globExpression(pattern));
  for (const path of yes) expect(expression.matches(path), path).toBe(true);
  for (const path of no) expect(expression.matches(path), path).toBe(false);
});

describe("list_code_definition_names", () => {
  test.each([
    [
      "a.ts",
      "export class A {}\nexport async function b() {}\nconst c = (x: number) => x;\ninterface D {}\nexport const E = 1;\n",
      ["1 class A", "2 function b", "3 function c", "4 interface D", "5 constant E"],
    ],
    [
      "a.py",
      "class A:\n    def b(self):\n        pass\nasync def c(): ...\nLIMIT = 3\n",
      ["1 class A", "2 function b", "4 function c", "5 constant LIMIT"],
    ],
    ["a.go", "type A struct {\n}\nfunc (a *A) B() {}\nfunc C() {}\n", ["1 type A", "3 method B", "4 function C"]],
    [
      "a.rs",
      "pub struct A;\nimpl A {\n    pub(crate) async fn b() {}\n}\nenum C {}\n",
      ["1 struct A", "2 impl A", "3 function b", "5 enum C"],
    ],
    [
      "a.java",
      "public final class A {\n    private static int b(int x) {\n        return x;\n    }\n}\ninterface C {}\n",
      ["1 class A", "2 method b", "6 interface C"],
    ],
  ])("%s", (path, text, expected) => {
    expect(definitionsIn(path, text)?.map(({ line, kind, name }) => `${line} ${kind} ${name}`)).toEqual(expected);
  });

  test("a folder gives its own files; a language that is not covered is an answer that names those that are", async () => {
    const bench = openWorkbench({
      "src/a.py": "def a(): pass\n",
      "src/b.txt": "",
      "src/deep/c.py": "def c(): pass\n",
      "only.rb": "def x; end",
    });
    const outcome = await bench.call("list_code_definition_names", { path: "src" });
    expect(outcome.text).toContain("src/a.py: 1 definitions\n1 | function a");
    expect(outcome.text).not.toContain("c.py");
    expect(await bench.call("list_code_definition_names", { path: "only.rb" })).toMatchObject({
      ok: false,
      text: expect.stringContaining("Python"),
    });
  });

  test("RELIABILITY 29 no pattern takes long on a line made to make it", () => {
    for (const line of [
      "export const a".padEnd(500, "("),
      `impl<${"<".repeat(400)}`,
      `const a${" ".repeat(480)}`,
      `public ${"static ".repeat(70)}`,
      `  a<${"a,".repeat(200)}`,
    ]) {
      for (const path of ["a.ts", "a.rs", "a.java", "a.py"]) {
        const started = performance.now();
        definitionsIn(path, `${line}\n`.repeat(20));
        expect(performance.now() - started, `${path} ${line.slice(0, 20)}`).toBeLessThan(500);
      }
    }
  });
});
