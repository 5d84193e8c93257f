/**
 * One step of `many` in a process of its own; prints what it measured as one line of JSON.
 *
 *   fill <file> <runs>    adds runs that wait, each with the ask of the run that is there
 *   grow <file> <events>  makes a run of so many events
 *   list <file> <query>   one query of `runs` or `inbox`
 *   take <file> <run>     what a decision and one step cost: decide, take the lease, check the chain, fold, commit
 *   long <file> <run>     a long run: its log read and checked, its trace and journal rendered, its newest state
 */
import { createHash } from "node:crypto";
import { systemClock } from "../../src/clock.ts";
import { deskOf } from "../../src/events/desk.ts";
import type { Event, EventOf } from "../../src/events/event.ts";
import { askId, mainLine, type AskId, type RunId } from "../../src/ids.ts";
import { LineSaver } from "../../src/store/checkpoints.ts";
import { openStore } from "../../src/store/open.ts";
import { openReader } from "../../src/store/open-reader.ts";
import { thisOwner } from "../../src/store/owner.ts";
import type { Store } from "../../src/store/ports.ts";
import type { Fence, RunRow } from "../../src/store/rows.ts";
import { verifyLine } from "../../src/store/verify-chain.ts";
import { renderJournal } from "../../src/views/journal/journal.ts";
import { renderTrace, traceSteps } from "../../src/views/trace/trace.ts";
import { at, noise } from "./bench-run.ts";

export type Query = "inbox" | "allAsks" | "wholeAsks" | "dueAsks" | "runs" | "allRuns" | "oneRun";

export type Listed = {
  /** ms. */
  readonly open: number;
  readonly ms: number;
  /** ms of CPU, of all threads. */
  readonly cpu: number;
  readonly rows: number;
  /** Peak of the process, in MB. */
  readonly rss: number;
};
export type TookUp = { readonly ms: number };
export type LongRun = {
  readonly events: number;
  /** ms. */
  readonly read: number;
  readonly fold: number;
  readonly trace: number;
  readonly journal: number;
  readonly verify: number;
  readonly hashes: number;
  readonly state: number;
  readonly rss: number;
};

function timed<Value>(body: () => Value): { readonly value: Value; readonly ms: number } {
  const started = performance.now();
  const value = body();
  return { value, ms: performance.now() - started };
}

async function timedAsync<Value>(body: () => Promise<Value>): Promise<{ readonly value: Value; readonly ms: number }> {
  const started = performance.now();
  const value = await body();
  return { value, ms: performance.now() - started };
}

const rss = (): number => process.resourceUsage().maxRSS / 1024;

/** The names of made-up runs: no two alike, none that `cadre` would have drawn often. */
function runId(index: number): RunId {
  return `r-${index.toString(16).padStart(6, "0")}` as RunId;
}

async function waitingRun(
  store: Pick<Store, "runs" | "runEvents">,
): Promise<{ run: RunRow; events: readonly Event[] }> {
  const [run] = await store.runs({ status: "waiting" });
  if (run === undefined) throw new Error("no run waits");
  return { run, events: (await store.runEvents(run.id)).map((stored) => stored.event) };
}

/** Events and their checkpoint, as a step of a line commits them. */
async function commit(store: Store, fence: Fence, from: number, events: readonly Event[]): Promise<void> {
  const head = (await store.line(fence.line))?.headCheckpoint ?? null;
  const length = from + events.length;
  const id = createHash("sha256").update(`${fence.line} ${length}`).digest("hex").slice(0, 32);
  await store.commit({
    fence,
    expectHead: head,
    checkpoint: {
      id,
      logLength: length,
      checkpoint: JSON.stringify({ v: 4, id, ts: at, channel_values: {}, channel_versions: {}, versions_seen: {} }),
      metadata: "{}",
    },
    events,
  });
}

async function lease(store: Store, run: RunId): Promise<Fence> {
  const line = mainLine(run);
  const taken = await store.acquire(line, thisOwner(), systemClock.now(), 600_000);
  if (!taken.held) throw new Error(`${line} is held by process ${taken.owner.pid}`);
  return { line, epoch: taken.epoch };
}

async function fill(file: string, runs: number): Promise<{ readonly runs: number }> {
  const store = openStore({ file, clock: systemClock, synchronous: "normal" });
  const { run, events } = await waitingRun(store);
  const chart = await store.chart(run.chart);
  const raised = events.findLast((event) => event.type === "ask_raised");
  const [started, opened] = events;
  if (!chart || !raised || started?.type !== "run_started" || !opened)
    throw new Error("the run is not what it should be");
  for (let index = 0; index < runs; index += 1) {
    const id = runId(index);
    await store.createRun({ ...run, id, title: `${run.title} ${index}` }, chart);
    const fence = await lease(store, id);
    const ask: EventOf<"ask_raised"> = {
      ...raised,
      ask: askId(fence.line, 2),
      frame: "f1",
      path: ["user", raised.role],
    };
    await commit(store, fence, 0, [{ ...started, run: id }, opened, ask]);
    await store.release(fence);
  }
  store.close();
  return { runs };
}

/** Two events a turn, some of them long: a role that reads and is refused by turns, in one frame. */
function longLog(started: EventOf<"run_started">, opened: EventOf<"frame_opened">, length: number): Event[] {
  const events: Event[] = [started, opened];
  const role = opened.to;
  const line = mainLine(started.run as RunId);
  for (let turn = 0; events.length + 3 <= length; turn += 1) {
    const call = { id: `c${turn}`, name: "read_file", args: { path: `data/part-${turn}.csv` } };
    const key = `${line}/e${events.length + 1}`;
    events.push(
      {
        type: "turn_taken",
        at,
        frame: opened.frame,
        role,
        turn,
        key: `${line}/t${turn}`,
        model: "rehearsal",
        tier: "rehearsal",
        prompt: createHash("sha256").update(String(turn)).digest("hex"),
        text: `Part ${turn} is looked at next.`,
        calls: [call],
        usage: { promptTokens: 0, completionTokens: 0, cachedTokens: 0, ms: 2, measured: false },
        outcome: "executed",
        copiesSeen: 0,
      },
      {
        type: "action_proposed",
        at,
        frame: opened.frame,
        role,
        key,
        calls: [call],
        access: "read",
        hash: null,
        needsApproval: false,
      },
      {
        type: "action_done",
        at,
        frame: opened.frame,
        role,
        key,
        hash: null,
        results: [{ callId: call.id, tool: call.name, ok: true, text: noise(`part ${turn}`, 1024), receipt: null }],
        outcome: "executed",
      },
    );
  }
  return events;
}

async function grow(file: string, length: number): Promise<{ readonly run: RunId }> {
  const store = openStore({ file, clock: systemClock, synchronous: "normal" });
  const { run, events } = await waitingRun(store);
  const chart = await store.chart(run.chart);
  const [started, opened] = events;
  if (!chart || started?.type !== "run_started" || opened?.type !== "frame_opened") throw new Error("no events");
  const id = "r-ffffff" as RunId;
  await store.createRun({ ...run, id, title: "A long run" }, chart);
  const fence = await lease(store, id);
  const log = longLog({ ...started, run: id }, opened, length);
  for (let from = 0; from < log.length; from += 100) await commit(store, fence, from, log.slice(from, from + 100));
  await store.release(fence);
  store.close();
  return { run: id };
}

async function list(file: string, query: Query): Promise<Listed> {
  const opening = timed(() => openReader({ file, clock: systemClock }));
  const store = opening.value;
  // The first question of each list is asked in a process that has asked nothing before.
  const measures = {
    inbox: () => store.listAsks({ limit: 50 }),
    allAsks: () => store.listAsks({}),
    wholeAsks: () => store.asks({ state: "open" }),
    dueAsks: () => store.asks({ dueBy: new Date().toISOString() }),
    runs: () => store.listRuns({ limit: 51 }),
    allRuns: () => store.listRuns({}),
    oneRun: () => store.listAsks({ run: runId(7) }),
  };
  const before = process.cpuUsage();
  const { ms, value } = await timedAsync<readonly unknown[]>(measures[query]);
  const { user, system } = process.cpuUsage(before);
  store.close();
  return { open: opening.ms, ms, cpu: (user + system) / 1000, rows: value.length, rss: rss() };
}

/** All that the store does for `answer` up to the first step, without the engine. */
async function take(file: string, run: RunId): Promise<TookUp> {
  const store = openStore({ file, clock: systemClock });
  const started = performance.now();
  const [ask] = await store.asks({ run, state: "open" });
  if (ask === undefined) throw new Error(`${run} asks nothing`);
  await store.runEvents(run);
  const decision = { verb: "answer" as const, text: "1", by: "bench", face: "cli", at };
  await store.decide(ask.id as AskId, decision, ask.hash);
  const fence = await lease(store, run);
  const [bad] = await verifyLine(store, fence.line, "bytes");
  if (bad) throw new Error(`${fence.line}: ${bad.what}`);
  const events = await store.events(fence.line);
  deskOf(events.map((stored) => stored.event));
  await commit(store, fence, events.length, [{ type: "ask_decided", at, ask: ask.id, decision }]);
  await store.release(fence);
  const ms = performance.now() - started;
  store.close();
  return { ms };
}

async function long(file: string, id: RunId): Promise<LongRun> {
  const store = openStore({ file, clock: systemClock, readOnly: true });
  const line = mainLine(id);
  const run = await store.run(id);
  if (run === undefined) throw new Error(`there is no run ${id}`);
  const saver = new LineSaver({ store, fence: { line, epoch: 0 } });
  const state = await timedAsync(() => saver.getTuple({ configurable: { thread_id: line } }));
  const read = await timedAsync(() => store.runEvents(id));
  const events = read.value;
  const fold = timed(() => traceSteps(events));
  const trace = timed(() => renderTrace(fold.value, { colour: false, width: null, verbose: false }));
  const journal = timed(() => renderJournal({ run, brief: run.brief, events, project: "../../" }));
  const hashes = await timedAsync(() => verifyLine(store, line, "bytes"));
  const verify = await timedAsync(() => verifyLine(store, line));
  if (verify.value.length + hashes.value.length > 0) throw new Error(`${line}: ${verify.value[0]?.what}`);
  store.close();
  return {
    events: events.length,
    read: read.ms,
    fold: fold.ms,
    trace: trace.ms,
    journal: journal.ms,
    verify: verify.ms,
    hashes: hashes.ms,
    state: state.ms,
    rss: rss(),
  };
}

const verbs: Readonly<Record<string, (file: string, more: string) => Promise<unknown>>> = {
  fill: (file, more) => fill(file, Number(more)),
  grow: (file, more) => grow(file, Number(more)),
  list: (file, more) => list(file, more as Query),
  take: (file, more) => take(file, more as RunId),
  long: (file, more) => long(file, more as RunId),
};

const [what = "", file = "", more = ""] = process.argv.slice(2);
console.log(JSON.stringify(await verbs[what]?.(file, more)));
