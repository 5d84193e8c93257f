/** R6, RELIABILITY 12: file tools cannot leave the workspace, whatever path they are given and whatever lies there. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { describe, expect, test } from "vitest";
import { openFile } from "../../src/tools/safe-files.ts";
import { fill, openWorkbench, snapshot, type Workbench } from "../unit/tools-bench.ts";

/** A workspace with every kind of trap that a repository or a program could have left in it. */
function trapped(): Workbench {
  const bench = openWorkbench({ "inside.txt": "inside\n", "folder/deep.txt": "deep\n" });
  const at = (name: string): string => `${bench.workspace}/${name}`;
  fs.symlinkSync(bench.outside, at("link-folder"));
  fs.symlinkSync(`${bench.outside}/secret.txt`, at("link-file"));
  fs.symlinkSync("../outside/secret.txt", at("link-relative"));
  fs.symlinkSync("link-file", at("link-chain"));
  fs.symlinkSync("..", at("link-up"));
  fs.symlinkSync("/", at("link-root"));
  fs.symlinkSync("/proc/self/root", at("link-proc"));
  fs.symlinkSync("/proc/self/environ", at("link-environ"));
  fs.symlinkSync("/proc/self/fd/0", at("link-fd"));
  fs.symlinkSync("link-loop", at("link-loop"));
  fs.symlinkSync("not-there", at("link-dangling"));
  fs.symlinkSync(`${bench.outside}/new.txt`, at("link-to-new"));
  fs.linkSync(`${bench.outside}/secret.txt`, at("hard.txt"));
  // Begins like the workspace's own path: a check by prefix takes it for inside.
  fs.mkdirSync(`${bench.workspace}-other`);
  fill(`${bench.workspace}-other`, { "secret.txt": "the secret\n" });
  fs.symlinkSync(`${bench.workspace}-other`, at("link-prefix"));
  return bench;
}

const hostile: readonly (readonly [what: string, path: (bench: Workbench) => string])[] = [
  ["absolute", (bench) => `${bench.outside}/secret.txt`],
  ["absolute, inside", (bench) => `${bench.workspace}/inside.txt`],
  ["double slash", (bench) => `/${bench.outside}/secret.txt`],
  ["climbing", () => "../outside/secret.txt"],
  ["climbing from within", () => "folder/../../outside/secret.txt"],
  ["climbing at the end", () => "folder/.."],
  ["climbing and back", () => "../workspace/inside.txt"],
  ["climbing with dots between", () => "./.././outside/secret.txt"],
  ["same prefix", () => "../workspace-other/secret.txt"],
  ["backslash", () => "..\\outside\\secret.txt"],
  ["mixed slashes", () => "folder\\..\\../outside/secret.txt"],
  ["drive letter", () => "C:/outside/secret.txt"],
  ["UNC", () => "\\\\host\\share\\secret.txt"],
  ["NUL", () => "inside.txt\u0000.png"],
  ["NUL after climbing", () => "../outside/secret.txt\u0000"],
  ["line feed", () => "inside.txt\n../outside/secret.txt"],
  ["escape sequence", () => "\u001b[2Jinside.txt"],
  ["lone surrogate", () => "inside\ud800.txt"],
  ["very long", () => "a/".repeat(600)],
  ["name too long", () => "a".repeat(300)],
  ["link to a file outside", () => "link-file"],
  ["relative link outside", () => "link-relative"],
  ["link to a link", () => "link-chain"],
  ["through a linked folder", () => "link-folder/secret.txt"],
  ["through a link up", () => "link-up/outside/secret.txt"],
  ["through a link to the root", () => "link-root/etc/passwd"],
  ["through proc", () => "link-proc/etc/passwd"],
  ["the environment", () => "link-environ"],
  ["an open handle", () => "link-fd"],
  ["a loop", () => "link-loop"],
  ["a link to a folder of the same prefix", () => "link-prefix/secret.txt"],
  ["a hard link", () => "hard.txt"],
  ["cadre's temporary file", () => ".cadre-tmp-1-abcdef012345"],
];

describe("R6 a hostile path", () => {
  test.each(hostile)("%s is refused by reading", async (_what, path) => {
    const bench = trapped();
    const outcome = await bench.call("read_file", { path: path(bench) });
    expect(outcome.ok).toBe(false);
    expect(outcome.text).not.toContain("the secret");
    expect(outcome.text).not.toContain("root:");
  });

  test.each([
    ...hostile,
    ["a link to a new file outside", () => "link-to-new"] as const,
    ["a dangling link", () => "link-dangling"] as const,
  ])("%s is refused by writing, and nothing changes", async (_what, path) => {
    const bench = trapped();
    const before = snapshot(bench.folder);
    expect((await bench.call("write_to_file", { path: path(bench), content: "written" })).ok).toBe(false);
    const blocks = [{ search: "secret", replace: "changed" }];
    expect((await bench.call("apply_diff", { path: path(bench), blocks })).ok).toBe(false);
    expect(snapshot(bench.folder)).toEqual(before);
    expect(fs.existsSync(`${bench.outside}/new.txt`)).toBe(false);
    expect(fs.existsSync(`${bench.workspace}/not-there`)).toBe(false);
  });

  test.each(hostile)("%s shows nothing outside to listing, searching and analysing", async (_what, path) => {
    const bench = trapped();
    for (const [tool, more] of [
      ["list_files", { recursive: true }],
      ["search_files", { regex: "secret|root" }],
      ["list_code_definition_names", {}],
    ] as const) {
      const outcome = await bench.call(tool, { path: path(bench), ...more });
      expect(outcome.text).not.toContain("the secret");
      expect(outcome.text).not.toContain("root:");
      expect(outcome.text).not.toMatch(/^secret\.txt|\/secret\.txt \(/m);
    }
  });
});

describe("R6 what is in the workspace", () => {
  test("links that stay inside can be read, plain spellings too", async () => {
    const bench = trapped();
    fs.symlinkSync("folder", `${bench.workspace}/alias`);
    for (const path of ["folder/deep.txt", "./folder//deep.txt", "alias/deep.txt", "folder/./deep.txt"]) {
      const outcome = await bench.call("read_file", { path });
      expect(outcome, path).toMatchObject({ ok: true });
      expect(outcome.text).toContain("1 | deep");
    }
  });

  test("a listing and a search of everything pass links by", async () => {
    const bench = trapped();
    const listing = await bench.call("list_files", { recursive: true });
    expect(listing.text).toContain("link-folder (symlink)");
    expect(listing.text).not.toContain("link-folder/");
    const found = await bench.call("search_files", { regex: "secret" });
    expect(found.text).toMatch(/^0 matches/);
  });

  test("writing through a link that stays inside is refused: the real path is asked for", async () => {
    const bench = trapped();
    fs.symlinkSync("folder", `${bench.workspace}/alias`);
    const outcome = await bench.call("write_to_file", { path: "alias/new.txt", content: "x" });
    expect(outcome.ok).toBe(false);
    expect(outcome.text).toContain("symlink");
    expect(fs.existsSync(`${bench.workspace}/folder/new.txt`)).toBe(false);
  });

  test("a pipe and a device neither block nor are read", async () => {
    const bench = openWorkbench({});
    execFileSync("mkfifo", [`${bench.workspace}/pipe`]);
    fs.symlinkSync("/dev/zero", `${bench.workspace}/zero`);
    for (const path of ["pipe", "zero"]) {
      expect((await bench.call("read_file", { path })).ok).toBe(false);
      expect((await bench.call("write_to_file", { path, content: "x" })).ok).toBe(false);
    }
    expect((await bench.call("search_files", { regex: "x" })).text).toMatch(/^0 matches/);
    expect((await bench.call("list_files", {})).text).toContain("pipe (neither file nor folder)");
  });

  test("without /proc the same traps are refused by looking at every component", () => {
    const bench = trapped();
    const read = (path: string): string => {
      const file = openFile(bench.workspace, path, { proc: false });
      file.close();
      return path;
    };
    expect(read("folder/deep.txt")).toBe("folder/deep.txt");
    for (const path of [
      "link-file",
      "link-folder/secret.txt",
      "link-up/outside/secret.txt",
      "link-loop",
      "hard.txt",
      "folder",
    ]) {
      expect(() => read(path), path).toThrowError(/refused/);
    }
  });
});
