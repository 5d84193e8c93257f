/**
 * The `fetch` that the Hub's library gets. By itself the library follows `Link: next` to wherever it leads, with the token, has no time
 * limits, and puts what a server said into its errors.
 *
 * G1. A request goes to the Hub's own origin. A redirect may stay there, or lead to one of `fileHosts` when a file is fetched.
 * G2. The token is put on here, for the Hub's origin only; whatever Authorization the caller set is dropped. Other hosts get no header
 *     of ours but `range`.
 * G3. A next page at another origin is refused when it is named, not when it is fetched.
 * G4. Every request ends: by its answer, a time limit, a cap on bytes, or because the caller left.
 * G5. Errors are CadreErrors; they hold no token, no query and nothing that a server said (R8) but the Hub's own short code.
 */
import { isFileHost } from "../../config/hub-hosts.ts";
import type { HubConfig } from "../../config/hub.ts";
import { isLoopback } from "../../endpoint-url.ts";
import { CadreError, isCadreError } from "../../errors.ts";
import { systemTiming, type Timing } from "../timing.ts";
import { connectionCode } from "../transport-errors.ts";
import { openWatch, watchedBody, type CallLimits, type Watch } from "../watch.ts";
import { hubStatusError, hubUnreachable, hubRefused } from "./hub-errors.ts";

export type HubFetchDeps = {
  readonly fetch?: typeof fetch;
  readonly timing?: Timing;
};

export type HubTarget = Pick<HubConfig, "url" | "fileHosts" | "timeoutSeconds"> & { readonly token: string | null };

/** Answers about models and data sets, in bytes; a file has limits of its own. */
export const answerBytes = 8 * 1024 * 1024;

const mostRedirects = 5;
/** A download may take long, and must never stand still. */
const fileTotalMs = 24 * 3600_000;

export type HubFetch = {
  /** For the library: whole answers, read to their end within `answerBytes`. */
  readonly fetch: typeof fetch;
  /** For files: a body that is read as it comes. `maxBytes`: after so many it is cut off with `hub-refused`. */
  file(
    url: string,
    options: { readonly from: number; readonly maxBytes: number; readonly signal: AbortSignal },
  ): Promise<Response>;
};

type Setting = Required<HubFetchDeps> & {
  readonly target: HubTarget;
  readonly origin: string;
  readonly signal: AbortSignal;
};

/** `signal`: of whoever uses it; ends every request. Errors of what it makes: `hub-*`, or the signal's reason. */
export function hubFetch(target: HubTarget, signal: AbortSignal, deps: HubFetchDeps = {}): HubFetch {
  const setting: Setting = {
    target: { ...target, token: target.token === null ? null : checkedToken(target.token, new URL(target.url)) },
    origin: new URL(target.url).origin,
    signal,
    fetch: deps.fetch ?? globalThis.fetch,
    timing: deps.timing ?? systemTiming,
  };
  const ms = target.timeoutSeconds * 1000;
  return {
    fetch: async (input, init) => {
      const url = new URL(input instanceof Request ? input.url : String(input));
      const limits: CallLimits = { firstTokenMs: ms, idleMs: ms, totalMs: 3 * ms, maxBytes: answerBytes };
      const from = init?.signal ? AbortSignal.any([signal, init.signal]) : signal;
      return guarded(setting, limits, from, async (watch) => {
        const response = await follow(setting, watch, url, init ?? {}, false);
        checkNext(setting, response);
        const bytes = await new Response(bodyOf(setting, watch, limits, await first(watch, response))).arrayBuffer();
        return new Response(bytes.byteLength === 0 ? null : bytes, {
          status: response.status,
          headers: response.headers,
        });
      });
    },
    file: (url, { from, maxBytes, signal: own }) => {
      const limits: CallLimits = { firstTokenMs: ms, idleMs: ms, totalMs: fileTotalMs, maxBytes };
      return guarded(setting, limits, AbortSignal.any([signal, own]), async (watch) => {
        const headers: Record<string, string> = from > 0 ? { range: `bytes=${from}-` } : {};
        const response = await follow(setting, watch, new URL(url), { headers }, true);
        const start = await first(watch, response);
        return new Response(bodyOf(setting, watch, limits, start), {
          status: response.status,
          headers: response.headers,
        });
      });
    },
  };
}

/** G4, G5. */
async function guarded(
  setting: Setting,
  limits: CallLimits,
  outer: AbortSignal,
  body: (watch: Watch) => Promise<Response>,
): Promise<Response> {
  outer.throwIfAborted();
  const watch = openWatch(setting.timing, limits, setting.origin, outer);
  try {
    return await body(watch);
  } catch (error) {
    const reason = watch.signal.aborted && !outer.aborted ? watch.signal.reason : error;
    watch.close(reason);
    outer.throwIfAborted();
    throw translated(setting.origin, reason);
  }
}

function checkedToken(token: string, url: URL): string {
  if (url.protocol !== "https:" && !isLoopback(url))
    throw hubRefused(
      `A token may not be sent to ${url.origin} over plain http.`,
      "Use https, or leave `hub.token` out of cadre.yaml.",
    );
  const trimmed = token.trim();
  // A header's own error message would quote the token.
  if (/^[\x21-\x7e]+$/.test(trimmed)) return trimmed;
  throw new CadreError("hub-auth", `The token for ${url.origin} is empty or holds characters that no token has.`, {
    hint: "Set the environment variable to the token alone.",
  });
}

async function follow(setting: Setting, watch: Watch, url: URL, init: RequestInit, file: boolean): Promise<Response> {
  const { origin } = setting;
  if (url.origin !== origin)
    throw hubRefused(`A request was made to ${url.origin}, but the Hub is ${origin}; nothing was sent there.`);
  let to = url;
  for (let hop = 0; hop <= mostRedirects; hop += 1) {
    const stop = watch.expect("first-token");
    const request: RequestInit = {
      ...(init.method === undefined ? {} : { method: init.method }),
      ...(init.body === undefined ? {} : { body: init.body }),
      headers: headersFor(setting, to, init),
      redirect: "manual",
      credentials: "omit",
      signal: watch.signal,
    };
    const response = await watch.race(setting.fetch(to.href, request)).finally(stop);
    if (response.status < 300 || response.status > 399) return successful(setting, response);
    response.body?.cancel().catch(() => {});
    to = nextHop(setting, to, response, file && init.method === undefined);
  }
  throw hubRefused(`${origin} redirects in a circle.`);
}

/** G2. */
function headersFor({ origin, target }: Setting, to: URL, init: RequestInit): Headers {
  const given = new Headers(init.headers);
  if (to.origin !== origin) {
    const range = given.get("range");
    return new Headers(range === null ? {} : { range });
  }
  given.delete("authorization");
  if (target.token !== null) given.set("authorization", `Bearer ${target.token}`);
  return given;
}

/** G1. */
function nextHop({ origin, target }: Setting, from: URL, response: Response, file: boolean): URL {
  const location = response.headers.get("location");
  if (location === null || !URL.canParse(location, from.href))
    throw hubRefused(`${from.origin} answered ${response.status} without a usable address.`);
  const next = new URL(location, from);
  if (next.origin === origin) return next;
  const safe = next.protocol === "https:" || isLoopback(next);
  if (file && safe && isFileHost(target.fileHosts, next)) return next;
  const hint = file ? "If that is where its files are, add the host to `hub.fileHosts` in cadre.yaml." : undefined;
  throw hubRefused(`${from.origin} redirects to ${next.origin}, which was not followed.`, hint);
}

async function successful(setting: Setting, response: Response): Promise<Response> {
  if (response.ok) return response;
  response.body?.cancel().catch(() => {});
  throw hubStatusError(setting.origin, response, setting.target.token !== null);
}

/** G3. Whatever the library's own reading of the header would find: any address in it must be the Hub's. */
function checkNext({ origin }: Setting, response: Response): void {
  const link = response.headers.get("link") ?? "";
  for (const [, address = ""] of link.matchAll(/<([^>]*)>/g)) {
    if (URL.canParse(address, origin) && new URL(address, origin).origin === origin) continue;
    response.body?.cancel().catch(() => {});
    throw hubRefused(`${origin} names a next page at another address, which was not followed.`);
  }
}

type Start = { readonly chunk: Uint8Array; readonly reader: ReadableStreamDefaultReader<Uint8Array> } | null;

async function first(watch: Watch, response: Response): Promise<Start> {
  if (response.body === null) return null;
  const reader = response.body.getReader();
  const stop = watch.expect("first-token");
  const { value } = await watch.race(reader.read()).finally(stop);
  return { chunk: value ?? new Uint8Array(0), reader };
}

function bodyOf(
  { origin }: Setting,
  watch: Watch,
  limits: CallLimits,
  start: Start,
): ReadableStream<Uint8Array> | null {
  if (start === null) {
    watch.close();
    return null;
  }
  const source = watchedBody({ watch, limits, origin, first: start.chunk, reader: start.reader });
  // What breaks later is said in the same words.
  const reader = source.getReader();
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          controller.error(translated(origin, error));
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

function translated(origin: string, error: unknown): unknown {
  if (error instanceof DOMException && error.name === "AbortError") return error;
  if (!isCadreError(error)) return hubUnreachable(origin, connectionCode(error));
  if (error.code === "model-timeout") return hubUnreachable(origin, "it did not answer in time");
  if (error.code === "model-truncated")
    return hubUnreachable(origin, "the connection was closed before the answer was whole");
  if (error.code === "model-malformed") return hubRefused(`${origin} sent more than is read of one answer.`);
  return error;
}
