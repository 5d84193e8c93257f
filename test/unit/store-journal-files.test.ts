/** What a killed writer of a journal leaves behind goes with the next rendering; what is somebody's own stays. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readPage, writeJournal } from "../../src/store/journal-files.ts";
import { temporaryFolder } from "../../src/testing.ts";

test("half files of killed writers are cleared away, and nothing else", async () => {
  const folder = await temporaryFolder();
  const { pid: dead } = spawnSync(process.execPath, ["-e", "0"]);
  const run = join(folder.path, "r-000001");
  mkdirSync(join(run, "tasks"), { recursive: true });
  const kept = ["notes.tmp", `README.md.${process.ppid}.tmp`, `mine.md.${dead}.tmp`];
  for (const name of [...kept, `README.md.${dead}.tmp`, `trace.jsonl.${process.pid}.tmp`, `tasks/01-a.md.${dead}.tmp`])
    writeFileSync(join(run, name), "half");
  expect(writeJournal(folder.path, "r-000001", new Map([["README.md", "whole"]]))).toEqual(["r-000001/README.md"]);
  expect(readdirSync(run).toSorted()).toEqual([...kept, "README.md", "tasks"].toSorted());
  expect(readdirSync(join(run, "tasks"))).toEqual([]);
  await folder.remove();
});

test("of the pages in its folders those are cleared away that it numbered itself: a page of somebody's own stays", async () => {
  const folder = await temporaryFolder();
  const run = join(folder.path, "r-000001");
  mkdirSync(join(run, "decisions"), { recursive: true });
  for (const name of ["02-gone.md", "113-gone.md", "why-we-said-no.md", "2026.md"])
    writeFileSync(join(run, "decisions", name), "text");
  writeJournal(folder.path, "r-000001", new Map([["decisions/01-kept.md", "whole"]]));
  expect(readdirSync(join(run, "decisions")).toSorted()).toEqual(["01-kept.md", "2026.md", "why-we-said-no.md"]);
  await folder.remove();
});

test("D8 a page that is there and does not come is not taken for none: what it remembers would be passed over", async () => {
  const folder = await temporaryFolder();
  mkdirSync(join(folder.path, "README.md"));
  expect(readPage(join(folder.path, "none", "README.md"))).toBeUndefined();
  expect(() => readPage(join(folder.path, "README.md"))).toThrow(expect.objectContaining({ code: "EISDIR" }));
  await folder.remove();
});
