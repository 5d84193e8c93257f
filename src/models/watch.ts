/**
 * The bounds of one model call: how long the first token, the gap between two reads and the whole call may take, and how many
 * bytes may come.
 *
 * W1. Whatever the server does, the call ends: by its answer, by a limit, or because the caller left.
 * W2. Every end releases the timers, the place among those who wait for the caller's signal, and the connection.
 * W3. Only time spent waiting for the server counts as idle; a slow reader is not the server's fault.
 */
import type { BodyReader } from "./lean-fetch.ts";
import { onAbort } from "./on-abort.ts";
import { malformedError, timeoutError, truncatedError } from "./transport-errors.ts";
import type { Timing } from "./timing.ts";

export type CallLimits = {
  /** From sending the request to the first byte of the answer's body. */
  readonly firstTokenMs: number;
  /** Between two reads. */
  readonly idleMs: number;
  /** The whole call, with its retries. */
  readonly totalMs: number;
  /** Of the answer, decompressed. */
  readonly maxBytes: number;
  /** Of one line of a stream of events, whose reader joins what has come of a line anew with every piece; left out: no bound of its own. */
  readonly maxLineBytes?: number;
};

export interface Watch {
  /** Aborts with the reason why the call must end. */
  readonly signal: AbortSignal;
  /** Settles as `work` does, or rejects with the signal's reason, whichever comes first. */
  race<T>(work: Promise<T>): Promise<T>;
  /** Starts the clock of a limit; the returned function stops it. */
  expect(limit: "first-token" | "idle"): () => void;
  /** Resolves after `ms`, or rejects when the call must end. */
  pause(ms: number): Promise<void>;
  close(reason?: unknown): void;
}

/** Made once: its stack, which tells nobody anything, would be a part of what every call leaves to be collected. */
const over = new DOMException("the call is over", "AbortError");

export function openWatch(timing: Timing, limits: CallLimits, origin: string, outer: AbortSignal | undefined): Watch {
  const controller = new AbortController();
  const ended = new Promise<never>((_resolve, reject) => {
    controller.signal.addEventListener("abort", () => reject(controller.signal.reason), { once: true });
  });
  ended.catch(() => {});
  const leaveOuter = outer === undefined ? () => {} : onAbort(outer, () => controller.abort(outer.reason));
  const stopTotal = timing.after("total", limits.totalMs, () =>
    controller.abort(timeoutError(origin, "total", limits.totalMs)),
  );
  // W2: one place, whoever ended it.
  const release = (): void => {
    stopTotal();
    leaveOuter();
  };
  if (controller.signal.aborted) release();
  else controller.signal.addEventListener("abort", release, { once: true });
  const race = <T>(work: Promise<T>): Promise<T> => Promise.race([work, ended]);
  return {
    signal: controller.signal,
    race,
    expect: (limit) => {
      const ms = limit === "idle" ? limits.idleMs : limits.firstTokenMs;
      return timing.after(limit, ms, () => controller.abort(timeoutError(origin, limit, ms)));
    },
    pause: async (ms) => {
      let stop = (): void => {};
      const passed = new Promise<void>((resolve) => {
        stop = timing.after("retry", ms, resolve);
      });
      try {
        await race(passed);
      } finally {
        stop();
      }
    },
    close: (reason) => {
      controller.abort(reason ?? over);
    },
  };
}

const newline = 0x0a;

/** How long the line is that a piece leaves open, and the longest that it closes or adds to. */
function lineAfter(piece: Uint8Array, open: number): { readonly open: number; readonly longest: number } {
  let longest = open;
  let start = 0;
  for (let end = piece.indexOf(newline); end >= 0; end = piece.indexOf(newline, start)) {
    longest = Math.max(longest, open + end - start);
    open = 0;
    start = end + 1;
  }
  const left = open + piece.byteLength - start;
  return { open: left, longest: Math.max(longest, left) };
}

type Body = {
  readonly watch: Watch;
  readonly limits: CallLimits;
  readonly origin: string;
  /** The first chunk, which has been read. */
  readonly first: Uint8Array;
  readonly reader: BodyReader;
};

/** A body to be read as it comes: within the limits, closing the watch when it ends. */
export function watchedBody(body: Body): ReadableStream<Uint8Array> {
  const { watch } = body;
  const next = chunksOf(body);
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          const chunk = await next();
          if (chunk === null) controller.close();
          else controller.enqueue(chunk);
        } catch (error) {
          controller.error(error);
        }
      },
      cancel: (reason) => watch.close(reason),
    },
    // Nothing is read ahead: W3 needs the reader's demand to be the consumer's.
    { highWaterMark: 0 },
  );
}

/** A body that is of use only as a whole: read to its end, within the limits. */
export async function wholeBody(body: Body): Promise<Uint8Array<ArrayBuffer>> {
  const next = chunksOf({ ...body, limits: { ...body.limits, maxLineBytes: Number.POSITIVE_INFINITY } });
  const chunks: Uint8Array[] = [];
  for (let chunk = await next(); chunk !== null; chunk = await next()) chunks.push(chunk);
  return joined(chunks);
}

function joined(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(chunks.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

/** One chunk after the other, null at the end; what ends it early, or is too much, closes the watch and is thrown. */
function chunksOf({ watch, limits, origin, first, reader }: Body): () => Promise<Uint8Array | null> {
  const { maxLineBytes = Number.POSITIVE_INFINITY } = limits;
  let line = 0;
  let received = first.byteLength;
  let waiting: Uint8Array | null = first;
  watch.signal.addEventListener("abort", () => void reader.cancel(watch.signal.reason).catch(() => {}), { once: true });
  const read = async (): Promise<Uint8Array | null> => {
    if (waiting !== null) {
      const chunk = waiting;
      waiting = null;
      return chunk;
    }
    const stop = watch.expect("idle");
    try {
      const { done, value } = await watch.race(reader.read());
      return done ? null : value;
    } finally {
      stop();
    }
  };
  return async () => {
    try {
      const chunk = await read();
      if (chunk === null) {
        watch.close();
        return null;
      }
      received += chunk === first ? 0 : chunk.byteLength;
      if (received > limits.maxBytes) throw malformedError(origin, `sent more than ${limits.maxBytes} bytes`);
      const { open, longest } = lineAfter(chunk, line);
      if (longest > maxLineBytes) throw malformedError(origin, `sent a line of more than ${maxLineBytes} bytes`);
      line = open;
      return chunk;
    } catch (error) {
      const reason = watch.signal.aborted ? watch.signal.reason : isOurs(error) ? error : truncatedError(origin);
      watch.close(reason);
      throw reason;
    }
  };
}

function isOurs(error: unknown): boolean {
  return error instanceof Error && error.name === "CadreError";
}
