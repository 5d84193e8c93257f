/**
 * The gate in front of a server: how many calls are under way at a time, and whose turn is next. One for each origin in a process,
 * whoever calls: roles of several runs, and tools that measure models. Processes do not know of each other; each finds its share.
 *
 * G1. Every call that was let in leaves once, whatever became of it.
 * G2. Runs take turns: a run with many calls waiting delays another one's next call by one call at most for each run.
 * G3. The queue is bounded: beyond it a call fails at once with `model-queue-full`, rather than waiting for what may never come.
 * G4. A server that says when to come back is left alone until then, by all calls.
 * G5. Whoever gives up leaves at once, from the queue too.
 */
import { CadreError } from "../errors.ts";
import { Concurrency, type ConcurrencySettings } from "./concurrency.ts";
import { onAbort } from "./on-abort.ts";
import { systemTiming, type Timing } from "./timing.ts";

export type GateState = {
  readonly limit: number;
  readonly inFlight: number;
  readonly queued: number;
};

/** What was seen of a server since the gate was opened. Times: until it began to answer, in ms. */
export type GateSeen = {
  readonly answered: number;
  /** It had no place: 429, or 503. */
  readonly refused: number;
  /** It did not begin to answer in time. */
  readonly silent: number;
  /** Of the last answers; null before the first. */
  readonly firstAnswer: { readonly median: number; readonly p95: number; readonly of: number } | null;
};

export type Entry = {
  /** Whose call it is: runs take turns. */
  readonly run: string;
  readonly signal?: AbortSignal | undefined;
  /** A call that was let in before and refused by the server: it goes before others of its run, and is never too many. */
  readonly again?: boolean;
};

/** A call that was let in. */
export interface Pass {
  /** The server began to answer. */
  answered(): void;
  /** The server had no place for it; in how many ms it may be asked again, if it said so. Leaves. */
  refused(retryAfterMs: number | null): void;
  /** The server did not begin to answer in time. Leaves. */
  silent(): void;
  /** The call is over. Harmless twice. */
  leave(): void;
}

export interface Gate {
  /** Resolves when the call may be made. Errors: model-queue-full; the signal's reason. */
  enter(entry: Entry): Promise<Pass>;
  readonly state: GateState;
  readonly seen: GateSeen;
}

export type GateOptions = {
  readonly timing?: Timing;
  readonly concurrency?: Partial<ConcurrencySettings>;
  /** Calls that may wait. */
  readonly maxQueued?: number;
};

const usualMaxQueued = 1000;
/** First answers that are remembered for `seen`. */
const timesKept = 200;

type Waiting = { readonly admit: (pass: Pass) => void };

export function openGate(origin: string, options: GateOptions = {}): Gate {
  const { timing = systemTiming, maxQueued = usualMaxQueued } = options;
  const concurrency = new Concurrency(options.concurrency);
  /** By run, in the order of their turns. */
  const queues = new Map<string, Waiting[]>();
  let queued = 0;
  const tally = { answered: 0, refused: 0, silent: 0 };
  const firsts: number[] = [];
  let closed: { readonly until: number; readonly stop: () => void } | null = null;

  const admitAll = (): void => {
    while (queued > 0 && closed === null) {
      const pass = passOf();
      if (pass === null) return;
      takeTurn().admit(pass);
    }
  };

  const takeTurn = (): Waiting => {
    const [run, queue] = queues.entries().next().value as [string, Waiting[]];
    const next = queue.shift() as Waiting;
    queues.delete(run);
    if (queue.length > 0) queues.set(run, queue); // G2: to the end of the round
    queued -= 1;
    return next;
  };

  const close = (ms: number): void => {
    const until = timing.now() + ms;
    if (ms <= 0 || (closed !== null && closed.until >= until)) return;
    closed?.stop();
    const stop = timing.after("gate", ms, () => {
      closed = null;
      admitAll();
    });
    closed = { until, stop };
  };

  const passOf = (): Pass | null => {
    const ticket = concurrency.enter(timing.monotonic());
    if (ticket === null) return null;
    const since = timing.monotonic();
    let inside = true;
    const leaving = (how: (now: number) => void): void => {
      if (!inside) return;
      inside = false; // G1
      how(timing.monotonic());
      concurrency.leave(ticket);
      admitAll();
    };
    return {
      answered: () => {
        if (!inside) return;
        const now = timing.monotonic();
        tally.answered += 1;
        firsts.push(now - since);
        if (firsts.length > timesKept) firsts.shift();
        concurrency.answered(ticket, now - since, now);
        admitAll();
      },
      refused: (retryAfterMs) =>
        leaving((now) => {
          tally.refused += 1;
          if (retryAfterMs !== null) close(retryAfterMs); // G4
          concurrency.refused(ticket, now);
        }),
      silent: () =>
        leaving((now) => {
          tally.silent += 1;
          concurrency.silent(ticket, now);
        }),
      leave: () => leaving(() => {}),
    };
  };

  const remove = (run: string, waiting: Waiting): void => {
    const queue = queues.get(run);
    const at = queue?.indexOf(waiting) ?? -1;
    if (queue === undefined || at < 0) return;
    queue.splice(at, 1);
    queued -= 1;
    if (queue.length === 0) queues.delete(run);
  };

  return {
    get state() {
      return { limit: concurrency.limit, inFlight: concurrency.inFlight, queued };
    },
    get seen() {
      return { ...tally, firstAnswer: timesOf(firsts) };
    },
    enter: async ({ run, signal, again = false }) => {
      signal?.throwIfAborted();
      const now = queued === 0 && closed === null ? passOf() : null;
      if (now !== null) return now;
      if (queued >= maxQueued && !again) throw queueFull(origin, maxQueued); // G3
      const { promise, resolve, reject } = Promise.withResolvers<Pass>();
      let stay = (): void => {};
      const waiting: Waiting = {
        admit: (pass) => {
          stay();
          resolve(pass);
        },
      };
      const giveUp = (): void => {
        remove(run, waiting); // G5
        reject(signal?.reason as Error);
      };
      if (signal) stay = onAbort(signal, giveUp);
      const queue = queues.get(run) ?? [];
      queues.set(run, queue);
      if (again) queue.unshift(waiting);
      else queue.push(waiting);
      queued += 1;
      admitAll();
      return promise;
    },
  };
}

function timesOf(times: readonly number[]): GateSeen["firstAnswer"] {
  if (times.length === 0) return null;
  const sorted = times.toSorted((one, other) => one - other);
  const at = (part: number): number =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0);
  return { median: at(0.5), p95: at(0.95), of: sorted.length };
}

function queueFull(origin: string, waiting: number): CadreError {
  return new CadreError("model-queue-full", `${waiting} calls wait for ${origin} already.`, {
    hint: "Try again later, with fewer calls at a time; nothing was sent.",
    data: { origin, waiting },
  });
}

/** The gates of a process, by the origin of an address. */
export type Gates = (url: string) => Gate;

export type OpenGates = Gates & {
  /** Every server that was asked, or is about to be. */
  readonly all: () => readonly (readonly [origin: string, gate: Gate])[];
};

export function openGates(options: GateOptions = {}): OpenGates {
  const gates = new Map<string, Gate>();
  const gateOf: Gates = (url) => {
    const { origin } = new URL(url);
    const known = gates.get(origin) ?? openGate(origin, options);
    gates.set(origin, known);
    return known;
  };
  return Object.assign(gateOf, { all: () => [...gates] });
}

/** For the whole process: projects that are open side by side, and tools beside roles, ask the same servers. */
export const processGates: OpenGates = openGates();
