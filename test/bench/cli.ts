/**
 * How much longer the built command takes than a bare Node: from the start of the process to its exit, or, for `answer`, to the first step that
 * the resumed run takes. Each command in turn with a bare `node -e 0` right before it, so that a slow moment of the machine
 * touches both halves of a pair; wall time, and CPU, which a busy machine stretches less.
 *
 * Not measured: the first start after an install (the compile cache is warm after the warm-up), npx itself, a slow disk,
 * memory, and anything that a command does on a project larger than the shipped one.
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { timeNode, timeToLine, type Took } from "./node-process.ts";
import { answerArgs, isStep, main, pausedProject, waiting } from "./paused-project.ts";
import { median, printTable, ratios, spread } from "./statistics.ts";

const warmUps = 3;

type Subject = {
  readonly name: string;
  /** Not timed. */
  readonly prepare?: () => void;
  /** Where `take` ends the process, which then keeps nothing of what it compiled: the same to its own end. */
  readonly whole?: () => void;
  readonly take: () => Promise<Took> | Took;
};

async function measure(subject: Subject, pairs: number, project: string): Promise<string[]> {
  subject.prepare?.();
  subject.whole?.();
  for (let i = 0; i < warmUps; i++) await once(subject);
  const bare: Took[] = [];
  const own: Took[] = [];
  for (let i = 0; i < pairs; i++) {
    bare.push(timeNode(["-e", "0"], project));
    own.push(await once(subject));
  }
  const wall = (took: readonly Took[]): number[] => took.map((each) => each.wall);
  const meanCpu = (took: readonly Took[]): number => took.reduce((sum, { cpu }) => sum + cpu, 0) / took.length;
  return [
    subject.name,
    spread(ratios(wall(own), wall(bare)), 2),
    (meanCpu(own) / meanCpu(bare)).toFixed(2),
    `${median(wall(own)).toFixed(0)}`,
    spread(wall(bare), 0),
  ];
}

async function once(subject: Subject): Promise<Took> {
  subject.prepare?.();
  return subject.take();
}

/** `--pairs N`: how many pairs of each, 25 by default. */
export async function cliBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { pairs: { type: "string", default: "25" } } });
  const pairs = Number(values.pairs);
  const { dir: project, pause, remove } = pausedProject();
  try {
    console.log(
      `node ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model ?? "unknown"}; ${pairs} interleaved pairs each; one run waits`,
    );
    const command = (...words: string[]): Subject => ({
      name: `cadre ${words.join(" ")}`,
      take: () => timeNode([main, ...words], project),
    });
    const answer: Subject = {
      name: "cadre answer, to the first resumed step",
      prepare: pause,
      whole: () => timeNode(answerArgs("@waiting"), project, waiting),
      take: () => timeToLine(answerArgs("@waiting"), project, isStep),
    };
    const rows: string[][] = [];
    for (const subject of [
      command("--help"),
      command("inbox"),
      command("runs"),
      command("trace"),
      command("lint"),
      command("who", "gpu"),
      answer,
    ])
      rows.push(await measure(subject, pairs, project));
    printTable(["command", "x bare node: median (range)", "x CPU: mean", "ms", "bare node in ms"], rows);
    console.log("Not measured: first start after an install, npx, memory, larger projects.");
  } finally {
    remove();
  }
}
