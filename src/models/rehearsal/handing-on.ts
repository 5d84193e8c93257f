/**
 * Which criteria belong to a role below: those whose words a delegation's purpose clearly covers.
 *
 * H1. A criterion goes to one role at most; a role that is already at work on this stack gets nothing (it would go round).
 */
import type { Facts } from "./facts.ts";
import { covers, type Target } from "./matching.ts";
import type { AssignmentSeen } from "./frames.ts";
import { propertiesOf, stepsOf, textArg, type Situation } from "./situation.ts";
import { settledNote } from "./raising.ts";
import { atStart, short } from "./words.ts";
import type { Criterion } from "./sections.ts";

export type Part = { readonly target: Target; readonly phrase: string; readonly criteria: readonly Criterion[] };

/** Parts for roles below, the clearest first. One word is enough only where it is a long one. */
export function partsFor(criteria: readonly Criterion[], targets: readonly Target[]): Part[] {
  const parts: { target: Target; phrase: string; criteria: Criterion[] }[] = [];
  for (const criterion of criteria) {
    const best = covers([criterion.text], targets, { single: "always" }).find(
      (cover) => cover.words.length > 1 || (cover.words[0] ?? "").length >= 7,
    );
    if (!best) continue;
    const known = parts.find((part) => part.target.slug === best.target.slug);
    if (known) known.criteria.push(criterion);
    else parts.push({ target: best.target, phrase: best.phrase, criteria: [criterion] });
  }
  return parts;
}

/** Delegations that are still open to this role: not its assigner, not refused before, not already waiting on it further up. */
export function openTargets(situation: Situation): Target[] {
  const tried = new Set(stepsOf(situation, "new_task").map((step) => textArg(step, "mode")));
  return situation.delegates.filter(
    ({ slug }) => !tried.has(slug) && !situation.waitingFor.has(slug) && slug !== situation.frame.from,
  );
}

export type TaskText = {
  readonly task: string;
  readonly criteria: readonly string[];
  readonly inputs: readonly string[];
  readonly constraints: readonly string[];
};

/** The arguments of `new_task`, with nothing that its schema does not know. */
export function taskArgs(situation: Situation, to: string, text: TaskText): Record<string, unknown> {
  const all: Record<string, unknown> = {
    mode: to,
    task: text.task,
    acceptance_criteria:
      text.criteria.length > 0 ? text.criteria : ["A written result says what was done, and what was not."],
    inputs: [...new Set(text.inputs)],
    constraints: text.constraints,
  };
  const known = Object.keys(propertiesOf(situation.tools.get("new_task")));
  return Object.fromEntries(Object.entries(all).filter(([name]) => known.includes(name)));
}

/** The part of a task in words: its subject, what its criteria ask for, and what it rests on. */
export function partTask(part: Part, whole: AssignmentSeen, title: string): string {
  const asks = part.criteria.map((criterion) => `- ${criterion.text}`).join("\n");
  return `${atStart(part.phrase)}, for “${title || short(whole.task, 80)}”.\n\n${asks}\n\nThe inputs hold what has been found so far; say nothing that they do not show.`;
}

/** What bounds a part: the whole's constraints, and the decisions that were taken on the way. */
export function boundsOfPart(frame: AssignmentSeen, facts: Facts): string[] {
  const decided = facts.settled.flatMap(({ topic, decision }) =>
    decision ? [`Decided on ${topic} by ${decision.by}: ${decision.decision}`] : [],
  );
  return [...new Set([...frame.constraints.filter((each) => each !== settledNote), ...decided, settledNote])];
}
