/** Taking over another tool's role files, and giving the project's to one: import and convert, as processes. */
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { cadre, document, folder, project } from "./cli-process.ts";

function put(dir: string, files: Readonly<Record<string, string>>): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  return dir;
}

const pack = {
  ".claude/agents/lead.md":
    "---\nname: lead\ndescription: Leads\ntools: Read, Agent(worker)\ncolor: blue\n---\nYou lead.\n",
  ".claude/agents/worker.md":
    "---\nname: worker\ndescription: Works\ndisallowedTools: Write\nescalates_to:\n  - lead # For doubts\n---\nYou work.\n",
  "notes/plan.md": "# No role\n",
};

test("import writes modes that say all that the files said, and a word for what is not held", () => {
  const dir = put(folder(), pack);
  const ended = cadre(dir, ["import", "."]);
  expect(ended.code).toBe(0);
  expect(ended.err).toContain("worker.md:4");
  expect(ended.err).toContain('"disallowedTools" takes tools away');
  expect(readFileSync(join(dir, "modes/lead.md"), "utf8")).toBe(
    "---\nslug: lead\nname: lead\ndescription: Leads\ntool_groups: [communication, read]\ndelegates_to:\n  - worker\nimported:\n  from: claude\n  color: blue\n---\nYou lead.\n",
  );
  expect(cadre(dir, ["lint"]).code).toBe(0);
  const again = document(cadre(dir, ["import", ".claude", "--json"]));
  expect(again).toMatchObject({
    schema: "cadre.import/1",
    written: [],
    left: [],
    roles: [
      { slug: "lead", routes: 1 },
      { slug: "worker", routes: 1 },
    ],
  });
});

test("nothing is overwritten, and nothing is written where a file is in the way", () => {
  const dir = put(folder(), { ...pack, "modes/worker.md": "mine\n" });
  const ended = cadre(dir, ["import", ".claude"]);
  expect([ended.code, ended.err]).toEqual([2, expect.stringContaining("worker.md")]);
  expect(existsSync(join(dir, "modes/lead.md"))).toBe(false);
  expect(readFileSync(join(dir, "modes/worker.md"), "utf8")).toBe("mine\n");
  expect(cadre(dir, ["import", ".claude", "--dry-run"]).code).toBe(0);
  expect(cadre(dir, ["import", ".claude", "--to", "taken-over"]).code).toBe(0);
  expect(cadre(dir, ["import", ".claude", "--force"]).code).toBe(0);
});

test("two roles of one name: the first is taken, the other is named, and the exit code says so", () => {
  const dir = put(folder(), {
    ...pack,
    ".claude/agents/z.md": "---\nname: Lead\ndescription: Another\ntools: Read\n---\n",
  });
  const ended = cadre(dir, ["import", ".claude"]);
  expect([ended.code, ended.err]).toEqual([
    1,
    expect.stringMatching(/left out lead \(.*z\.md:2\): the slug is taken by .*lead\.md/),
  ]);
});

test("a file that cannot be read is named with its place, and the exit code says that it is missing", () => {
  const dir = put(folder(), { ...pack, ".claude/agents/z.md": "---\nname: z\ndescription: [one\n---\n" });
  const ended = cadre(dir, ["import", ".claude"]);
  expect([ended.code, ended.err]).toEqual([
    1,
    expect.stringMatching(/^error \S+z\.md:4 The front matter is not valid YAML/m),
  ]);
});

test.each([
  [["import", "nowhere"], "there is no file or folder nowhere"],
  [["import", "notes"], "no role was found there"],
  [["convert"], "convert needs --to"],
  [["convert", "--to", "word"], "none of claude, copilot, roo, cursor"],
])("a wrong use says what to do: %j", (args, says) => {
  const ended = cadre(put(folder(), { ...pack, "modes/a.md": "---\nslug: a\n---\n" }), args);
  expect([ended.code, ended.err]).toEqual([2, expect.stringContaining(says)]);
});

test("convert and import give the same chart again, for every tool that has roles", () => {
  const here = project();
  const chart = (dir: string): unknown => {
    const { roles, routes } = document(cadre(dir, ["graph", "--json"])) as Record<string, Record<string, unknown>[]>;
    return {
      roles: roles?.map(({ slug, name, rank, department, toolGroups }) => [slug, name, rank, department, toolGroups]),
      routes: routes?.map(({ kind, from, to, purpose }) => [kind, from, to, purpose]),
    };
  };
  for (const tool of ["claude", "copilot", "roo"]) {
    const there = folder();
    const converted = document(cadre(here, ["convert", "--to", tool, "--out", there, "--json"]));
    expect(converted["lost"]).not.toEqual([]);
    const taken = cadre(there, ["import", "."]);
    // What no role file says: the workflow and its rules.
    for (const part of ["graphs", "modes/rules"]) cpSync(join(here, part), join(there, part), { recursive: true });
    expect({ tool, code: taken.code }).toEqual({ tool, code: 0 });
    expect({ tool, ...(chart(there) as object) }).toEqual({ tool, ...(chart(here) as object) });
  }
  const cursor = folder();
  expect(cadre(here, ["convert", "--to", "cursor", "--out", cursor]).err).toContain("roles and routes are not written");
  expect(readFileSync(join(cursor, ".cursor/rules/huggingface.mdc"), "utf8")).toContain("alwaysApply: true");
});
