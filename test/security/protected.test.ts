/** RELIABILITY 26: a role cannot change the rules that it works under, nor the records of what it did. */
import fs from "node:fs";
import { expect, test } from "vitest";
import { protectedBy } from "../../src/tools/paths.ts";
import { openWorkbench, snapshot } from "../unit/tools-bench.ts";

const rules = {
  "modes/lead.md": "rules\n",
  "modes/rules/pack.md": "rules\n",
  "graphs/feature.ts": "rules\n",
  "journal/r-1/README.md": "record\n",
  "cadre.yaml": "rules\n",
  ".git/config": "rules\n",
  ".cadre/cadre.sqlite": "record\n",
  "sub/.git/hooks/pre-commit": "rules\n",
};

const spellings = [
  ...Object.keys(rules),
  ".git",
  ".git/hooks/post-checkout",
  "modes/new.md",
  "graphs/new.ts",
  "journal/new.md",
  ".cadre/new",
  "sub/.git/new",
  "sub/.cadre/new",
  "./modes/lead.md",
  "modes//lead.md",
  "Modes/lead.md",
  "MODES/lead.md",
  ".GIT/config",
  ".Git/config",
  "CADRE.YAML",
  "cadre.yml",
  "modes./lead.md",
  "modes /lead.md",
  ".git./config",
  "git~1/config",
  "GIT~1/config",
  ".git::$INDEX_ALLOCATION/config",
  ".g\u200cit/config",
  "\uff4dodes/lead.md",
];

test.each(spellings)("row 26 %j can be written by no tool", async (path) => {
  const bench = openWorkbench(rules);
  const before = snapshot(bench.workspace);
  const written = await bench.call("write_to_file", { path, content: "mine" });
  expect(written.ok).toBe(false);
  expect(written.text).toContain("protected");
  expect((await bench.call("apply_diff", { path, blocks: [{ search: "rules", replace: "mine" }] })).ok).toBe(false);
  expect(snapshot(bench.workspace)).toEqual(before);
});

test("row 26 a symlink or hard link to a protected file is no way around", async () => {
  const bench = openWorkbench(rules);
  fs.symlinkSync("modes/lead.md", `${bench.workspace}/file-link`);
  fs.symlinkSync("modes", `${bench.workspace}/folder-link`);
  fs.linkSync(`${bench.workspace}/modes/lead.md`, `${bench.workspace}/hard-link`);
  for (const path of ["file-link", "folder-link/lead.md", "folder-link/new.md", "hard-link"]) {
    expect((await bench.call("write_to_file", { path, content: "mine" })).ok, path).toBe(false);
    expect((await bench.call("apply_diff", { path, blocks: [{ search: "rules", replace: "mine" }] })).ok, path).toBe(
      false,
    );
  }
  expect(fs.readFileSync(`${bench.workspace}/modes/lead.md`, "utf8")).toBe("rules\n");
  expect(fs.existsSync(`${bench.workspace}/modes/new.md`)).toBe(false);
});

test("row 26 protected files can be read", async () => {
  const bench = openWorkbench(rules);
  expect((await bench.call("read_file", { path: "modes/lead.md" })).text).toContain("1 | rules");
});

test("names that only begin alike are not protected", () => {
  for (const path of [
    "src/modes/a.ts",
    "models.md",
    ".github/workflows/ci.yml",
    ".gitignore",
    "docs/journal/a.md",
    "journals/a.md",
  ]) {
    expect(protectedBy(path), path).toBeNull();
  }
});
