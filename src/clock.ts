/** Time is injected, and is for display and deadlines only: order is by sequence number (D5). */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** ms by a clock that nobody sets, for spans. Not the global `performance`, which brings a start ten modules for the same figure. */
export function monotonic(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** ISO 8601 in UTC, with milliseconds. */
export function isoTime(clock: Clock): string {
  return new Date(clock.now()).toISOString();
}
