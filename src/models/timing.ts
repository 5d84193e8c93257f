/** Timers as a port, each labelled with what it is for, so that a test can let one pass and hold the others. */

export type TimerPurpose = "first-token" | "idle" | "total" | "retry" | "gate";

export interface Timing {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds of a clock that nobody sets. */
  monotonic(): number;
  /** Calls back once after `ms`, unless the returned function is called first. */
  after(purpose: TimerPurpose, ms: number, callback: () => void): () => void;
}

/** The longest that one call may take, with its retries, unless cadre.yaml says otherwise. */
export const usualTotalMs = 600_000;

export const systemTiming: Timing = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (_purpose, ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
