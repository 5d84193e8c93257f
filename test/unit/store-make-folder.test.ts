import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeFolder } from "../../src/store/make-folder.ts";
import { temporaryFolder } from "../../src/testing.ts";

test("a folder is made with all that is missing above it, once or again", async () => {
  const folder = await temporaryFolder();
  makeFolder(join(folder.path, "a/b/c"));
  makeFolder(join(folder.path, "a/b/c"));
  expect(existsSync(join(folder.path, "a/b/c"))).toBe(true);
  await folder.remove();
});

test.skipIf(!existsSync("/proc/self"))(
  "where no folder can be made it says so instead of trying for ever (skipped without /proc)",
  () => {
    expect(() => makeFolder("/proc/none/of/this")).toThrow(/ENOENT|EACCES|EPERM/);
  },
);
