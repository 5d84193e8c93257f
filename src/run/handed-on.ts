/**
 * A matter that waited for a person moves on without an answer: they gave a task out, handed it up, or let the deadline pass.
 *
 * R1. It goes along a route that their role declares, checked on the chart here, whatever the face and the row have checked before.
 *     Where a chart that was adopted since declares it no more, nothing is handed on, and the person is asked again.
 * H1. What goes up is the question as it was put, with what became of it until now.
 */
import type { DeskAsk } from "../events/desk.ts";
import type { Assignment, Decision, Question } from "../events/event.ts";
import { frameId } from "../ids.ts";
import { check, ruleOf } from "../org/chart.ts";
import { fit } from "../org/who.ts";
import { z } from "zod";
import type { Turn } from "./refusal.ts";
import { seedOf } from "./seed.ts";
import { once } from "../events/once.ts";

type HandingVerb = "delegate" | "escalate" | "bump";
export type HandingOn = Decision & { readonly verb: HandingVerb };

export function isHandingOn(decision: Decision): decision is HandingOn {
  return decision.verb === "delegate" || decision.verb === "escalate" || decision.verb === "bump";
}

/** How whoever decides about a task that nobody took on says that it is not to be waited for. */
export const closeUndone = "Close it as not done.";
const askAgain = "Ask again.";

const usualCriterion = "What was asked for is done, or it is said why not.";

const taskArgs = once(() => z.object({ criteria: z.array(z.string()).min(1) }));

export function handOn(turn: Turn, ask: DeskAsk, decision: HandingOn): void {
  const { context, frame, batch } = turn;
  const kind = decision.verb === "delegate" ? "delegation" : "escalation";
  const to = decision.to ?? "";
  const verdict = check(context.bound.chart, kind, frame.role, to);
  if (!verdict.allowed) return; // R1
  const assignment = decision.verb === "delegate" ? taskOf(turn, decision) : null;
  const question = assignment === null ? questionOf(turn, ask, decision) : null;
  batch.add({
    type: "frame_opened",
    at: batch.now(),
    frame: frameId(context.line, batch.next),
    kind,
    from: frame.role,
    to,
    parent: frame.id,
    callId: null,
    rule: ruleOf(verdict.route),
    assignment,
    question,
    seededBy: seedOf(turn, to),
    fit: fit(verdict.route, assignment?.task ?? `${question?.topic} ${question?.question}`),
  });
}

/** The criteria of the task that was given on stand, unless others were named. */
function taskOf({ frame }: Turn, { text, args }: HandingOn): Assignment {
  const own = frame.opened.assignment;
  const named = taskArgs().safeParse(args).data?.criteria;
  const numbered = (texts: readonly string[]): Assignment["criteria"] =>
    texts.map((criterion, index) => ({ id: `A${index + 1}`, text: criterion }));
  const asked = frame.opened.question?.question;
  return {
    task: asked === undefined ? text : `${text}\n\nIt is needed to answer this: ${asked}`,
    criteria: named ? numbered(named) : own && own.criteria.length > 0 ? own.criteria : numbered([usualCriterion]),
    inputs: own?.inputs ?? [],
    constraints: own?.constraints ?? [],
  };
}

/** H1. */
function questionOf({ frame }: Turn, ask: DeskAsk, decision: HandingOn): Question {
  const late = decision.verb === "bump";
  const holder = ask.to === frame.role || ask.to === "user" ? frame.role : `${frame.role} (${ask.to})`;
  const became = late
    ? `It waited for ${holder} until ${ask.deadline ?? decision.at}, and nobody answered.`
    : `${decision.by}, as ${frame.role}, hands it up: ${decision.text}`;
  const { question, assignment } = frame.opened;
  if (question) return { ...question, tried: [question.tried, became].filter((text) => text !== "").join("\n") };
  const task = assignment?.task ?? "";
  return late
    ? {
        question: `${frame.role} was given a task and has not reported on it in time. What should become of it?\n\n${task}`,
        topic: "task not taken on in time",
        severity: ask.severity,
        tried: became,
        options: [askAgain, closeUndone],
      }
    : {
        question: decision.text,
        topic: `task of ${frame.role}`,
        severity: ask.severity,
        tried: `The task: ${task}`,
        options: [],
      };
}
