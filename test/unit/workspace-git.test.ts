import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import { describe, expect, test } from "vitest";
import { openWorkspaces } from "../../src/tools/workspace/folder.ts";
import { fill, snapshot } from "./tools-bench.ts";
import { openProject } from "./workspace-bench.ts";

const sha = (text: string): string => createHash("sha256").update(text).digest("hex");
const clean = { includeDirty: false };

describe("a workspace of a git repository", () => {
  test("holds HEAD as plain files, without any .git, and names what is not committed", async () => {
    const bench = openProject({ "a.txt": "a\n", "deep/b.txt": "b\n", ".gitignore": "ignored\n" }, { git: true });
    fill(bench.project, { "a.txt": "changed\n", "new/file.txt": "new\n", ignored: "x" });
    fs.rmSync(`${bench.project}/deep/b.txt`);
    const { path, baseline } = await bench.workspaces.create("r-000001", clean);
    expect(snapshot(path)).toEqual({ ".gitignore": "ignored\n", "a.txt": "a\n", "deep/b.txt": "b\n" });
    expect(baseline.source).toEqual({
      kind: "git",
      head: bench.git("rev-parse", "HEAD").trim(),
      uncommitted: ["a.txt", "deep/b.txt", "new/file.txt"],
    });
    expect(baseline.files).toEqual({ ".gitignore": sha("ignored\n"), "a.txt": sha("a\n"), "deep/b.txt": sha("b\n") });
    expect(await bench.workspaces.changes("r-000001")).toMatchObject({ files: [] });
  });

  test("with includeDirty takes what is changed, new or deleted, and nothing that is ignored", async () => {
    const bench = openProject({ "a.txt": "a\n", "gone.txt": "x", ".gitignore": "ignored\n" }, { git: true });
    fill(bench.project, { "a.txt": "changed\n", "new/file.txt": "new\n", ignored: "x" });
    fs.rmSync(`${bench.project}/gone.txt`);
    const { path, baseline } = await bench.workspaces.create("r-000001", { includeDirty: true });
    expect(snapshot(path)).toEqual({ ".gitignore": "ignored\n", "a.txt": "changed\n", "new/file.txt": "new\n" });
    expect(baseline.files["a.txt"]).toBe(sha("changed\n"));
    expect((await bench.workspaces.changes("r-000001")).files).toEqual([]);
  });

  test("writes nothing under .git and runs nothing that the repository configures", async () => {
    const bench = openProject({ "a.txt": "a\n", ".gitattributes": "* filter=evil\n" }, { git: true });
    const trap = `${bench.project}/../ran`;
    fill(bench.project, {
      ".git/hooks/post-checkout": `#!/bin/sh\ntouch ${trap}\n`,
      ".git/hooks/post-index-change": `#!/bin/sh\ntouch ${trap}\n`,
    });
    for (const hook of ["post-checkout", "post-index-change"])
      fs.chmodSync(`${bench.project}/.git/hooks/${hook}`, 0o755);
    bench.git("config", "core.fsmonitor", `touch ${trap}`);
    bench.git("config", "filter.evil.smudge", `touch ${trap}; cat`);
    const before = snapshot(`${bench.project}/.git`);
    await bench.workspaces.create("r-000001", clean);
    expect(fs.existsSync(trap)).toBe(false);
    expect(snapshot(`${bench.project}/.git`)).toEqual(before);
  });

  test("a project below the top of the repository: only its folder, under its own paths", async () => {
    const bench = openProject(
      { "app/src/a.txt": "a\n", "app/b.txt": "b\n", "other.txt": "o\n", "app2/c.txt": "c\n" },
      { git: true, below: "app" },
    );
    fill(bench.project, { "b.txt": "changed\n", "../other.txt": "changed\n" });
    const { path, baseline } = await bench.workspaces.create("r-000001", clean);
    expect(snapshot(path)).toEqual({ "b.txt": "b\n", "src/a.txt": "a\n" });
    expect(baseline.source).toMatchObject({ uncommitted: ["b.txt"] });
  });

  test("names with blanks, quotes, accents and a leading dash; executables and symlinks", async () => {
    const names = ["a b.txt", 'quo"te.txt', "tiếng việt.txt", "-dash.txt", ":(top)x.txt"];
    const bench = openProject(Object.fromEntries(names.map((name) => [name, name])), { git: true });
    fill(bench.project, { "run.sh": "#!/bin/sh\n" });
    fs.chmodSync(`${bench.project}/run.sh`, 0o755);
    fs.symlinkSync("a b.txt", `${bench.project}/link`);
    fs.symlinkSync("/etc/passwd", `${bench.project}/out`);
    bench.git("add", "--all");
    bench.git("commit", "--quiet", "--message", "second");
    const { path } = await bench.workspaces.create("r-000001", clean);
    for (const name of names) expect(fs.readFileSync(`${path}/${name}`, "utf8")).toBe(name);
    expect(fs.statSync(`${path}/run.sh`).mode & 0o777).toBe(0o755);
    expect(fs.readlinkSync(`${path}/link`)).toBe("a b.txt");
    expect(fs.readlinkSync(`${path}/out`)).toBe("/etc/passwd");
    expect((await bench.workspaces.changes("r-000001")).files).toEqual([]);
  });

  test("a submodule is left out and named", async () => {
    const bench = openProject({ "a.txt": "a\n" }, { git: true });
    const commit = bench.git("rev-parse", "HEAD").trim();
    bench.git("update-index", "--add", "--cacheinfo", `160000,${commit},vendor/lib`);
    bench.git("commit", "--quiet", "--message", "submodule");
    const { path, baseline } = await bench.workspaces.create("r-000001", clean);
    expect(snapshot(path)).toEqual({ "a.txt": "a\n" });
    expect(baseline.skipped).toEqual([{ path: "vendor/lib", reason: "a submodule" }]);
  });

  test("a tree made by hand cannot write outside the workspace", async () => {
    const bench = openProject({ "a.txt": "a\n" }, { git: true });
    const make = (type: string, input: string): string =>
      execFileSync("git", type === "blob" ? ["hash-object", "-w", "--stdin"] : ["mktree"], {
        cwd: bench.project,
        input,
        encoding: "utf8",
      }).trim();
    const blob = make("blob", "evil\n");
    const link = make("blob", "/tmp");
    const sub = make("tree", `100644 blob ${blob}\tfile.txt\n`);
    // A symlink and a folder of the same name; folders named like git's own.
    const root = make(
      "tree",
      `120000 blob ${link}\tdoor\n040000 tree ${sub}\tdoor2\n040000 tree ${sub}\t.GIT\n100644 blob ${blob}\tback\\slash\n`,
    );
    const commit = bench.git("commit-tree", root, "-m", "evil").trim();
    bench.git("update-ref", "HEAD", commit);
    const { path, baseline } = await bench.workspaces.create("r-000001", clean);
    expect(snapshot(path)).toEqual({ door: "-> /tmp", "door2/file.txt": "evil\n" });
    expect(baseline.skipped.map((one) => one.path).toSorted()).toEqual([".GIT/file.txt", "back\\slash"]);
  });

  test("a git-lfs pointer becomes the content that it names, if the project has just that", async () => {
    const content = "large content\n";
    const pointer = (text: string): string =>
      `version https://git-lfs.github.com/spec/v1\noid sha256:${sha(text)}\nsize ${text.length}\n`;
    const bench = openProject({ "here.bin": pointer(content), "elsewhere.bin": pointer("not here") }, { git: true });
    fill(bench.project, { "here.bin": content });
    const { path, baseline } = await bench.workspaces.create("r-000001", clean);
    expect(fs.readFileSync(`${path}/here.bin`, "utf8")).toBe(content);
    expect(fs.readFileSync(`${path}/elsewhere.bin`, "utf8")).toBe(pointer("not here"));
    expect(baseline.skipped).toMatchObject([{ path: "elsewhere.bin", reason: expect.stringContaining("git-lfs") }]);
  });

  test("what runs wrote is no part of it, nor of what is named as uncommitted", async () => {
    const bench = openProject(
      { "a.txt": "a\n", "journal/r-111111/README.md": "old run\n", "journal/decisions/1.md": "d\n" },
      { git: true },
    );
    fill(bench.project, { "journal/r-222222/README.md": "run\n", ".cadre/cadre.sqlite": "x" });
    const { path, baseline } = await bench.workspaces.create("r-000001", { includeDirty: true });
    expect(snapshot(path)).toEqual({ "a.txt": "a\n", "journal/decisions/1.md": "d\n" });
    expect(baseline.source).toMatchObject({ uncommitted: [] });
    // A second run does not see the first one's workspace.
    expect((await bench.workspaces.create("r-000002", { includeDirty: true })).baseline).toEqual(baseline);
  });

  test("without a commit that holds the folder it is a copy", async () => {
    const fresh = openProject({ "a.txt": "a\n" });
    fresh.git("init", "--quiet");
    expect((await fresh.workspaces.create("r-000001", clean)).baseline.source).toEqual({ kind: "copy" });
    const ignored = openProject({ ".gitignore": "scratch\n" }, { git: true });
    fill(ignored.project, { "scratch/b.txt": "b\n" });
    const below = openWorkspaces({ project: `${ignored.project}/scratch`, data: `${ignored.project}/data` });
    const { path, baseline } = await below.create("r-000001", clean);
    expect(baseline.source).toEqual({ kind: "copy" });
    expect(snapshot(path)).toEqual({ "b.txt": "b\n" });
  });

  test("a damaged repository is refused, and nothing is left behind", async () => {
    const bench = openProject({ "a.txt": "a\n" }, { git: true });
    const oid = bench.git("rev-parse", "HEAD:a.txt").trim();
    fs.rmSync(`${bench.project}/.git/objects/${oid.slice(0, 2)}/${oid.slice(2)}`, { force: true });
    await expect(bench.workspaces.create("r-000001", clean)).rejects.toMatchObject({ code: "workspace-refused" });
    expect(fs.readdirSync(`${bench.data}/workspaces`)).toEqual([]);
  });
});
