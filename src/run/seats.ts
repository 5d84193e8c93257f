/** A person in a role: the routes that are theirs to take, and whoever else may have to decide. Read from the chart when they are asked. */
import type { Approvers, Action, AskKind, Question, Seat } from "../events/event.ts";
import type { DeskFrame } from "../events/desk.ts";
import type { BoundChart } from "../org/bound-chart.ts";
import { ruleOf, USER, type Route } from "../org/chart.ts";
import { fit } from "../org/who.ts";
import type { ApproverPolicy } from "../org/workflow.ts";
import { approvalPolicy } from "./granted.ts";

/** True where a person, and no model, acts in this frame. */
export function isPersons(bound: BoundChart, { role }: Pick<DeskFrame, "role">): boolean {
  return role === USER || bound.workflow.staffing[role]?.by === "person";
}

/**
 * What whoever staffs the frame's role may do besides answering. `bump`: of the declared escalations the one that fits best what is asked,
 * of those that lead to somebody new: where all who could decide have been waited for, it waits.
 */
export function seatOf(bound: BoundChart, frames: readonly DeskFrame[], frame: DeskFrame): Seat {
  const of = (kind: Route["kind"]): readonly Route[] =>
    bound.chart.routes.filter((route) => route.kind === kind && route.from === frame.role);
  const waitedFor = waitedForIn(frames);
  const words = wordsOf(frame.opened.question, frame.opened.assignment?.task ?? "");
  const [best] = of("escalation")
    .filter((route) => !waitedFor.has(route.to))
    .map((route) => ({ to: route.to, score: fit(route, words) }))
    .toSorted((one, other) => other.score - one.score);
  const open = (route: Route): Seat["escalations"][number] => ({ to: route.to, rule: ruleOf(route) });
  return {
    role: frame.role,
    delegations: of("delegation").map(open),
    escalations: of("escalation").map(open),
    bump: best?.to ?? null,
  };
}

function wordsOf(question: Question | null, task: string): string {
  return question ? `${question.topic} ${question.question}` : task;
}

/** Everyone through whose hands the matter on top of the stack went, its asker included. */
function waitedForIn(frames: readonly DeskFrame[]): ReadonlySet<string> {
  const roles = new Set<string>();
  for (const frame of frames.toReversed()) {
    roles.add(frame.role);
    if (frame.kind !== "escalation" && frame.kind !== "question") break;
    roles.add(frame.from);
  }
  return roles;
}

/** Who may give this approval, and how many it takes; undefined where one person's word is enough, whoever it is. */
export function approversOf(
  bound: BoundChart,
  requester: string,
  { kind, action }: { readonly kind: AskKind; readonly action?: Action | undefined },
): Approvers | undefined {
  const policy = policyFor(bound, kind, action);
  if (!policy || (policy.by === undefined && policy.notBy === undefined && (policy.quorum ?? 1) === 1))
    return undefined;
  return {
    by: policy.by === undefined ? null : [...new Set(policy.by.map((name) => personIn(bound, name)))],
    quorum: policy.quorum ?? 1,
    notBy: policy.notBy === undefined ? [] : [requester],
  };
}

/**
 * The first approval of a workflow that nobody could give in a run that this person starts, in words with its key in the workflow; null
 * where all can be given. What does not depend on who starts it is said by `checkWorkflow` already.
 */
export function outOfReach(
  bound: BoundChart,
  requester: string,
): { readonly key: string; readonly why: string } | null {
  const { signOff, approvals } = bound.workflow;
  const policies: readonly (readonly [string, string, ApproverPolicy])[] = [
    ...(typeof signOff === "boolean" ? [] : [["signOff", "the sign-off", signOff] as const]),
    ...approvals.map((policy) => ["approvals", `an approval of ${policy.tool}`, policy] as const),
  ];
  for (const [key, what, { by, quorum = 1, notBy }] of policies) {
    if (by === undefined || notBy === undefined) continue;
    const people = new Set(by.map((name) => personIn(bound, name)));
    people.delete(requester);
    if (people.size >= quorum) continue;
    const who = [...people].join(", ") || "nobody";
    return { key, why: `${what} takes ${quorum}, and without ${requester}, who starts the run, that leaves ${who}` };
  }
  return null;
}

function policyFor(bound: BoundChart, kind: AskKind, action: Action | undefined): ApproverPolicy | undefined {
  const { signOff } = bound.workflow;
  if (kind === "sign_off") return typeof signOff === "boolean" ? undefined : signOff;
  if (kind !== "approval" || action?.type !== "tool") return undefined;
  return approvalPolicy(bound, action.role, { name: action.tool, args: action.args }, () => true);
}

/** A role stands for the person who staffs it; where nobody is named, whoever says to be that role. */
function personIn(bound: BoundChart, name: string): string {
  const staffing = bound.workflow.staffing[name];
  return staffing?.by === "person" ? (staffing.name ?? name) : name;
}
