/**
 * A model's reply becomes events: one decision per reply.
 *
 * R1. A hand-over becomes an event only after `check` on the chart said yes; otherwise a `refused` event, with what is allowed.
 * R2. A tool call becomes a proposal only if the role's groups and grants hold it.
 * I1. Only the first decision of a reply counts: one route or effect, or the leading reads. What follows is handed back unexecuted.
 * I2. A malformed call anywhere in a reply refuses the whole reply: half a reply is not a decision.
 */
import { z } from "zod";
import { hashOf } from "../canonical.ts";
import type { Call, EventOf } from "../events/event.ts";
import { effectKey, frameId } from "../ids.ts";
import type { ModelReply } from "../models/model.ts";
import type { Route } from "../org/chart.ts";
import { fit } from "../org/who.ts";
import { raiseAsk, workflowRule } from "./asks.ts";
import { completeFrame } from "./completion.ts";
import { approvalPolicy, grantedTools } from "./granted.ts";
import { declaredRoute, parsed, refuse, type Turn } from "./refusal.ts";
import { escalateArgs, followupArgs, newTaskArgs } from "./verbs.ts";

export async function interpret(turn: Turn, reply: ModelReply): Promise<void> {
  const broken = reply.malformed.map((call) => `${call.name || "a call"}: ${call.error}`);
  if (reply.finish === "length") broken.push("the reply was cut off at the token limit");
  if (broken.length > 0) {
    for (const call of reply.calls)
      refuse(turn, call, {
        code: "call-malformed",
        reason: `nothing of this reply was executed: ${broken.join("; ")}`,
      });
    if (reply.calls.length === 0)
      refuse(turn, null, {
        code: "call-malformed",
        reason: `Nothing of your reply was executed: ${broken.join("; ")}. Send one complete call.`,
      });
    return;
  }
  const [first, ...rest] = reply.calls;
  if (!first) {
    refuse(turn, null, {
      code: "no-call",
      reason: "Your reply held no call. Act through one of your tools; `attempt_completion` ends your part.",
    });
    return;
  }
  const reads = leadingReads(turn, reply.calls);
  if (reads.length > 0) {
    propose(turn, reads, "read");
    giveBack(turn, reply.calls.slice(reads.length));
    return;
  }
  await decide(turn, first);
  giveBack(turn, rest);
}

async function decide(turn: Turn, call: Call): Promise<void> {
  switch (call.name) {
    case "new_task":
      return newTask(turn, call);
    case "escalate":
      return escalate(turn, call);
    case "ask_followup_question":
      return followUp(turn, call);
    case "attempt_completion":
      return completeFrame(turn, call);
    default:
      return effect(turn, call);
  }
}

function newTask(turn: Turn, call: Call): void {
  const args = parsed(turn, call, newTaskArgs);
  if (!args) return;
  const route = declaredRoute(turn, call, "delegation", args.mode);
  if (!route) return;
  openFrame(turn, call, "delegation", args.mode, route, {
    assignment: {
      task: args.task,
      criteria: args.acceptance_criteria.map((text, index) => ({
        id: `A${index + 1}`,
        text: text.replace(/^\[A\d+\]\s*/, ""),
      })),
      inputs: args.inputs,
      constraints: args.constraints,
    },
    question: null,
    fit: fit(route, args.task),
  });
}

function escalate(turn: Turn, call: Call): void {
  const args = parsed(turn, call, escalateArgs);
  if (!args) return;
  const route = declaredRoute(turn, call, "escalation", args.to);
  if (!route) return;
  const { to: _to, ...question } = args;
  openFrame(turn, call, "escalation", args.to, route, {
    assignment: null,
    question,
    fit: fit(route, `${args.topic} ${args.question}`),
  });
}

function followUp(turn: Turn, call: Call): void {
  if (!toolNames(turn).has(call.name)) return notGranted(turn, call);
  const args = parsed(turn, call, followupArgs);
  if (!args) return;
  // A question goes back along the edge that the assignment came by, so it cites that edge's rule and needs no other.
  openFrame(turn, call, "question", turn.frame.from, turn.frame.opened.rule, {
    assignment: null,
    question: {
      question: args.question,
      topic: "follow-up question",
      severity: "medium",
      tried: "",
      options: args.options,
    },
    fit: null,
  });
}

type FrameContent = Pick<EventOf<"frame_opened">, "assignment" | "question" | "fit">;

function openFrame(
  turn: Turn,
  call: Call,
  kind: "delegation" | "escalation" | "question",
  to: string,
  rule: Route | EventOf<"frame_opened">["rule"],
  content: FrameContent,
): void {
  const { batch, frame, desk } = turn;
  batch.add({
    type: "frame_opened",
    at: batch.now(),
    frame: frameId(batch.next),
    kind,
    from: frame.role,
    to,
    parent: frame.id,
    callId: call.id,
    rule: { purpose: rule.purpose, file: rule.file, line: rule.line },
    seededBy: desk.frames.findLast((below) => below.role === to)?.id ?? null,
    ...content,
  });
}

/** Tools that the role has: its groups and grants, and nothing else (R2). */
function toolNames(turn: Pick<Turn, "context" | "frame">): ReadonlySet<string> {
  return new Set(grantedTools(turn.context, turn.frame.role));
}

function notGranted(turn: Turn, call: Call): void {
  const has = [...toolNames(turn)].toSorted().join(", ");
  refuse(turn, call, {
    code: "tool-not-granted",
    reason: `${turn.frame.role} has no tool "${call.name}". It has: ${has}, and the verbs of its routes.`,
  });
}

function leadingReads(turn: Turn, calls: readonly Call[]): Call[] {
  const granted = toolNames(turn);
  const reads: Call[] = [];
  for (const call of calls) {
    const tool = turn.context.tools.get(call.name);
    if (
      !tool ||
      tool.available ||
      tool.access !== "read" ||
      !granted.has(call.name) ||
      !tool.schema.safeParse(call.args).success
    )
      break;
    reads.push(call);
  }
  return reads;
}

function effect(turn: Turn, call: Call): void {
  const tool = turn.context.tools.get(call.name);
  if (!tool || !toolNames(turn).has(call.name)) return notGranted(turn, call);
  if (tool.available)
    return refuse(turn, call, {
      code: "tool-not-granted",
      reason: `${call.name} is not available: ${tool.available.no}`,
    });
  const args = parsed(turn, call, tool.schema);
  if (args === undefined) return;
  propose(turn, [{ ...call, args: z.json().parse(args) }], "effect");
}

function propose(turn: Turn, calls: readonly Call[], access: "read" | "effect"): void {
  const { batch, frame, context, desk } = turn;
  const call = calls[0] as Call;
  const action = { type: "tool" as const, role: frame.role, tool: call.name, args: call.args };
  const policy = access === "effect" ? approvalPolicy(context.bound, frame.role, call.name) : undefined;
  batch.add({
    type: "action_proposed",
    at: batch.now(),
    frame: frame.id,
    role: frame.role,
    key: effectKey(context.line, batch.next),
    calls: [...calls],
    access,
    hash: access === "effect" ? hashOf(action) : null,
    needsApproval: policy !== undefined,
  });
  if (!policy) return;
  raiseAsk(context, desk, batch, {
    kind: "approval",
    frame,
    role: frame.role,
    topic: call.name,
    question: `${frame.role} wants to run ${call.name}. Approve exactly this?`,
    action,
    rule: workflowRule(context.bound, "approvals", policy.reason),
  });
}

function giveBack(turn: Turn, calls: readonly Call[]): void {
  if (calls.length === 0) return;
  turn.batch.add({
    type: "calls_returned",
    at: turn.batch.now(),
    frame: turn.frame.id,
    role: turn.frame.role,
    callIds: calls.map((call) => call.id),
    reason: "one decision a reply. Send this again if you still want it.",
  });
}
