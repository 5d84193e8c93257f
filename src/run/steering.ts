/**
 * What can reach a run while it moves: a stop by a person, a first and a second Ctrl-C; and one line of it: a stop of its own, the loss
 * of its lease.
 */
import { RunControl } from "@langchain/langgraph";
import { CadreError } from "../errors.ts";
import type { LineId, RunId } from "../ids.ts";
import type { AdvanceOptions } from "./api.ts";

/** How one line is steered. */
export interface LineSteering {
  /** Drains: LangGraph stops at the next superstep boundary. Not a line that is to be stopped: its end takes one step more. */
  readonly control: RunControl;
  /** Aborts calls under way. */
  readonly signal: AbortSignal;
  /** Who stopped it, or the run. */
  readonly stoppedBy: string | null;
  stop(by: string): void;
  loseLease(): void;
  /** The error to show: where calls were aborted from here, why; otherwise what was thrown. */
  causeOf(error: unknown): unknown;
}

export class Steering {
  readonly #control = new RunControl();
  readonly #calls = new AbortController();
  readonly #id: RunId;
  readonly #options: AdvanceOptions;
  #draining = false;
  #stoppedBy: string | null = null;

  constructor(id: RunId, options: AdvanceOptions) {
    this.#id = id;
    this.#options = options;
    options.signal?.addEventListener("abort", this.#interrupt, { once: true });
    options.drain?.addEventListener("abort", this.#drain, { once: true });
    if (options.drain?.aborted) this.#drain();
    if (options.signal?.aborted) this.#interrupt();
  }

  /** Nothing new is begun. */
  get draining(): boolean {
    return this.#draining || this.interruption !== null;
  }

  /** The error of a run that was cut off, and not stopped. */
  get interruption(): unknown {
    return this.#calls.signal.aborted && this.#stoppedBy === null ? this.#calls.signal.reason : null;
  }

  get stoppedBy(): string | null {
    return this.#stoppedBy;
  }

  stop(by: string): void {
    this.#stoppedBy ??= by;
    this.#calls.abort(new CadreError("stopped", `${this.#id} was stopped by ${by}`));
  }

  forLine(line: LineId): LineSteering {
    const run = { control: this.#control, signal: this.#calls.signal, stoppedBy: () => this.#stoppedBy };
    const calls = new AbortController();
    const signal = AbortSignal.any([run.signal, calls.signal]);
    let stoppedBy: string | null = null;
    return {
      get control() {
        return (stoppedBy ?? run.stoppedBy()) === null ? run.control : new RunControl();
      },
      signal,
      get stoppedBy() {
        return run.stoppedBy() ?? stoppedBy;
      },
      stop: (by) => {
        stoppedBy ??= by;
        calls.abort(new CadreError("stopped", `${line} was stopped by ${by}`));
      },
      loseLease: () => calls.abort(new CadreError("lease-lost", `${line} was taken over by another process`)),
      causeOf: (error) => (signal.aborted && (run.stoppedBy() ?? stoppedBy) === null ? signal.reason : error),
    };
  }

  detach(): void {
    this.#options.signal?.removeEventListener("abort", this.#interrupt);
    this.#options.drain?.removeEventListener("abort", this.#drain);
  }

  readonly #interrupt = (): void => {
    const hint = `Go on with: cadre resume ${this.#id}`;
    this.#calls.abort(new CadreError("interrupted", `${this.#id} was interrupted`, { hint }));
  };

  readonly #drain = (): void => {
    this.#draining = true;
    this.#control.requestDrain("asked to drain");
  };
}
