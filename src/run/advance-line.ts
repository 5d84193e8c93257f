/**
 * `advanceLine` is the one way a line moves: from its newest checkpoint until it waits, ends, or is told to drain.
 *
 * D2. Input is given only when no task is pending; otherwise `invoke(null)`. The empty input that wakes a resting line is harmless twice,
 *     and what opens a run that goes on from a cut is given while it has no event of its own.
 * D6. Whether the run is finished is read from our own table and log, never from LangGraph's `next`.
 * D8. The chain is verified first: nothing resumes past a bad event.
 * D9. The machine is compiled from the chart that the run is bound to; after an adoption, from the new one.
 */
import { GraphDrained, type RunControl } from "@langchain/langgraph";
import { CadreError } from "../errors.ts";
import { deskOf, type Desk } from "../events/desk.ts";
import type { Event, EventOf } from "../events/event.ts";
import type { AskId, LineId } from "../ids.ts";
import type { BoundChart } from "../org/bound-chart.ts";
import { LineSaver } from "../store/checkpoints.ts";
import type { Store } from "../store/ports.ts";
import type { Fence, LineRow, RunRow, StoredEvent } from "../store/rows.ts";
import { verifyLine } from "../store/verify-chain.ts";
import { compileLine } from "./graph.ts";
import { nothingAbove, type Above, type RestingContext } from "./line-context.ts";

export type LineInput = {
  readonly line: LineId;
  readonly epoch: number;
  readonly control: RunControl;
  readonly onCommit: (stored: readonly StoredEvent[]) => void;
};

export type LineDeps = {
  readonly store: Store;
  /** The context of the line's nodes under this chart. */
  readonly contextFor: (run: RunRow, bound: BoundChart, fence: Fence, above: Above) => Promise<RestingContext>;
};

/** `waiting`: for the decision on `ask`. `children`: until they have ended. */
export type LineStop =
  | { readonly at: "waiting"; readonly ask: AskId }
  | { readonly at: "children" | "ended" | "drained" };

export async function advanceLine(deps: LineDeps, input: LineInput): Promise<LineStop> {
  const { store } = deps;
  const fence: Fence = { line: input.line, epoch: input.epoch };
  await requireWhole(store, input.line);
  const saver = new LineSaver({ store, fence, onCommit: input.onCommit });
  const above = await aboveOf(store, await lineOf(store, input.line));
  // A line moves at every pass or the loop ends: an adoption costs one pass, everything else none.
  for (let pass = 0; pass < 100; pass += 1) {
    const run = await runOf(store, input.line);
    const bound = await store.chart(run.chart);
    if (!bound)
      throw new CadreError("store-corrupt", `${run.id} is bound to chart ${run.chart}, which the store does not hold`);
    const { frames } = await deskFromStore(store, input.line);
    const graph = compileLine(bound, await deps.contextFor(run, bound, fence, above), saver, frames);
    const config = {
      configurable: { thread_id: input.line },
      durability: "sync" as const,
      recursionLimit: Number.MAX_SAFE_INTEGER,
      control: input.control,
    };
    const before = await lineOf(store, input.line);
    try {
      if (before.headCheckpoint === null)
        await graph.invoke({ eventLog: await openingOf(store, run, bound, before, above) }, config);
      else {
        await graph.invoke(null, config);
        if (await restsAtCut(store, before))
          await graph.invoke({ eventLog: await forkOpeningOf(store, run, bound, before) }, config);
        else if (await restsWithWork(store, before)) await graph.invoke({ eventLog: [] }, config);
      }
    } catch (error) {
      if (!(error instanceof GraphDrained)) throw error;
      return { at: (await deskFromStore(store, input.line)).ended ? "ended" : "drained" }; // D6
    }
    const stop = await standing(store, input.line);
    if (stop) return stop;
  }
  throw new CadreError("internal", `${input.line} does not come to rest`);
}

/** D8. */
async function requireWhole(store: Store, line: LineId): Promise<void> {
  const [bad] = await verifyLine(store, line, "bytes");
  if (bad) {
    throw new CadreError("chain-broken", `${line} cannot go on: ${bad.what}`, {
      hint: "The history was changed outside cadre. Restore the data folder from a backup; `cadre trace` still shows what is there.",
    });
  }
}

async function lineOf(store: Store, id: LineId): Promise<LineRow> {
  const row = await store.line(id);
  if (!row) throw new CadreError("run-unknown", `there is no line ${id}`);
  return row;
}

async function runOf(store: Store, line: LineId): Promise<RunRow> {
  const run = await store.run((await lineOf(store, line)).run);
  if (!run) throw new CadreError("run-unknown", `there is no line ${line}`);
  return run;
}

/** A parent rests while its children work, so what is above a line never changes. */
async function aboveOf(store: Store, { id, parent, openedAt }: LineRow): Promise<Above> {
  if (parent === null || openedAt === null) return nothingAbove;
  const above = await aboveOf(store, await lineOf(store, parent));
  const log = (await store.events(parent, 0, openedAt)).map((stored) => stored.event);
  const { event: opened } = await openingEvent(store, id, parent, openedAt);
  return { log: [...above.log, ...log], frames: [...above.frames, ...deskOf(log).frames], opened };
}

async function openingEvent(
  store: Store,
  line: LineId,
  parent: LineId,
  openedAt: number,
): Promise<StoredEvent & { readonly event: EventOf<"child_opened"> }> {
  const [opening] = await store.events(parent, openedAt, openedAt + 1);
  if (opening?.event.type === "child_opened") return { ...opening, event: opening.event };
  throw new CadreError("store-corrupt", `event ${openedAt} of ${parent} does not open ${line}`, {
    hint: "Run `cadre verify`.",
  });
}

async function openingOf(
  store: Store,
  run: RunRow,
  bound: BoundChart,
  { id, parent, openedAt }: LineRow,
  above: Above,
): Promise<Event[]> {
  const { childOpeningEvents, openingEvents } = await import("./opening.ts");
  if (parent === null || openedAt === null) return openingEvents(run, bound);
  return childOpeningEvents(run, id, await openingEvent(store, id, parent, openedAt), above);
}

async function forkOpeningOf(store: Store, run: RunRow, bound: BoundChart, { id, past }: LineRow): Promise<Event[]> {
  if (!past) throw new TypeError(`${id} goes on from no cut`);
  const shared = await store.events(id, 0, past.length);
  const log = shared.map((stored) => stored.event);
  const { forkOpeningEvents } = await import("./fork/opening.ts");
  return forkOpeningEvents({ run, bound, past, log, head: shared.at(-1)?.hash ?? "" });
}

/** It goes on from a cut, and has no event of its own yet. */
async function restsAtCut(store: Store, { id, past }: LineRow): Promise<boolean> {
  return past !== undefined && (await lineOf(store, id)).length === past.length;
}

async function deskFromStore(store: Store, line: LineId): Promise<Desk> {
  return deskOf((await store.events(line)).map((stored) => stored.event));
}

/** Null: the line rests at its end although there is work (its chart was just adopted). */
async function standing(store: Store, line: LineId): Promise<LineStop | null> {
  const desk = await deskFromStore(store, line);
  if (desk.ended) return { at: "ended" };
  if (desk.ask) return { at: "waiting", ask: desk.ask.ask as AskId };
  if (desk.children.length > 0) return { at: "children" };
  return null;
}

/** Nothing was left to go on with, and there is: it was woken for its children, or under a chart that was just adopted. */
async function restsWithWork(store: Store, before: LineRow): Promise<boolean> {
  const { length } = await lineOf(store, before.id);
  const stands = await standing(store, before.id);
  return length === before.length && (stands === null || stands.at === "children");
}
