import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { describe, expect, test } from "vitest";
import { hashOf } from "../../src/canonical.ts";
import { copyLimits } from "../../src/tools/workspace/plan.ts";
import { fill, snapshot } from "./tools-bench.ts";
import { openProject } from "./workspace-bench.ts";

const clean = { includeDirty: false };

describe("a workspace of a plain folder", () => {
  test("is a copy without what is bulky, secret or written by runs", async () => {
    const bench = openProject({
      "a.txt": "a\n",
      "deep/b.txt": "b\n",
      ".env": "TOKEN=x",
      ".env.local": "TOKEN=x",
      ".env.example": "TOKEN=",
      "node_modules/x/i.js": "",
      "deep/node_modules/y/i.js": "",
      "journal/r-000009/README.md": "",
      ".cadre/cadre.sqlite": "",
    });
    fs.symlinkSync("/etc/passwd", `${bench.project}/out`);
    const { path, baseline } = await bench.workspaces.create("r-000001", clean);
    expect(snapshot(path)).toEqual({
      ".env.example": "TOKEN=",
      "a.txt": "a\n",
      "deep/b.txt": "b\n",
      out: "-> /etc/passwd",
    });
    expect(baseline.source).toEqual({ kind: "copy" });
    expect(baseline.skipped.map((one) => one.path).toSorted()).toEqual([
      ".env",
      ".env.local",
      "deep/node_modules",
      "node_modules",
    ]);
    expect((await bench.workspaces.changes("r-000001")).files).toEqual([]);
  });

  test("an empty folder gives an empty workspace", async () => {
    const bench = openProject({});
    expect((await bench.workspaces.create("r-000001", clean)).baseline).toEqual({
      source: { kind: "empty" },
      files: {},
      kinds: {},
      skipped: [],
    });
  });

  test("a folder that is too large is refused with what to do, and nothing is left behind", async () => {
    const bench = openProject({ "a.txt": "a\n" });
    // Sparse: it costs no disk.
    fs.truncateSync(`${bench.project}/a.txt`, copyLimits.bytes + 1);
    await expect(bench.workspaces.create("r-000001", clean)).rejects.toMatchObject({
      code: "workspace-refused",
      message: expect.stringContaining("200 MB"),
      hint: expect.stringContaining("git"),
    });
    expect(fs.readdirSync(`${bench.data}/workspaces`)).toEqual([]);
  });

  test("S1 made twice it is the same, whatever became of the project or the workspace", async () => {
    const bench = openProject({ "a.txt": "a\n" });
    const first = await bench.workspaces.create("r-000001", clean);
    fill(bench.project, { "a.txt": "later\n" });
    fill(first.path, { "b.txt": "work\n" });
    expect(await bench.workspaces.create("r-000001", clean)).toEqual(first);
    expect(snapshot(first.path)).toEqual({ "a.txt": "a\n", "b.txt": "work\n" });
  });

  test("S1 two processes' attempts at once end with one workspace", async () => {
    const bench = openProject({ "a.txt": "a\n" });
    const made = await Promise.all([1, 2, 3].map(() => bench.workspaces.create("r-000001", clean)));
    expect(new Set(made.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(fs.readdirSync(`${bench.data}/workspaces`).toSorted()).toEqual([".contents", "r-000001"]);
  });

  test("S1 what a killed attempt left is swept, what a living one makes is not", async () => {
    const bench = openProject({ "a.txt": "a\n" });
    const child = spawn(process.execPath, ["-e", ""]);
    await once(child, "exit");
    const dead = `.new-r-000001-${child.pid}-0123456789ab`;
    const living = `.new-r-000001-${process.pid}-0123456789ab`;
    fill(`${bench.data}/workspaces`, { [`${dead}/tree/half`]: "", [`${living}/tree/half`]: "" });
    await bench.workspaces.create("r-000001", clean);
    expect(fs.readdirSync(`${bench.data}/workspaces`).toSorted()).toEqual([".contents", living, "r-000001"]);
  });

  test("a run id that is a path is no run id", async () => {
    const bench = openProject({ "a.txt": "a\n" });
    for (const run of ["../x", "", ".contents", "a/b"])
      await expect(bench.workspaces.create(run, clean)).rejects.toThrow("no run id");
    await expect(bench.workspaces.changes("r-000404")).rejects.toMatchObject({ code: "workspace-refused" });
  });
});

describe("changes", () => {
  test("are what was added, changed and deleted, sorted, with a hash that binds them", async () => {
    const bench = openProject({ "a.txt": "a\n", "b.txt": "b\n", "c.txt": "c\n" });
    const { path, baseline } = await bench.workspaces.create("r-000001", clean);
    fill(path, { "z/new.txt": "new\n", "b.txt": "changed\n", ".cadre-tmp-1-0123456789ab": "half" });
    fs.rmSync(`${path}/c.txt`);
    const set = await bench.workspaces.changes("r-000001");
    expect(set.files.map((file) => [file.path, file.before === null, file.after === null])).toEqual([
      ["b.txt", false, false],
      ["c.txt", false, true],
      ["z/new.txt", true, false],
    ]);
    expect(set.files[0]?.before).toBe(baseline.files["b.txt"]);
    expect(set.hash).toBe(hashOf(set.files));
    fill(path, { "b.txt": "changed again\n" });
    expect((await bench.workspaces.changes("r-000001")).hash).not.toBe(set.hash);
  });

  test("versions give both texts, also after the project changed", async () => {
    const bench = openProject({ "a.txt": "a\n", "gone.txt": "g\n", "b.bin": Buffer.from([0, 1]) });
    const { path } = await bench.workspaces.create("r-000001", clean);
    fill(path, { "a.txt": "changed\n", "new.txt": "new\n" });
    fs.rmSync(`${path}/gone.txt`);
    fill(bench.project, { "a.txt": "the user's\n" });
    const versions = (name: string): Promise<unknown> => bench.workspaces.versions("r-000001", name);
    expect(await versions("a.txt")).toEqual({ before: "a\n", after: "changed\n" });
    expect(await versions("gone.txt")).toEqual({ before: "g\n", after: null });
    expect(await versions("new.txt")).toEqual({ before: null, after: "new\n" });
    expect(await versions("none.txt")).toEqual({ before: null, after: null });
    expect(await versions("b.bin")).toMatchObject({ before: expect.stringContaining("not text: 2 bytes") });
    await expect(versions("../../a.txt")).rejects.toMatchObject({ code: "workspace-refused" });
  });

  test("R6 a symlink made in the workspace is a change of its own, and is never followed", async () => {
    const bench = openProject({ "a.txt": "a\n" });
    const { path } = await bench.workspaces.create("r-000001", clean);
    fs.rmSync(`${path}/a.txt`);
    fs.symlinkSync("/etc/passwd", `${path}/a.txt`);
    const set = await bench.workspaces.changes("r-000001");
    expect(set.files.map((file) => file.path)).toEqual(["a.txt"]);
    expect(await bench.workspaces.versions("r-000001", "a.txt")).toEqual({
      before: "a\n",
      after: "symlink to /etc/passwd",
    });
  });
});
