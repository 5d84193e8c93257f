/** RELIABILITY 18, with a real full disk: the project lies on a file system of 8 MB, and something else takes all but a little of it. */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, statfsSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { child, divergences } from "./laboratory.ts";
import { atScale, spread } from "./scale.ts";
import { storyFolder } from "./story.ts";

const size = 8 * 1024 * 1024;

/** Mounts it for the time of a test; null where that is not allowed. */
function smallDisk(): string | null {
  const place = mkdtempSync(join(tmpdir(), "cadre-small-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", place]).status === 0;
  onTestFinished(() => {
    if (mounted) spawnSync("umount", [place]);
    rmdirSync(place);
  });
  return mounted ? place : null;
}

/** Takes room until only so many bytes are left. */
function fillUp(file: string, left: number): void {
  const fd = openSync(file, "w");
  try {
    for (let free = freeIn(file); free > left; free = freeIn(file))
      writeSync(fd, Buffer.alloc(Math.min(free - left, 65_536)));
  } finally {
    closeSync(fd);
  }
}

function freeIn(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}

test(
  "D1 D3 a real full disk: the command says so, and once there is room the run ends as an undisturbed one",
  { timeout: 1_800_000 },
  async (context) => {
    const disk = smallDisk();
    if (disk === null) {
      console.warn("SKIPPED: a file system of 8 MB could not be mounted here (that needs root)");
      return context.skip();
    }
    let stopped = 0;
    // In blocks of 4 KB. The run needs between 120 and 180 of them, most for the database's log, which is emptied when the process ends.
    const lefts = spread(4, 200, atScale({ quick: 1, large: 6, full: 40 })).map((blocks) => blocks * 4096);
    for (const left of lefts) {
      const folder = storyFolder(disk);
      const filler = join(disk, "filler");
      fillUp(filler, left);
      const ended = await child(folder.dir);
      if (ended.code !== 0) {
        stopped += 1;
        const last: unknown = JSON.parse(ended.stdout.trimEnd().split("\n").at(-1) ?? "");
        expect({ left, code: ended.code, last }).toMatchObject({ code: 1, last: { code: "disk-full", exit: 1 } });
        expect(ended.stdout + ended.stderr).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
      }
      rmSync(filler);
      expect({ left, ...(await child(folder.dir)) }).toMatchObject({ left, code: 0 });
      expect({ left, found: (await divergences(folder.dir)).found }).toEqual({ left, found: [] });
      folder.remove();
    }
    console.info(`a real disk with ${lefts.length} sizes of room left: full ${stopped} times`);
    expect(stopped).toBeGreaterThan(0);
  },
);
