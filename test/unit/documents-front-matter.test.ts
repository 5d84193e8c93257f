import { expect, test } from "vitest";
import { frontMatterLimit, readMarkdown } from "../../src/documents/front-matter.ts";
import { plainValue, yamlLimits, type YamlMap } from "../../src/documents/yaml-tree.ts";

function read(yaml: string, body = "body\n") {
  return readMarkdown(`---\n${yaml}\n---\n${body}`, "x.md");
}

function codes(yaml: string): string[] {
  return read(yaml).problems.map((problem) => `${problem.severity} ${problem.code} ${problem.line}:${problem.column}`);
}

test("F2 comments, lines and columns are those of the document, with LF, CRLF, BOM and trailing blanks", () => {
  for (const [start, end] of [
    ["---", "\n"],
    ["---", "\r\n"],
    ["\ufeff---", "\n"],
    ["---  \t", "\r\n"],
  ] as const) {
    const text = [start, "a: 1", "list:", "  - x # For x", '  - "y" # For y', "---", "# Body", "end"].join(end);
    const document = readMarkdown(text, "x.md");
    expect(document.problems).toEqual([]);
    expect(document.body).toBe(`# Body${end}end`);
    expect(document.bodyLine).toBe(7);
    const list = document.frontMatter?.entries[1]?.value;
    expect(list).toMatchObject({
      kind: "list",
      items: [
        { text: "x", comment: "For x", line: 4, column: 5 },
        { text: "y", comment: "For y", line: 5, column: 5 },
      ],
    });
  }
});

test("comments in flow lists, on maps and over several lines belong to their item; a comment above belongs to none", () => {
  const document = read(
    "a: [\n  x, # one\n  y # two\n ]\nb:\n  # above\n  - z # three\n      # and more\n  - {to: w} # four",
  );
  const [a, b] = (document.frontMatter?.entries ?? []).map((entry) => entry.value);
  expect(a).toMatchObject({ items: [{ comment: "one" }, { comment: "two" }] });
  expect(b).toMatchObject({ items: [{ comment: "three and more" }, { comment: "four" }] });
});

test("Y1 scalars stay the text as written", () => {
  const map = read("level: 037\nyes: yes\nfloat: 1.50\nnothing:\nword: null\ndate: 2026-11-22").frontMatter as YamlMap;
  expect(plainValue(map, false)).toEqual({
    level: "037",
    yes: "yes",
    float: "1.50",
    nothing: null,
    word: "null",
    date: "2026-11-22",
  });
  expect(plainValue(map, true)).toMatchObject({ level: 37, yes: "yes", float: 1.5, nothing: null, word: null });
});

test("F1 only a line that is exactly --- closes, and an unclosed block is an error, not a body", () => {
  expect(readMarkdown("---\na: 1\n", "x.md").problems[0]).toMatchObject({ code: "front-matter-unclosed", line: 1 });
  for (const line of ["---x", "----", "--- x"]) {
    const { problems, frontMatter } = readMarkdown(`---\na: 1\n${line}\n---\n`, "x.md");
    expect(problems[0]).toMatchObject({ code: "front-matter-unclosed", line: 3 });
    expect(frontMatter).toBeNull();
  }
});

test("documents without front matter are all body; a rule across the page is not front matter", () => {
  for (const text of ["", "hello", "# Title\n---\na: 1\n---\n", "----\na: 1\n----\n", "--\n"]) {
    expect(readMarkdown(text, "x.md")).toMatchObject({
      frontMatter: null,
      language: null,
      body: text,
      problems: [],
    });
  }
  expect(readMarkdown("---\n---\nbody", "x.md")).toMatchObject({
    frontMatter: null,
    language: "yaml",
    body: "body",
    bodyLine: 3,
  });
  expect(read("# only a comment")).toMatchObject({ frontMatter: null, language: "yaml", problems: [] });
});

test("faults in the YAML are problems with their place", () => {
  expect(codes("a: 1\nb: [1, 2")).toEqual(["error yaml-invalid 4:1"]);
  expect(codes("a: 1\nb: 2\na: 3")).toEqual(["error yaml-duplicate-key 4:1"]);
  expect(codes("? [a]\n: 1")).toEqual(["error yaml-key 2:3"]);
  expect(codes("a: *nowhere")).toEqual(["error yaml-invalid 2:4"]);
  expect(codes("- a\n- b")).toEqual(["error front-matter-shape 2:1"]);
  expect(codes("just words")).toEqual(["error front-matter-shape 2:1"]);
  expect(codes("a: 1\n...\nb: 2").join()).toMatch(/^error yaml-invalid/);
});

test("a tab, and items that are not below each other, are told as what they are", () => {
  const hints = (yaml: string): unknown[] => read(yaml).problems.map(({ line, hint }) => [line, hint]);
  expect(hints("a:\n\t- b")).toEqual([[3, "Write blanks in the place of the tab: YAML takes none."]]);
  expect(hints("a:\n   - b\n  - c")).toEqual([[4, "Begin all items of the list in the same column."]]);
  expect(hints("a: 1\nb: [1, 2")).toEqual([[4, expect.stringContaining("Look at brackets") as string]]);
});

test("Y3 keys that JavaScript treats specially are refused at any depth", () => {
  for (const key of ["__proto__", "constructor", "prototype", '"__proto__"']) {
    expect(codes(`a:\n  - {${key}: {polluted: true}}`)).toEqual(["error yaml-key 3:6"]);
  }
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

test("Y2 an alias bomb is refused at once, a few aliases are fine", () => {
  const levels = Array.from(
    { length: 12 },
    (_, i) => `a${i}: &a${i} [${Array.from({ length: 9 }, () => (i === 0 ? "x" : `*a${i - 1}`)).join(", ")}]`,
  );
  const started = performance.now();
  expect(read(levels.join("\n")).problems.map((problem) => problem.code)).toEqual(["yaml-too-large"]);
  expect(performance.now() - started).toBeLessThan(2_000);
  expect(plainValue(read("a: &a [x]\nb: *a").frontMatter as YamlMap, false)).toEqual({ a: ["x"], b: ["x"] });
});

test("Y2 an alias inside its own anchor is refused, not followed for ever", () => {
  expect(codes("a: &a [x, *a]")).toEqual(["error yaml-invalid 2:11"]);
});

test("Y2 deep nesting is refused, in flow and in block style, however deep", () => {
  const block = Array.from({ length: 80 }, (_, depth) => `${" ".repeat(depth)}k:`).join("\n");
  for (const yaml of [
    `a: ${"[".repeat(60)}${"]".repeat(60)}`,
    `a: ${"[".repeat(30_000)}`,
    `a: ${"{a: ".repeat(15_000)}`,
    block,
    "- ".repeat(30_000),
  ]) {
    expect(read(yaml).frontMatter).toBeNull();
    expect(read(yaml).problems[0]?.severity).toBe("error");
  }
  expect(codes(`a: ${"[".repeat(60)}${"]".repeat(60)}`)).toEqual([`error yaml-too-deep 2:${4 + yamlLimits.depth}`]);
  expect(codes(`a: ${"[".repeat(yamlLimits.depth - 1)}${"]".repeat(yamlLimits.depth - 1)}`)).toEqual([]);
});

test("what would take quadratic time is refused or stays fast", () => {
  const started = performance.now();
  expect(readMarkdown(`---\n${"\n".repeat(250_000)}`, "x.md").problems[0]?.code).toBe("front-matter-too-large");
  expect(read(`a: ${"x".repeat(frontMatterLimit)}`).problems[0]?.code).toBe("front-matter-too-large");
  expect(read(Array.from({ length: 4_500 }, (_, i) => `k${i}: v`).join("\n")).frontMatter?.entries).toHaveLength(4_500);
  expect(performance.now() - started).toBeLessThan(3_000);
});
