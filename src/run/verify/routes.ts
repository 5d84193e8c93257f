/**
 * What a role did was its to do, by the chart that its line worked under.
 *
 * R1. Every hand-over was declared; every answer went back along its edge; every copy went to someone the role reports to.
 * R2. Every action that was proposed is one of the role's tools, and it was the role's turn.
 */
import type { Desk } from "../../events/desk.ts";
import type { Event, EventOf } from "../../events/event.ts";
import { check, USER } from "../../org/chart.ts";
import type { BoundChart } from "../../org/bound-chart.ts";
import { grantedTools } from "../granted.ts";
import { isCheck } from "../verification-check.ts";
import { verdictProblem } from "./verdicts.ts";

/** In words; null where nothing is wrong. `before`: the desk that the event met. */
export function routeProblem(event: Event, before: Desk, bound: BoundChart): string | null {
  const judged = verdictProblem(event, before, bound);
  if (judged !== null) return judged;
  if (event.type === "child_opened")
    return turnProblem(event, before) ?? declaredProblem(event.role, event.to, "delegation", bound);
  if (event.type === "frame_opened") return handOverProblem(event, before, bound);
  if (event.type === "frame_closed") return answerProblem(event, before);
  if (event.type === "turn_taken" || event.type === "opinion_given" || event.type === "action_proposed")
    return turnProblem(event, before) ?? grantProblem(event, bound);
  if (event.type !== "copy_sent" || check(bound.chart, "report", event.from, event.to).allowed) return null;
  return `a copy went to ${event.to}, which ${event.from} does not report to (R1)`;
}

function turnProblem(
  event: EventOf<"turn_taken" | "opinion_given" | "action_proposed" | "child_opened">,
  before: Desk,
): string | null {
  const top = before.frames.at(-1);
  return top?.id === event.frame && top.role === event.role
    ? null
    : `${event.role} acted although it was not its turn (R1)`;
}

function grantProblem(
  event: EventOf<"turn_taken" | "opinion_given" | "action_proposed">,
  bound: BoundChart,
): string | null {
  if (event.type === "turn_taken") return null;
  return event.type === "action_proposed"
    ? toolProblem(event, bound)
    : declaredProblem(event.role, event.to, event.kind, bound);
}

function toolProblem(event: EventOf<"action_proposed">, bound: BoundChart): string | null {
  const granted = grantedTools({ bound }, event.role);
  const foreign = event.calls.find(
    (call) => !granted.includes(call.name) && !isCheck(bound.workflow, event.frame, call),
  );
  return foreign ? `${event.role} has no tool ${foreign.name} (R2)` : null;
}

function answerProblem(event: EventOf<"frame_closed">, before: Desk): string | null {
  const frame = before.frames.find((each) => each.id === event.frame);
  if (frame && frame.from === event.to && frame.role === event.from) return null;
  return `the answer of ${event.from} did not go back along the edge it came by (R1)`;
}

function handOverProblem(event: EventOf<"frame_opened">, before: Desk, bound: BoundChart): string | null {
  const top = before.frames.at(-1);
  switch (event.kind) {
    case "verification":
      return null; // `verdicts.ts`
    case "start":
      return event.from === USER && !top ? null : "a start in the middle of a run (R1)";
    case "question":
      return top && top.from === event.to && top.role === event.from
        ? null
        : `a question by ${event.from} did not go to its assigner (R1)`;
    case "delegation":
    case "escalation": {
      const given = before.started?.type === "child_started" && before.length === 1;
      if (!given && top?.role !== event.from) return `${event.from} handed on although it was not its turn (R1)`;
      return declaredProblem(event.from, event.to, event.kind, bound);
    }
  }
}

function declaredProblem(
  from: string,
  to: string,
  kind: "delegation" | "escalation",
  bound: BoundChart,
): string | null {
  return check(bound.chart, kind, from, to).allowed ? null : `${from} declares no ${kind} to ${to} (R1)`;
}
