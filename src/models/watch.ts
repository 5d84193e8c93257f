/**
 * The bounds of one model call: how long the first token, the gap between two reads and the whole call may take, and how many
 * bytes may come.
 *
 * W1. Whatever the server does, the call ends: by its answer, by a limit, or because the caller left.
 * W2. Every end releases the timers, the listener and the connection.
 * W3. Only time spent waiting for the server counts as idle; a slow reader is not the server's fault.
 */
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

export function openWatch(timing: Timing, limits: CallLimits, origin: string, outer: AbortSignal | undefined): Watch {
  const controller = new AbortController();
  const ended = new Promise<never>((_resolve, reject) => {
    controller.signal.addEventListener("abort", () => reject(controller.signal.reason), { once: true });
  });
  ended.catch(() => {});
  const onOuter = (): void => controller.abort(outer?.reason);
  if (outer?.aborted) onOuter();
  else outer?.addEventListener("abort", onOuter, { once: true });
  const stopTotal = timing.after("total", limits.totalMs, () =>
    controller.abort(timeoutError(origin, "total", limits.totalMs)),
  );
  // W2: one place, whoever ended it.
  const release = (): void => {
    stopTotal();
    outer?.removeEventListener("abort", onOuter);
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
      controller.abort(reason ?? new DOMException("the call is over", "AbortError"));
    },
  };
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

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

/** The rest of a body whose first chunk has been read: within the limits, closing the watch when it ends. */
export function watchedBody(
  watch: Watch,
  limits: CallLimits,
  origin: string,
  first: Uint8Array,
  reader: Reader,
): ReadableStream<Uint8Array> {
  const { maxLineBytes = Number.POSITIVE_INFINITY } = limits;
  let line = 0;
  let received = first.byteLength;
  let waiting: Uint8Array | null = first;
  const next = async (): Promise<Uint8Array | null> => {
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
  const leave = (reason: unknown): void => watch.close(reason);
  watch.signal.addEventListener("abort", () => void reader.cancel(watch.signal.reason).catch(() => {}), { once: true });
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          const chunk = await next();
          if (chunk === null) {
            watch.close();
            controller.close();
            return;
          }
          received += chunk === first ? 0 : chunk.byteLength;
          if (received > limits.maxBytes) throw malformedError(origin, `sent more than ${limits.maxBytes} bytes`);
          const { open, longest } = lineAfter(chunk, line);
          if (longest > maxLineBytes) throw malformedError(origin, `sent a line of more than ${maxLineBytes} bytes`);
          line = open;
          controller.enqueue(chunk);
        } catch (error) {
          const reason = watch.signal.aborted ? watch.signal.reason : isOurs(error) ? error : truncatedError(origin);
          leave(reason);
          controller.error(reason);
        }
      },
      cancel: (reason) => leave(reason),
    },
    // Nothing is read ahead: W3 needs the reader's demand to be the consumer's.
    { highWaterMark: 0 },
  );
}

function isOurs(error: unknown): boolean {
  return error instanceof Error && error.name === "CadreError";
}
