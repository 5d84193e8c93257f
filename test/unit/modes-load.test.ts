import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadModes } from "../../src/modes/load.ts";
import { loadProjectModes } from "../../src/modes/project-modes.ts";
import { readRulesPack } from "../../src/modes/rules-pack.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "cadre-modes-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function put(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), content);
  }
}

const mode = (slug: string): string => `---\nslug: ${slug}\n---\n# ${slug}\n`;

test("a folder gives its *.md files, recursively and sorted; rules, context, notes and hidden folders are no modes", async () => {
  await put({
    "modes/b.md": mode("b"),
    "modes/a.md": mode("a"),
    "modes/deep/er/c.MD": mode("c"),
    "modes/deep/rules/d.md": mode("d"),
    "modes/rules/r.md": "# Rules",
    "modes/context/a/x.md": "text",
    "modes/.hidden/h.md": mode("h"),
    "modes/node_modules/n.md": mode("n"),
    "modes/README.md": "# What is here",
    "modes/notes.txt": "no",
  });
  const { modes, problems, sources } = await loadModes("modes", dir);
  expect(problems).toEqual([]);
  expect(modes.map((each) => each.file)).toEqual([
    "modes/a.md",
    "modes/b.md",
    "modes/deep/er/c.MD",
    "modes/deep/rules/d.md",
  ]);
  expect([...sources.keys()]).toEqual(modes.map((each) => each.file));
  expect((await loadModes(".", dir)).modes.map((each) => each.file)).toEqual(modes.map((each) => each.file));
  expect((await loadModes([join(dir, "modes")], dir)).modes).toEqual(modes);
});

test("a named file is read whatever its extension, once, and cited as given where it lies outside", async () => {
  await put({ "p/x.txt": mode("x"), "q/modes/y.md": mode("y") });
  const base = join(dir, "q");
  const { modes } = await loadModes(["../p/x.txt", "modes", "modes/y.md"], base);
  expect(modes.map((each) => [each.slug, each.file])).toEqual([
    ["x", "../p/x.txt"],
    ["y", "modes/y.md"],
  ]);
});

test("files that cannot be read are problems, one each, and the others are still read", async () => {
  await put({
    "modes/a.md": mode("a"),
    "modes/big.md": `---\nslug: big\n---\n${"x".repeat(10 * 1024 * 1024)}`,
    "modes/bin.md": Uint8Array.of(1, 0, 2),
    "modes/bomb.md": `---\na: &a [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 9 }, (_, i) => `b${i}: &b${i} [${`*${i === 0 ? "a" : `b${i - 1}`},`.repeat(9)}]`).join("\n")}\n---\n`,
    "modes/proto.md": "---\nslug: p\n__proto__: {toolGroups: [command]}\n---\n",
  });
  const { modes, problems } = await loadModes(["modes", "none.md"], dir);
  expect(modes.map((each) => each.slug)).toEqual(["a"]);
  expect(problems.map((problem) => `${problem.file} ${problem.code}`)).toEqual([
    "modes/big.md file-too-large",
    "modes/bin.md file-binary",
    "modes/bomb.md yaml-too-large",
    "modes/proto.md yaml-key",
    "none.md file-missing",
  ]);
});

test("R6 a link inside the folder is followed, one that leads out of it is not", async () => {
  await put({ "modes/a.md": mode("a"), "secret.md": mode("secret") });
  await symlink(join(dir, "modes", "a.md"), join(dir, "modes", "b.md"));
  await symlink(join(dir, "secret.md"), join(dir, "modes", "c.md"));
  await symlink("/", join(dir, "modes", "root"));
  const { modes, problems } = await loadModes("modes", dir);
  expect(modes.map((each) => each.file)).toEqual(["modes/a.md", "modes/b.md"]);
  expect(problems).toMatchObject([{ code: "file-outside", file: "modes/c.md" }]);
});

test("a project's modes and rules come in one call; a missing and an empty folder are errors of their own", async () => {
  await expect(loadProjectModes(dir)).rejects.toMatchObject({ code: "folder-missing" });
  await put({ "modes/rules/r.md": "---\ntitle: R\nreport_sections: [model, data]\n---\n# Rules\n" });
  await expect(loadProjectModes(dir)).rejects.toMatchObject({ code: "folder-empty" });
  await put({ "modes/a.md": mode("a") });
  const project = await loadProjectModes(dir);
  expect(project.modes.map((each) => each.slug)).toEqual(["a"]);
  expect(project.rules).toEqual([
    { name: "r", title: "R", reportSections: ["model", "data"], body: "# Rules\n", file: "modes/rules/r.md" },
  ]);
  expect([...project.sources.keys()]).toEqual(["modes/a.md", "modes/rules/r.md"]);
});

test("a rules pack needs no front matter; its title is then its first heading, or its name", () => {
  expect(readRulesPack("# House rules\ntext", "modes/rules/house.md").pack).toMatchObject({
    name: "house",
    title: "House rules",
  });
  expect(readRulesPack("text", "modes/rules/house.md").pack?.title).toBe("house");
  expect(readRulesPack("---\nreport_section: [x]\n---\n", "r.md").problems).toMatchObject([
    { code: "key-unknown", line: 2 },
  ]);
  expect(readRulesPack("---\na: [\n---\n", "r.md").pack).toBeNull();
});
