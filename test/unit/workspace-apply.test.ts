import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test, vi } from "vitest";
import { hashOf } from "../../src/canonical.ts";
import type { ChangeSet } from "../../src/events/event.ts";
import { fill } from "./tools-bench.ts";
import { openProject, type ProjectBench } from "./workspace-bench.ts";

const run = "r-000001";

async function changed(): Promise<{ bench: ProjectBench; path: string; set: ChangeSet }> {
  const bench = openProject({ "a.txt": "a\n", "b.txt": "b\n", "c.txt": "c\n", "keep.txt": "k\n" });
  const { path } = await bench.workspaces.create(run, { includeDirty: false });
  fill(path, { "a.txt": "changed\n", "new/deep.txt": "new\n" });
  fs.rmSync(`${path}/b.txt`);
  return { bench, path, set: await bench.workspaces.changes(run) };
}

const applied = { "a.txt": "changed\n", "c.txt": "c\n", "keep.txt": "k\n", "new/deep.txt": "new\n" };

function signed(files: ChangeSet["files"]): ChangeSet {
  return { files, hash: hashOf(files) };
}

describe("apply", () => {
  test("brings exactly the change set into the project; a second time it changes nothing", async () => {
    const { bench, set } = await changed();
    fill(bench.project, { "keep.txt": "k\n", "user.txt": "the user's\n" });
    await bench.workspaces.apply(run, set);
    expect(bench.files()).toEqual({ ...applied, "user.txt": "the user's\n" });
    const times = fs.statSync(`${bench.project}/a.txt`).mtimeMs;
    await bench.workspaces.apply(run, set);
    expect(fs.statSync(`${bench.project}/a.txt`).mtimeMs).toBe(times);
  });

  test("keeps an existing file's mode, and gives a new one the workspace's", async () => {
    const { bench, path } = await changed();
    fs.chmodSync(`${bench.project}/a.txt`, 0o600);
    fill(path, { "run.sh": "#!/bin/sh\n" });
    fs.chmodSync(`${path}/run.sh`, 0o755);
    await bench.workspaces.apply(run, await bench.workspaces.changes(run));
    expect(fs.statSync(`${bench.project}/a.txt`).mode & 0o777).toBe(0o600);
    expect(fs.statSync(`${bench.project}/run.sh`).mode & 0o777).toBe(0o755);
  });

  test.each<[string, (project: string) => void, string[]]>([
    ["was changed", (project) => fill(project, { "a.txt": "the user's\n" }), ["a.txt"]],
    ["is gone", (project) => fs.rmSync(`${project}/a.txt`), ["a.txt"]],
    ["to be deleted was changed", (project) => fill(project, { "b.txt": "the user's\n" }), ["b.txt"]],
    ["to be made is there", (project) => fill(project, { "new/deep.txt": "the user's\n" }), ["new/deep.txt"]],
    ["is a folder now", (project) => (fs.rmSync(`${project}/a.txt`), fs.mkdirSync(`${project}/a.txt`)), ["a.txt"]],
    ["lies where a folder must be made", (project) => fill(project, { new: "a file\n" }), ["new/deep.txt"]],
    [
      "is a symlink now",
      (project) => (fs.rmSync(`${project}/a.txt`), fs.symlinkSync("keep.txt", `${project}/a.txt`)),
      ["a.txt"],
    ],
    ["lies behind a symlink now", (project) => fs.symlinkSync("/tmp", `${project}/new`), ["new/deep.txt"]],
    ["and another were changed", (project) => fill(project, { "a.txt": "x", "b.txt": "y" }), ["a.txt", "b.txt"]],
  ])("a file that %s is a conflict: it is named, and nothing is changed", async (_what, disturb, paths) => {
    const { bench, set } = await changed();
    disturb(bench.project);
    const before = bench.files();
    const failure = await bench.workspaces.apply(run, set).then(
      () => null,
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: "apply-conflict", data: { files: paths.map((path) => ({ path })) } });
    for (const path of paths) expect((failure as Error).message).toContain(path);
    expect(bench.files()).toEqual(before);
    expect(fs.existsSync("/tmp/deep.txt")).toBe(false);
  });

  test("A2 an apply that was killed half way is finished by the next, its leftovers swept", async () => {
    const { bench, set } = await changed();
    const child = spawn(process.execPath, ["-e", ""]);
    await once(child, "exit");
    fill(bench.project, { "a.txt": "changed\n", [`.cadre-tmp-${child.pid}-0123456789ab`]: "half" });
    await bench.workspaces.apply(run, set);
    expect(bench.files()).toEqual(applied);
  });

  const kinds: readonly [string, Readonly<Record<string, string>>, Readonly<Record<string, string>>][] = [
    ["a file becomes a folder", { a: "one\n", k: "k\n" }, { "a/b/c": "two\n", k: "k\n" }],
    ["a folder becomes a file", { "a/b/c": "one\n", "a/d": "d\n", k: "k\n" }, { a: "two\n", k: "k\n" }],
  ];

  async function otherKind(was: Readonly<Record<string, string>>, is: Readonly<Record<string, string>>) {
    const bench = openProject(was);
    const { path } = await bench.workspaces.create(run, { includeDirty: false });
    fs.rmSync(`${path}/a`, { recursive: true });
    fill(path, is);
    return { bench, set: await bench.workspaces.changes(run) };
  }

  test.each(kinds)("A1 where %s both are shown, and what is there makes way", async (_what, was, is) => {
    const { bench, set } = await otherKind(was, is);
    for (const { path } of set.files)
      expect(await bench.workspaces.versions(run, path)).toEqual({
        before: was[path] ?? null,
        after: is[path] ?? null,
      });
    await bench.workspaces.apply(run, set);
    expect(bench.files()).toEqual(is);
    await bench.workspaces.apply(run, set);
    expect(bench.files()).toEqual(is);
  });

  test.each(kinds)("A2 where %s a killed apply is finished by the next, wherever it was", async (_what, was, is) => {
    const { bench, set } = await otherKind(was, is);
    for (const { path, after } of set.files) if (after === null) fs.rmSync(`${bench.project}/${path}`);
    await bench.workspaces.apply(run, set);
    expect(bench.files()).toEqual(is);
  });

  test.each([
    ["a folder becomes a file", kinds[1]?.[1], kinds[1]?.[2], "a/users"],
    ["a file becomes a folder", { a: "one\n" }, { "a/b": "two\n" }, "a"],
  ])("A1 where %s, what is the user's makes no way: nothing is changed", async (_what, was = {}, is = {}, users) => {
    const { bench, set } = await otherKind(was, is);
    fill(bench.project, { [users]: "the user's\n" });
    const before = bench.files();
    await expect(bench.workspaces.apply(run, set)).rejects.toMatchObject({ code: "apply-conflict" });
    expect(bench.files()).toEqual(before);
  });

  // As somebody who may not: root may write everywhere.
  test.each([
    ["project", "", "a.txt"],
    ["folder of the project", "sub", "sub/two.txt"],
    ["folder above one that is yet to be made", "sub", "sub/new/three.txt"],
  ])("A1 where the %s may not be written it is named, and nothing is changed", async (_what, closed, changedFile) => {
    const bench = openProject({ "a.txt": "a\n", "sub/two.txt": "b\n" });
    const { path } = await bench.workspaces.create(run, { includeDirty: false });
    fill(path, { "a.txt": "changed\n", [changedFile]: "changed\n" });
    const set = await bench.workspaces.changes(run);
    const before = bench.files();
    fs.chmodSync(dirname(bench.project), 0o755);
    if (process.getuid?.() === 0) execFileSync("chown", ["-R", "65534:65534", bench.project]);
    const folder = join(bench.project, closed);
    fs.chmodSync(folder, 0o555);
    const told = spawnSync(
      process.execPath,
      [fileURLToPath(new URL("../fixtures/apply-as-nobody.ts", import.meta.url)), bench.project, bench.data, run],
      { input: JSON.stringify(set), encoding: "utf8" },
    );
    fs.chmodSync(folder, 0o755);
    expect(JSON.parse(told.stdout)).toEqual({
      code: "data-read-only",
      message: `The folder ${folder} may not be written (EACCES). Nothing was changed.`,
      hint: expect.stringContaining("apply again"),
    });
    expect(bench.files()).toEqual(before);
  });

  test.each([
    ["EACCES", "data-read-only"],
    ["ENOSPC", "disk-full"],
    ["EIO", "disk-failed"],
  ])(
    "A2 a file at which %s ends it is named as the user knows it, and the next apply goes on there",
    async (word, code) => {
      const { bench, set } = await changed();
      const { renameSync } = fs;
      const spy = vi.spyOn(fs, "renameSync").mockImplementation((from, to) => {
        if (String(to).endsWith("deep.txt"))
          throw Object.assign(new Error(`${word}: no, rename '${String(from)}'`), { code: word });
        renameSync(from, to);
      });
      syncBuiltinESMExports();
      try {
        const failure: unknown = await bench.workspaces.apply(run, set).catch((error: unknown) => error);
        expect(failure).toMatchObject({ code, hint: expect.stringContaining("apply again") });
        expect((failure as Error).message).toContain(`${bench.project}/new/deep.txt could not be written`);
        expect((failure as Error).message).not.toContain("/proc/");
        expect(bench.files()["a.txt"]).toBe("changed\n");
      } finally {
        spy.mockRestore();
        syncBuiltinESMExports();
      }
      await bench.workspaces.apply(run, set);
      expect(bench.files()).toEqual(applied);
    },
  );

  test("R3 a workspace that changed after the sign-off is not applied", async () => {
    const { bench, path, set } = await changed();
    fill(path, { "a.txt": "slipped in\n" });
    const before = bench.files();
    await expect(bench.workspaces.apply(run, set)).rejects.toMatchObject({ code: "hash-stale" });
    expect(bench.files()).toEqual(before);
  });

  test("R3 a change set that is not what its hash names is not applied", async () => {
    const { bench, set } = await changed();
    const before = bench.files();
    await expect(bench.workspaces.apply(run, { ...set, files: set.files.slice(1) })).rejects.toMatchObject({
      code: "hash-stale",
    });
    expect(bench.files()).toEqual(before);
  });

  test.each([
    "../outside.txt",
    "/tmp/outside.txt",
    "modes/lead.md",
    ".git/hooks/pre-commit",
    "cadre.yaml",
    "a/../../b",
    "./a.txt",
    "",
  ])("R6 row 26 the path %j is not applied, whatever was signed", async (bad) => {
    const { bench, path, set } = await changed();
    if (bad.startsWith("modes")) fill(path, { [bad]: "x" });
    const before = bench.files();
    const evil = signed([...set.files, { path: bad, before: null, after: hashOf("x") }]);
    await expect(bench.workspaces.apply(run, evil)).rejects.toMatchObject({ code: "workspace-refused" });
    expect(bench.files()).toEqual(before);
  });

  test("R6 a symlink or hard link in the workspace is not applied", async () => {
    const { bench, path } = await changed();
    fs.symlinkSync("/etc/passwd", `${path}/link.txt`);
    const before = bench.files();
    await expect(bench.workspaces.apply(run, await bench.workspaces.changes(run))).rejects.toMatchObject({
      code: "workspace-refused",
    });
    fs.rmSync(`${path}/link.txt`);
    fill(bench.data, { "secret.txt": "secret" });
    fs.linkSync(`${bench.data}/secret.txt`, `${path}/hard.txt`);
    await expect(bench.workspaces.apply(run, await bench.workspaces.changes(run))).rejects.toMatchObject({
      code: "workspace-refused",
    });
    expect(bench.files()).toEqual(before);
  });
});
