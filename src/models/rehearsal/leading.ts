/**
 * A role that leads: it gives the task to whom it fits best, closes gaps with a further part or two, and reports what came back.
 *
 * L1. It chooses by purpose. Where no purpose shares a word with the task, it asks; it does not guess among several.
 * L2. A part that came back without result is not given to the same role again, unless a person returned the whole.
 */
import { isRefusal, readReport, readReturned } from "./answers.ts";
import type { Draft } from "./draft.ts";
import { gatherFacts, type Facts } from "./facts.ts";
import { openTargets, partsFor, boundsOfPart, partTask, taskArgs, type Part } from "./handing-on.ts";
import { inputPaths } from "./inputs.ts";
import { rank, type Target } from "./matching.ts";
import { move, type Move } from "./move.ts";
import { revisionTask } from "./revision.ts";
import { reportArgs } from "./reporting.ts";
import type { AssignmentSeen } from "./frames.ts";
import { isWhole, stepsOf, textArg, type Situation, type Step } from "./situation.ts";
import { short } from "./words.ts";

const furtherParts = 2;

/** Null where nobody below is there for it: then the role works itself. */
export function lead(situation: Situation, frame: AssignmentSeen): Move | null {
  const facts = gatherFacts(situation, frame);
  const draft: Draft = { situation, frame, facts, parts: [] };
  const done = stepsOf(situation, "new_task").some(hasReport);
  const next = done ? (revise(draft) ?? closeGap(draft)) : place(draft);
  if (next) return next;
  if (!done && situation.tools.has("write_to_file") && stepsOf(situation, "new_task").length === 0) return null;
  return move(
    done ? "The parts are back; I report." : "Nobody below could take it; I report that.",
    "attempt_completion",
    reportArgs(draft),
  );
}

function hasReport(step: Step): boolean {
  return step.result !== null && readReport(step.result) !== null;
}

/** The whole task to the best fit; after a refusal, once to the next best. */
function place({ situation, frame, facts }: Draft): Move | null {
  if (stepsOf(situation, "new_task").length > 1) return null;
  const targets = openTargets(situation);
  const target = chosenByAnswer(situation, targets) ?? bestFit(situation, frame, targets);
  if (target) return delegateWhole(situation, frame, facts, target);
  return targets.length > 1 ? askWho(situation, frame, targets) : null;
}

/** The task decides. Its criteria help out where the task shares no word with any purpose, if they share two. */
function bestFit(situation: Situation, frame: AssignmentSeen, targets: readonly Target[]): Target | null {
  const { title, task } = situation.brief;
  const text = isWhole(situation, frame) ? `${title}\n${frame.task}\n${task}` : frame.task;
  const best = rank(text, targets)[0];
  if (best && best.hits > 0) return best.target;
  const loose = rank(frame.criteria.map((criterion) => criterion.text).join("\n"), targets)[0];
  if (loose && loose.hits > 1) return loose.target;
  return targets.length === 1 ? (targets[0] ?? null) : null;
}

function askWho(situation: Situation, frame: AssignmentSeen, targets: readonly Target[]): Move | null {
  if (!situation.tools.has("ask_followup_question") || stepsOf(situation, "ask_followup_question").length > 0)
    return null;
  return move("None of the purposes below me names this; I ask who should take it.", "ask_followup_question", {
    question: `Who should take “${short(situation.brief.title || frame.task, 120)}”? It shares no word with what ${situation.role} delegates, so nothing says which role it is for.`,
    options: targets.map(({ slug, purpose }) => `${slug}: ${short(purpose, 120)}`),
  });
}

/** An answer that begins with a role's name, or is one. */
function chosenByAnswer(situation: Situation, targets: readonly Target[]): Target | null {
  const answer =
    /\nDecision: ([^\n]*)/.exec(stepsOf(situation, "ask_followup_question").at(-1)?.result ?? "")?.[1] ?? "";
  return (
    targets.find(({ slug }) => answer === slug || answer.startsWith(`${slug}:`) || answer.startsWith(`${slug} `)) ??
    null
  );
}

function delegateWhole(situation: Situation, frame: AssignmentSeen, facts: Facts, target: Target): Move {
  const text = {
    task: frame.task.trim() || situation.brief.task || "See the brief.",
    criteria: frame.criteria.map((criterion) => criterion.text),
    inputs: [...inputPaths(frame), ...facts.written],
    constraints: frame.constraints,
  };
  return move(
    `${target.slug} fits best: ${short(target.purpose, 160) || "it is the one role below me"}.`,
    "new_task",
    taskArgs(situation, target.slug, text),
  );
}

/** A criterion that nobody has covered yet and that another role's purpose names. */
function closeGap(draft: Draft): Move | null {
  const { situation, frame, facts } = draft;
  const given = stepsOf(situation, "new_task");
  if (given.length > furtherParts || facts.returned.length > 0) return null;
  const part = gap(draft);
  if (!part) return null;
  const text = {
    task: partTask(part, frame, situation.brief.title),
    criteria: part.criteria.map((criterion) => criterion.text),
    inputs: [...facts.handedOn.flatMap((each) => each.report?.artifacts ?? []), ...inputPaths(frame)],
    constraints: boundsOfPart(frame, facts),
  };
  return move(
    `One part is still open, and ${part.target.slug} is there for it: ${part.phrase}.`,
    "new_task",
    taskArgs(situation, part.target.slug, text),
  );
}

/** What is not shown yet, for a role whose purpose names it and that has not tried it already, here or further down. */
function gap({ situation, frame, facts }: Draft): Part | undefined {
  const open = frame.criteria.flatMap((criterion) => {
    const said = facts.others.get(criterion.id);
    return said && said.status !== "not_measured" ? [] : [{ criterion, said: said?.evidence ?? "" }];
  });
  return partsFor(
    open.map((each) => each.criterion),
    openTargets(situation),
  ).find(
    (part) =>
      !open.some((each) => part.criteria.includes(each.criterion) && each.said.includes(`${part.target.slug}:`)),
  );
}

/** Work that a person returned goes back, with the reason, to the role that did it: once for each return. */
function revise({ situation, frame, facts }: Draft): Move | null {
  const at = situation.steps.findLastIndex(
    (step) => step.name === "attempt_completion" && readReturned(step.result ?? "") !== null,
  );
  const returned = facts.returned.at(-1);
  if (at < 0 || !returned || situation.steps.slice(at + 1).some((step) => step.name === "new_task")) return null;
  const first = situation.steps.find(
    (step) => step.name === "new_task" && hasReport(step) && !isRefusal(step.result ?? ""),
  );
  const report = first?.result ? readReport(first.result) : null;
  if (!first || !report) return null;
  const text = {
    task: `${revisionTask(situation.brief.title || short(frame.task, 80), returned, facts.returned.length)}\n\nTake the reason up in the deliverable, say what you changed, and report again.`,
    criteria: Array.isArray(first.args["acceptance_criteria"]) ? first.args["acceptance_criteria"].map(String) : [],
    inputs: [...report.artifacts, ...inputPaths(frame)],
    constraints: boundsOfPart(frame, facts),
  };
  return move(
    `It came back; ${textArg(first, "mode")} gets it with the reason.`,
    "new_task",
    taskArgs(situation, textArg(first, "mode"), text),
  );
}
