/** A role that does the work itself: look, measure, ask, write, hand on what others are for, report. Each step is taken once. */
import { isRefusal } from "./answers.ts";
import { evaluationDue } from "./evaluation.ts";
import { deliverableText } from "./deliverable.ts";
import type { Draft } from "./draft.ts";
import { foundSoFar, gatherFacts } from "./facts.ts";
import { openTargets, partsFor, boundsOfPart, partTask, taskArgs } from "./handing-on.ts";
import { inputPaths, readsDue } from "./inputs.ts";
import { failureQuestion } from "./failing.ts";
import { integrationDue } from "./integration/integration.ts";
import { move, type Move } from "./move.ts";
import { questionDue } from "./raising.ts";
import { reportArgs } from "./reporting.ts";
import type { AssignmentSeen } from "./frames.ts";
import { deliverablePath, stepsOf, textArg, type Situation } from "./situation.ts";
import { readReturned } from "./answers.ts";

export function work(situation: Situation, frame: AssignmentSeen): Move {
  const facts = gatherFacts(situation, frame);
  const draft: Draft = { situation, frame, facts, parts: partsFor(frame.criteria, partTargets(situation)).slice(0, 1) };
  return (
    look(situation, frame) ??
    measure(situation, frame) ??
    failed(draft) ??
    ask(draft) ??
    integrationDue(draft) ??
    write(draft) ??
    handOn(draft) ??
    move("Done as far as it can be done here; I report.", "attempt_completion", reportArgs(draft))
  );
}

/** Those that are open, and the one that got a part already: its criteria stay its own. */
function partTargets(situation: Situation): Situation["delegates"] {
  const open = openTargets(situation).map((target) => target.slug);
  const used = stepsOf(situation, "new_task")
    .filter((step) => step.result === null || !isRefusal(step.result))
    .map((step) => textArg(step, "mode"));
  return situation.delegates.filter(({ slug }) => (used.length > 0 ? used.includes(slug) : open.includes(slug)));
}

function look(situation: Situation, frame: AssignmentSeen): Move | null {
  const calls = readsDue(situation, frame);
  return calls.length > 0 ? { say: "First I look at what there is.", calls } : null;
}

function measure(situation: Situation, frame: AssignmentSeen): Move | null {
  const call = evaluationDue(situation, frame);
  return call ? { say: "There is a labelled sample: I measure before I judge.", calls: [call] } : null;
}

function failed({ situation, frame, facts }: Draft): Move | null {
  const args = failureQuestion(situation, foundSoFar(facts, frame));
  return args ? move(`${String(args["topic"])} failed. I ask ${String(args["to"])}.`, "escalate", args) : null;
}

function ask({ situation, frame, facts }: Draft): Move | null {
  const args = questionDue(situation, frame, foundSoFar(facts, frame));
  return args
    ? move(`Not mine to decide: ${String(args["topic"])}. I ask ${String(args["to"])}.`, "escalate", args)
    : null;
}

/** Once, and once more after each time that the work came back. */
function write(draft: Draft): Move | null {
  const { situation, frame } = draft;
  if (!situation.tools.has("write_to_file")) return null;
  const returnedAt = situation.steps.findLastIndex(
    (step) => step.name === "attempt_completion" && readReturned(step.result ?? "") !== null,
  );
  const path = deliverablePath(situation, frame);
  const since = situation.steps.slice(returnedAt + 1);
  if (since.some((step) => step.name === "write_to_file" && textArg(step, "path") === path)) return null;
  const say = returnedAt >= 0 ? "It came back; I revise what I wrote." : "I write down what I found.";
  return move(say, "write_to_file", { path, content: deliverableText(draft, path) });
}

/** One part, to one role below. */
function handOn(draft: Draft): Move | null {
  const { situation, frame, facts } = draft;
  if (stepsOf(situation, "new_task").length > 0) return null;
  const part = draft.parts[0];
  if (!part) return null;
  const text = {
    task: partTask(part, frame, situation.brief.title),
    criteria: part.criteria.map((criterion) => criterion.text),
    inputs: [...facts.written, ...inputPaths(frame)],
    constraints: boundsOfPart(frame, facts),
  };
  return move(
    `${part.target.slug} is there for this: ${part.phrase}.`,
    "new_task",
    taskArgs(situation, part.target.slug, text),
  );
}
