/**
 * How many calls one server can take at a time, learnt from how it answers. No timers and no queue: `gate.ts` has those.
 *
 * N1. Up to `limit` calls are known to be taken. One more is a probe; once the server begins to answer it, the limit rises by one.
 * N2. A probe that is refused tells where the edge is: the limit stays, and the next probe at the edge waits, twice as long each time.
 * N3. A refusal below the edge, or first tokens that come much later than they used to, means that the edge has moved: the limit is cut
 *     to a part of itself, once for all calls that were under way then. From there it rises by one again.
 * N4. Until the first bad sign half as many probes as calls may be under way, so that a cold start takes few rounds.
 *
 * First tokens come later for longer prompts too. So what is compared are medians, and only a rise of some size counts.
 */
export type ConcurrencySettings = {
  /** Calls at a time before anything is known. */
  readonly start: number;
  readonly most: number;
  /** In ms: how long the edge is believed at first, and at most. */
  readonly probeGap: number;
  readonly longestGap: number;
};

export const usualConcurrency: ConcurrencySettings = { start: 4, most: 256, probeGap: 1_000, longestGap: 60_000 };

/** Of one call: whether it is beyond what is known to be taken, and which cuts it has seen. */
export type Ticket = { probe: boolean; readonly round: number };

const refusedPart = 0.7;
const slowPart = 0.8;
/** First-token times that make one median, and medians that are remembered. */
const sample = 8;
const remembered = 20;
const riseFactor = 3;
/** In ms: what a busy machine adds by itself. */
const riseAtLeast = 250;

export class Concurrency {
  readonly #settings: ConcurrencySettings;
  #limit: number;
  #inFlight = 0;
  readonly #probes = new Set<Ticket>();
  /** Null: none was met yet. */
  #edge: number | null = null;
  #gap: number;
  #probeAfter = 0;
  #round = 0;
  #firsts: number[] = [];
  #medians: number[] = [];

  constructor(settings: Partial<ConcurrencySettings> = {}) {
    this.#settings = { ...usualConcurrency, ...settings };
    this.#limit = Math.min(this.#settings.start, this.#settings.most);
    this.#gap = this.#settings.probeGap;
  }

  get limit(): number {
    return this.#limit;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** A place for one more call, or null. `now` in ms, of a clock that does not go back. */
  enter(now: number): Ticket | null {
    const probe = this.#inFlight - this.#probes.size >= this.#limit;
    if (probe && this.#probes.size >= this.#mayProbe(now)) return null;
    const ticket = { probe, round: this.#round };
    if (probe) this.#probes.add(ticket);
    this.#inFlight += 1;
    return ticket;
  }

  #mayProbe(now: number): number {
    const room = this.#settings.most - this.#limit;
    if (room <= 0) return 0;
    if (this.#edge === null) return Math.min(room, Math.max(1, this.#limit >> 1)); // N4
    return this.#limit < this.#edge || now >= this.#probeAfter ? 1 : 0;
  }

  /** The server began to answer, `ms` after it was asked. */
  answered(ticket: Ticket, ms: number, now: number): void {
    if (this.#probes.delete(ticket)) {
      ticket.probe = false;
      this.#limit += 1; // N1
      if (this.#edge !== null && this.#limit > this.#edge) this.#meetEdge(this.#limit, this.#settings.probeGap, now);
    }
    this.#firsts.push(ms);
    if (this.#firsts.length < sample) return;
    const median = this.#firsts.toSorted((a, b) => a - b)[sample >> 1] ?? ms;
    this.#firsts = [];
    const usual = Math.min(...this.#medians);
    this.#medians = [...this.#medians, median].slice(-remembered);
    if (median > riseFactor * usual + riseAtLeast) this.#cut(ticket, slowPart, now);
  }

  /** The server had no place for it. */
  refused(ticket: Ticket, now: number): void {
    // With a probe under way, the call that was refused may be another one than the one too many.
    const probe = this.#probes.has(ticket) ? ticket : this.#probes.values().next().value;
    if (probe === undefined) return this.#cut(ticket, refusedPart, now);
    this.#probes.delete(probe);
    probe.probe = false;
    this.#meetEdge(this.#limit, this.#nextGap(now), now); // N2
  }

  /** The server did not begin to answer in time. */
  silent(ticket: Ticket, now: number): void {
    this.#cut(ticket, refusedPart, now);
  }

  /** The call is over, however it went. */
  leave(ticket: Ticket): void {
    this.#probes.delete(ticket);
    this.#inFlight -= 1;
  }

  /** Several refusals at one edge are one piece of news. */
  #nextGap(now: number): number {
    if (this.#edge === null || now < this.#probeAfter) return this.#gap;
    return Math.min(2 * this.#gap, this.#settings.longestGap);
  }

  #meetEdge(at: number, gap: number, now: number): void {
    this.#edge = at;
    this.#gap = gap;
    this.#probeAfter = now + gap;
  }

  /** N3 */
  #cut(ticket: Ticket, part: number, now: number): void {
    if (ticket.round !== this.#round) return;
    this.#round += 1;
    this.#meetEdge(Math.max(1, this.#limit - 1), this.#nextGap(now), now);
    this.#limit = Math.max(1, Math.floor(this.#limit * part));
  }
}
