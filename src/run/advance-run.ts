/**
 * The dispatcher: moves every line of a run that can move, several at once, until all of them wait, have ended or are drained.
 *
 * P1. A line that waits for a person, or that another process works on, keeps no other from going on.
 * P2. No wake-up is lost: the lines are looked at again whenever one comes to rest and at every renewal of a lease. Who writes a decision,
 *     or ends a child, after the last look finds the leases free.
 * P3. An error stops the line that it met, and is thrown when the others have come to rest: none of their work is cut off. Nor by a look
 *     that fails (a busy store): while lines are at work it is made again.
 * P4. A stop reaches all lines, that of one line all that it gave tasks to; a parent ends after its children (`join.ts`).
 */
import { CadreError, isCadreError } from "../errors.ts";
import type { LineId, RunId } from "../ids.ts";
import { USER } from "../org/chart.ts";
import { passDeadlines } from "../store/expiry.ts";
import type { Store } from "../store/ports.ts";
import type { AskRow, LineRow, RunRow } from "../store/rows.ts";
import type { LineStop } from "./advance-line.ts";
import type { AdvanceOptions, AdvanceResult } from "./api.ts";
import { holdLine, mayGoOn, type HoldDeps } from "./hold-line.ts";
import { usualTimes } from "./lease.ts";
import { Steering, type LineSteering } from "./steering.ts";
import { Stopwatch } from "./stopwatch.ts";

export type AdvanceDeps = HoldDeps & {
  /** How many lines move at one time in this process; default 8. */
  readonly parallel?: number;
};

const usualParallel = 8;

/** How a line came to rest here. `elsewhere`: another process works on it. */
type Rest = LineStop | { readonly at: "elsewhere" | "failed"; readonly error: unknown };

/** Errors: run-unknown, run-owned, lease-lost, chain-broken, interrupted, model-*. */
export async function advanceRun(deps: AdvanceDeps, id: RunId, options: AdvanceOptions = {}): Promise<AdvanceResult> {
  const { store } = deps;
  if ((await runOf(store, id)).endedAt !== null) return result(store, id, "ended");
  const steering = new Steering(id, options);
  try {
    const rests = await new Dispatch(deps, id, steering, options).untilStill();
    return await resultOf(store, id, [...rests.values()], steering);
  } finally {
    steering.detach();
  }
}

/** The lines of one run in this process, while it is being advanced. */
class Dispatch {
  readonly #deps: AdvanceDeps;
  readonly #id: RunId;
  readonly #steering: Steering;
  readonly #options: AdvanceOptions;
  readonly #rests = new Map<LineId, Rest>();
  readonly #stopwatch: Stopwatch;
  readonly #working = new Map<LineId, LineSteering>();
  /** Resolves when there is something to look at. */
  #woken = Promise.withResolvers<void>();
  /** Whether there has been since the look was begun, which may have missed it. */
  #news = false;

  constructor(deps: AdvanceDeps, id: RunId, steering: Steering, options: AdvanceOptions) {
    this.#deps = deps;
    this.#id = id;
    this.#steering = steering;
    this.#options = options;
    this.#stopwatch = new Stopwatch((deps.leaseTimes ?? usualTimes).ttl, deps.monotonic);
  }

  /** How each line came to rest. */
  async untilStill(): Promise<ReadonlyMap<LineId, Rest>> {
    for (;;) {
      this.#woken = Promise.withResolvers();
      this.#news = false;
      const looked = await this.#look().then(
        (begun) => ({ begun }),
        (error: unknown) => ({ error }),
      );
      if (this.#working.size > 0) await this.#woken.promise;
      else if ("error" in looked) throw looked.error; // P3
      else if (looked.begun === 0 && !this.#news) return this.#rests; // P2
    }
  }

  #wake(): void {
    this.#news = true;
    this.#woken.resolve();
  }

  /** Sets going what can move; returns how many lines that are. */
  async #look(): Promise<number> {
    const { store, parallel = usualParallel } = this.#deps;
    const run = await runOf(store, this.#id);
    if (run.signal === "stop") this.#steering.stop(run.signalBy ?? USER); // P4
    else if (run.endedAt === null) await passDeadlines(this.#deps, this.#id); // in the order of the deadlines, whichever line begins first
    const lines = await store.lines(this.#id);
    for (const line of lines) {
      const by = this.#working.has(line.id) ? toldToStop(line, lines) : null;
      if (by !== null) this.#working.get(line.id)?.stop(by);
    }
    if (run.endedAt !== null || this.#steering.draining) return 0;
    return this.#beginSome(lines, parallel);
  }

  async #beginSome(lines: readonly LineRow[], parallel: number): Promise<number> {
    let begun = 0;
    for (const line of lines) {
      if (this.#working.size >= parallel) break;
      if (!(await this.#canMove(line, lines))) continue;
      void this.#begin(line, lines);
      begun += 1;
    }
    return begun;
  }

  async #canMove(line: LineRow, lines: readonly LineRow[]): Promise<boolean> {
    if (line.ended !== null || this.#working.has(line.id)) return false;
    const open = lines.filter((child) => child.parent === line.id && !child.closed);
    if (open.length > 0 && open.every((child) => child.ended === null)) return false;
    const rest = this.#rests.get(line.id);
    switch (rest?.at) {
      case undefined:
        return true;
      case "waiting":
        return toldToStop(line, lines) !== null || this.#steering.stoppedBy !== null || mayGoOn(this.#deps, rest);
      case "children":
        return open.length > 0;
      case "ended":
      case "drained":
      case "elsewhere":
      case "failed":
        return false;
    }
  }

  async #begin(row: LineRow, lines: readonly LineRow[]): Promise<void> {
    const line = row.id;
    const steering = this.#steering.forLine(line);
    const by = toldToStop(row, lines);
    if (by !== null) steering.stop(by);
    this.#working.set(line, steering);
    const holding = {
      line,
      steering,
      options: this.#options,
      stopwatch: this.#stopwatch,
      onBeat: () => this.#wake(),
    };
    const rest = await holdLine(this.#deps, holding).catch((error: unknown): Rest => ({
      at: isCadreError(error, "run-owned") ? "elsewhere" : "failed",
      error,
    }));
    this.#rests.set(line, rest);
    this.#working.delete(line);
    this.#wake();
  }
}

/** By whom a line was told to stop, or a line above it, whose work it does; null: by nobody. */
function toldToStop(line: LineRow, lines: readonly LineRow[]): string | null {
  for (let each: LineRow | undefined = line; each !== undefined;) {
    if (each.signal === "stop") return each.signalBy ?? USER;
    const { parent }: LineRow = each;
    each = parent === null ? undefined : lines.find(({ id }) => id === parent);
  }
  return null;
}

function isAt<At extends Rest["at"]>(at: At): (rest: Rest) => rest is Rest & { at: At } {
  return (rest): rest is Rest & { at: At } => rest.at === at;
}

async function resultOf(
  store: Store,
  id: RunId,
  rests: readonly Rest[],
  { draining, interruption }: Steering,
): Promise<AdvanceResult> {
  const failed = rests.find(isAt("failed")) ?? rests.find(isAt("elsewhere"));
  const { endedAt } = await runOf(store, id);
  if (endedAt !== null && failed?.at !== "failed") return result(store, id, "ended");
  if (failed) throw failed.error; // P3
  if (interruption !== null) throw interruption;
  return result(store, id, draining || rests.some(isAt("drained")) ? "drained" : "waiting");
}

async function runOf(store: Store, id: RunId): Promise<RunRow> {
  const run = await store.run(id);
  if (!run) throw new CadreError("run-unknown", `there is no run ${id}`, { hint: "`cadre runs` lists them." });
  return run;
}

async function result(store: Store, id: RunId, stop: "ended" | "drained" | "waiting"): Promise<AdvanceResult> {
  const run = await runOf(store, id);
  const asks: readonly AskRow[] = await store.asks({ run: id, state: "open" });
  const ended = run.status === "running" || run.status === "waiting" ? "failed" : run.status;
  return { run, asks, status: stop === "ended" ? ended : stop };
}
