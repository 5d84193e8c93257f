/** W4: what a killed writer left is cleared away by the write that follows; what a living one is writing stays. */
import { spawnSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../src/testing.ts";
import { writeWhole } from "../../src/tools/write-whole.ts";

test("D3 a write clears away the half file of a killed one, and nobody else's", async () => {
  const folder = await temporaryFolder();
  const { pid } = spawnSync(process.execPath, ["-e", "0"]);
  const living = `.cadre-tmp-${process.pid}-0123456789ab`;
  writeFileSync(join(folder.path, `.cadre-tmp-${pid}-0123456789ab`), "half");
  writeFileSync(join(folder.path, living), "being written");
  writeFileSync(join(folder.path, ".cadre-tmp-notes"), "somebody's own");
  writeWhole(folder.path, "page.md", Buffer.from("whole"));
  expect(readdirSync(folder.path).toSorted()).toEqual([living, ".cadre-tmp-notes", "page.md"].toSorted());
  await folder.remove();
});
