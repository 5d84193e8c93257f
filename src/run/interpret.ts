/**
 * A model's reply becomes events: one decision per reply.
 *
 * R2. A tool call becomes a proposal only if the role's groups and grants hold it.
 * I1. Only the first decision of a reply counts: one route or effect, or the leading reads. What follows is handed back unexecuted.
 * I2. A malformed call anywhere in a reply refuses the whole reply: half a reply is not a decision.
 */
import { z } from "zod";
import { hashOf } from "../canonical.ts";
import type { Call, Event, Finding } from "../events/event.ts";
import { effectKey, type EffectKey } from "../ids.ts";
import type { ModelReply } from "../models/model.ts";
import { raiseAsk, runtimeRule, workflowRule } from "./asks.ts";
import { completeFrame } from "./completion.ts";
import { concernsOf, findingsText, toolAction, unsaid } from "./concerns.ts";
import { approvalPolicy, forbiddenBy, isLed, toolsInFrame } from "./granted.ts";
import { followUp, handOver } from "./hand-over.ts";
import { parsed, refuse, type Turn } from "./refusal.ts";

/** `log`: the line's, up to this turn. */
export async function interpret(turn: Turn, reply: ModelReply, log: readonly Event[]): Promise<void> {
  const broken = reply.malformed.map((call) => `${call.name || "a call"}: ${call.error.replace(/\.$/, "")}`);
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
  await decide(turn, first, log);
  giveBack(turn, rest);
}

async function decide(turn: Turn, call: Call, log: readonly Event[]): Promise<void> {
  switch (call.name) {
    case "new_task":
    case "new_tasks":
    case "return_report":
      return turn.frame.kind === "verification" ? notGranted(turn, call) : handOver(turn, call, log);
    case "escalate":
      return handOver(turn, call, log);
    case "ask_followup_question":
      return toolNames(turn).has(call.name) ? followUp(turn, call) : notGranted(turn, call);
    case "attempt_completion":
      return completeFrame(turn, call, log);
    default:
      return effect(turn, call);
  }
}

/** Tools that the role has: its groups and grants, and nothing else (R2). */
function toolNames(turn: Pick<Turn, "context" | "frame">): ReadonlySet<string> {
  return new Set(toolsInFrame(turn.context, turn.frame));
}

function notGranted(turn: Turn, call: Call): void {
  const has = [...toolNames(turn)].toSorted().join(", ");
  if (turn.frame.kind === "verification")
    return refuse(turn, call, {
      code: "tool-not-granted",
      reason: `whoever verifies a report only reads and escalates, and ends with its verdict; ${call.name} is not for now. It has: ${has}.`,
    });
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

async function effect(turn: Turn, call: Call): Promise<void> {
  const tool = turn.context.tools.get(call.name);
  if (!tool || !toolNames(turn).has(call.name)) return notGranted(turn, call);
  if (tool.available)
    return refuse(turn, call, {
      code: "tool-not-granted",
      reason: `${call.name} is not available: ${tool.available.no}`,
    });
  const args = parsed(turn, call, tool.schema);
  if (args === undefined) return;
  const forbidden = forbiddenBy(turn.context.bound, call);
  if (forbidden !== null) return refuse(turn, call, { code: "tool-not-granted", reason: forbidden });
  const whole = { ...call, args: z.json().parse(args) };
  const asking = { frame: turn.frame.id, role: turn.frame.role, key: nextKey(turn), calls: [whole] };
  const concerns = await concernsOf(turn.context, asking, whole);
  if ("refused" in concerns)
    return refuse(turn, call, { code: "tool-not-granted", reason: `${call.name} was not run: ${concerns.refused}.` });
  propose(turn, [whole], "effect", unsaid(turn.desk, concerns.findings));
}

function nextKey({ context, batch }: Turn): EffectKey {
  return effectKey(context.line, batch.next);
}

function propose(
  turn: Turn,
  calls: readonly Call[],
  access: "read" | "effect",
  findings: readonly Finding[] = [],
): void {
  const { batch, frame, context, desk } = turn;
  const call = calls[0] as Call;
  const found = findings.length === 0 ? {} : { findings: [...findings] };
  const action = toolAction({ role: frame.role, ...found }, call);
  const policy =
    access === "effect"
      ? approvalPolicy(context.bound, frame.role, call, () => isLed(desk, context.above.log))
      : undefined;
  const needsApproval = policy !== undefined || findings.length > 0;
  batch.add({
    type: "action_proposed",
    at: batch.now(),
    frame: frame.id,
    role: frame.role,
    key: nextKey(turn),
    calls: [...calls],
    access,
    hash: access === "effect" ? hashOf(action) : null,
    needsApproval,
    ...found,
  });
  if (!needsApproval) return;
  raiseAsk(context, desk, batch, {
    kind: "approval",
    frame,
    role: frame.role,
    topic: call.name,
    question: `${frame.role} wants to run ${call.name}. Approve exactly this?${findingsText(findings)}`,
    action,
    minutes: policy?.expiresMinutes ?? null,
    rule: policy
      ? workflowRule(context.bound, "approvals", policy.reason)
      : runtimeRule(
          context.bound,
          frame.role,
          "what a licence asks, and what leaves this machine, is for a person to say",
        ),
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
    reason:
      calls.some((call) => call.name === "new_task") && turn.context.mayOpenLines
        ? "one decision a reply. Send this again if you still want it; several tasks at once go in one call of `new_tasks`."
        : "one decision a reply. Send this again if you still want it.",
  });
}
