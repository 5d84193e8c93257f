/**
 * Runs that leave nothing behind: the same engine in a scratch folder, with a store in memory, the rehearsal for every role, and nothing
 * outside started or asked.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Brief } from "../briefs/brief.ts";
import type { Clock } from "../clock.ts";
import type { Engine, EngineOptions } from "./api.ts";
import type { Rehearsed, StartOptions } from "../run/api.ts";
import { decideAsk } from "../run/decide-ask.ts";
import { openStore } from "../store/open.ts";
import type { Store } from "../store/ports.ts";
import type { AskRow, StoredEvent } from "../store/rows.ts";

export type Scratch = { readonly engine: Engine; readonly store: Store; readonly clock: Clock };

export async function inScratch<Result>(
  options: EngineOptions,
  open: (options: EngineOptions) => Engine,
  body: (scratch: Scratch) => Promise<Result>,
): Promise<Result> {
  const data = mkdtempSync(join(tmpdir(), "cadre-scratch-"));
  const store = openStore({ file: ":memory:", clock: options.clock });
  try {
    const { rehearsalModel } = await import("../models/rehearsal/rehearsal.ts");
    const engine = open({ ...options, data, store, model: rehearsalModel(), outside: false });
    return await body({ engine, store, clock: options.clock });
  } finally {
    store.close();
    rmSync(data, { recursive: true, force: true });
  }
}

/** The walk up to the first question for a person. */
export async function previewRun(
  { engine, store }: Scratch,
  brief: Brief,
  begin: StartOptions,
): Promise<readonly StoredEvent[]> {
  const run = await engine.start(brief, begin);
  await engine.advance(run.id);
  return store.runEvents(run.id);
}

/** A rehearsal that asks more often than this goes in circles. */
const patience = 20;

/** The walk to its end, with a stand-in for people: it takes the first option, approves what it is shown, and raises no limit. */
export async function rehearseRun(
  { engine, store, clock }: Scratch,
  brief: Brief,
  begin: StartOptions,
): Promise<Rehearsed> {
  const run = await engine.start(brief, begin);
  const asked: AskRow[] = [];
  let result = await engine.advance(run.id);
  while (result.status === "waiting" && asked.length < patience) {
    for (const ask of result.asks) {
      asked.push(ask);
      await decideAsk({ store, clock, argumentProblem: () => Promise.resolve(null) }, ask.id, standIn(ask));
    }
    result = await engine.advance(run.id);
  }
  return { status: result.status, asked, events: await store.runEvents(run.id) };
}

function standIn({ kind, options, hash }: AskRow): Parameters<typeof decideAsk>[2] {
  const who = { hash, by: "rehearsal", face: "rehearsal" };
  if (kind === "approval" || kind === "sign_off") return { verb: "approve", ...who };
  if (kind === "limit") return { verb: "reject", text: "a rehearsal raises no limit", ...who };
  return { verb: "answer", text: options[0]?.id ?? "Go on as you think best", ...who };
}
