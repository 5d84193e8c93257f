/**
 * Moves a run and shows the walk: what `run`, `resume`, `answer`, `approve` and `reject` have in common.
 *
 * V1. Every trace step is shown once, in order, as soon as its event is committed.
 * V2. Where another process moves the run, this one follows what is stored, and takes over when nobody does any more.
 * V3. The first SIGINT or SIGTERM stops after the current step, the second one now; both leave a run that resumes.
 * V4. Nothing is asked of a person unless stdin and stdout are terminals.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { AdvanceResult } from "../run/api.ts";
import type { Cadre } from "../cadre/api.ts";
import { CadreError, isCadreError, type ErrorCode } from "../errors.ts";
import type { RunId } from "../ids.ts";
import type { AskRow, RunRow } from "../store/rows.ts";
import { hashNow } from "../store/votes.ts";
import { answersFace, takeAnswer, type PlannedAnswer } from "./answers-file.ts";
import type { CardOptions } from "./ask-card.ts";
import type { Context } from "./context.ts";
import { decisionFor } from "./decision.ts";
import { leaseHolder } from "../store/lease-holder.ts";
import { cardOptions, showEnded, showWaiting } from "./outcome.ts";
import { pollMs } from "./poll.ts";
import { onStop } from "./signals.ts";
import { tellStandIn } from "./stand-in.ts";
import { openWalk, type Walk } from "./walk.ts";

export type OnAsk = "prompt" | "exit" | "fail";

export type DriveOptions = {
  readonly onAsk: OnAsk;
  readonly answers: readonly PlannedAnswer[];
  /** Who decides at the prompt. */
  readonly by: string;
  /** Steps up to this arrival number were shown before. */
  readonly after: number;
};

/** Returns the exit code: 0 finished, 1 failed or stopped, 8 waiting, 130 interrupted. */
export async function drive(context: Context, cadre: Cadre, run: RunRow, options: DriveOptions): Promise<number> {
  const walk = await openWalk(context, cadre.store, run, options.after);
  const stopping = catchSignals(context);
  const planned = [...options.answers];
  try {
    for (;;) {
      const result = await advanceOrFollow(context, cadre, run.id, walk, stopping);
      walk.rest();
      if (result.status === "drained") return interrupted(context, result.run);
      if (result.status !== "waiting") return await showEnded(context, cadre.store, result.run);
      const here = await decideHere(context, cadre, result.asks, planned, { ...options, walk, stop: stopping.drain });
      if (here === "decided") continue;
      if (stopping.drain.aborted) return interrupted(context, result.run);
      return showWaiting(context, result, { fail: options.onAsk === "fail", seen: here === "later" });
    }
  } catch (error) {
    throw await withTheWayOn(context, cadre, run.id, error);
  } finally {
    walk.rest();
    stopping.release();
  }
}

/** Nothing goes on from these until somebody has put a copy back. */
const damaged = new Set<ErrorCode>(["chain-broken", "store-corrupt", "store-replaced"]);

/** A fault does not end a run: whoever reads the error is told how it goes on. */
async function withTheWayOn(context: Context, cadre: Cadre, run: RunId, thrown: unknown): Promise<unknown> {
  if (
    !isCadreError(thrown) ||
    thrown.code === "internal" ||
    damaged.has(thrown.code) ||
    /\bresume\b/.test(thrown.hint ?? "")
  )
    return thrown;
  const row = await cadre.store.run(run).catch(() => undefined);
  if (row?.status !== "running") return thrown;
  const { code, message, data, place, cause } = thrown;
  const hint = [thrown.hint, `Nothing is lost; go on with: ${context.command(`resume ${run}`)}`]
    .filter((line) => line !== undefined)
    .join("\n");
  return new CadreError(code, message, { hint, data, cause, ...(place ? { place } : {}) });
}

type Stopping = {
  readonly drain: AbortSignal;
  readonly now: AbortSignal;
  release(): void;
};

function catchSignals(context: Context): Stopping {
  const drain = new AbortController();
  const now = new AbortController();
  const onSignal = (): void => {
    if (drain.signal.aborted) {
      now.abort();
      return;
    }
    context.output.complain("stopping after this step; once more to stop at once (what is under way stays charged)");
    drain.abort();
  };
  return { drain: drain.signal, now: now.signal, release: onStop(onSignal) };
}

async function advanceOrFollow(
  context: Context,
  cadre: Cadre,
  run: RunId,
  walk: Walk,
  stopping: Stopping,
): Promise<AdvanceResult> {
  for (;;) {
    try {
      return await cadre.advance(run, {
        onEvent: (event) => walk.add(event),
        onText: (role, text) => walk.text(role, text),
        onProgress: (_role, progress) => walk.progress(progress),
        onFetch: (progress) => walk.fetching(progress),
        drain: stopping.drain,
        signal: stopping.now,
      });
    } catch (error) {
      if (stopping.now.aborted) return drained(cadre, run);
      if (!isCadreError(error, "run-owned")) throw error;
      await follow(context, cadre, run, walk, stopping.drain);
      if (stopping.drain.aborted) return drained(cadre, run);
    }
  }
}

async function drained(cadre: Cadre, run: RunId): Promise<AdvanceResult> {
  const row = await cadre.store.run(run);
  if (!row) throw new CadreError("run-unknown", `run ${run} is gone`);
  return { status: "drained", run: row, asks: [] };
}

/** Shows what the owner does until it ends, waits or is gone. */
async function follow(context: Context, cadre: Cadre, run: RunId, walk: Walk, stop: AbortSignal): Promise<void> {
  const owner = await leaseHolder(cadre.store, run, Date.now());
  if (owner === null) return;
  context.output.note(`process ${owner.pid} on ${owner.host} moves ${run}; following it`);
  while (!stop.aborted) {
    for (const event of await cadre.store.runEvents(run, walk.seq)) walk.add(event);
    if ((await leaseHolder(cadre.store, run, Date.now())) === null) return;
    await sleep(pollMs);
  }
}

/** `later`: the ask was shown to the person, who did not decide it now. */
type Here = "decided" | "later" | "unasked";

async function decideHere(
  context: Context,
  cadre: Cadre,
  asks: readonly AskRow[],
  planned: PlannedAnswer[],
  options: DriveOptions & { readonly walk: Walk; readonly stop: AbortSignal },
): Promise<Here> {
  for (const ask of asks) {
    const answer = takeAnswer(planned, ask);
    if (answer) {
      const typed =
        answer.verb === "approve"
          ? { verb: answer.verb, reason: answer.text }
          : { verb: answer.verb, text: answer.text };
      const decision = decisionFor(ask, typed, context.command);
      await decideUnlessLate(context, cadre, ask, { ...decision, by: options.by, face: answersFace });
      return "decided";
    }
  }
  const [ask] = asks;
  if (ask === undefined || options.onAsk !== "prompt" || !canPrompt(context)) return "unasked";
  const run = await cadre.store.run(ask.run);
  if (!run) return "unasked";
  options.walk.dropAsk();
  return promptFor(context, cadre, ask, { by: options.by, stop: options.stop, card: cardOptions(run) });
}

/** V4. */
export function canPrompt(context: Context): boolean {
  return context.output.terminal && context.stdin.isTTY;
}

type PromptOptions = { readonly by: string; readonly stop: AbortSignal; readonly card: CardOptions };

async function promptFor(context: Context, cadre: Cadre, ask: AskRow, options: PromptOptions): Promise<Here> {
  const { askCard } = await import("./ask-card.ts");
  const { promptPerson } = await import("./prompt-person.ts");
  const { showPatch } = await import("./commands/changes.ts");
  for (const line of ["", ...askCard(ask, context.output, options.card), ""]) {
    context.output.line(line);
  }
  const typed = await promptPerson(ask, {
    signal: options.stop,
    showChanges: async () => showPatch((await cadre.changes(ask.run)).files, context.output),
  });
  if (typed === null) return "later";
  await decideUnlessLate(context, cadre, ask, {
    ...decisionFor(ask, typed, context.command),
    by: options.by,
    face: "cli",
  });
  return "decided";
}

/** Where somebody else was quicker, or the time was over, the run goes on with that. */
async function decideUnlessLate(
  context: Context,
  cadre: Cadre,
  ask: AskRow,
  decision: Omit<Parameters<Cadre["decide"]>[1], "hash">,
): Promise<void> {
  try {
    await cadre.decide(ask.id, { ...decision, hash: hashNow(ask) });
    tellStandIn(context, ask, decision);
  } catch (error) {
    if (!isCadreError(error, "ask-decided") && !isCadreError(error, "ask-expired")) throw error;
    context.output.complain(error.message);
  }
}

function interrupted(context: Context, run: RunRow): number {
  const resume = context.command(`resume ${run.id}`);
  if (context.output.json) {
    context.output.record({
      type: "outcome",
      run: run.id,
      status: "interrupted",
      asks: [],
      next: [{ command: resume, what: "go on from the last step" }],
    });
  } else {
    context.output.line(`interrupted: ${run.id} rests after its last step. Go on with`);
    context.output.line(`  ${context.output.paint("cyan", resume)}`);
  }
  return 130;
}
