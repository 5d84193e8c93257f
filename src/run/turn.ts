/**
 * A role's turn: intent, model call, outcome in the ledger, then the decision as events.
 *
 * D3. The call goes through the ledger (`model-call.ts`): its key is line and turn.
 * D9. Nothing is asked of a model under a chart that changed: that is put to a person first.
 */
import { z } from "zod";
import { hashOf } from "../canonical.ts";
import { deskOf, type Desk, type DeskFrame } from "../events/desk.ts";
import type { Event } from "../events/event.ts";
import { modelCallKey } from "../ids.ts";
import type { ModelRequest, ToolSpec } from "../models/model.ts";
import { rulesFor } from "../org/bound-chart.ts";
import { findRole, USER } from "../org/chart.ts";
import { toolSpec } from "../tools/catalogue.ts";
import { askAboutChart, undecidedDrift } from "./asks.ts";
import { callWithinLimits, isLimit, pricedBy } from "./call-within-limits.ts";
import { needOf } from "./charging.ts";
import { isAnswering } from "./completion.ts";
import { endStopped } from "./ending.ts";
import { toolsInFrame } from "./granted.ts";
import { interpret } from "./interpret.ts";
import { Batch, type LineContext } from "./line-context.ts";
import type { CallIntent } from "./model-call.ts";
import { personTurn } from "./person-turn.ts";
import { framePrompt } from "./prompt.ts";
import type { Turn } from "./refusal.ts";
import { standingReports } from "./return-report.ts";
import { isPersons } from "./seats.ts";
import { askAboutLimit, howReached } from "./spending.ts";
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
  if (isLimit(called)) return askAboutLimit(turn, called, howReached(called, turn, log));
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
