/**
 * RELIABILITY 25: a list of allowed commands is a convenience. What such lists let through runs here in the sandbox, and none of it has an
 * effect outside; the same outside (by a user who owns nothing, where the tests run as root) shows that it would have had.
 */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { bubblewrap } from "../../src/tools/sandbox/bubblewrap.ts";
import { abuses } from "./command-abuse.ts";

const sandbox = bubblewrap({ node: process.execPath });
const available = sandbox.available();
const missing = "no" in available ? available.no : null;
if (missing !== null) console.warn(`SKIPPED: abuse of allowed commands: ${missing}`);

const mark = (out: string, name: string): string => `#!/bin/sh\ntouch ${out}/${name}\n`;

function filled(root: string, out: string): string {
  const files = {
    "a.txt": "a\n",
    "b.txt": "b\n",
    "a.patch": "--- a.txt\n+++ a.txt\n@@ -1 +1 @@\n-a\n+c\n",
    "long.txt": `${"a long line to be sorted\n".repeat(2000)}`,
    Evil: `all:\n\ttouch ${out}/make\n`,
    "package.json": JSON.stringify({
      scripts: { evil: `touch ${out}/npm-script`, pretest: `touch ${out}/npm-pre`, test: "true" },
    }),
    "tools/mark": `#!/bin/sh\ntouch ${out}/tar-rsh\n`,
    "tools/mark-sort": `#!/bin/sh\ntouch ${out}/sort-compress\ncat\n`,
    "tools/mark-rg": mark(out, "rg-pre"),
    "tools/git-evil": mark(out, "git-exec-path"),
    "tools/env": `touch ${out}/bash-env\n`,
    "tools/required.cjs": `require("fs").writeFileSync("${out}/node-require", "")\n`,
  };
  for (const [path, text] of Object.entries(files)) {
    fs.mkdirSync(join(root, path, ".."), { recursive: true });
    fs.writeFileSync(join(root, path), text, { mode: 0o755 });
  }
  const quiet = { cwd: root, env: { PATH: "/usr/bin:/bin", HOME: root } };
  spawnSync("tar", ["cf", "a.tar", "a.txt"], quiet);
  const git = (...args: string[]): unknown => spawnSync("git", args, quiet);
  git("init", "-q", "--bare", "repo");
  git("--git-dir=repo", "--work-tree=.", "add", "a.txt");
  git("--git-dir=repo", "-c", "user.name=t", "-c", "user.email=t@example.org", "--work-tree=.", "commit", "-qm", "one");
  return root;
}

test.skipIf(missing !== null)(
  "row 25 abused as they may be, allowed commands have no effect outside",
  { timeout: 120_000 },
  async () => {
    const folder = fs.realpathSync(fs.mkdtempSync(join(os.tmpdir(), "cadre-abuse-")));
    onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
    const [out, control] = [join(folder, "out"), join(folder, "control")] as const;
    fs.mkdirSync(out);
    fs.mkdirSync(control);
    const insideRoot = filled(join(folder, "inside"), out);
    const outsideRoot = filled(join(folder, "outside"), control);
    if (process.getuid?.() === 0) spawnSync("chown", ["-R", "65534:65534", control, outsideRoot]);
    fs.chmodSync(folder, 0o755);
    expect(Object.keys(abuses).length).toBeGreaterThanOrEqual(60);

    const waiting = Object.values(abuses).values();
    const worker = async (): Promise<void> => {
      for (const argv of waiting) {
        const command = {
          argv: argv.map((word) => word.replaceAll("{out}", out)),
          workspace: insideRoot,
          network: false,
          packages: null,
        };
        const limits = { seconds: 10, memoryMb: 512, processes: 64, fileMb: 16 };
        const outcome = await sandbox.run(command, limits, {
          signal: new AbortController().signal,
          onOutput: () => undefined,
        });
        expect(outcome.started, argv.join(" ")).toBe(true);
      }
    };
    await Promise.all([worker(), worker(), worker()]);
    expect(fs.readdirSync(out)).toEqual([]);

    for (const argv of Object.values(abuses)) {
      const [program = "", ...args] = argv.map((word) => word.replaceAll("{out}", control));
      spawnSync(program, args, {
        cwd: outsideRoot,
        env: { PATH: process.env["PATH"] ?? "", HOME: outsideRoot },
        timeout: 10_000,
        stdio: "ignore",
        ...(process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}),
      });
    }
    const real = fs.readdirSync(control).length;
    console.info(`${Object.keys(abuses).length} abuses, ${real} of them with an effect outside the sandbox, 0 inside`);
    expect(real).toBeGreaterThanOrEqual(40);
  },
);
