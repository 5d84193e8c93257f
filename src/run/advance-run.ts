/** Moves a run until it waits, ends or drains: takes the lease, advances its line, goes on when a decision arrived meanwhile. */
import { RunControl } from "@langchain/langgraph";
import type { AdvanceOptions, AdvanceResult } from "./api.ts";
import type { Clock } from "../clock.ts";
import { CadreError } from "../errors.ts";
import { mainLine, type RunId } from "../ids.ts";
import type { BoundChart } from "../org/bound-chart.ts";
import type { AskRow, RunRow, Store, StoredEvent } from "../store/ports.ts";
import { advanceLine, type LineStop } from "./advance-line.ts";
import { takeLease } from "./lease.ts";
import type { LineContext } from "./line-context.ts";

export type AdvanceDeps = {
  readonly store: Store;
  readonly clock: Clock;
  /** All of a line's context but what belongs to this very advance. */
  readonly contextFor: (
    run: RunRow,
    bound: BoundChart,
  ) => Promise<
    Omit<LineContext, "run" | "bound" | "line" | "fence" | "signal" | "stopRequested" | "trustProbes" | "onText">
  >;
};

/** Errors: run-unknown, run-owned, lease-lost, chain-broken, interrupted, model-*. */
export async function advanceRun(deps: AdvanceDeps, id: RunId, options: AdvanceOptions = {}): Promise<AdvanceResult> {
  const { store } = deps;
  const first = await runOf(store, id);
  if (first.endedAt !== null) return result(store, id, "ended");
  const calls = new AbortController();
  const control = new RunControl();
  let stopped = first.signal === "stop" ? (first.signalBy ?? "user") : null;
  let lost = false;
  const lease = await takeLease(deps, mainLine(id), {
    onStop: () => {
      stopped ??= "user";
      calls.abort(new CadreError("stopped", `${id} was stopped`));
    },
    onLost: () => {
      lost = true;
      calls.abort(new CadreError("lease-lost", `${id} was taken over by another process`));
    },
  });
  const interrupt = (): void =>
    calls.abort(new CadreError("interrupted", `${id} was interrupted`, { hint: `Go on with: cadre resume ${id}` }));
  const drain = (): void => control.requestDrain("asked to drain");
  options.signal?.addEventListener("abort", interrupt, { once: true });
  options.drain?.addEventListener("abort", drain, { once: true });
  if (options.drain?.aborted) drain();
  try {
    const input = {
      line: mainLine(id),
      epoch: lease.fence.epoch,
      control,
      onCommit: (stored: readonly StoredEvent[]) => {
        for (const event of stored) options.onEvent?.(event);
      },
    };
    const line = {
      store,
      contextFor: async (run: RunRow, bound: BoundChart): Promise<LineContext> => ({
        ...(await deps.contextFor(run, bound)),
        run,
        bound,
        line: mainLine(id),
        fence: lease.fence,
        signal: calls.signal,
        stopRequested: () => stopped,
        trustProbes: lease.trustProbes,
        onText: options.onText ?? (() => undefined),
      }),
    };
    return await untilStill(store, id, () => advanceLine(line, input));
  } catch (error) {
    if (lost) throw calls.signal.reason;
    if (options.signal?.aborted) throw calls.signal.reason;
    throw error;
  } finally {
    options.signal?.removeEventListener("abort", interrupt);
    options.drain?.removeEventListener("abort", drain);
    await lease.release();
  }
}

/** A decision can arrive between the gate's look and the end of the advance: then the line moves on at once. */
async function untilStill(store: Store, id: RunId, advance: () => Promise<LineStop>): Promise<AdvanceResult> {
  for (;;) {
    const stop = await advance();
    if (stop !== "waiting") return result(store, id, stop);
    const run = await runOf(store, id);
    const open = await store.asks({ run: id, state: "open" });
    if (open.length > 0 && run.signal === null) return result(store, id, stop);
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
