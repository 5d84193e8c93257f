/**
 * RELIABILITY 18: the disk is full or fails, once or for good, at the nth call that changes a file of the project (database, workspace,
 * journal). The process ends with the right code and words, or goes on where the fault did not matter; once the disk is well again the
 * run is resumed and ends as an undisturbed one.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { diskLibrary, hasGcc } from "./disk.ts";
import { child, divergences, finish, inLanes, type Ended } from "./laboratory.ts";
import { atScale, scale, spread } from "./scale.ts";
import { storyFolder } from "./story.ts";

if (!hasGcc) console.warn("SKIPPED: no gcc here, so no disk fails");

type Fault = {
  readonly name: string;
  readonly errno: number;
  readonly code: "disk-full" | "disk-failed";
  readonly calls: "room" | "changes" | "reads";
};

const faults: readonly Fault[] = [
  { name: "is full", errno: constants.errno.ENOSPC, code: "disk-full", calls: "room" },
  { name: "refuses writes", errno: constants.errno.EIO, code: "disk-failed", calls: "changes" },
  { name: "refuses reads", errno: constants.errno.EIO, code: "disk-failed", calls: "reads" },
];

async function environment(
  dir: string,
  fault: Fault,
  more: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  return { LD_PRELOAD: await diskLibrary(), DISK_ROOT: dir, DISK_SPARE: "sent.log", DISK_CALLS: fault.calls, ...more };
}

/** How many calls an undisturbed run makes that can be failed. */
async function countOf(fault: Fault): Promise<number> {
  const place = mkdtempSync(join(tmpdir(), "cadre-count-"));
  const folder = storyFolder();
  try {
    const env = await environment(folder.dir, fault, { DISK_COUNT: join(place, "count") });
    expect(await child(folder.dir, { env })).toMatchObject({ code: 0 });
    return Number(readFileSync(join(place, "count"), "utf8"));
  } finally {
    folder.remove();
    rmSync(place, { recursive: true, force: true });
  }
}

/** Where SQLite itself does not tell what the disk said: it could not make a file, map one, or read what it had written. */
const untold = /\(SQLITE_(CANTOPEN|IOERR_SHM[A-Z]*|CORRUPT)\)/;

/** What is wrong with how the process ended, in words. */
function badEnd(ended: Ended, fault: Fault): string[] {
  const text = ended.stdout + ended.stderr;
  const last = ended.stdout.trimEnd().split("\n").at(-1) ?? "";
  const said = last === "" ? {} : (JSON.parse(last) as { code?: string; exit?: number; hint?: string | null });
  const wrong = (is: boolean, words: string): string[] =>
    is ? [`${words}: exit ${ended.code}, ${ended.signal}, ${last.slice(0, 300)} ${ended.stderr.slice(0, 300)}`] : [];
  const faulty = ended.code !== 0;
  const told = faulty && !untold.test(last);
  return [
    ...wrong(/^\s+at .*:\d+:\d+\)?$/m.test(text), "a stack trace"),
    ...wrong(told && ended.code !== 1, "not the exit code of a failed disk"),
    ...wrong(told && said.code !== fault.code, `not ${fault.code}`),
    ...wrong(faulty && !said.hint, "nothing is said about what to do"),
  ];
}

const cases = faults.flatMap((fault) => [
  { ...fault, words: "for one call", times: 1 },
  { ...fault, words: "for good", times: 0 },
]);
/** A full disk is a real one in the quick part: `small-disk.test.ts`. */
const few = cases.filter(({ calls, times }) => calls !== "room" && times === 1);

test.skipIf(!hasGcc).each(atScale({ quick: few, large: cases, full: cases }))(
  "D1 D3 a disk that $name $words at any call: the command says so, and the resumed run ends as an undisturbed one",
  { timeout: 3_600_000 },
  async (fault) => {
    const last = scale === "quick" ? 0 : await countOf(fault);
    const points = atScale({
      quick: fault.calls === "reads" ? [120] : [600],
      large: spread(1, last, 10),
      full: spread(1, last, fault.times === 1 ? last : 100),
    });
    let stopped = 0;
    const wrong: string[] = [];
    await inLanes(points, 2, async (n) => {
      const folder = storyFolder();
      try {
        const env = await environment(folder.dir, fault, {
          DISK_FAIL: String(fault.errno),
          DISK_AT: String(n),
          DISK_FOR: String(fault.times),
        });
        const ended = await child(folder.dir, { env });
        if (ended.code !== 0) stopped += 1;
        wrong.push(...badEnd(ended, fault).map((each) => `${n}: ${each}`));
        await finish(folder.dir).catch((error: unknown) => wrong.push(`${n}: it does not resume: ${String(error)}`));
        wrong.push(...(await divergences(folder.dir)).found.map((each) => `${n}: ${each}`));
      } finally {
        folder.remove();
      }
    });
    console.info(
      `a disk that ${fault.name} ${fault.words}: ${points.length} points${last > 0 ? ` of ${last}` : ""}, ${stopped} stopped the command`,
    );
    expect(wrong).toEqual([]);
  },
);
