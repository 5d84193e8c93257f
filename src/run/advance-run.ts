/**
 * Moves a run until it waits, ends or drains: takes the lease, advances its line, goes on when a decision arrived meanwhile.
 *
 * W1. No wake-up is lost: after the lease was given back the run is looked at once more. What was written before that look is taken up
 *     here; who writes later finds the lease free.
 * W2. A stop ends the run wherever it meets it: if it aborted a call, the pass after that finds the stop before anything else.
 */
import type { AdvanceOptions, AdvanceResult } from "./api.ts";
import type { Clock } from "../clock.ts";
import { CadreError } from "../errors.ts";
import { mainLine, type RunId } from "../ids.ts";
import type { BoundChart } from "../org/bound-chart.ts";
import { USER } from "../org/chart.ts";
import type { AskRow, RunRow, Store, StoredEvent } from "../store/ports.ts";
import { advanceLine, type LineStop } from "./advance-line.ts";
import { takeLease, type Lease, type LeaseTimes } from "./lease.ts";
import type { LineContext } from "./line-context.ts";
import { Steering } from "./steering.ts";

export type AdvanceDeps = {
  readonly store: Store;
  readonly clock: Clock;
  /** How long a lease lives, and how often it is renewed; tests shorten it. */
  readonly leaseTimes?: LeaseTimes;
  /** All of a line's context but what belongs to this very advance. */
  readonly contextFor: (
    run: RunRow,
    bound: BoundChart,
  ) => Promise<Omit<LineContext, "run" | "bound" | "line" | "fence" | "signal" | "stopRequested" | "onText">>;
};

/** Errors: run-unknown, run-owned, lease-lost, chain-broken, interrupted, model-*. */
export async function advanceRun(deps: AdvanceDeps, id: RunId, options: AdvanceOptions = {}): Promise<AdvanceResult> {
  const { store } = deps;
  const first = await runOf(store, id);
  if (first.endedAt !== null) return result(store, id, "ended");
  const steering = new Steering(id, options);
  heedSignal(steering, first);
  try {
    for (;;) {
      const stop = await whileHeld(deps, id, steering, options);
      const run = await runOf(store, id);
      heedSignal(steering, run);
      if (run.endedAt !== null || !(await wokenSince(store, run, stop))) return await result(store, id, stop);
    }
  } catch (error) {
    throw steering.causeOf(error);
  } finally {
    steering.detach();
  }
}

async function whileHeld(deps: AdvanceDeps, id: RunId, steering: Steering, options: AdvanceOptions): Promise<LineStop> {
  const lease = await takeLease(deps, mainLine(id), {
    onStop: () => {
      runOf(deps.store, id).then(
        (run) => heedSignal(steering, run),
        () => undefined, // the next renewal says it again
      );
    },
    onLost: () => steering.loseLease(),
  });
  try {
    return await untilStill(deps.store, id, steering, () => moveLine(deps, lease, steering, options));
  } finally {
    await lease.release();
  }
}

/** W1. */
async function wokenSince(store: Store, run: RunRow, stop: LineStop): Promise<boolean> {
  if (run.signal !== null) return true;
  return stop === "waiting" && (await store.asks({ run: run.id, state: "open" })).length === 0;
}

function heedSignal(steering: Steering, run: RunRow): void {
  if (run.signal === "stop") steering.stop(run.signalBy ?? USER);
}

function moveLine(deps: AdvanceDeps, lease: Lease, steering: Steering, options: AdvanceOptions): Promise<LineStop> {
  const { line, epoch } = lease.fence;
  const contextFor = async (run: RunRow, bound: BoundChart): Promise<LineContext> => ({
    ...(await deps.contextFor(run, bound)),
    run,
    bound,
    line,
    fence: lease.fence,
    signal: steering.signal,
    stopRequested: () => steering.stoppedBy,
    onText: options.onText ?? (() => undefined),
  });
  const onCommit = (stored: readonly StoredEvent[]): void => {
    for (const event of stored) options.onEvent?.(event);
  };
  return advanceLine({ store: deps.store, contextFor }, { line, epoch, control: steering.control, onCommit });
}

/** A decision or a stop can arrive between the gate's look and the end of the advance: then the line moves on at once. */
async function untilStill(
  store: Store,
  id: RunId,
  steering: Steering,
  advance: () => Promise<LineStop>,
): Promise<LineStop> {
  for (;;) {
    const stop = await unlessStopped(steering, advance);
    if (stop !== "waiting") return stop;
    const run = await runOf(store, id);
    heedSignal(steering, run);
    if (!(await wokenSince(store, run, stop))) return stop;
  }
}

/** W2. */
async function unlessStopped(steering: Steering, advance: () => Promise<LineStop>): Promise<LineStop> {
  const before = steering.stoppedBy;
  try {
    return await advance();
  } catch (error) {
    if (steering.stoppedBy === before) throw error;
    return advance();
  }
}

async function runOf(store: Store, id: RunId): Promise<RunRow> {
  const run = await store.run(id);
  if (!run) throw new CadreError("run-unknown", `there is no run ${id}`, { hint: "`cadre runs` lists them." });
  return run;
}

async function result(store: Store, id: RunId, stop: LineStop): Promise<AdvanceResult> {
  const run = await runOf(store, id);
  const asks: readonly AskRow[] = await store.asks({ run: id, state: "open" });
  const ended = run.status === "running" || run.status === "waiting" ? "failed" : run.status;
  return { run, asks, status: stop === "ended" ? ended : stop };
}
