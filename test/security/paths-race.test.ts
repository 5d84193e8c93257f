/** R6, RELIABILITY 12: what is checked is what is opened, also while another process swaps folders for symlinks. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { readWhole } from "../../src/tools/read-bytes.ts";
import { isPathError } from "../../src/tools/safe-files.ts";
import { writeWhole } from "../../src/tools/write-whole.ts";
import { atScale, scale } from "../crash/scale.ts";
import { openWorkbench } from "../unit/tools-bench.ts";

/** Swaps `door` between a folder and a symlink to `target` by renames, as fast as it can, until it is killed. */
const swapper = `
const fs = require("node:fs");
const [door, target] = process.argv.slice(1);
fs.symlinkSync(target, door + ".link");
process.send("ready");
for (;;) {
  try {
    fs.renameSync(door, door + ".real");
    fs.renameSync(door + ".link", door);
    fs.renameSync(door, door + ".link");
    fs.renameSync(door + ".real", door);
  } catch {
    // A writer made the folder anew in between: clear it away and begin again.
    try { fs.rmSync(door, { recursive: true, force: true }); } catch {}
    try { fs.symlinkSync(target, door + ".link"); } catch {}
    fs.mkdirSync(door + ".real", { recursive: true });
    try { fs.renameSync(door + ".real", door); } catch {}
  }
}`;

async function withSwapper(door: string, target: string, during: () => void): Promise<void> {
  const child = spawn(process.execPath, ["-e", swapper, door, target], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child, "message");
  during();
  child.kill("SIGKILL");
  await once(child, "exit");
}

/** How long each race goes on, beside a least number of tries. */
const raceMs = atScale({ quick: 0, large: 5_000, full: 60_000 });
const timeout = scale === "quick" ? 60_000 : 300_000;

/** Opens by path as long as nothing else is checked: shows that the race is really on. */
function naive(workspace: string, path: string): string | null {
  try {
    return fs.realpathSync(`${workspace}/door`) === `${workspace}/door`
      ? fs.readFileSync(`${workspace}/${path}`, "utf8")
      : null;
  } catch {
    return null;
  }
}

test("R6 reading never gets a file from outside while a folder is swapped for a symlink", { timeout }, async () => {
  const bench = openWorkbench({ "door/secret.txt": "inside\n" });
  const seen = { inside: 0, refused: 0, naiveEscapes: 0 };
  await withSwapper(`${bench.workspace}/door`, bench.outside, () => {
    // Goes on until both sides of the swap were met, and long enough for the naive way to fall for it.
    const ends = performance.now() + raceMs;
    const met = (): boolean => seen.inside > 0 && seen.refused > 0;
    for (let tries = 0; tries < 8000 || (tries < 200_000 && !met()) || performance.now() < ends; tries += 1) {
      try {
        expect(readWhole(bench.workspace, "door/secret.txt", 1000).toString()).toBe("inside\n");
        seen.inside += 1;
      } catch (error) {
        if (!isPathError(error)) throw error;
        seen.refused += 1;
      }
      if (naive(bench.workspace, "door/secret.txt") === "the secret\n") seen.naiveEscapes += 1;
    }
  });
  expect(seen.inside).toBeGreaterThan(0);
  expect(seen.refused).toBeGreaterThan(0);
  console.info(
    `reads: ${seen.inside} inside, ${seen.refused} refused, 0 outside; realpath-then-open: ${seen.naiveEscapes} outside`,
  );
});

test("R6 writing never lands outside while a folder is swapped for a symlink", { timeout }, async () => {
  const bench = openWorkbench({ "door/a.txt": "inside\n" });
  const seen = { written: 0, refused: 0 };
  await withSwapper(`${bench.workspace}/door`, bench.outside, () => {
    const ends = performance.now() + raceMs;
    const met = (): boolean => seen.written > 0 && seen.refused > 0;
    for (let tries = 0; tries < 500 || (tries < 20_000 && !met()) || performance.now() < ends; tries += 1) {
      try {
        writeWhole(bench.workspace, "door/a.txt", Buffer.from("written"));
        seen.written += 1;
      } catch (error) {
        // The folder may also be made anew or taken away between two steps: not written, and that is all.
        if (!isPathError(error) && !/ENOENT|ENOTEMPTY|EEXIST/.test(String(error))) throw error;
        seen.refused += 1;
      }
    }
  });
  expect(seen.written).toBeGreaterThan(0);
  expect(fs.readdirSync(bench.outside)).toEqual(["secret.txt"]);
  expect(fs.readFileSync(`${bench.outside}/secret.txt`, "utf8")).toBe("the secret\n");
});
