/**
 * What durability costs: the same LangGraph graph, one node that appends 1 KB to one list at every step, without a checkpointer and with
 * each of the others, every one in a fresh process, in turn within each round, so that a slow moment of the machine touches all of them.
 *
 * Not measured: several channels, parallel tasks, several threads in one file, a graph whose steps do something, other machines' disks.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { stockSaver, stockVersion } from "./stock-saver.ts";
import { median, printTable, ratios, spread } from "./statistics.ts";
import type { FloorMeasure, HistoryMeasure, ResumeMeasure, RunMeasure } from "./store-child.ts";
import { contenders, type Contender, type ContenderName } from "./store-contenders.ts";

const child = fileURLToPath(new URL("store-child.ts", import.meta.url));
const messageBytes = 1024;
const floorWrites = 200;

type Round = {
  readonly run: RunMeasure;
  readonly resume: ResumeMeasure | null;
  readonly history: HistoryMeasure | null;
};
type Results = ReadonlyMap<ContenderName, Round[]>;

function inChild<Measure>(args: readonly string[]): Measure {
  const { status, stdout, stderr } = spawnSync(process.execPath, [child, ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}:\n${stderr}`);
  return JSON.parse(stdout) as Measure;
}

function clear(folder: string): void {
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
}

function oneRound(name: ContenderName, folder: string, steps: number, module: string): Round {
  const file = join(folder, "bench.db");
  const args = [name, file, String(steps), module];
  const contender: Contender = contenders[name];
  const run = inChild<RunMeasure>(["run", ...args]);
  const read = contender.volatile === undefined && existsSync(file);
  const resume = read ? inChild<ResumeMeasure>(["resume", ...args]) : null;
  const history = read && contender.keeps === "every checkpoint" ? inChild<HistoryMeasure>(["history", ...args]) : null;
  clear(folder);
  return { run, resume, history };
}

/** Every contender once in each round, each round beginning with the next one. */
function measure(names: readonly ContenderName[], steps: number, rounds: number, module: string): Results {
  const results = new Map(names.map((name): [ContenderName, Round[]] => [name, []]));
  const folder = mkdtempSync(join(tmpdir(), "cadre-bench-store-"));
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (let turn = 0; turn < names.length; turn += 1) {
        const name = names[(round + turn) % names.length] as ContenderName;
        results.get(name)?.push(oneRound(name, folder, steps, module));
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return results;
}

function report(results: Results, steps: number): void {
  const content = steps * messageBytes;
  const base = results.get("none") ?? [];
  const synced = results.get("synced") ?? [];
  const rows = [...results].map(([name, rounds]) => {
    const of = (pick: (run: RunMeasure) => number): number[] => rounds.map(({ run }) => pick(run));
    const stored = contenders[name].title;
    const bytes = median(of((run) => run.bytes));
    const empty = median(of((run) => run.emptyBytes));
    const resumes = rounds.flatMap(({ resume }) => resume ?? []);
    const histories = rounds.flatMap(({ history }) => history ?? []);
    return [
      stored,
      spread(
        of((run) => run.cpu),
        2,
      ),
      spread(
        of((run) => run.system),
        2,
      ),
      spread(
        ratios(
          of((run) => run.cpu),
          base.map(({ run }) => run.cpu),
        ),
        2,
      ),
      spread(
        ratios(
          of((run) => run.cpu),
          synced.map(({ run }) => run.cpu),
        ),
        2,
      ),
      spread(
        of((run) => run.cpuFirst),
        2,
      ),
      spread(
        of((run) => run.cpuLast),
        2,
      ),
      spread(
        of((run) => run.cpuLast / run.cpuFirst),
        2,
      ),
      spread(
        of((run) => run.wall),
        2,
      ),
      "volatile" in contenders[name]
        ? "-"
        : `${(bytes / content).toFixed(2)} (${((bytes - empty) / content).toFixed(2)})`,
      spread(
        of((run) => run.rss),
        0,
      ),
      spread(
        resumes.map(({ ms }) => ms),
        1,
      ),
      spread(
        histories.map(({ ms }) => ms),
        0,
      ),
      spread(
        histories.map(({ ms, rowsMs }) => ms / rowsMs),
        1,
      ),
      spread(
        histories.map(({ ms, bytesMs, parseMs }) => ms / (bytesMs + parseMs)),
        1,
      ),
    ];
  });
  console.log(`\n${steps} steps of 1 KB (${(content / 1024).toFixed(0)} KB of content)`);
  printTable(
    [
      "checkpointer",
      "CPU ms/step",
      "of it kernel",
      "x none",
      "x synced page",
      "first tenth",
      "last tenth",
      "last / first",
      "wall ms/step",
      "file / content (less the empty file)",
      "peak RSS MB",
      "resume ms",
      "all states, CPU ms",
      "/ reading each row once",
      "/ bytes and messages",
    ],
    rows,
  );
}

function floor(): void {
  const folder = mkdtempSync(join(tmpdir(), "cadre-bench-floor-"));
  try {
    const { ms, cpu } = inChild<FloorMeasure>(["floor", join(folder, "page"), String(floorWrites)]);
    console.log(
      `A page of 4 KB on disk (pwrite and fdatasync, ${floorWrites} times): ${ms.toFixed(2)} ms each, ${cpu.toFixed(3)} ms of it CPU. No commit at FULL can take less.`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Options = { readonly steps: readonly number[]; readonly rounds: number };

function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: { steps: { type: "string" }, rounds: { type: "string" }, quick: { type: "boolean", default: false } },
  });
  const steps = (values.steps ?? (values.quick ? "100,300" : "100,300,1000")).split(",").map(Number);
  const rounds = Number(values.rounds ?? (values.quick ? 2 : 5));
  if (![...steps, rounds].every((count) => Number.isSafeInteger(count) && count > 0))
    throw new Error("--steps takes whole numbers such as 100,300 and --rounds one");
  return { steps, rounds };
}

/** `--steps 100,300 --rounds N`; `--quick`: 100 and 300 steps, two rounds. */
export function storeBench(args: readonly string[]): void {
  const { steps, rounds } = readOptions(args);
  const stock = stockSaver();
  const names = (Object.keys(contenders) as ContenderName[]).filter((name) => name !== "stock" || stock.installed);
  console.log(
    `node ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model ?? "unknown"}, files in ${tmpdir()}; medians of ${rounds} interleaved rounds, smallest to largest; each contender in a fresh process, warmed up on another file`,
  );
  if (!stock.installed) console.log(`SqliteSaver (official, ${stockVersion}): not installed: ${stock.why}`);
  floor();
  for (const count of steps) report(measure(names, count, rounds, stock.installed ? stock.module : ""), count);
  floor();
  console.log(
    '\nThe control, "keeps nothing", is LangGraph\'s own bookkeeping for a checkpointer, and "keeps nothing, syncs a page" what FULL cannot do without: that, and a core that is given up to the disk and taken back at every step (on a busy machine with cold caches). So its x none is the least that any saver can have at FULL, and x synced page is what a saver adds to that.' +
      "\nA line of a run keeps its events and its newest checkpoint, so it has no other states to list; its file also holds the run, its chart and the tables of the ledger (hence the size of the empty file). NORMAL may lose acknowledged steps when the power fails; only FULL is used for runs." +
      "\nResume: opening the file and reading the newest state in a new process, without the loading of code. All states: listing every checkpoint with its whole list, by the CPU of the main thread, in a process that has run none of it yet; beside reading every row of the file once through the same driver and parsing what is JSON in it, and beside the least there is: the file's bytes, and the messages parsed once." +
      "\nNot measured: several channels, parallel tasks, several threads in one file, steps that do something, other machines' disks.",
  );
}
