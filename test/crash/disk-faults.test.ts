/**
 * RELIABILITY 18: the disk is full or fails, once or for good, at the nth call that changes a file of the project (database, workspace,
 * journal). The process ends with the right code and words, or goes on where the fault did not matter; once the disk is well again the
 * run is resumed and ends as an undisturbed one.
 *
 * A few points have a process of their own, as `npm test` does it. All others share some (`points.ts`), which takes a tenth of the time:
 * `CADRE_CRASH=large` fails some hundreds of the calls that a run makes, `full` every single one.
 */
import { constants } from "node:os";
import { expect, test } from "vitest";
import { diskLibrary, hasGcc } from "./disk.ts";
import { child, divergences, finish, inLanes, type Ended } from "./laboratory.ts";
import { failAtPoints, type Point } from "./points.ts";
import { atScale, scale, spread } from "./scale.ts";
import { storyFolder } from "./story.ts";

if (!hasGcc) console.warn("SKIPPED: no gcc here, so no disk fails");

type Fault = {
  readonly name: string;
  readonly errno: number;
  readonly code: "disk-full" | "disk-failed";
  readonly calls: Point["calls"];
};

const faults: readonly Fault[] = [
  { name: "is full", errno: constants.errno.ENOSPC, code: "disk-full", calls: "room" },
  { name: "refuses writes", errno: constants.errno.EIO, code: "disk-failed", calls: "changes" },
  { name: "refuses reads", errno: constants.errno.EIO, code: "disk-failed", calls: "reads" },
];

async function environment(dir: string, fault: Fault, n: number, times: number): Promise<Record<string, string>> {
  return {
    LD_PRELOAD: await diskLibrary(),
    DISK_ROOT: dir,
    DISK_SPARE: "sent.log",
    DISK_CALLS: fault.calls,
    DISK_FAIL: String(fault.errno),
    DISK_AT: String(n),
    DISK_FOR: String(times),
  };
}

/** How many calls an undisturbed run makes that can be failed. */
async function countOf({ calls }: Fault): Promise<number> {
  let count = 0;
  await failAtPoints([{ errno: 0, at: 0, times: 0, calls }], (_, end) => {
    expect(end).toMatchObject({ code: 0, wrong: [] });
    count = end.calls;
  });
  return count;
}

/** Where SQLite itself does not tell what the disk said: it could not make a file, map one, or read what it had written. */
const untold = /\(SQLITE_(CANTOPEN|IOERR_SHM[A-Z]*|CORRUPT)\)/;

/** What is wrong with how the process ended, in words. */
function badEnd(ended: Pick<Ended, "code" | "stdout" | "stderr">, fault: Fault): string[] {
  const text = ended.stdout + ended.stderr;
  const last = ended.stdout.trimEnd().split("\n").at(-1) ?? "";
  const said = last === "" ? {} : (JSON.parse(last) as { code?: string; exit?: number; hint?: string | null });
  const wrong = (is: boolean, words: string): string[] =>
    is ? [`${words}: exit ${ended.code}, ${last.slice(0, 300)} ${ended.stderr.slice(0, 300)}`] : [];
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
    const alone = scale === "quick" ? [fault.calls === "reads" ? 120 : 600] : spread(1, last, 3);
    const shared = atScale({ quick: [], large: spread(1, last, 100), full: spread(1, last, last) });
    let stopped = 0;
    const wrong: string[] = [];
    const look = (n: number, ended: Parameters<typeof badEnd>[0], found: readonly string[]): void => {
      if (ended.code !== 0) stopped += 1;
      wrong.push(...[...badEnd(ended, fault), ...found].map((each) => `${n}: ${each}`));
    };
    await inLanes(alone, 2, async (n) => {
      const folder = storyFolder();
      try {
        const ended = await child(folder.dir, { env: await environment(folder.dir, fault, n, fault.times) });
        const found = await finish(folder.dir).then(
          async () => (await divergences(folder.dir)).found,
          (error: unknown) => [`it does not resume: ${String(error)}`],
        );
        look(n, ended, found);
      } finally {
        folder.remove();
      }
    });
    const points = shared.map((at): Point => ({ errno: fault.errno, at, times: fault.times, calls: fault.calls }));
    const started = performance.now();
    await failAtPoints(points, ({ at }, end) => look(at, end, end.wrong));
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    const swept = points.length === 0 ? "" : `${points.length} of ${last} points in ${seconds} s, and `;
    console.info(
      `a disk that ${fault.name} ${fault.words}: ${swept}${alone.length} in processes of their own; ${stopped} stopped the command, ${wrong.length} went wrong`,
    );
    expect(wrong).toEqual([]);
  },
);
