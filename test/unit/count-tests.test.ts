import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const script = fileURLToPath(new URL("../../scripts/count-tests.ts", import.meta.url));
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cadre-count-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** The last line of `.ci/run` for these test files, given as the statuses of their tests. */
function lastLine(
  files: readonly (readonly string[])[] | null,
  exitCode: number,
  other: number,
): [string, number | null] {
  const path = join(folder, "vitest.json");
  const testResults = files?.map((statuses) => ({
    status: statuses.length > 0 && statuses.every((status) => status === "passed") ? "passed" : "failed",
    assertionResults: statuses.map((status) => ({ status })),
  }));
  if (testResults) writeFileSync(path, JSON.stringify({ testResults }));
  const { stdout, status } = spawnSync(process.execPath, [script, path, String(exitCode), String(other)], {
    encoding: "utf8",
  });
  return [stdout, status];
}

test.each<[string, readonly (readonly string[])[] | null, number, number, string, number]>([
  ["all passed", [["passed", "passed"], ["passed"]], 0, 0, "3 passed, 0 failed\n", 0],
  ["skipped and todo are said", [["passed", "skipped", "todo"]], 0, 0, "1 passed, 0 failed, 2 skipped\n", 0],
  ["a failed test", [["passed", "failed"]], 1, 0, "1 passed, 1 failed\n", 1],
  ["a test that never ended", [["passed", "pending"]], 1, 0, "1 passed, 1 failed\n", 1],
  ["a file that could not be loaded", [["passed"], []], 1, 0, "1 passed, 1 failed\n", 1],
  ["a bad end with no failed test", [["passed"]], 1, 0, "1 passed, 1 failed\n", 1],
  ["a failed install or check before", [["passed"]], 0, 2, "1 passed, 2 failed\n", 1],
  ["no report at all", null, 1, 0, "0 passed, 1 failed\n", 1],
  ["no tests at all", [], 0, 0, "0 passed, 1 failed\n", 1],
])("%s", (_title, files, exitCode, other, line, code) => {
  expect(lastLine(files, exitCode, other)).toEqual([line, code]);
});
