/** What runs beside other tasks can write its own part of the workspace and nothing else of it (DESIGN §5, R6). */
import fs from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bubblewrap } from "../../src/tools/sandbox/bubblewrap.ts";
import { fill, temporaryFolder } from "./tools-bench.ts";

const sandbox = bubblewrap({ node: process.execPath });
const available = sandbox.available();
const missing = "no" in available ? available.no : null;
if (missing !== null) console.warn(`SKIPPED: a task's own share of the workspace in the sandbox: ${missing}`);
const sandboxed = test.skipIf(missing !== null);

async function shell(workspace: string, writable: readonly string[] | undefined, script: string): Promise<string> {
  let output = "";
  await sandbox.run(
    {
      argv: ["sh", "-c", script],
      workspace,
      ...(writable === undefined ? {} : { writable }),
      network: false,
      packages: null,
    },
    { seconds: 20, memoryMb: 256, processes: 32, fileMb: 16 },
    { signal: new AbortController().signal, onOutput: (chunk) => (output += chunk.toString("utf8")) },
  );
  return output;
}

const attempts =
  "echo x > mine/new; echo x >> one.md; echo x > theirs/new; echo x > top; mkdir other; mv mine elsewhere; rm theirs/kept; ln -s ../theirs mine/way; echo x > mine/way/through; true";

sandboxed("R6 a command of one task writes what the task may write, and nothing of its siblings", async () => {
  const workspace = temporaryFolder();
  fill(workspace, { "mine/a": "", "one.md": "1\n", "theirs/kept": "kept" });
  await shell(workspace, ["mine", "one.md"], attempts);
  expect(fs.readFileSync(join(workspace, "mine/new"), "utf8")).toBe("x\n");
  expect(fs.readFileSync(join(workspace, "one.md"), "utf8")).toBe("1\nx\n");
  expect(fs.readdirSync(join(workspace, "theirs"))).toEqual(["kept"]);
  expect(fs.readdirSync(workspace).toSorted()).toEqual(["mine", "one.md", "theirs"]);
});

sandboxed(
  "R6 a task that was given nothing to write changes nothing by a command; the same command does where it may",
  async () => {
    const files = { "mine/a": "", "one.md": "1\n", "theirs/kept": "kept" };
    const shared = temporaryFolder();
    fill(shared, files);
    expect(await shell(shared, [], attempts)).toContain("Read-only file system");
    expect(fs.readdirSync(shared, { recursive: true, encoding: "utf8" }).toSorted()).toEqual([
      "mine",
      "mine/a",
      "one.md",
      "theirs",
      "theirs/kept",
    ]);
    const own = temporaryFolder();
    fill(own, files);
    await shell(own, undefined, attempts);
    expect(fs.existsSync(join(own, "theirs/kept"))).toBe(false);
  },
);

sandboxed("R6 a share that a symlink leads out of is no share", async () => {
  const workspace = temporaryFolder();
  const outside = temporaryFolder();
  fill(workspace, { "theirs/kept": "kept" });
  fs.symlinkSync(outside, join(workspace, "mine"));
  fs.symlinkSync("theirs", join(workspace, "way"));
  await shell(workspace, ["mine", "way", "way/kept"], "echo x > mine/new; echo x > way/new; echo x > way/kept; true");
  expect(fs.readdirSync(outside)).toEqual([]);
  expect(fs.readdirSync(join(workspace, "theirs"))).toEqual(["kept"]);
  expect(fs.readFileSync(join(workspace, "theirs/kept"), "utf8")).toBe("kept");
});
