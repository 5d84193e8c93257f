/**
 * `_act` executes exactly what was proposed, and nothing else.
 *
 * R3. The hash is computed again from what is about to run and compared with what was approved.
 * D3. An effect has an intent before and an outcome after; a recorded outcome is replayed; an intent without one is probed, and
 *     where no probe can tell it is in doubt: a person is asked, and the answer authorises exactly one attempt.
 * R2. The role's tools are checked again: what was granted when it was proposed may have been taken away since (D9, adopt).
 */
import { hashOf } from "../canonical.ts";
import { CadreError } from "../errors.ts";
import { deskOf, type PendingAction } from "../events/desk.ts";
import {
  toolResultSchema,
  type Action,
  type Call,
  type Event,
  type EventOf,
  type ToolResult,
} from "../events/event.ts";
import type { EffectKey } from "../ids.ts";
import { findRole } from "../org/chart.ts";
import type { Tool, ToolContext, ToolOutcome } from "../tools/tool.ts";
import { askAboutChart, raiseAsk, runtimeRule } from "./asks.ts";
import { closeWithReport, submit } from "./completion.ts";
import { endStopped } from "./ending.ts";
import { grantedTools } from "./interpret.ts";
import { Batch, type LineContext } from "./line-context.ts";
import type { Turn } from "./refusal.ts";

type Outcome = EventOf<"action_done">["outcome"];

export async function act(context: LineContext, log: readonly Event[]): Promise<Event[]> {
  const desk = deskOf(log);
  const batch = new Batch(log, context.clock);
  const frame = desk.frames.at(-1);
  if (!frame) return [];
  const stop = context.stopRequested();
  if (stop !== null) endStopped(desk, batch, stop, `stopped by ${stop}`);
  else if (context.drift && !desk.keptOver.includes(context.drift.hash))
    askAboutChart(context, desk, batch, frame, context.drift);
  else if (desk.submitted) await signedOff({ context, desk, frame, batch }, desk.submitted);
  else if (desk.action) await execute({ context, desk, frame, batch }, desk.action);
  return batch.events;
}

/** The run closes with the change set that was approved; if the workspace holds another by now, that one is put to the person. */
async function signedOff(turn: Turn, submitted: EventOf<"report_submitted">): Promise<void> {
  const { context, batch, desk } = turn;
  const changes = await context.workspaces.changes(context.run.id);
  if (changes.hash !== submitted.changes.hash) return submit(turn, { id: submitted.callId }, submitted.report);
  closeWithReport(turn, submitted.report, "model");
  const by = desk.signedOff ? "signed off" : "no sign-off asked by the workflow";
  batch.add({
    type: "run_ended",
    at: batch.now(),
    status: "finished",
    reason: by,
    report: submitted.report,
    changes,
    by: context.run.startedBy,
  });
}

async function execute(turn: Turn, action: PendingAction): Promise<void> {
  const { proposed } = action;
  if (proposed.access === "read") {
    const results: ToolResult[] = [];
    for (const call of proposed.calls) results.push(resultOf(call, await runTool(turn.context, call, proposed)));
    done(turn, proposed, null, results, "executed");
    return;
  }
  const call = { ...(proposed.calls[0] as Call), ...(action.edited ? { args: action.edited.args } : {}) };
  const approved = action.edited?.hash ?? proposed.hash;
  const about: Action = { type: "tool", role: proposed.role, tool: call.name, args: call.args };
  if (hashOf(about) !== approved) {
    throw new CadreError("internal", `what would run is not what was approved (${proposed.key}): nothing was run`, {
      hint: "Run `cadre verify`.",
    });
  }
  const effect = await throughLedger(turn, action, call, approved);
  if (effect === null) return;
  const note = action.edited
    ? `(The arguments were edited by ${action.edited.by} before it ran: ${JSON.stringify(call.args)})\n`
    : "";
  const result = { ...effect.result, text: note + effect.result.text };
  done(turn, proposed, approved, [result], effect.outcome);
}

function done(
  turn: Turn,
  proposed: EventOf<"action_proposed">,
  hash: string | null,
  results: ToolResult[],
  outcome: Outcome,
): void {
  turn.batch.add({
    type: "action_done",
    at: turn.batch.now(),
    frame: proposed.frame,
    role: proposed.role,
    key: proposed.key,
    hash,
    results,
    outcome,
  });
}

type Ran = { readonly result: ToolResult; readonly outcome: Outcome };

/** Null: it is in doubt, and an ask was raised instead. */
async function throughLedger(turn: Turn, action: PendingAction, call: Call, hash: string): Promise<Ran | null> {
  const { context } = turn;
  const key = action.proposed.key as EffectKey;
  const tool = toolOf(context, call, action.proposed.role);
  const toolContext = contextFor(context, action.proposed);
  const args = tool.schema.parse(call.args);
  const prepared = (await tool.prepare?.(toolContext, args)) ?? null;
  const { row, begun } = await context.store.begin(context.fence, key, "tool", {
    tool: call.name,
    args: call.args,
    hash,
    prepared,
  });
  if (row.outcome !== null) return { result: toolResultSchema.parse(row.outcome), outcome: "replayed" };
  const run = async (before: unknown, outcome: Outcome): Promise<Ran> => {
    const result = resultOf(call, await tool.run(toolContext, args, before));
    await context.store.finish(context.fence, key, result);
    return { result, outcome };
  };
  if (!begun) return run(prepared, "executed");
  return settle(turn, action, call, { tool, toolContext, args, prepared: preparedOf(row.intent), run });
}

type Attempt = {
  readonly tool: Tool;
  readonly toolContext: ToolContext;
  readonly args: unknown;
  /** What the tool noted before the first attempt. */
  readonly prepared: unknown;
  readonly run: (prepared: unknown, outcome: Outcome) => Promise<Ran>;
};

function preparedOf(intent: unknown): unknown {
  return (intent as { prepared?: unknown }).prepared ?? null;
}

/** An intent without an outcome: a person's word first, then the tool's probe, then the question to a person. */
async function settle(turn: Turn, action: PendingAction, call: Call, attempt: Attempt): Promise<Ran | null> {
  const { context } = turn;
  const key = action.proposed.key as EffectKey;
  const word = action.doubt;
  if (word?.text === "again") {
    await context.store.retry(context.fence, key);
    return attempt.run(await attempt.tool.prepare?.(attempt.toolContext, attempt.args), "repeated");
  }
  if (word) {
    const said = word.text === "ran" ? `${word.by} says that it ran; its result is not known.` : word.text;
    const result = resultOf(call, {
      ok: true,
      text: `(On the word of ${word.by}, after a crash:) ${said}`,
      receipt: null,
    });
    await context.store.finish(context.fence, key, result);
    return { result, outcome: "executed" };
  }
  const probe = context.trustProbes
    ? await attempt.tool.probe?.(attempt.toolContext, attempt.args, attempt.prepared)
    : undefined;
  if (probe?.state === "done") {
    const result = resultOf(call, probe.outcome);
    await context.store.finish(context.fence, key, result);
    return { result, outcome: "executed" };
  }
  if (probe?.state === "not-done") {
    await context.store.retry(context.fence, key);
    return attempt.run(attempt.prepared, "executed");
  }
  raiseAsk(context, turn.desk, turn.batch, {
    kind: "doubt",
    frame: turn.frame,
    role: action.proposed.role,
    topic: `in doubt: ${call.name}`,
    question: `${call.name} was begun and the process ended before its outcome was recorded. Did it run?`,
    options: [
      { id: "ran", text: "it ran; go on without its result" },
      { id: "again", text: "run it again, once" },
      { id: "stop", text: "stop the run" },
    ],
    severity: "high",
    action: { type: "tool", role: action.proposed.role, tool: call.name, args: call.args },
    rule: runtimeRule(
      context.bound,
      action.proposed.role,
      "an effect whose outcome nobody recorded is put to a person (D3)",
    ),
  });
  return null;
}

function toolOf(context: LineContext, call: Call, role: string): Tool {
  const tool = context.tools.get(call.name);
  if (!tool || !grantedTools(context, role).includes(call.name)) {
    throw new CadreError("internal", `${role} has no tool ${call.name}: nothing was run`, {
      hint: "Run `cadre verify`.",
    });
  }
  return tool;
}

async function runTool(context: LineContext, call: Call, proposed: EventOf<"action_proposed">): Promise<ToolOutcome> {
  const tool = toolOf(context, call, proposed.role);
  return tool.run(contextFor(context, proposed), tool.schema.parse(call.args), null);
}

function contextFor(context: LineContext, proposed: EventOf<"action_proposed">): ToolContext {
  const role = findRole(context.bound.chart, proposed.role);
  return {
    workspace: context.workspaces.path(context.run.id),
    project: context.project,
    knowledge: role?.knowledge.map((reference) => reference.path) ?? [],
    key: proposed.key,
    clock: context.clock,
    signal: context.signal,
  };
}

function resultOf(call: Call, outcome: ToolOutcome): ToolResult {
  return { callId: call.id, tool: call.name, ok: outcome.ok, text: outcome.text, receipt: outcome.receipt };
}
