/**
 * D1 D2 D3, RELIABILITY 1 and 16: kill -9 before the nth system call that changes a file, resume, and the run ends as if nothing had
 * happened. strace counts in the kernel, so nothing that the process does to a file is left out; in the full sweep every n of every kind of
 * call is a kill.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { child, divergences, finish, inLanes, reference } from "./laboratory.ts";
import { atScale, scale, spread } from "./scale.ts";
import { storyFolder } from "./story.ts";

const hasStrace = spawnSync("strace", ["-V"]).status === 0;
if (!hasStrace) console.warn("SKIPPED: no strace here, so nothing is killed at chosen system calls");

/** The calls that change a file, as far as Linux has them. */
const changing =
  "write pwrite64 writev pwritev pwritev2 fsync fdatasync syncfs ftruncate truncate fallocate rename renameat renameat2 unlink unlinkat rmdir mkdir mkdirat link linkat symlink symlinkat fchmod chmod fchmodat copy_file_range sendfile utimensat".split(
    " ",
  );

/**
 * Follows the main thread alone, which does all writing; with the others, kills would be counted by thread. Not with `--seccomp-bpf`, fast
 * as it is: strace 6.1 then sends no signals.
 */
const strace = (call: string): string[] => ["strace", "-qq", "-e", "signal=none", "-e", `trace=${call}`];

/** How many calls of each kind the main thread of an undisturbed run makes. */
async function countCalls(): Promise<Map<string, number>> {
  await reference(); // so that no process below is the one that writes the cache of compiled code
  const place = mkdtempSync(join(tmpdir(), "cadre-strace-"));
  const folder = storyFolder();
  try {
    const log = join(place, "calls");
    const ended = await child(folder.dir, { under: [...strace(changing.join(",")), "-o", log] });
    expect(ended).toMatchObject({ code: 0 });
    const names = readFileSync(log, "utf8")
      .split("\n")
      .map((line) => line.slice(0, line.indexOf("(")));
    return new Map(changing.map((call) => [call, names.filter((name) => name === call).length]));
  } finally {
    folder.remove();
    rmSync(place, { recursive: true, force: true });
  }
}

/** The nth call of its kind; strace counts each kind by itself. */
type Point = { readonly call: string; readonly n: number };

type Told = { kills: number; doubts: number; repeated: number; readonly wrong: string[] };

/** One kill; false where the process ended before it. */
async function killedAt({ call, n }: Point, told: Told): Promise<boolean> {
  const point = `${call} ${n}`;
  const folder = storyFolder();
  try {
    const ended = await child(folder.dir, {
      under: [...strace(call), "-o", "/dev/null", "-e", `inject=${call}:signal=KILL:when=${n}`],
    });
    await finish(folder.dir);
    const { found, ending } = await divergences(folder.dir);
    told.wrong.push(...found.map((each) => `${point}: ${each}`));
    // One crash leaves one effect in doubt at most, and one model call that may be billed twice.
    if (ending.doubts > 1 || ending.repeated > 1)
      told.wrong.push(`${point}: ${ending.doubts} effects in doubt, ${ending.repeated} model calls repeated`);
    if (ended.signal === "SIGKILL") told.kills += 1;
    else if (ended.code !== 0) told.wrong.push(`${point}: not killed, and exit code ${ended.code}`);
    told.doubts += ending.doubts;
    told.repeated += ending.repeated;
    return ended.signal === "SIGKILL";
  } finally {
    folder.remove();
  }
}

test("D3 killed inside an effect that cannot be probed: one doubt is put to a person, and it happens once", async () => {
  const folder = storyFolder();
  try {
    const ended = await child(folder.dir, {
      settings: { holdInEffect: true },
      onLine: (line, running) => void (line.includes('"held"') && running.kill("SIGKILL")),
    });
    expect(ended.signal).toBe("SIGKILL");
    await finish(folder.dir);
    const { found, ending } = await divergences(folder.dir);
    expect({ found, doubts: ending.doubts, repeated: ending.repeated }).toEqual({ found: [], doubts: 1, repeated: 0 });
  } finally {
    folder.remove();
  }
});

/** A few of each kind; the most frequent are the pages of a commit. */
const few: readonly Point[] = [
  { call: "pwrite64", n: 150 },
  { call: "pwrite64", n: 600 },
  { call: "fsync", n: 50 },
  { call: "rename", n: 12 },
];

test.skipIf(!hasStrace)(
  "D3 killed before a call that changes a file and resumed, a run ends as an undisturbed one",
  { timeout: 7_200_000 },
  async () => {
    const counts = scale === "quick" ? new Map<string, number>() : await countCalls();
    const told: Told = { kills: 0, doubts: 0, repeated: 0, wrong: [] };
    const points = [...counts].flatMap(([call, last]) =>
      spread(1, last, atScale({ quick: 0, large: Math.ceil(4 + last / 40), full: last })).map((n): Point => ({
        call,
        n,
      })),
    );
    await inLanes(scale === "quick" ? few : points, 2, async (point) => void (await killedAt(point, told)));
    // In SQLite's manner: on and on until a run is over before the call is reached.
    if (scale === "full")
      for (const [call, last] of counts)
        for (let n = last + 1; last > 0 && (await killedAt({ call, n }, told));) n += 1;
    const kinds = [...counts].flatMap(([call, last]) => (last > 0 ? [`${last} ${call}`] : []));
    console.info(
      `${told.kills} kills${kinds.length > 0 ? ` in a run of ${kinds.join(", ")}` : ""}; ${told.doubts} effects in doubt, ${told.repeated} model calls repeated`,
    );
    expect(told.wrong).toEqual([]);
    // The process writes to its own pipes too, at times that vary.
    expect(told.kills).toBeGreaterThanOrEqual(Math.floor((scale === "quick" ? few : points).length * 0.9));
  },
);
