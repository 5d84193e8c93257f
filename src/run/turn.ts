/**
 * A role's turn: intent, model call, outcome in the ledger, then the decision as events.
 *
 * D3. The call goes through the ledger (`model-call.ts`): its key is line and turn.
 * D9. Nothing is asked of a model under a chart that changed: that is put to a person first.
 */
import { z } from "zod";
import { hashOf } from "../canonical.ts";
import { isCadreError } from "../errors.ts";
import { deskOf, type Desk, type DeskFrame } from "../events/desk.ts";
import type { Event } from "../events/event.ts";
import { modelCallKey } from "../ids.ts";
import type { ModelRequest, RoleModel, ToolSpec } from "../models/model.ts";
import { rulesFor } from "../org/bound-chart.ts";
import { findRole, USER } from "../org/chart.ts";
import type { Counters, EffectRow, Reservation } from "../store/ports.ts";
import { toolSpec } from "../tools/catalogue.ts";
import { askAboutChart, undecidedDrift } from "./asks.ts";
import { needOf } from "./charging.ts";
import { isAnswering } from "./completion.ts";
import { endStopped } from "./ending.ts";
import { toolsInFrame } from "./granted.ts";
import { requirePriced } from "./held.ts";
import { interpret } from "./interpret.ts";
import { limitReached, usedBy, type LimitReached } from "./limits.ts";
import { Batch, type LineContext } from "./line-context.ts";
import { callThroughLedger, type CallIntent, type ModelCalling } from "./model-call.ts";
import { personTurn } from "./person-turn.ts";
import { framePrompt } from "./prompt.ts";
import type { Turn } from "./refusal.ts";
import { standingReports } from "./return-report.ts";
import { isPersons } from "./seats.ts";
import { askAboutLimit } from "./spending.ts";
import { decisionDue, takeUp, withTakingUp } from "./taking-up.ts";
import { verbSpecs } from "./verb-specs.ts";

const maxTokens = 4096;

export async function takeTurn(context: LineContext, log: readonly Event[]): Promise<Event[]> {
  const desk = deskOf(log);
  const frame = desk.frames.at(-1);
  if (!frame) throw new TypeError("a turn without a frame");
  const batch = new Batch(log, context.clock);
  const stop = context.stopRequested();
  const drift = stop === null ? await undecidedDrift(context, desk) : null;
  if (stop !== null) endStopped(desk, batch, stop, `stopped by ${stop}`);
  else if (drift) await askAboutChart(context, desk, batch, frame, drift);
  else if (isPersons(context.bound, frame)) await personTurn({ context, desk, frame, batch }, log);
  else await modelTurn(context, log, desk, frame, batch);
  return batch.events;
}

async function modelTurn(
  context: LineContext,
  log: readonly Event[],
  desk: Desk,
  frame: DeskFrame,
  batch: Batch,
): Promise<void> {
  const role = findRole(context.bound.chart, frame.role);
  if (!role) throw new TypeError(`no role ${frame.role} in the bound chart`);
  const model = await context.modelFor(role);
  const due = decisionDue(log, frame);
  const offered = offeredTools(context, desk, frame);
  const request: ModelRequest = {
    messages: framePrompt(context.bound, context.brief, [...context.above.log, ...log], frame.id),
    tools: due ? offered.map((tool) => withTakingUp(tool, due)) : offered,
    maxTokens,
    temperature: 0,
  };
  const key = modelCallKey(context.line, desk.turns);
  const need = needOf(model, context.run.currency, { prompt: estimateTokens(request), reply: request.maxTokens });
  const intent: CallIntent = {
    model: model.id,
    tier: model.tier,
    prompt: hashOf({ messages: request.messages, tools: request.tools }),
    log: log.length,
    copies: (desk.copies[frame.role] ?? 0) + copiesAbove(context, frame.role),
    chart: context.bound.hash,
    maxTokens,
    temperature: 0,
    ...pricedBy(model),
  };
  const turn: Turn = { context, desk, frame, batch };
  const called = await callWithinLimits(turn, log, { model, request, key, intent, need, role: role.slug });
  if (isLimit(called)) return askAboutLimit(turn, called);
  if (called === "stopped")
    return endStopped(desk, batch, context.stopRequested() ?? USER, "stopped during a model call");
  const { reply, ms, charged, outcome, asked } = called;
  batch.add({
    type: "turn_taken",
    at: batch.now(),
    frame: frame.id,
    role: frame.role,
    turn: desk.turns,
    key,
    model: asked.model,
    tier: asked.tier,
    prompt: asked.prompt,
    text: reply.text,
    calls: reply.calls.map((call) => ({ id: call.id, name: call.name, args: z.json().parse(call.args) })),
    usage: { ...reply.usage, ms },
    ...(charged ? { charged } : {}),
    outcome,
    copiesSeen: asked.copies,
  });
  const taken = due ? takeUp(turn, reply, due) : reply;
  if (taken) await interpret(turn, taken, log);
}

function pricedBy({ terms }: RoleModel): Pick<CallIntent, "price"> {
  return terms?.price ? { price: terms.source } : {};
}

/** The call, or the limit that it would go beyond. What another line took between the look and the intent's commit is looked at again. */
async function callWithinLimits(
  turn: Turn,
  log: readonly Event[],
  call: ModelCalling,
): Promise<LimitReached | Awaited<ReturnType<typeof callThroughLedger>>> {
  const { store } = turn.context;
  const needs = { need: call.need.reserve, model: call.model };
  for (let looks = 1; ; looks += 1) {
    const reached = await limitBefore(turn, log, await store.effect(call.key), needs);
    if (reached) return reached;
    try {
      return await callThroughLedger(turn.context, call);
    } catch (error) {
      if (!isCadreError(error, "limit-reached") || looks === mostLooks) throw error;
    }
  }
}

function isLimit(called: Awaited<ReturnType<typeof callWithinLimits>>): called is LimitReached {
  return called !== "stopped" && "ceiling" in called;
}

/** Each of them is lost to a line that went on; the limit is reached long before. */
const mostLooks = 100;

/**
 * The limit that keeps this call from being made, or null. A call in doubt may be made once more without being asked about, so that a
 * crash costs no question: the ceiling is overrun by that one call at most. Each further attempt counts; a replay costs nothing.
 */
async function limitBefore(
  { context, desk }: Turn,
  log: readonly Event[],
  begun: EffectRow | undefined,
  { need, model }: { readonly need: Required<Reservation>; readonly model: RoleModel },
): Promise<ReturnType<typeof limitReached>> {
  if (begun && begun.outcome !== null) return null;
  const run = (await context.store.run(context.run.id)) ?? context.run;
  requirePriced(run.limits, run.currency, [model]);
  const all = { ...run.counters, movedMs: run.counters.movedMs + context.moving() };
  const counted = begun ? without(all, need) : all;
  const used = usedBy(counted, await context.store.lines(run.id));
  return limitReached({ desk, log, used, ceilings: run.limits, depth: context.above.frames.length, need });
}

function without(counters: Counters, need: Required<Reservation>): Counters {
  return {
    ...counters,
    modelCalls: counters.modelCalls - 1,
    tokens: Math.max(0, counters.tokens - need.tokens),
    money: Math.max(0, counters.money - need.money),
    gpuMs: Math.max(0, counters.gpuMs - need.gpuMs),
  };
}

function copiesAbove({ above }: LineContext, role: string): number {
  return above.log.filter((event) => event.type === "copy_sent" && event.to === role).length;
}

/** Everything that the role may call in this frame: verbs of its routes, tools of its groups and grants. */
function offeredTools(context: LineContext, desk: Desk, frame: DeskFrame): ToolSpec[] {
  const granted = toolsInFrame(context, frame);
  const verbs = verbSpecs(context.bound.chart, frame.role, {
    answering: isAnswering(frame),
    mayAsk: granted.includes("ask_followup_question"),
    several: context.mayOpenLines,
    standing: standingReports({ desk, frame }),
    verifying: frame.kind === "verification",
    reportSections: isAnswering(frame)
      ? []
      : rulesFor(context.bound, frame.role).flatMap((pack) => pack.reportSections),
  });
  const tools = granted.flatMap((name) => {
    const tool = context.tools.get(name);
    return tool && !tool.available ? [toolSpec(tool)] : [];
  });
  return [...tools, ...verbs];
}

/** Of the prompt: four characters a token, rounded up; replaced by the server's count when the call has ended. */
function estimateTokens(request: ModelRequest): number {
  const characters = JSON.stringify(request.messages).length + JSON.stringify(request.tools).length;
  return Math.ceil(characters / 4);
}
