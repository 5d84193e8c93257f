/**
 * How a run of the story ended, for comparison with an undisturbed one (DESIGN §6): ids are renumbered, times and durations made one,
 * model calls in doubt and the asks about doubts taken away. Everything else must be equal: events, trace, journal, workspace, ledger.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../src/clock.ts";
import type { Event } from "../../src/events/event.ts";
import { verifyRun } from "../../src/run/verify/verify-run.ts";
import { openStore } from "../../src/store/open.ts";
import { ownerState } from "../../src/store/owner.ts";
import type { Store, StoreReads } from "../../src/store/ports.ts";
import type { RunRow, StoredEvent } from "../../src/store/rows.ts";
import { renderJournal } from "../../src/views/journal/journal.ts";
import { traceSteps } from "../../src/views/trace/trace.ts";
import { marks, runId } from "./story.ts";

export type EndState = {
  readonly status: string;
  readonly events: readonly unknown[];
  readonly trace: readonly unknown[];
  /** As it would be written, page by page. */
  readonly journal: Readonly<Record<string, string>>;
  readonly workspace: Readonly<Record<string, string>>;
  readonly ledger: readonly unknown[];
};

export type Ending = {
  readonly state: EndState;
  /** What must hold of any run that has ended, in words; empty where all of it does. */
  readonly wrong: readonly string[];
  /** Asks about effects of which nobody knew whether they ran. */
  readonly doubts: number;
  /** Model calls that were made again. */
  readonly repeated: number;
};

/** Reads the one run of a story's folder, and changes nothing there. */
export async function ending(dir: string): Promise<Ending> {
  const store = openStore({ file: join(dir, ".cadre/cadre.db"), clock: systemClock, readOnly: true });
  try {
    const run = await store.run(runId);
    if (!run) throw new Error(`there is no run in ${dir}`);
    const stored = await store.runEvents(runId);
    const doubts = stored.filter(({ event }) => event.type === "ask_raised" && event.kind === "doubt").length;
    const repeated = stored.filter(({ event }) => event.type === "turn_taken" && event.outcome === "repeated").length;
    return {
      // The folder may be a copy of the one that the run was started in.
      state: await stateOf(store, { ...run, workspace: join(dir, ".cadre/workspaces", runId, "tree") }, stored),
      wrong: await wrongWith(store, run, stored, dir),
      doubts,
      repeated,
    };
  } finally {
    store.close();
  }
}

/** Without times, without what doubts added, and with the numbers that it would have without them; `also` is done to every value. */
export async function stateOf(
  store: StoreReads,
  run: RunRow,
  stored: readonly StoredEvent[],
  also: (held: unknown) => unknown = (held) => held,
): Promise<EndState> {
  const told = stored.filter(({ event }) => !aboutDoubt(event, stored));
  // Old number to new; the length of the whole log, too, is a number that a doubt moves on.
  const numbers = new Map(told.map(({ index }, now) => [index, now])).set(stored.length, told.length);
  const plain = <Value>(value: Value): Value => plainly(value, numbers, also);
  const events = told.map(({ line, event }, index) => plain({ line, seq: index + 1, index, hash: "", event }));
  const row = plain({ ...run, startedAt: noTime, endedAt: noTime });
  const effects = await store.effects(run.id);
  return {
    status: run.status,
    events: events.map(({ event }) => event),
    trace: traceSteps(events),
    journal: Object.fromEntries(renderJournal({ run: row, brief: row.brief, events, project: "../../" })),
    workspace: plain(filesBelow(run.workspace)),
    ledger: effects.map(({ key, line, kind, intent, outcome }) => plain({ key, line, kind, intent, outcome })),
  };
}

/** What is wrong with a run that has ended, in words; empty where it ended as an undisturbed one. */
export function differences(expected: EndState, reached: Ending): readonly string[] {
  const parts = Object.keys(expected) as (keyof EndState)[];
  const different = parts.filter((part) => JSON.stringify(reached.state[part]) !== JSON.stringify(expected[part]));
  return [
    ...reached.wrong,
    ...different.map((part) => `${part}: ${firstDifference(expected[part], reached.state[part])}`),
  ];
}

function firstDifference(expected: unknown, reached: unknown): string {
  const [one, other] = [JSON.stringify(expected), JSON.stringify(reached)];
  let at = 0;
  while (at < one.length && one[at] === other[at]) at += 1;
  const from = Math.max(0, at - 80);
  return `expected …${one.slice(from, at + 80)}…, got …${other.slice(from, at + 80)}…`;
}

function aboutDoubt(event: Event, stored: readonly StoredEvent[]): boolean {
  if (event.type === "ask_raised") return event.kind === "doubt";
  if (event.type !== "ask_decided") return false;
  return stored.some(
    ({ event: raised }) => raised.type === "ask_raised" && raised.ask === event.ask && raised.kind === "doubt",
  );
}

const noTime = "2026-01-01T00:00:00.000Z";
const timed = new Set(["at", "deadline"]);
/** Gone from both sides: what the prompt was follows from the events, which are compared; the others say that there was a doubt. */
const dropped = new Set(["prompt", "again", "doubted", "charged", "serverMs"]);

/** Without times, doubts and the numbers that depend on doubts. */
function plainly<Value>(value: Value, numbers: ReadonlyMap<number, number>, also: (held: unknown) => unknown): Value {
  const renumber = (text: string): string =>
    text.replaceAll(
      /(^f|\ba-[0-9a-f]{6}-1-|\br-[0-9a-f]{6}\.1\/e)(\d+)\b/g,
      (_, kind: string, index: string) => `${kind}${numbers.get(Number(index)) ?? index}`,
    );
  return JSON.parse(JSON.stringify(value), (key, held: unknown) => {
    if (timed.has(key) && typeof held === "string") return noTime;
    if (key === "ms") return 0;
    if (key === "outcome" && typeof held === "string") return "executed";
    if (dropped.has(key)) return undefined;
    if (key === "log" && typeof held === "number") return numbers.get(held) ?? held;
    if (typeof held !== "string") return also(held);
    return also(held.startsWith("(On the word of ") ? "sent" : renumber(held));
  }) as Value;
}

function filesBelow(root: string): Record<string, string> {
  const paths = readdirSync(root, { recursive: true }).map(String).toSorted();
  const files = paths.filter((path) => statSync(join(root, path)).isFile());
  return Object.fromEntries(files.map((path) => [path, readFileSync(join(root, path), "utf8")]));
}

async function wrongWith(store: Store, run: RunRow, stored: readonly StoredEvent[], dir: string): Promise<string[]> {
  const effects = await store.effects(runId);
  const [line] = await store.lines(runId);
  const modelCalls = effects
    .filter((effect) => effect.kind === "model")
    .reduce((sum, { attempts }) => sum + attempts, 0);
  const done = stored.filter(({ event }) => event.type === "action_done" && event.hash !== null).length;
  const found = (wrong: boolean, words: string): string[] => (wrong ? [words] : []);
  return [
    ...(await verifyRun(store, runId)).problems.map((problem) => `verify: ${problem.what}`),
    ...found(marks(dir).length !== 1, `the effect that cannot be probed was done ${marks(dir).length} times`),
    ...found((await store.asks({ state: "open" })).length > 0, "an ask is open"),
    ...found(
      effects.some((effect) => effect.outcome === null),
      "an effect has no outcome",
    ),
    ...found(effects.filter((effect) => effect.kind === "tool").length !== done, "effects and events do not agree"),
    ...found(!line || (line.owner !== null && ownerState(line.owner) !== "dead"), "somebody still holds the lease"),
    ...found(
      run.counters.modelCalls !== modelCalls,
      `${run.counters.modelCalls} model calls counted, ${modelCalls} made`,
    ),
    ...found((await store.health()).integrity !== "ok", "the file is damaged"),
    ...wrongJournal(run, stored, dir),
  ];
}

/** The journal on disk is what the events say, byte for byte, and there is nothing else in its folder. */
function wrongJournal(run: RunRow, stored: readonly StoredEvent[], dir: string): string[] {
  const rendered = renderJournal({ run, brief: run.brief, events: stored, project: "../../" });
  const there = filesBelow(join(dir, "journal", runId));
  const paths = [...new Set([...rendered.keys(), ...Object.keys(there)])];
  return paths
    .filter((path) => rendered.get(path) !== there[path])
    .map((path) => `journal: ${path} is not as rendered`);
}
