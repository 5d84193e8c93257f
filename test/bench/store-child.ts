/**
 * One contender in one process of its own, for `store`; prints what it measured as one line of JSON.
 *
 *   run <contender> <file> <steps> <module>       a graph of one node that appends 1 KB to one list, until it has `steps` of them
 *   resume <contender> <file> <steps> <module>    opens the file and reads the newest state
 *   history <contender> <file> <steps> <module>   opens the file and reads every state that it kept
 *   floor <file> <writes>                         what the disk takes for a page that is on it
 */
import { isUtf8 } from "node:buffer";
import { closeSync, existsSync, fdatasyncSync, openSync, readFileSync, statSync, writeSync } from "node:fs";
import SQLite from "better-sqlite3";
import { Annotation, END, START, StateGraph } from "@langchain/langgraph";
import type { Event } from "../../src/events/event.ts";
import { logChannel } from "../../src/store/checkpoints.ts";
import { eventOf } from "./bench-run.ts";
import { contenders, type Contender, type ContenderName, type Opened } from "./store-contenders.ts";

export const messageBytes = 1024;
const warmUpSteps = 300;

export type RunMeasure = {
  /** CPU in ms a step, user and system: over all steps, the first tenth, the last. */
  readonly cpu: number;
  /** What of it the kernel used. */
  readonly system: number;
  readonly cpuFirst: number;
  readonly cpuLast: number;
  /** ms a step. */
  readonly wall: number;
  /** Of the file and its log once it was closed, and of the file before the first step. */
  readonly bytes: number;
  readonly emptyBytes: number;
  /** The process's peak, in MB. */
  readonly rss: number;
};

export type ResumeMeasure = { readonly ms: number };
/** In ms of CPU of the main thread: a busy machine stretches that less than the time on the wall. */
export type HistoryMeasure = {
  readonly ms: number;
  /** Every row of every table, once, and the JSON in it parsed: what reading the file takes a program that reads it as what it is. */
  readonly rowsMs: number;
  /** The bytes of the file, once, not looked at. */
  readonly bytesMs: number;
  /** The JSON of every message, once. */
  readonly parseMs: number;
  readonly states: number;
};
export type FloorMeasure = { readonly ms: number; readonly cpu: number };

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function sizeOf(file: string): number {
  return ["", "-wal"].reduce((sum, suffix) => sum + (existsSync(file + suffix) ? statSync(file + suffix).size : 0), 0);
}

function openOn(name: ContenderName, file: string, module: string): Promise<Opened> {
  return contenders[name].open(file, module);
}

async function load(name: ContenderName, module: string): Promise<void> {
  const contender: Contender = contenders[name];
  await contender.load?.(module);
}

/** A graph of one node that appends one message a step until it has them all; `onStep` at the beginning of each. */
async function walk(opened: Opened, messages: readonly Event[], onStep: () => void): Promise<void> {
  const State = Annotation.Root({
    [logChannel]: Annotation<Event[]>({ reducer: (before, more) => before.concat(more), default: () => [] }),
  });
  const graph = new StateGraph(State)
    .addNode("step", (state) => {
      onStep();
      return { [logChannel]: messages.slice(state[logChannel].length, state[logChannel].length + 1) };
    })
    .addEdge(START, "step")
    .addConditionalEdges("step", (state) => (state[logChannel].length < messages.length ? "step" : "done"), {
      step: "step",
      done: END,
    })
    .compile(opened.saver === undefined ? {} : { checkpointer: opened.saver });
  await graph.invoke(
    { [logChannel]: [] },
    {
      configurable: { thread_id: opened.thread },
      recursionLimit: Number.MAX_SAFE_INTEGER,
      durability: "sync" as const,
    },
  );
}

async function measureRun(name: ContenderName, file: string, steps: number, module: string): Promise<RunMeasure> {
  // What a step appends is made beforehand: it is not what is compared.
  const messages = Array.from({ length: steps }, (_, index) => eventOf(index, messageBytes));
  // A walk on another file first: the first tenth is to differ from the last by the length of the list, not by code not yet compiled.
  const scratch = await openOn(name, `${file}.warm-up`, module);
  await walk(scratch, messages.slice(0, warmUpSteps), () => undefined);
  scratch.close();
  const empty = await openOn(name, file, module);
  empty.close();
  const emptyBytes = sizeOf(file);
  const opened = await openOn(name, file, module);
  /** CPU used up to the beginning of each step. */
  const marks: number[] = [];
  const before = process.cpuUsage();
  const started = performance.now();
  await walk(opened, messages, () => void marks.push(cpuMs()));
  const ended = performance.now();
  marks.push(cpuMs());
  const { system } = process.cpuUsage(before);
  const rss = process.resourceUsage().maxRSS / 1024;
  opened.close();
  const tenth = Math.max(1, Math.floor(steps / 10));
  const between = (from: number, to: number): number => ((marks[to] ?? 0) - (marks[from] ?? 0)) / (to - from);
  return {
    cpu: between(0, steps),
    system: system / 1000 / steps,
    cpuFirst: between(0, tenth),
    cpuLast: between(steps - tenth, steps),
    wall: (ended - started) / steps,
    bytes: sizeOf(file),
    emptyBytes,
    rss,
  };
}

async function measureResume(name: ContenderName, file: string, steps: number, module: string): Promise<ResumeMeasure> {
  await load(name, module);
  const started = performance.now();
  const { saver, thread, close } = await openOn(name, file, module);
  const tuple = await saver?.getTuple({ configurable: { thread_id: thread } });
  const ms = performance.now() - started;
  close();
  const log = tuple?.checkpoint.channel_values[logChannel] as readonly unknown[] | undefined;
  if (log?.length !== steps) throw new Error(`${name} gave back ${log?.length} of ${steps} messages`);
  return { ms };
}

async function measureHistory(
  name: ContenderName,
  file: string,
  steps: number,
  module: string,
): Promise<HistoryMeasure> {
  await load(name, module);
  const texts = Array.from({ length: steps }, (_, index) => JSON.stringify(eventOf(index, messageBytes)));
  const { saver, thread, close } = await openOn(name, file, module);
  const started = threadMs();
  let states = 0;
  for await (const tuple of saver?.list({ configurable: { thread_id: thread } }) ?? []) {
    const log = tuple.checkpoint.channel_values[logChannel] as readonly unknown[] | undefined;
    states += log === undefined ? 0 : 1;
  }
  const ms = threadMs() - started;
  close();
  return {
    ms,
    states,
    rowsMs: took(() => readRows(file)),
    bytesMs: took(() => readFileSync(file)),
    parseMs: took(() => texts.map((text) => JSON.parse(text) as unknown)),
  };
}

function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function took(work: () => unknown): number {
  const started = threadMs();
  work();
  return threadMs() - started;
}

function readRows(file: string): number {
  const db = new SQLite(file, { readonly: true });
  let rows = 0;
  const tables = db.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0").pluck();
  for (const table of tables.all()) {
    for (const row of db.prepare<[], Record<string, unknown>>(`SELECT * FROM "${table}"`).iterate()) {
      rows += 1;
      for (const value of Object.values(row)) {
        // Bytes may begin like anything, packed ones like a record too: of those only what is text, and begins and ends as one.
        const text = Buffer.isBuffer(value) ? (isUtf8(value) ? value.toString("utf8") : null) : value;
        const json = value === text ? /^[[{]/ : /^\{"[^]*\}$/;
        if (typeof text === "string" && json.test(text)) JSON.parse(text);
      }
    }
  }
  db.close();
  return rows;
}

/** A page written in place and made durable, as a commit cannot do without. */
function measureFloor(file: string, writes: number): FloorMeasure {
  const page = Buffer.alloc(4096, 7);
  const handle = openSync(file, "w+");
  for (let at = 0; at < 64; at += 1) writeSync(handle, page, 0, page.length, at * page.length);
  fdatasyncSync(handle);
  const cpu = cpuMs();
  const started = performance.now();
  for (let write = 0; write < writes; write += 1) {
    writeSync(handle, page, 0, page.length, (write % 64) * page.length);
    fdatasyncSync(handle);
  }
  const ms = (performance.now() - started) / writes;
  const used = (cpuMs() - cpu) / writes;
  closeSync(handle);
  return { ms, cpu: used };
}

async function measure(what: string | undefined, args: readonly string[]): Promise<unknown> {
  if (what === "floor") return measureFloor(args[0] ?? "", Number(args[1]));
  const [name, file = "", steps, module = ""] = args;
  const contender = name as ContenderName;
  if (what === "run") return measureRun(contender, file, Number(steps), module);
  if (what === "resume") return measureResume(contender, file, Number(steps), module);
  return measureHistory(contender, file, Number(steps), module);
}

const [what, ...args] = process.argv.slice(2);
if (what !== undefined) console.log(JSON.stringify(await measure(what, args)));
