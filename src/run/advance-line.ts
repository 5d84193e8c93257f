/**
 * `advanceLine` is the one way a line moves: from its newest checkpoint until it waits, ends, or is told to drain.
 *
 * D2. Input is given only when no task is pending; otherwise `invoke(null)`. The empty input that wakes a resting line is harmless twice.
 * D6. Whether the run is finished is read from our own table and log, never from LangGraph's `next`.
 * D8. The chain is verified first: nothing resumes past a bad event.
 * D9. The machine is compiled from the chart that the run is bound to; after an adoption, from the new one.
 */
import { GraphDrained, type RunControl } from "@langchain/langgraph";
import { CadreError } from "../errors.ts";
import { deskOf } from "../events/desk.ts";
import type { LineId } from "../ids.ts";
import type { BoundChart } from "../org/bound-chart.ts";
import { LineSaver } from "../store/checkpoints.ts";
import type { Fence, RunRow, Store, StoredEvent } from "../store/ports.ts";
import { verifyLine } from "../store/verify-chain.ts";
import { compileLine } from "./graph.ts";
import type { LineContext } from "./line-context.ts";
import { openingEvents } from "./opening.ts";

export type LineInput = {
  readonly line: LineId;
  readonly epoch: number;
  readonly control: RunControl;
  readonly onCommit: (stored: readonly StoredEvent[]) => void;
};

export type LineDeps = {
  readonly store: Store;
  /** The context of the line's nodes under this chart. */
  readonly contextFor: (run: RunRow, bound: BoundChart, fence: Fence) => Promise<LineContext>;
};

export type LineStop = "waiting" | "ended" | "drained";

export async function advanceLine(deps: LineDeps, input: LineInput): Promise<LineStop> {
  const { store } = deps;
  const fence: Fence = { line: input.line, epoch: input.epoch };
  await requireWhole(store, input.line);
  const saver = new LineSaver({ store, fence, onCommit: input.onCommit });
  // A line moves at every pass or the loop ends: an adoption costs one pass, everything else none.
  for (let pass = 0; pass < 100; pass += 1) {
    const run = await runOf(store, input.line);
    const bound = await store.chart(run.chart);
    if (!bound)
      throw new CadreError("store-corrupt", `${run.id} is bound to chart ${run.chart}, which the store does not hold`);
    const { frames } = await deskFromStore(store, input.line);
    const graph = compileLine(bound, await deps.contextFor(run, bound, fence), saver, frames);
    const config = {
      configurable: { thread_id: input.line },
      durability: "sync" as const,
      recursionLimit: Number.MAX_SAFE_INTEGER,
      control: input.control,
    };
    const before = await store.line(input.line);
    try {
      if (before?.headCheckpoint === null) await graph.invoke({ eventLog: openingEvents(run, bound) }, config);
      else {
        await graph.invoke(null, config);
        if (await restsWithWork(store, input.line, before?.length ?? 0)) await graph.invoke({ eventLog: [] }, config);
      }
    } catch (error) {
      if (!(error instanceof GraphDrained)) throw error;
      return (await deskFromStore(store, input.line)).ended ? "ended" : "drained"; // D6
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
    throw new CadreError("chain-broken", `${line} cannot go on: event ${bad.index} ${bad.what}`, {
      hint: "The history was changed outside cadre. Restore the data folder from a backup; `cadre trace` still shows what is there.",
    });
  }
}

async function runOf(store: Store, line: LineId): Promise<RunRow> {
  const row = await store.line(line);
  const run = row && (await store.run(row.run));
  if (!run) throw new CadreError("run-unknown", `there is no line ${line}`);
  return run;
}

async function deskFromStore(store: Store, line: LineId) {
  return deskOf((await store.events(line)).map((stored) => stored.event));
}

/** Null: the line rests at its end although there is work (its chart was just adopted). */
async function standing(store: Store, line: LineId): Promise<LineStop | null> {
  const desk = await deskFromStore(store, line);
  if (desk.ended) return "ended";
  if (desk.ask) return "waiting";
  return null;
}

async function restsWithWork(store: Store, line: LineId, lengthBefore: number): Promise<boolean> {
  const row = await store.line(line);
  return row?.length === lengthBefore && (await standing(store, line)) === null;
}
