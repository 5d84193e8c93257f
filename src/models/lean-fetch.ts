/**
 * `fetch` as far as the transport needs it, over `node:http`: for the many small calls of a batch.
 *
 * Node's own `fetch` notes each answer and each signal in a FinalizationRegistry. What stands there survives every collection of the young:
 * a batch grew by some 8 KB a row until V8 went through all of its heap, 140 MB after 20,000 rows, of which 33 were in use.
 *
 * L1. It follows no redirect, decodes nothing and asks for nothing encoded; an answer that is encoded all the same fails.
 * L2. A signal ends it at any time, with the signal's reason, and takes the connection with it.
 * L3. Nothing is read before it is asked for: a chunk at most waits.
 * L4. A body that ends before its server said so is a failure, never a short answer.
 */
import type { IncomingMessage } from "node:http";
import http from "node:http";
import https from "node:https";
import { malformedError } from "./transport-errors.ts";

export type Chunk =
  | { readonly done: false; readonly value: Uint8Array }
  | { readonly done: true; readonly value?: Uint8Array | undefined };

/** What the transport reads of a `Response`. */
export interface Answered {
  readonly status: number;
  readonly ok: boolean;
  readonly headers: { get(name: string): string | null };
  readonly body: AnsweredBody | null;
}

export interface AnsweredBody {
  getReader(): BodyReader;
  cancel(): Promise<void>;
}

export interface BodyReader {
  read(): Promise<Chunk>;
  cancel(reason?: unknown): Promise<void>;
}

/** `init` as the transport makes it: with `Headers`, and a signal. */
export type Fetch = (url: string, init: RequestInit) => Promise<Answered>;

/** What has no text as its body goes through Node's own `fetch`. Errors: the signal's reason; those of the connection, with Node's code. */
export const leanFetch: Fetch = (url, init) =>
  typeof init.body === "string" ? sent(url, init, init.body) : fetch(url, init);

function sent(url: string, { method = "POST", headers, signal }: RequestInit, body: string): Promise<Answered> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const request = (url.startsWith("https:") ? https : http).request(url, {
      method,
      headers: { ...Object.fromEntries(new Headers(headers)), "accept-encoding": "identity" },
    });
    // L2. Harmless once the answer has come whole: the connection is no longer this request's.
    signal?.addEventListener("abort", () => request.destroy(signal.reason as Error), { once: true });
    request.on("error", reject);
    request.on("response", (response) => {
      if ((response.headers["content-encoding"] ?? "identity") === "identity") return resolve(answered(response));
      response.destroy();
      reject(malformedError(new URL(url).origin, "answered in an encoding that it was not asked for")); // L1
    });
    request.end(body);
  });
}

function answered(response: IncomingMessage): Answered {
  const status = response.statusCode ?? 0;
  return {
    status,
    ok: status >= 200 && status < 300,
    headers: {
      get: (name) => {
        const value = response.headers[name];
        return value === undefined ? null : String(value);
      },
    },
    body: bodyOf(response),
  };
}

function bodyOf(response: IncomingMessage): AnsweredBody {
  let ended = false;
  let failure: Error | null = null;
  let waiting: Uint8Array | null = null;
  let wake: (() => void) | null = null;
  const change = (): void => {
    wake?.();
    wake = null;
  };
  response.on("data", (chunk: Buffer) => {
    waiting = chunk;
    response.pause(); // L3
    change();
  });
  response.on("end", () => {
    ended = true;
    change();
  });
  response.on("error", (error) => {
    failure ??= error;
    change();
  });
  response.on("close", () => {
    if (!ended) failure ??= new Error("the connection ended within the answer"); // L4
    change();
  });
  response.pause();
  const cancel = (): Promise<void> => {
    if (!ended) response.destroy();
    return Promise.resolve();
  };
  const read = async (): Promise<Chunk> => {
    while (waiting === null && !ended && failure === null) {
      const changed = new Promise<void>((resolve) => {
        wake = resolve;
      });
      response.resume();
      await changed;
    }
    if (waiting !== null) {
      const value: Uint8Array = waiting;
      waiting = null;
      return { done: false, value };
    }
    if (failure !== null) throw failure as Error;
    return { done: true };
  };
  return { getReader: () => ({ read, cancel }), cancel };
}
