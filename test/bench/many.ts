/**
 * A full data folder: 10,000 runs that wait, made through the store, beside one that really ran; and one run of 10,000 events.
 * Each listing in a fresh process, as a command has it: what is timed is the store's answer to the question, cold.
 *
 * Not measured: several processes at once, a file larger than the page cache, children of runs, a slow disk.
 */
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Listed, LongRun, Query, TookUp } from "./many-child.ts";
import { timeNode, timeToLine, type Took } from "./node-process.ts";
import { answerArgs, isStep, main, pausedProject, type PausedProject } from "./paused-project.ts";
import { median, printTable, ratios, spread } from "./statistics.ts";

const child = fileURLToPath(new URL("many-child.ts", import.meta.url));
const maxOutput = 256 * 1024 * 1024;

function inChild<Measure>(args: readonly string[]): Measure {
  const { status, stdout, stderr } = spawnSync(process.execPath, [child, ...args], {
    encoding: "utf8",
    maxBuffer: maxOutput,
  });
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}:\n${stderr}`);
  return JSON.parse(stdout) as Measure;
}

function times<Result>(count: number, body: () => Result): Result[] {
  return Array.from({ length: count }, body);
}

function fileOf({ data }: PausedProject): string {
  return join(data, "cadre.db");
}

/** The run that really ran, and its ask: the oldest that waits. */
function firstWaiting({ dir }: PausedProject): { readonly run: string; readonly ask: string } {
  const { stdout } = spawnSync(process.execPath, [main, "inbox", "--json"], {
    cwd: dir,
    encoding: "utf8",
    maxBuffer: maxOutput,
  });
  const [first] = (JSON.parse(stdout) as { asks: { id: string; run: string }[] }).asks;
  if (first === undefined) throw new Error("no run waits");
  return { run: first.run, ask: first.id };
}

const queries: readonly (readonly [query: Query, name: string])[] = [
  ["inbox", "inbox: the oldest 50, as on a terminal"],
  ["allAsks", "inbox: every open ask, as a list"],
  ["wholeAsks", "every open ask with all that it says, as in a pipe"],
  ["dueAsks", "the look of a timer at what the clock decides"],
  ["oneRun", "inbox <run>"],
  ["runs", "runs: the newest 50, as on a terminal"],
  ["allRuns", "runs: all with what they wait for, as in a pipe"],
];

function listings(lone: PausedProject, crowded: PausedProject, rounds: number): void {
  const rows = queries.map(([query, name]) => {
    const few: Listed[] = [];
    const many: Listed[] = [];
    for (let round = 0; round < rounds; round += 1) {
      few.push(inChild(["list", fileOf(lone), query]));
      many.push(inChild(["list", fileOf(crowded), query]));
    }
    const ms = (listed: readonly Listed[]): string =>
      spread(
        listed.map((each) => each.ms),
        1,
      );
    const memory = (listed: readonly Listed[]): string => median(listed.map(({ rss }) => rss)).toFixed(0);
    const cpu = spread(
      many.map((each) => each.cpu),
      1,
    );
    return [name, `${median(many.map((each) => each.rows))}`, ms(many), cpu, ms(few), memory(many), memory(few)];
  });
  printTable(["query", "rows", "ms among many", "of CPU", "ms with one run", "peak MB among many", "with one"], rows);
}

function commands(lone: PausedProject, crowded: PausedProject, rounds: number): void {
  const rows = [["inbox", "--limit", "50"], ["inbox"], ["runs", "--limit", "50"], ["runs"]].map((words) => {
    const few: Took[] = [];
    const many: Took[] = [];
    for (let round = 0; round < rounds; round += 1) {
      few.push(timeNode([main, ...words], lone.dir));
      many.push(timeNode([main, ...words], crowded.dir));
    }
    const wall = (took: readonly Took[]): number[] => took.map((each) => each.wall);
    return [`cadre ${words.join(" ")}`, spread(wall(many), 0), spread(wall(few), 0)];
  });
  console.log();
  printTable(["whole command, in ms", "many", "one run"], rows);
}

async function resumes(lone: PausedProject, crowded: PausedProject, rounds: number): Promise<void> {
  const places = [lone, crowded].map((project) => ({ project, ...firstWaiting(project) }));
  const inStore: number[][] = places.map(() => []);
  const whole: number[][] = places.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [at, { project, run, ask }] of places.entries()) {
      project.pause();
      inStore[at]?.push(inChild<TookUp>(["take", fileOf(project), run]).ms);
      project.pause();
      whole[at]?.push((await timeToLine(answerArgs(ask), project.dir, isStep)).wall);
    }
  }
  const [few = [], many = []] = inStore;
  const [fewWhole = [], manyWhole = []] = whole;
  console.log();
  printTable(
    ["taking up a decision, in ms", "among many", "alone", "ratio"],
    [
      [
        "the store's part: decide, lease, check, fold, commit",
        spread(many, 1),
        spread(few, 1),
        spread(ratios(many, few), 2),
      ],
      [
        "cadre answer, to the first resumed step",
        spread(manyWhole, 0),
        spread(fewWhole, 0),
        spread(ratios(manyWhole, fewWhole), 2),
      ],
    ],
  );
}

function longRun(crowded: PausedProject, events: number, rounds: number): void {
  const { run } = inChild<{ run: string }>(["grow", fileOf(crowded), String(events)]);
  const found = times(rounds, () => inChild<LongRun>(["long", fileOf(crowded), run]));
  const row = (name: string, pick: (long: LongRun) => number, digits = 0): string[] => [
    name,
    spread(found.map(pick), digits),
  ];
  const command = (...words: string[]): string[] => [
    `cadre ${words.join(" ")}`,
    spread(
      times(rounds, () => timeNode([main, ...words], crowded.dir).wall),
      0,
    ),
  ];
  console.log();
  printTable(
    [`a run of ${median(found.map((long) => long.events))} events, in ms`, "each in a fresh process"],
    [
      row("newest state, from nothing", ({ state }) => state),
      row("its events, read", ({ read }) => read),
      row("trace folded", ({ fold }) => fold),
      row("trace rendered", ({ trace }) => trace),
      row("journal rendered", ({ journal }) => journal),
      row("chain checked: hashes, as before going on", ({ hashes }) => hashes),
      row("chain checked: hashes and contents, as by verify", ({ verify }) => verify),
      row("(peak memory of the process, MB)", ({ rss }) => rss),
      command("trace", run),
      command("show", run),
    ],
  );
}

/** `--runs N --events N --rounds N`. */
export async function manyBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: { type: "string", default: "10000" },
      events: { type: "string", default: "10000" },
      rounds: { type: "string", default: "7" },
    },
  });
  const rounds = Number(values.rounds);
  const lone = pausedProject();
  const crowded = pausedProject();
  try {
    const started = performance.now();
    inChild(["fill", fileOf(crowded), values.runs]);
    crowded.keep();
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    const megabytes = existsSync(fileOf(crowded)) ? statSync(fileOf(crowded)).size / 1024 / 1024 : Number.NaN;
    console.log(
      `node ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model ?? "unknown"}; medians of ${rounds} interleaved rounds, smallest to largest; ${values.runs} runs made in ${seconds} s, ${megabytes.toFixed(0)} MB\n`,
    );
    listings(lone, crowded, rounds);
    commands(lone, crowded, rounds);
    await resumes(lone, crowded, rounds);
    longRun(crowded, Number(values.events), rounds);
    console.log(
      "\nNot measured: several processes at once, a file larger than the page cache, children of runs, a slow disk.",
    );
  } finally {
    lone.remove();
    crowded.remove();
  }
}
