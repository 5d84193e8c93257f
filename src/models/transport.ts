/**
 * The `fetch` that InferenceClient gets. The client itself has no time limits, retries a 503 for ever and sends its token to any URL.
 *
 * T1. One transport speaks to one origin; a request or a redirect to another is refused.
 * T2. The token is put on here, for that origin only, and over plain http only to this machine; whatever Authorization the caller set is dropped.
 * T3. Retries are bounded, happen only before the first byte of an answer, and only for what a retry can mend.
 * T4. Each attempt goes through the gate, where there is one. Waiting there is not the server's time: the limits begin when it opens.
 * T5. A non-success never reaches the client: its errors carry the whole prompt (R8).
 */
import { CadreError, isCadreError } from "../errors.ts";
import { isLoopback } from "../endpoint-url.ts";
import type { Gate, Pass } from "./gate.ts";
import type { Answered, Fetch } from "./lean-fetch.ts";
import { systemTiming, usualTotalMs, type Timing } from "./timing.ts";
import {
  connectionCode,
  connectionError,
  connectionMayRetry,
  malformedError,
  mayRetry,
  readServerCode,
  statusError,
} from "./transport-errors.ts";
import { wholeAnswer } from "./whole-answer.ts";
import { openWatch, watchedBody, wholeBody, type CallLimits, type Watch } from "./watch.ts";

/** How long a server is waited for, and how often it is asked again. Times in ms. */
export type TransportLimits = CallLimits & {
  /** Further attempts after the first. */
  readonly retries: number;
  /** A server that asks for a longer wait than this is not waited for. */
  readonly retryAfterMs: number;
};

export const defaultLimits: TransportLimits = {
  firstTokenMs: 120_000,
  idleMs: 60_000,
  totalMs: usualTotalMs,
  maxBytes: 16 * 1024 * 1024,
  retries: 3,
  retryAfterMs: 60_000,
};

export type TransportDeps = {
  readonly fetch: Fetch;
  readonly timing: Timing;
  /** In [0, 1): spreads the retries of many callers. */
  readonly random: () => number;
  /** Whose calls these are, and the gate before the server; null: as many calls at a time as are made. */
  readonly gate: { readonly gate: Gate; readonly run: string } | null;
};

export type TransportTarget = {
  /** Any URL of the server; its origin is what counts. */
  readonly url: string;
  readonly token?: string;
  readonly limits?: Partial<TransportLimits>;
  /** Pictures or sound are an answer too; left out: only JSON and event streams are. */
  readonly media?: "image" | "audio";
  /** What messages call it; left out: the URL's origin. */
  readonly name?: string;
};

type Setting = TransportDeps & {
  readonly origin: string;
  readonly name: string;
  readonly token: string | null;
  readonly limits: TransportLimits;
  readonly media: "image" | "audio" | null;
};

type Answer =
  | { readonly kind: "answer"; readonly response: Response }
  | { readonly kind: "failed"; readonly error: CadreError; readonly retry: boolean; readonly waitMs: number | null };

/** Errors of the returned `fetch`: CadreError `model-*`, or the reason of the caller's own signal. */
export function createTransport(deps: Partial<TransportDeps>, target: TransportTarget): typeof fetch {
  const url = new URL(target.url);
  const setting: Setting = {
    fetch: deps.fetch ?? globalThis.fetch,
    timing: deps.timing ?? systemTiming,
    random: deps.random ?? Math.random,
    gate: deps.gate ?? null,
    origin: url.origin,
    name: target.name ?? url.origin,
    token: target.token === undefined ? null : checkedToken(target.token, url),
    limits: { ...defaultLimits, ...target.limits },
    media: target.media ?? null,
  };
  return async (input, init) => {
    const to = new URL(input instanceof Request ? input.url : String(input));
    if (to.origin !== setting.origin) throw foreignOrigin(setting.origin, to.origin, "A request was made to");
    const pass = await entered(setting, init?.signal ?? undefined, false);
    const watch = openWatch(setting.timing, setting.limits, setting.name, init?.signal ?? undefined);
    try {
      return await attempts(setting, watch, to, init ?? {}, pass);
    } catch (error) {
      const reason = watch.signal.aborted ? watch.signal.reason : error;
      watch.close(reason);
      throw reason;
    }
  };
}

/** T4 */
async function entered({ gate }: Setting, signal: AbortSignal | undefined, again: boolean): Promise<Pass> {
  return gate === null ? noGate : gate.gate.enter({ run: gate.run, signal, again });
}

const noGate: Pass = { answered: () => {}, refused: () => {}, silent: () => {}, leave: () => {} };

/** However the call ends, its watch is closed; the gate is told then, unless it knows already. */
function leaveWith(watch: Watch, pass: Pass): void {
  const leave = (): void => {
    const late =
      isCadreError(watch.signal.reason, "model-timeout") && watch.signal.reason.data["limit"] === "first-token";
    if (late) pass.silent();
    else pass.leave();
  };
  if (watch.signal.aborted) leave();
  else watch.signal.addEventListener("abort", leave, { once: true });
}

/** As it is sent. Errors: `config-invalid` over plain http to another machine, `model-auth` for what no token can be. */
export function checkedToken(token: string, url: URL): string {
  if (url.protocol !== "https:" && !isLoopback(url)) {
    throw new CadreError("config-invalid", `A token may not be sent to ${url.origin} over plain http.`, {
      hint: "Use https, or leave the token out.",
    });
  }
  const trimmed = token.trim();
  // A header's own error message would quote the token.
  if (!/^[\x21-\x7e]+$/.test(trimmed)) {
    throw new CadreError("model-auth", `The token for ${url.origin} is empty or holds characters that no token has.`, {
      hint: "Set the environment variable to the token alone.",
    });
  }
  return trimmed;
}

function foreignOrigin(own: string, other: string, how: string): CadreError {
  return new CadreError("model-refused", `${how} ${other}, but this model is at ${own}; nothing was sent there.`, {
    hint: "If that is where the model is, give that address: as its `url` in cadre.yaml, or after --model.",
    data: { origin: own, other },
  });
}

async function attempts(setting: Setting, watch: Watch, url: URL, init: RequestInit, first: Pass): Promise<Response> {
  let pass = first;
  for (let attempt = 1; ; attempt++) {
    leaveWith(watch, pass);
    const answer = await oneAttempt(setting, watch, url, init, { attempt, pass });
    if (answer.kind === "answer") return answer.response;
    const asked = answer.waitMs ?? 0;
    if (!answer.retry || attempt > setting.limits.retries) throw answer.error;
    if (asked > setting.limits.retryAfterMs) throw tooLong(answer.error, asked);
    await watch.pause(Math.max(asked, backoff(attempt, setting.random())));
    pass = await entered(setting, watch.signal, true);
  }
}

/** 0.5 s, 1 s, 2 s … up to 8 s, of which half is chance. */
function backoff(attempt: number, random: number): number {
  const full = Math.min(8000, 500 * 2 ** (attempt - 1));
  return Math.round(full / 2 + (full / 2) * random);
}

function tooLong(error: CadreError, waitMs: number): CadreError {
  const seconds = Math.ceil(waitMs / 1000);
  return new CadreError(error.code, `${error.message} It asks to wait ${seconds} s.`, {
    hint: `Try again in ${seconds} s.`,
    data: { ...error.data, retryAfterMs: waitMs },
  });
}

/** What a caller may want to know of an answer; the rest could be anything. */
const keptHeaders = ["content-type", "x-request-id", "x-compute-time"] as const;
/** When the server was asked for what it answers, by the monotonic clock: what was waited before is not its time. */
export const askedAtHeader = "x-cadre-asked-at";

type Attempt = { readonly attempt: number; readonly pass: Pass };

async function oneAttempt(
  setting: Setting,
  watch: Watch,
  url: URL,
  init: RequestInit,
  { attempt, pass }: Attempt,
): Promise<Answer> {
  const stopClock = watch.expect("first-token");
  const askedAt = setting.timing.monotonic();
  try {
    const response = await send(setting, watch, url, init);
    if (!response.ok) return await failure(setting, watch, response, init, { attempt, pass });
    const kind = response.headers.get("content-type") ?? "";
    if (!isAnswer(kind, setting.media) || response.body === null) {
      response.body?.cancel().catch(() => {});
      throw malformedError(setting.name, `answered with ${shown(kind)} instead of JSON`);
    }
    const reader = response.body.getReader();
    const { value: first = new Uint8Array(0) } = await watch.race(reader.read());
    stopClock();
    pass.answered();
    const body = { watch, limits: setting.limits, origin: setting.name, first, reader };
    const kept = [...keptHeaders].flatMap((name) => {
      const value = response.headers.get(name);
      return value === null ? [] : [[name, value] as const];
    });
    const headers = { ...Object.fromEntries(kept), [askedAtHeader]: askedAt.toFixed(3) };
    // Only what streams is handed on as a stream: in an answer that is read whole anyway it would cost more than the answer.
    const about = { status: response.status, headers };
    const answer = /^text\/event-stream\b/i.test(kind)
      ? new Response(watchedBody(body), about)
      : wholeAnswer(await wholeBody(body), about);
    return { kind: "answer", response: answer };
  } catch (error) {
    if (watch.signal.aborted || isCadreError(error)) throw error;
    pass.leave();
    const code = connectionCode(error);
    const waitMs = null;
    return {
      kind: "failed",
      error: connectionError(setting.name, code, attempt),
      retry: connectionMayRetry(code),
      waitMs,
    };
  } finally {
    stopClock();
  }
}

function isAnswer(contentType: string, media: Setting["media"]): boolean {
  if (/^(application\/json|text\/event-stream)\b/i.test(contentType)) return true;
  return media !== null && contentType.toLowerCase().startsWith(`${media}/`);
}

function shown(contentType: string): string {
  const plain = /^[a-z0-9.+-]+\/[a-z0-9.+-]+/i.exec(contentType)?.[0];
  return plain === undefined ? "no content type" : plain.slice(0, 60);
}

/** Sends the request and follows redirects that keep the method and the origin. */
async function send(setting: Setting, watch: Watch, url: URL, init: RequestInit): Promise<Answered> {
  const headers = new Headers(init.headers);
  headers.delete("authorization");
  if (setting.token !== null) headers.set("authorization", `Bearer ${setting.token}`);
  let to = url;
  for (let hop = 0; hop <= 3; hop++) {
    const request: RequestInit = { ...init, headers, redirect: "manual", credentials: "omit", signal: watch.signal };
    const response = await watch.race(setting.fetch(to.href, request));
    if (response.status < 300 || response.status > 399) return response;
    response.body?.cancel().catch(() => {});
    const next = locationOf(response, to);
    if (next === null) throw malformedError(setting.name, `answered ${response.status} without a usable address`);
    if (next.origin !== setting.origin) throw foreignOrigin(setting.origin, next.origin, "The server redirects to");
    if (response.status !== 307 && response.status !== 308) {
      throw malformedError(setting.name, `answered ${response.status}, a redirect that drops the request's body`);
    }
    to = next;
  }
  throw malformedError(setting.name, "redirects in a circle");
}

function locationOf(response: Answered, base: URL): URL | null {
  const location = response.headers.get("location");
  return location !== null && URL.canParse(location, base.href) ? new URL(location, base) : null;
}

async function failure(
  setting: Setting,
  watch: Watch,
  response: Answered,
  init: RequestInit,
  { attempt, pass }: Attempt,
): Promise<Answer> {
  const { status } = response;
  const last = attempt > setting.limits.retries;
  const retry = mayRetry(status);
  const read = !retry || last ? await readStart(watch, response) : "";
  if (read === "") response.body?.cancel().catch(() => {});
  const sent = typeof init.body === "string" ? init.body : "";
  const error = statusError(setting.name, status, attempt, {
    serverCode: readServerCode(read, sent),
    token: setting.token !== null,
  });
  const waitMs = retryAfter(response, setting.timing.now());
  // A wait that no call of ours will wait for is none to close the gate for: the next one is told, and fails, at once.
  if (status === 429 || status === 503) pass.refused((waitMs ?? 0) > setting.limits.retryAfterMs ? null : waitMs);
  else pass.leave();
  return { kind: "failed", error, retry, waitMs };
}

/** At most 16 KB of an error's body: enough for its code. A body that fails is no body. */
async function readStart(watch: Watch, response: Answered): Promise<string> {
  if (response.body === null) return "";
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (let read = 0; read < 64 && text.length < 16_384; read++) {
      const { done, value } = await watch.race(reader.read());
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
  } catch {
    if (watch.signal.aborted) throw watch.signal.reason;
    return "";
  }
  reader.cancel().catch(() => {});
  return text;
}

/** Seconds or an HTTP date; null where the header is missing or makes no sense. */
function retryAfter(response: Answered, now: number): number | null {
  const value = response.headers.get("retry-after")?.trim();
  if (value === undefined || value === "") return null;
  if (/^\d{1,9}(\.\d+)?$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
