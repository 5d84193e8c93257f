/**
 * D1 D2 D3, RELIABILITY 1 and 16: kill -9 before the nth system call that changes a file, resume, and the run ends as if nothing had
 * happened. strace counts in the kernel, so nothing that the process does to a file is left out; every n is a kill in the full sweep.
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

/** `write` is swept by itself: the process also writes to its own pipes, at times that vary. */
const calls = {
  "every call that changes a file but write":
    "pwrite64,writev,pwritev,pwritev2,fsync,fdatasync,ftruncate,truncate,fallocate,rename,renameat,renameat2,unlink,unlinkat,rmdir,mkdir,mkdirat,link,linkat,symlink,symlinkat,fchmod,chmod,fchmodat,copy_file_range,sendfile,utimensat",
  "every write": "write",
} as const;

/** Only stops at the calls that are named: as fast as without it. Each thread is counted by itself, and one thread does all writing. */
const strace = ["strace", "-f", "--seccomp-bpf", "-qq", "-e", "signal=none"];

/** How many such calls the main thread of an undisturbed run makes. */
async function countOf(set: string): Promise<number> {
  await reference(); // so that no process below is the one that writes the cache of compiled code
  const place = mkdtempSync(join(tmpdir(), "cadre-strace-"));
  const folder = storyFolder();
  try {
    const log = join(place, "calls");
    expect(await child(folder.dir, { under: [...strace, "-o", log, "-e", `trace=${set}`] })).toMatchObject({ code: 0 });
    const lines = readFileSync(log, "utf8").split("\n");
    const main = lines[0]?.split(" ")[0];
    // A call that another thread came between has a second line, "<... fsync resumed>"; and there is one for the end.
    return lines.filter((line) => line.startsWith(`${main} `) && !/^\d+ (<\.\.\.|\+\+\+)/.test(line)).length;
  } finally {
    folder.remove();
    rmSync(place, { recursive: true, force: true });
  }
}

type Told = { kills: number; doubts: number; repeated: number; readonly wrong: string[] };

/** One kill; false where the process ended before it. */
async function killedAt(set: string, n: number, told: Told): Promise<boolean> {
  const folder = storyFolder();
  try {
    const ended = await child(folder.dir, {
      under: [...strace, "-o", "/dev/null", "-e", `inject=${set}:signal=KILL:when=${n}`],
    });
    await finish(folder.dir);
    const { found, ending } = await divergences(folder.dir);
    told.wrong.push(...found.map((each) => `${n}: ${each}`));
    // One crash leaves one effect in doubt at most, and one model call that may be billed twice.
    if (ending.doubts > 1 || ending.repeated > 1)
      told.wrong.push(`${n}: ${ending.doubts} effects in doubt, ${ending.repeated} model calls repeated`);
    if (ended.signal === "SIGKILL") told.kills += 1;
    else if (ended.code !== 0) told.wrong.push(`${n}: not killed, and exit code ${ended.code}`);
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

test.skipIf(!hasStrace).each(Object.entries(calls))(
  "D3 killed before %s and resumed, a run ends as an undisturbed one",
  { timeout: 3_600_000 },
  async (name, set) => {
    const last = scale === "quick" ? 0 : await countOf(set);
    const told: Told = { kills: 0, doubts: 0, repeated: 0, wrong: [] };
    const few = set === "write" ? [60] : [150, 600];
    const points = atScale({
      quick: few,
      large: spread(1, last, set === "write" ? 15 : 45),
      full: spread(1, last, last),
    });
    await inLanes(points, 2, async (n) => void (await killedAt(set, n, told)));
    // In SQLite's manner: on and on until a run is over before it is reached.
    if (points.at(-1) === last) for (let n = last + 1; await killedAt(set, n, told);) n += 1;
    console.info(
      `${name}: ${told.kills} kills${last > 0 ? ` in ${last} calls` : ""}, ${told.doubts} effects in doubt, ${told.repeated} model calls repeated`,
    );
    expect(told.wrong).toEqual([]);
    expect(told.kills).toBeGreaterThanOrEqual(Math.floor(points.length * 0.7));
  },
);
