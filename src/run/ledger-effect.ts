/**
 * One effect, through the ledger.
 *
 * D3. An intent before and an outcome after; a recorded outcome is replayed; an intent without one is probed, and where no probe can
 *     tell it is in doubt: a person is asked.
 * R4. "Again" authorises one attempt: the attempt's intent names the ask. If that attempt is cut off too, the doubt is a new one.
 * D4. No probe is believed about an effect whose owner lost the line without having been ended (epoch 0): it may still be at it.
 * F1. What an effect left behind in the workspace is recorded with its outcome, so that another run can go on from there.
 * P1. A tool that a limit stopped between two of the calls that it pays for is known to have ended, and is not in doubt: a person is asked to
 *     raise the limit, and then it is run again, which takes what was paid for from the ledger.
 * L1. An outcome is taken from the ledger before anything else is asked: what happened is told, whatever the chart says by now.
 */
import type { PendingAction } from "../events/desk.ts";
import { toolResultSchema, type Call, type Decision, type EventOf, type ToolResult } from "../events/event.ts";
import type { LimitReached } from "../events/raising.ts";
import type { EffectKey } from "../ids.ts";
import type { EffectRow } from "../store/rows.ts";
import type { Tool, ToolContext, ToolOutcome } from "../tools/tool.ts";
import { raiseAsk, runtimeRule } from "./asks.ts";
import { doubtOptions, resultArgs } from "./doubt.ts";
import type { LineContext } from "./line-context.ts";
import { newConcern, toolAction } from "./concerns.ts";
import { obstacle, type Obstacle } from "./obstacle.ts";
import { paidCalls } from "./paid-calls.ts";
import { refuse, type Turn } from "./refusal.ts";
import { askAboutLimit, spendingBefore } from "./spending.ts";
import { toolContext } from "./tool-context.ts";

export type Ran = { readonly result: ToolResult; readonly outcome: EventOf<"action_done">["outcome"] };

type Effect = {
  readonly turn: Turn;
  readonly action: PendingAction;
  /** As approved: with the arguments that a person gave it, if one did. */
  readonly call: Call;
  /** Of exactly that. */
  readonly hash: string;
};

/** Null: it has no outcome; the batch says why (a refusal, or the ask about a doubt or a limit). */
export async function throughLedger(effect: Effect): Promise<Ran | null> {
  const { turn, action, call, hash } = effect;
  const { store, fence } = turn.context;
  const key = action.proposed.key as EffectKey;
  const known = await store.effect(key);
  const recorded = recordedRun(known);
  if (recorded) return recorded; // L1
  if (known) return settle(effect, known);
  const hindrance = await hindranceTo(effect);
  if (hindrance) {
    refuse(turn, call, hindrance);
    return null;
  }
  const prepared = await prepare(effect);
  await store.begin(fence, key, "tool", { tool: call.name, args: call.args, hash, prepared });
  return attempt(effect, { prepared });
}

async function hindranceTo({ turn, action, call }: Effect): Promise<Obstacle | null> {
  const { context, desk } = turn;
  return obstacle(turn, action.proposed, call) ?? newConcern(context, desk, action, call);
}

/** What the ledger holds of an effect that has ended; null where it holds none. */
export function recordedRun(row: EffectRow | undefined): Ran | null {
  if (!row || row.outcome === null) return null;
  toolResultSchema().parse(row.outcome);
  // As it lies there: what a schema gives back leaves out keys like `__proto__`, and the event would not say what the ledger says.
  return { result: row.outcome as ToolResult, outcome: wordFor(row.intent as Intent, "replayed") };
}

/** What was run once more stays marked as that, however its outcome came to be known. */
function wordFor(intent: Intent, otherwise: "executed" | "replayed"): Ran["outcome"] {
  return intent.again === undefined ? otherwise : "repeated";
}

async function attempt(effect: Effect, intent: Intent): Promise<Ran | null> {
  const { call, action, turn } = effect;
  const tool = toolOf(turn.context, call);
  const { key } = action.proposed;
  const paid = paidCalls(turn.context, key);
  const context: ToolContext = {
    ...toolContext(turn.context, action.proposed),
    calls: paid.calls,
    onProgress: (done, of, what) => turn.context.onProgress?.(action.proposed.role, { done, of, what }),
    accepted: turn.desk.accepted,
  };
  let outcome: ToolOutcome | null = null;
  try {
    outcome = await tool.run(context, tool.schema.parse(call.args), intent.prepared ?? null);
  } catch (error) {
    if (paid.reached() === null) throw error;
  } finally {
    await paid.rest();
  }
  const reached = paid.reached();
  if (reached) return stoppedBy(effect, reached);
  return outcome && record(effect, intent, outcome);
}

/** P1. Whatever the tool made of the refusal is not its outcome. */
async function stoppedBy({ turn, action, call }: Effect, reached: LimitReached): Promise<null> {
  const { store, fence } = turn.context;
  await store.fail(fence, action.proposed.key as EffectKey, "limit-reached");
  const rest = await spendingBefore(turn, action.proposed, call);
  const what = `${call.name} was stopped between two of the calls that it pays for, and those that ended are kept: `;
  await (rest
    ? askAboutLimit(turn, rest, `${what}the rest would bring the run to ${rest.value}, beyond its limit`)
    : askAboutLimit(turn, reached, `${what}${beyondWords(reached)}, beyond its limit`));
  return null;
}

function beyondWords({ name, value }: LimitReached): string {
  return name === "wallSeconds" ? `the run came to ${value}` : `the next would bring the run to ${value}`;
}

async function record({ turn, action, call }: Effect, intent: Intent, ran: ToolOutcome): Promise<Ran> {
  const left = await leftBehind(turn.context, action, call, ran);
  const result = left === null ? resultOf(call, ran) : { ...resultOf(call, ran), tree: left };
  await turn.context.store.finish(turn.context.fence, action.proposed.key as EffectKey, result);
  return { result, outcome: wordFor(intent, "executed") };
}

/** F1: the hash of the record of what it left in the workspace, where its receipt does not name that. */
async function leftBehind(
  context: LineContext,
  { proposed }: PendingAction,
  call: Call,
  { receipt }: ToolOutcome,
): Promise<string | null> {
  const { workspaces, run, tools } = context;
  if (tools.get(call.name)?.leaves !== "anything")
    return receipt && receipt.files.length > 0 ? workspaces.record(run.id, { files: receipt.files }) : null;
  const { writable } = toolContext(context, proposed);
  return writable?.length === 0 ? null : workspaces.record(run.id, { within: writable });
}

async function prepare({ turn, action, call }: Effect): Promise<unknown> {
  const tool = toolOf(turn.context, call);
  const context = toolContext(turn.context, action.proposed);
  return (await tool.prepare?.(context, tool.schema.parse(call.args))) ?? null;
}

/** What was noted before the attempt, and the ask that authorised it where it is a further one. */
type Intent = { readonly prepared?: unknown; readonly again?: string };

/** An intent without an outcome: a person's word first, then the tool's probe, then the question to a person. */
async function settle(effect: Effect, row: EffectRow): Promise<Ran | null> {
  const intent = row.intent as Intent;
  if (row.failed !== null) return onceMore(effect, intent, null); // P1
  const word = effect.action.doubt;
  if (word && word.text !== "again") return takenOnWord(effect, intent, word);
  if (word && intent.again !== word.ask) return onceMore(effect, intent, word.ask);
  const probe = row.epoch > 0 ? await probed(effect, intent) : undefined; // D4
  if (probe?.state === "done") return record(effect, intent, probe.outcome);
  if (probe?.state === "not-done") return onceMore(effect, intent, null);
  askAboutDoubt(effect);
  return null;
}

function takenOnWord(effect: Effect, intent: Intent, word: Decision): Promise<Ran> {
  const said = givenResult(word) ?? `${word.by} says that it ran; its result is not known.`;
  const text = `(On the word of ${word.by}, after a crash:) ${said}`;
  return record(effect, intent, { ok: true, text, receipt: null });
}

/** The result in a person's words; in logs of older versions it stands in place of the option. */
function givenResult({ text, args }: Decision): string | null {
  if (text === "ran") return null;
  return text === "result" ? (resultArgs().safeParse(args).data?.result ?? null) : text;
}

/** A further attempt: authorised by the ask that it names (R4), or because it is known that nothing happened yet. */
async function onceMore(effect: Effect, intent: Intent, ask: string | null): Promise<Ran | null> {
  const hindrance = await hindranceTo(effect);
  if (hindrance) {
    const text = ask === null ? hindrance.reason : `${hindrance.reason} Whether it ran before is not known.`;
    return record(effect, intent, { ok: false, text, receipt: null });
  }
  const next = ask === null ? intent : { ...intent, prepared: await prepare(effect), again: ask };
  await retry(effect, next);
  return attempt(effect, next);
}

async function retry({ turn, action }: Effect, intent: Intent): Promise<void> {
  await turn.context.store.retry(turn.context.fence, action.proposed.key as EffectKey, undefined, intent);
}

async function probed({ turn, action, call }: Effect, intent: Intent) {
  const tool = turn.context.tools.get(call.name);
  const args = tool?.schema.safeParse(call.args);
  if (!tool || !args?.success) return undefined;
  return tool.probe?.(toolContext(turn.context, action.proposed), args.data, intent.prepared ?? null);
}

function askAboutDoubt({ turn, action, call }: Effect): void {
  const { role } = action.proposed;
  raiseAsk(turn.context, turn.desk, turn.batch, {
    kind: "doubt",
    frame: turn.frame,
    role,
    topic: `in doubt: ${call.name}`,
    question: `${call.name} was begun and the process ended before its outcome was recorded. Did it run?`,
    options: doubtOptions,
    severity: "high",
    action: toolAction(action.proposed, call),
    rule: runtimeRule(turn.context.bound, role, "an effect whose outcome nobody recorded is put to a person (D3)"),
  });
}

function toolOf(context: LineContext, call: Call): Tool {
  const tool = context.tools.get(call.name);
  if (!tool) throw new TypeError(`no tool ${call.name}, although nothing spoke against it`);
  return tool;
}

export function resultOf(call: Call, outcome: ToolOutcome): ToolResult {
  const { ok, text, receipt, failure } = outcome;
  return { callId: call.id, tool: call.name, ok, text, receipt, ...(failure ? { failure } : {}) };
}
