/**
 * For how long a run is being moved by this process: while at least one of its lines is held, however many are.
 *
 * T1. By a clock that nobody sets, so that no jump of the day's time counts, forward or back (D5).
 * T2. What was taken is counted once: whoever could not write it down gives it back.
 * T3. One span counts for no more than a lease lives: a process that did not get to renew its lease for longer than that, because the
 *     machine slept or it was halted, was moving nothing.
 */
import { monotonic } from "../clock.ts";

export class Stopwatch {
  readonly #now: () => number;
  readonly #longest: number;
  #held = 0;
  #since = 0;
  #left = 0;

  /** `longest`: of one span, in ms. */
  constructor(longest: number, now = monotonic) {
    this.#now = now;
    this.#longest = longest;
  }

  hold(): void {
    if (this.#held === 0) this.#since = this.#now();
    this.#held += 1;
  }

  letGo(): void {
    this.#collect();
    this.#held -= 1;
  }

  /** In whole ms, since it was last taken. */
  take(): number {
    this.#collect();
    const whole = Math.floor(this.#left);
    this.#left -= whole;
    return whole;
  }

  /** What `take` would give. */
  pending(): number {
    this.#collect();
    return Math.floor(this.#left);
  }

  giveBack(ms: number): void {
    this.#left += ms;
  }

  #collect(): void {
    if (this.#held === 0) return;
    const now = this.#now();
    this.#left += Math.min(Math.max(0, now - this.#since), this.#longest); // T3
    this.#since = now;
  }
}
