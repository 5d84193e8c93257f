/**
 * One line of a run, held and moved until it waits, ends or drains: takes the lease, advances it, gives the lease back.
 *
 * W1. No wake-up is lost: while the lease is held, what a line waits for is looked at after every stop; after it was given back, whoever
 *     moves the run looks once more (`advance-run.ts`). What is written later finds the lease free.
 * W2. A stop ends the line wherever it meets it: if it aborted a call, the pass after that finds the stop before anything else.
 * W3. A line that may go on and waits for the same ask once more would wait for ever, and keep the process from everything else: that is
 *     an error, not a further pass.
 */
import type { AdvanceOptions } from "./api.ts";
import type { Clock } from "../clock.ts";
import { CadreError, isCadreError } from "../errors.ts";
import type { AskId, LineId } from "../ids.ts";
import type { BoundChart } from "../org/bound-chart.ts";
import { clockDecides } from "../store/expiry.ts";
import type { Store } from "../store/ports.ts";
import type { AskRow, Fence, RunRow, StoredEvent } from "../store/rows.ts";
import { advanceLine, type LineStop } from "./advance-line.ts";
import { takeLease, type LeaseTimes } from "./lease.ts";
import type { Above, RestingContext } from "./line-context.ts";
import type { LineSteering } from "./steering.ts";
import type { Stopwatch } from "./stopwatch.ts";

export type HoldDeps = {
  readonly store: Store;
  readonly clock: Clock;
  /** How long a lease lives, and how often it is renewed; tests shorten it. */
  readonly leaseTimes?: LeaseTimes;
  /** In ms, of a clock that nobody sets; left out: the machine's. */
  readonly monotonic?: () => number;
  /** All of a line's context but what belongs to this very advance. */
  readonly contextFor: (
    run: RunRow,
    bound: BoundChart,
  ) => Promise<
    Omit<
      RestingContext,
      | "run"
      | "bound"
      | "line"
      | "fence"
      | "above"
      | "mayOpenLines"
      | "moving"
      | "signal"
      | "stopRequested"
      | "onText"
      | "onProgress"
    >
  >;
};

type Holding = {
  readonly line: LineId;
  readonly steering: LineSteering;
  readonly options: AdvanceOptions;
  readonly stopwatch: Stopwatch;
  /** Called at every renewal of the lease: something may have been signalled. */
  readonly onBeat: () => void;
};

/** Errors: run-owned, lease-lost, chain-broken, interrupted, model-*. */
export async function holdLine(deps: HoldDeps, holding: Holding): Promise<LineStop> {
  const { line, steering, onBeat, stopwatch } = holding;
  try {
    const lease = await takeLease(deps, line, { stopwatch, onBeat, onLost: () => steering.loseLease() });
    try {
      return await untilStill(deps, holding, lease.fence);
    } finally {
      await lease.release();
    }
  } catch (error) {
    throw steering.causeOf(error);
  }
}

/** A decision can arrive between the gate's look and the end of the advance: then the line moves on at once (W3). */
async function untilStill(deps: HoldDeps, holding: Holding, fence: Fence): Promise<LineStop> {
  for (let before: AskId | null = null; ;) {
    const stop = await unlessStopped(holding.steering, () => move(deps, holding, fence));
    if (stop.at !== "waiting") return stop;
    const row = await awaitedAsk(deps, stop);
    if (isStillOpen(row, deps.clock)) return stop;
    if (stop.ask === before)
      throw new CadreError("internal", `${holding.line} does not take up what became of ${before}`);
    // Whether a deadline is over the gate asks its clock anew, which may have been set back since.
    before = row.state === "open" ? null : stop.ask;
  }
}

/** Whether what a line waits for is decided, or will be by nobody any more. Errors: store-corrupt. */
export async function mayGoOn(
  deps: Pick<HoldDeps, "store" | "clock">,
  stop: LineStop & { at: "waiting" },
): Promise<boolean> {
  return !isStillOpen(await awaitedAsk(deps, stop), deps.clock);
}

function isStillOpen(row: AskRow, clock: Clock): boolean {
  return row.state === "open" && !clockDecides(row, clock.now());
}

async function awaitedAsk({ store }: Pick<HoldDeps, "store">, stop: LineStop & { at: "waiting" }): Promise<AskRow> {
  const row = await store.ask(stop.ask);
  if (row === undefined)
    throw new CadreError("store-corrupt", `the store does not hold ${stop.ask}, whose decision a line waits for`, {
      hint: "`cadre verify` says what is missing. Restore the data folder from a backup.",
      data: { ask: stop.ask },
    });
  return row;
}

/** W2. And where another line has just asked what this one would ask, it looks again, and waits for that. */
async function unlessStopped(steering: LineSteering, advance: () => Promise<LineStop>): Promise<LineStop> {
  const before = steering.stoppedBy;
  try {
    return await advance();
  } catch (error) {
    if (steering.stoppedBy === before && !isCadreError(error, "ask-exists")) throw error;
    return advance();
  }
}

function move(deps: HoldDeps, { line, steering, options, stopwatch }: Holding, fence: Fence): Promise<LineStop> {
  const contextFor = async (run: RunRow, bound: BoundChart, _fence: Fence, above: Above): Promise<RestingContext> => ({
    ...(await deps.contextFor(run, bound)),
    run,
    bound,
    line,
    fence,
    above,
    mayOpenLines: true,
    moving: () => stopwatch.pending(),
    signal: steering.signal,
    stopRequested: () => steering.stoppedBy,
    onText: options.onText ?? (() => undefined),
    ...(options.onProgress ? { onProgress: options.onProgress } : {}),
  });
  const onCommit = (stored: readonly StoredEvent[]): void => {
    for (const event of stored) options.onEvent?.(event);
  };
  return advanceLine(
    { store: deps.store, contextFor },
    { line, epoch: fence.epoch, control: steering.control, onCommit },
  );
}
