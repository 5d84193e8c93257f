import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Problem } from "../../src/documents/problem.ts";
import { readMode } from "../../src/modes/read-mode.ts";
import { compile } from "../../src/org/compile.ts";

function read(frontMatter: string, body = "") {
  return readMode(`---\n${frontMatter}\n---\n${body}`, "modes/x.md");
}

function codes(problems: readonly Problem[]): string[] {
  return problems.map((problem) => `${problem.severity} ${problem.code} ${problem.line}:${problem.column}`);
}

const kindOf: Readonly<Record<string, string>> = {
  reports_to: "report",
  escalates_to: "escalation",
  delegates_to: "delegation",
};

/** An independent, line-wise reading of `- role # purpose` under the three keys. */
function routesByLine(text: string) {
  let kind: string | undefined;
  return text.split(/\r?\n/).flatMap((line, index) => {
    const key = /^([a-z_]+):/.exec(line)?.[1];
    if (key !== undefined) kind = kindOf[key];
    if (line === "---" && index > 0) kind = undefined;
    const item = /^ {2}- (\S+) # (.*)$/.exec(line);
    return kind && item ? [{ kind, to: item[1], purpose: item[2], line: index + 1, column: 5 }] : [];
  });
}

const fixture = "test/fixtures/modes/speech-specialist.txt";
const seeds = process.env["CADRE_SEEDS"];
const named = seeds !== undefined && existsSync(seeds) ? readdirSync(seeds).map((name) => join(seeds, name)) : [];
const files = [fixture, ...named].filter((file) => routesByLine(readFileSync(file, "utf8")).length > 0);

describe.each(files)("%s, a single file of any extension, as it is", (file) => {
  const text = readFileSync(file, "utf8");
  const { mode, problems } = readMode(text, file);

  test("all 11 routes are read, each with its purpose, file, line and column", () => {
    const expected = routesByLine(text).map((route) => ({ ...route, file, origin: "front-matter" }));
    expect(mode?.routes).toEqual(expected);
    const count = (kind: string) => mode?.routes.filter((route) => route.kind === kind).length;
    expect([count("report"), count("escalation"), count("delegation")]).toEqual([3, 5, 3]);
  });

  test("its mojibake and its contradiction on tool groups are warnings; nothing else is wrong with the file itself", () => {
    const found = problems.filter((problem) => problem.code !== "knowledge-outside");
    expect(found.map((problem) => `${problem.severity} ${problem.code}`)).toEqual([
      "warning mojibake",
      "warning metadata-contradiction",
    ]);
    expect(found[0]).toMatchObject({ line: 3, column: 7 });
    expect(found[1]?.message).toMatch(/tool_groups/);
  });

  test("compiled alone, its unknown targets are reported and its routes still counted", () => {
    const compiled = compile(mode ? [mode] : []);
    expect(compiled.declared).toHaveLength(11);
    expect(compiled.chart.routes).toEqual([]);
    const unknown = compiled.problems.filter((problem) => problem.code === "route-unknown-target");
    expect(unknown.map((problem) => problem.line)).toEqual(mode?.routes.map((route) => route.line));
  });
});

test("a purpose holds everything behind the first #, quotes, brackets and further # included", () => {
  const { mode } = read(
    'slug: a\nescalates_to:\n  - b # For "may we?" questions: law # and contracts (all)\n  - c#d\n  - "e" #\n',
  );
  expect(mode?.routes.map((route) => [route.to, route.purpose])).toEqual([
    ["b", 'For "may we?" questions: law # and contracts (all)'],
    ["c#d", null],
    ["e", null],
  ]);
});

test("{to, when} is the same in data form; a single word is a list of one", () => {
  const { mode, problems } = read(
    "slug: a\ndelegates_to:\n  - {to: b, when: For b}\n  - to: c # For c\n  - to: d\n    when: For d # ignored\nreports_to: e # For e\nescalates_to:",
  );
  expect(problems).toEqual([]);
  expect(mode?.routes.map((route) => [route.kind, route.to, route.purpose, route.line])).toEqual([
    ["report", "e", "For e", 8],
    ["delegation", "b", "For b", 4],
    ["delegation", "c", "For c", 5],
    ["delegation", "d", "For d", 6],
  ]);
});

test("shapes that are not understood are errors with their place", () => {
  expect(codes(read("slug: a\ntags: {x: 1}").problems)).toEqual(["error key-shape 3:7"]);
  expect(codes(read("slug: a\nname: [x]").problems)).toEqual(["error key-shape 3:7"]);
  expect(codes(read("slug: a\napi_config: gpt").problems)).toEqual(["error key-shape 3:13"]);
  expect(codes(read("slug: a\ndelegates_to:\n  - {when: x}\n  - [b]").problems)).toEqual([
    "error key-shape 4:5",
    "error key-shape 5:5",
  ]);
  expect(codes(read("slug: a\ndelegates_to:\n  - {to: b, whan: x}").problems)).toEqual([
    "warning route-key-unknown 4:13",
  ]);
});

test("unknown keys are kept and reported", () => {
  const { mode, problems } = read("slug: a\ndelegate_to: [b]\nweight: 3");
  expect(mode?.extra).toEqual({ delegate_to: ["b"], weight: 3 });
  expect(codes(problems)).toEqual(["warning key-unknown 3:1", "info key-unknown 4:1"]);
  expect(problems.map((problem) => problem.hint)).toEqual(['Did you mean "delegates_to"?', undefined]);
  expect(codes(read("slug: a\nlabel: x\nstate: y").problems)).toEqual(["info key-unknown 3:1", "info key-unknown 4:1"]);
});

test("without a slug or without front matter there is no mode", () => {
  expect(codes(read("name: x").problems)).toEqual(["error not-a-role 1:1"]);
  expect(codes(read("level: 03-worker").problems)).toEqual(["error slug-missing 1:1"]);
  expect(codes(read("name: x\ndescription: y\nescalates_to: [b]").problems)).toEqual(["error slug-missing 2:1"]);
  expect(codes(read("slug:").problems)).toEqual(["error slug-missing 2:1"]);
  for (const text of ["# Hello", "---\n---\n"])
    expect(codes(readMode(text, "x.md").problems)).toEqual(["error not-a-role 1:1"]);
});

test.each([
  ["037-worker-ai-ml", "worker", "ai-ml", 0],
  ["037", "worker", "", 0],
  ["000-executive", "executive", "", 0],
  ["01-director-product", "director", "product", 0],
  ["020-lead", "lead", "", 0],
  ["040-assistant-x", "assistant", "x", 0],
  ["037-lead-x", "worker", "x", 1],
  ["worker", "unranked", "", 1],
  ["3-worker", "unranked", "worker", 1],
  ["99-x", "unranked", "x", 1],
])("level %s is %s in %j", (text, rank, department, warnings) => {
  const { mode, problems } = read(`slug: a\nlevel: ${text}`);
  expect(mode?.level).toEqual({ text, rank, department });
  expect(codes(problems)).toEqual(Array.from({ length: warnings }, () => "warning level-spelling 3:8"));
});

describe("the body's Metadata", () => {
  const body = [
    "# A",
    "",
    "**Delegates To:** `outside`",
    "## Metadata",
    "",
    "**Level:** 020-lead",
    "**Tool Groups:**",
    "- read",
    "- `edit`",
    "",
    "**Delegates To:**",
    "* `technical-writer`",
    "* `b-c` - For b",
    "* d-e: For d",
    "",
    "### Escalates To",
    "1. `f` (For f)",
    "- **Reports To**: `g`, h",
    "## After",
    "**Tags:**",
    "- no",
  ].join("\n");

  test("is read where the front matter lacks the key, in all its spellings, with line numbers", () => {
    const { mode, problems } = read("slug: a", body);
    expect(codes(problems)).toEqual([21, 19, 14].map((line) => `info route-in-body ${line}:1`));
    expect(mode?.level?.rank).toBe("lead");
    expect(mode?.toolGroups).toEqual(["read", "edit"]);
    expect(mode?.tags).toEqual([]);
    expect(mode?.routes.map(({ kind, to, purpose, line, origin }) => [kind, to, purpose, line, origin])).toEqual([
      ["report", "g", null, 21, "body"],
      ["report", "h", null, 21, "body"],
      ["escalation", "f", "For f", 20, "body"],
      ["delegation", "technical-writer", null, 15, "body"],
      ["delegation", "b-c", "For b", 16, "body"],
      ["delegation", "d-e", "For d", 17, "body"],
    ]);
  });

  test("loses against the front matter, and each contradiction is a warning; order is none", () => {
    const { mode, problems } = read(
      "slug: a\nlevel: 030-worker\ntool_groups: [edit, read]\ndelegates_to: [x]\nescalates_to: []",
      body,
    );
    expect(mode?.routes.map((route) => route.to)).toEqual(["g", "h", "x"]);
    expect(mode?.level?.rank).toBe("worker");
    expect(codes(problems).toSorted()).toEqual([
      "info route-in-body 25:1",
      "warning metadata-contradiction 13:1",
      "warning metadata-contradiction 18:1",
      "warning metadata-contradiction 23:1",
    ]);
  });
});

test("knowledge is what the Context / Knowledge Base names, else the role's own context folder", () => {
  const body =
    "## 6. Context / Knowledge Base\n- **Index:** `./a/index.md` and `b/`\n- `pipeline()` of `transformers`, https://x.org\n- `/etc/passwd`\n- `notes.md`\n## Other\n- `c/d.md`\n";
  const { mode, problems } = read("slug: a", body);
  expect(mode?.knowledge).toEqual([
    { path: "a/index.md", line: 5 },
    { path: "b/", line: 5 },
    { path: "notes.md", line: 8 },
  ]);
  expect(codes(problems)).toEqual(["warning knowledge-outside 7:3"]);
  expect(read("slug: a").mode?.knowledge).toEqual([{ path: "modes/context/a/", line: 1 }]);
  expect(read("slug: ../../a").mode?.knowledge).toEqual([]);
});

test("the prompt is the same whether the file was checked out with LF or CRLF", () => {
  const text = "---\nslug: a\ndelegates_to:\n  - b # For b\n---\n\n# A\n\ntext\n";
  const crlf = readMode(text.replaceAll("\n", "\r\n"), "x.md");
  expect(crlf).toEqual(readMode(text, "x.md"));
});
