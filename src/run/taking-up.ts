/**
 * The asker takes a decision up in its next step, or it is raised again (RELIABILITY, MAST 2.5).
 *
 * U1. After an answer came back to a role that a model plays, its next reply says in the call's own arguments what was decided and how the
 *     call follows from it. The reply is held against the answer where that can be told: where the answer is one of the options, the very
 *     option has to be named. Whether the deed fits the words is not judged.
 * U2. A reply that does not is not executed: it is refused, and the decision is repeated. The second time it is raised again, along the
 *     route that it came by; the run's limit of refusals bounds how often, and then a person is asked.
 */
import { z } from "zod";
import type { DeskFrame } from "../events/desk.ts";
import type { Call, Event, EventOf } from "../events/event.ts";
import { frameId } from "../ids.ts";
import type { ModelReply, ToolSpec } from "../models/model.ts";
import { check, ruleOf, type Rule } from "../org/chart.ts";
import { refuse, type Turn } from "./refusal.ts";
import { seedOf } from "./seed.ts";
import { once } from "../events/once.ts";

/** An answer that the frame's next reply has to take up. */
export type Due = {
  readonly opened: EventOf<"frame_opened">;
  readonly closed: EventOf<"frame_closed">;
  /** Replies that went past it. */
  readonly ignored: number;
};

export const takingUpField = "decision_taken_up";
const noOption = "none of the options";

/** How often a reply may go past a decision before the question is raised again. */
const mostIgnored = 2;

/** The answer that came back to the frame last, unless a reply since then has taken it up, or was let through before there was such a rule. */
export function decisionDue(log: readonly Event[], frame: Pick<DeskFrame, "id">): Due | null {
  const back = log.findLastIndex((event) => event.type === "frame_closed" && isAnswerTo(log, event, frame));
  const closed = log[back];
  if (closed?.type !== "frame_closed") return null;
  const opened = openingOf(log, closed.frame);
  const since = log.slice(back + 1).filter((event) => "frame" in event && event.frame === frame.id);
  const ignored = since.filter(isIgnoring).length;
  const turns = since.filter((event) => event.type === "turn_taken").length;
  const malformed = since.filter(
    (event) => event.type === "refused" && (event.code === "call-malformed" || event.code === "no-call"),
  );
  const taken = since.some((event) => event.type === "decision_taken_up");
  return opened && !taken && turns <= ignored + malformed.length ? { opened, closed, ignored } : null;
}

function isAnswerTo(log: readonly Event[], closed: EventOf<"frame_closed">, { id }: Pick<DeskFrame, "id">): boolean {
  return closed.answer !== null && openingOf(log, closed.frame)?.parent === id;
}

function openingOf(log: readonly Event[], frame: string): EventOf<"frame_opened"> | undefined {
  return log.find((event): event is EventOf<"frame_opened"> => event.type === "frame_opened" && event.frame === frame);
}

function isIgnoring(event: Event): boolean {
  return event.type === "refused" && event.code === "decision-not-taken-up";
}

/** The tool as it is offered while a decision is due. */
export function withTakingUp({ name, description, schema }: ToolSpec, { opened }: Due): ToolSpec {
  const options = opened.question?.options ?? [];
  const words = { type: "string", minLength: 1, description: "How this call follows from it, in a sentence." };
  const chosen = {
    type: "string",
    enum: [...new Set([...options, noOption])],
    description: "What was decided, of these.",
  };
  const field = {
    type: "object",
    description: "The decision that you were just given: what was decided, and how this call takes it up.",
    properties: options.length === 0 ? { how: words } : { chosen, how: words },
    required: options.length === 0 ? ["how"] : ["chosen", "how"],
    additionalProperties: false,
  };
  const properties = (schema["properties"] ?? {}) as Record<string, unknown>;
  const required = (schema["required"] ?? []) as readonly string[];
  return {
    name,
    description,
    schema: {
      ...schema,
      properties: { ...properties, [takingUpField]: field },
      required: [...required, takingUpField],
    },
  };
}

/** A call without the word on the decision: what it does, and what its hash is of. */
export function bareCall<Made extends Pick<Call, "args">>(call: Made): Made {
  const { args } = call;
  if (typeof args !== "object" || args === null || Array.isArray(args) || !Object.hasOwn(args, takingUpField))
    return call;
  const { [takingUpField]: _said, ...bare } = args as Record<string, unknown>;
  return { ...call, args: bare };
}

const takenUp = once(() => z.strictObject({ chosen: z.string().optional(), how: z.string().trim().min(1) }));

/** The reply with its calls bare; null where it went past the decision, which was refused then. */
export function takeUp(turn: Turn, reply: ModelReply, due: Due): ModelReply | null {
  const [first, ...rest] = reply.calls;
  if (!first || reply.malformed.length > 0 || reply.finish === "length") return reply; // refused for that
  const said = takenUp().safeParse((first.args as Record<string, unknown> | null)?.[takingUpField]).data;
  const wrong = wrongIn(said, due);
  if (!said || wrong !== null) {
    ignore(turn, { first, rest }, due, wrong ?? "");
    return null;
  }
  const { batch, frame } = turn;
  const { how } = said;
  const chosen = said.chosen === noOption ? "" : (said.chosen ?? "");
  batch.add({
    type: "decision_taken_up",
    at: batch.now(),
    frame: frame.id,
    role: frame.role,
    answer: due.closed.frame,
    chosen,
    how,
  });
  return { ...reply, calls: reply.calls.map((call) => bareCall(call)) };
}

/** In words; null where nothing is wrong (U1). */
function wrongIn(said: z.infer<ReturnType<typeof takenUp>> | undefined, { opened, closed }: Due): string | null {
  if (!said) return `\`${takingUpField}\` is missing`;
  const options = opened.question?.options ?? [];
  const decided = closed.answer?.decision ?? "";
  if (!options.includes(decided) || said.chosen === decided) return null;
  return said.chosen === undefined
    ? `\`${takingUpField}.chosen\` is missing`
    : `“${said.chosen}” is not what was decided`;
}

/** U2. */
function ignore(
  turn: Turn,
  { first, rest }: { readonly first: Call; readonly rest: readonly Call[] },
  due: Due,
  wrong: string,
): void {
  const { batch, frame } = turn;
  const { decision = "", reason = "" } = due.closed.answer ?? {};
  const again = due.ignored + 1 >= mostIgnored;
  refuse(turn, first, {
    code: "decision-not-taken-up",
    reason:
      `${wrong}. ${due.closed.from} decided: ${decision} (${reason}) ` +
      (again
        ? "Two replies went past it, so the question is raised again."
        : `Say in \`${takingUpField}\` what was decided and how your call takes it up, and send it again.`),
  });
  if (rest.length > 0)
    batch.add({
      type: "calls_returned",
      at: batch.now(),
      frame: frame.id,
      role: frame.role,
      callIds: rest.map((call) => call.id),
      reason: "nothing of this reply was executed: it went past a decision.",
    });
  if (again) raiseAgain(turn, due);
}

/** Along the same edge, checked again (R1): where a chart that was adopted since declares it no more, the refusals are what is left. */
function raiseAgain({ context, frame, batch, desk }: Turn, { opened, closed }: Due): void {
  const rule = ruleAgain(context.bound.chart, frame, opened);
  if (!rule || !opened.question) return;
  const became = `It was decided already: ${closed.answer?.decision} (${closed.answer?.reason}) ${frame.role} went on without taking that up.`;
  batch.add({
    type: "frame_opened",
    at: batch.now(),
    frame: frameId(context.line, batch.next),
    kind: opened.kind,
    from: frame.role,
    to: opened.to,
    parent: frame.id,
    callId: null,
    rule,
    assignment: null,
    question: { ...opened.question, tried: [opened.question.tried, became].filter((text) => text !== "").join("\n") },
    seededBy: seedOf({ context, desk }, opened.to),
    fit: opened.fit,
  });
}

function ruleAgain(chart: Turn["context"]["bound"]["chart"], frame: DeskFrame, opened: Due["opened"]): Rule | null {
  if (opened.kind === "question") return frame.opened.rule;
  const verdict = check(chart, "escalation", frame.role, opened.to);
  return verdict.allowed ? ruleOf(verdict.route) : null;
}
