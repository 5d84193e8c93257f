/** A disk that cannot be read is an error, and nothing that a role is blamed for or that a person is asked about (D9). */
import fs, { existsSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { expect, onTestFinished, test, vi } from "vitest";
import { asCadreError } from "../../src/cli/errors.ts";
import { readTextFile } from "../../src/documents/file.ts";
import { CadreError } from "../../src/errors.ts";
import { hashOf } from "../../src/canonical.ts";
import type { Workspaces } from "../../src/tools/workspace/workspace.ts";
import { call, fullReport, LineHarness, modeText } from "../fixtures/line-harness.ts";
import { openProject } from "./workspace-bench.ts";

function workspacesThatThrow(error: unknown): Workspaces {
  return {
    create: async () => ({ path: "/nowhere", baseline: { source: { kind: "empty" }, files: {}, skipped: [] } }),
    path: () => "/nowhere",
    record: async () => null,
    changes: async () => ({ files: [], hash: hashOf([]) }),
    versions: async () => {
      throw error;
    },
    apply: async () => undefined,
  };
}

const reporting = (error: unknown): LineHarness =>
  new LineHarness({
    modes: [modeText("worker", "030-worker")],
    workflow: { entry: "worker", limits: { refusals: 1 } },
    workspaces: workspacesThatThrow(error),
    say: () => [call("attempt_completion", { ...fullReport(), artifacts: ["a.md"] })],
  });

test("an artifact that the disk does not give up stops the run; the report is not refused for it", async () => {
  const line = reporting(Object.assign(new Error("EIO: i/o error, read"), { code: "EIO" }));
  await expect(line.start()).rejects.toMatchObject({ code: "EIO" });
  expect(await line.ofType("refused")).toEqual([]);
});

test("an artifact at a path that is refused is a gap of the report", async () => {
  const line = reporting(new CadreError("workspace-refused", "it climbs"));
  await line.start();
  expect(await line.ofType("refused")).toMatchObject([{ code: "report-incomplete" }]);
});

// The one file of a Linux system that always answers a read with EIO: nothing lies at its start.
test.skipIf(!existsSync("/proc/self/mem"))("D9 a mode that the disk does not give up is no broken mode", async () => {
  await expect(readTextFile("/proc/self/mem", "modes/lead.md")).rejects.toMatchObject({
    code: "disk-failed",
    place: { file: "modes/lead.md" },
  });
});

test("a workspace that the disk refuses is the disk's failure, and no path that somebody should check", async () => {
  const bench = openProject({ "a.txt": "a\n" });
  const { mkdirSync } = fs;
  const spy = vi.spyOn(fs, "mkdirSync").mockImplementation((path, options) => {
    if (String(path).includes(".new-")) throw Object.assign(new Error("EIO: i/o error, mkdir"), { code: "EIO" });
    return mkdirSync(path, options);
  });
  syncBuiltinESMExports();
  onTestFinished(() => {
    spy.mockRestore();
    syncBuiltinESMExports();
  });
  await expect(bench.workspaces.create("r-000001", { includeDirty: false })).rejects.toMatchObject({
    code: "disk-failed",
  });
});

test.each([
  ["EIO", "disk-failed"],
  ["EDQUOT", "disk-full"],
  ["ENOSPC", "disk-full"],
])("%s is %s to a user, and no fault of cadre", (code, expected) => {
  expect(asCadreError(Object.assign(new Error(code), { code }))).toMatchObject({ code: expected });
});
