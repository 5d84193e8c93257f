/** H2 of `src/cli/heap.ts`, in a process of its own; H1 is held by `cli-memory.test.ts`. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const child = fileURLToPath(new URL("../fixtures/heap-child.ts", import.meta.url));

test("H2 what grew old and is used no more is collected before there is much of it", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [child, "2000", "small"]);
  // Some 20 MB are in use. Left to itself V8 had 60 to 63 MB of old objects here.
  expect(Number(stdout) / 1024 / 1024).toBeLessThan(44);
});
