/** The server as a source: JSON over HTTP. */
import type { ErrorView } from "../../views/control-room/session.ts";
import { SourceError, type Source } from "./source.ts";

function meta(name: string): string {
  return document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? "";
}

/** Where the page is served, without a closing slash. */
export const base: string = meta("cadre-base");
export const workerUrl: string = meta("cadre-worker");

async function ask<Answer>(path: string, body?: unknown): Promise<Answer> {
  const headers = { accept: "application/json", ...(body === undefined ? {} : { "content-type": "application/json" }) };
  const init = body === undefined ? { headers } : { method: "POST", headers, body: JSON.stringify(body) };
  const response = await fetch(`${base}/api${path}`, init).catch(() => null);
  if (response === null) throw new SourceError(0, unreachable);
  const said = (await response.json().catch(() => null)) as unknown;
  if (response.ok) return said as Answer;
  throw new SourceError(response.status, isError(said) ? said : unreachable);
}

const unreachable: ErrorView = {
  code: "unreachable",
  message: "the server does not answer",
  hint: "Is `cadre serve` still running? This page goes on by itself once it is back.",
  place: null,
  move: "retry",
  data: {},
};

function isError(body: unknown): body is ErrorView {
  return typeof body === "object" && body !== null && "code" in body && "message" in body;
}

const send = ask;

const id = encodeURIComponent;

/** Signs in with what stands behind `#`, or with a token that was typed. */
export async function signIn(given: { readonly key: string } | { readonly token: string }): Promise<void> {
  await send("/session", given);
}

export const serverSource: Source = {
  session: () => ask("/session"),
  runs: async () => (await ask<{ runs: Awaited<ReturnType<Source["runs"]>> }>("/runs")).runs,
  run: (run) => ask(`/runs/${id(run)}`),
  events: (run, after = 0) => ask(`/runs/${id(run)}/events?after=${after}`),
  chartOf: (run) => ask(`/runs/${id(run)}/chart`),
  changes: (run) => ask(`/runs/${id(run)}/changes`),
  journal: (run) => ask(`/runs/${id(run)}/journal`),
  verification: (run) => ask(`/runs/${id(run)}/verification`),
  ask: (one) => ask(`/asks/${id(one)}`),
  asks: async (filter) => {
    const query = new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== undefined));
    return (await ask<{ asks: Awaited<ReturnType<Source["asks"]>> }>(`/asks?${query}`)).asks;
  },
  layout: async (plan) => (await send<{ placed: Awaited<ReturnType<Source["layout"]>> }>("/layout", plan)).placed,
  modes: () => ask("/modes"),
  prompt: (role) => ask(`/modes/${id(role)}/prompt`),
  coverage: () => ask("/coverage"),
  who: async (text) =>
    (await ask<{ candidates: Awaited<ReturnType<Source["who"]>> }>(`/who?text=${id(text)}`)).candidates,
  rehearse: (what) => send("/rehearse", what),
  choices: () => ask("/choices"),
  health: () => ask("/health"),
  briefs: async () => (await ask<{ briefs: readonly string[] }>("/briefs")).briefs,
  brief: (file) => ask(`/briefs/read?file=${id(file)}`),
  decide: (one, saying) => send(`/asks/${id(one)}/decide`, saying),
  acknowledge: (one) => send(`/asks/${id(one)}/acknowledge`, {}),
  start: (run) => send("/runs", run),
  preview: async (run) => (await send<{ events: Awaited<ReturnType<Source["preview"]>> }>("/runs/preview", run)).events,
  resume: (run) => send(`/runs/${id(run)}/resume`, {}),
  stop: (run) => send(`/runs/${id(run)}/stop`, {}),
  planFork: (run, fork) => send(`/runs/${id(run)}/fork/plan`, fork),
  retry: (run, fork) => send(`/runs/${id(run)}/retry`, fork),
  fork: (run, fork) => send(`/runs/${id(run)}/fork`, fork),
  apply: (run) => send(`/runs/${id(run)}/apply`, {}),
  link: () => send("/link", {}),
  signOut: async () => {
    await send("/session", { signOut: true });
  },
};
