/** What can reach a run while it moves: a stop by a person, the loss of its lease, a first and a second Ctrl-C. */
import { RunControl } from "@langchain/langgraph";
import { CadreError } from "../errors.ts";
import type { RunId } from "../ids.ts";
import type { AdvanceOptions } from "./api.ts";

export class Steering {
  readonly #control = new RunControl();
  readonly #calls = new AbortController();
  readonly #id: RunId;
  readonly #options: AdvanceOptions;
  #stoppedBy: string | null = null;

  constructor(id: RunId, options: AdvanceOptions) {
    this.#id = id;
    this.#options = options;
    options.signal?.addEventListener("abort", this.#interrupt, { once: true });
    options.drain?.addEventListener("abort", this.#drain, { once: true });
    if (options.drain?.aborted) this.#drain();
    if (options.signal?.aborted) this.#interrupt();
  }

  /** Drains: LangGraph stops at the next superstep boundary. Not a run that is to be stopped: its end takes one step more. */
  get control(): RunControl {
    return this.#stoppedBy === null ? this.#control : new RunControl();
  }

  /** Aborts calls under way. */
  get signal(): AbortSignal {
    return this.#calls.signal;
  }

  get stoppedBy(): string | null {
    return this.#stoppedBy;
  }

  stop(by: string): void {
    this.#stoppedBy ??= by;
    this.#calls.abort(new CadreError("stopped", `${this.#id} was stopped by ${by}`));
  }

  loseLease(): void {
    this.#calls.abort(new CadreError("lease-lost", `${this.#id} was taken over by another process`));
  }

  /** The error to show: where calls were aborted from here, why; otherwise what was thrown. */
  causeOf(error: unknown): unknown {
    return this.#calls.signal.aborted && this.#stoppedBy === null ? this.#calls.signal.reason : error;
  }

  detach(): void {
    this.#options.signal?.removeEventListener("abort", this.#interrupt);
    this.#options.drain?.removeEventListener("abort", this.#drain);
  }

  readonly #interrupt = (): void => {
    const hint = `Go on with: cadre resume ${this.#id}`;
    this.#calls.abort(new CadreError("interrupted", `${this.#id} was interrupted`, { hint }));
  };

  readonly #drain = (): void => this.#control.requestDrain("asked to drain");
}
