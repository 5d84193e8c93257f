/**
 * Reports that were judged: by whom they may be, and what may not happen meanwhile.
 *
 * R1. A report is returned by whoever gave the task out, and verified by the workflow's role, in the frame that was opened for it.
 * R2. Whoever verifies changes nothing.
 */
import type { Desk } from "../../events/desk.ts";
import type { Event, EventOf } from "../../events/event.ts";
import { frameId, type LineId } from "../../ids.ts";
import type { BoundChart } from "../../org/bound-chart.ts";
import { isCheck } from "../verification-check.ts";

/** In words; null where nothing is wrong. `before`: the desk that the event met. */
export function verdictProblem(event: Event, before: Desk, bound: BoundChart): string | null {
  if (event.type === "report_returned") return returnProblem(event, before);
  if (event.type === "report_verified") return verifiedProblem(event, before, bound);
  if (event.type === "frame_opened")
    return verifierProblem(event, before, bound) ?? verificationProblem(event, before, bound);
  return event.type === "child_opened" || event.type === "action_proposed"
    ? verifierProblem(event, before, bound)
    : null;
}

function verificationProblem({ kind, to }: EventOf<"frame_opened">, before: Desk, bound: BoundChart): string | null {
  if (kind !== "verification") return null;
  const reported = before.submitted !== null && before.frames.at(-1)?.id === before.submitted.frame;
  return reported && bound.workflow.verify?.by === to
    ? null
    : `${to} was given a report to verify that is not its to verify (R1)`;
}

/** Whoever verifies a report only reads and escalates; but for the workflow's own check, which nobody asked for. */
function verifierProblem(
  event: EventOf<"action_proposed" | "child_opened" | "frame_opened">,
  { frames }: Desk,
  { workflow }: BoundChart,
): string | null {
  const top = frames.at(-1);
  // A person gives on what they like: what comes of it is judged anew (C4 in `closing.ts`).
  if (top?.kind !== "verification" || workflow.staffing[top.role]?.by === "person") return null;
  const effect = event.type === "action_proposed" && event.access === "effect";
  if (effect && event.calls.some((call) => !isCheck(workflow, top.id, call)))
    return `${top.role} changed something while it verified (R2)`;
  if (event.type === "child_opened" || (event.type === "frame_opened" && event.kind !== "escalation"))
    return `${top.role} gave something out while it verified (R1)`;
  return null;
}

/** A report goes back to whoever made it, out of the frame that gave the task out, while nothing else was given out since. */
function returnProblem(event: EventOf<"report_returned">, before: Desk): string | null {
  const standing = before.reports.find((each) => each.of === event.of && each.frame === event.frame);
  if (!standing || standing.from !== event.to) return `no report of ${event.to} waited to be taken or returned (R1)`;
  if (before.frames.at(-1)?.id !== event.frame)
    return `${event.role} returned a report although it was not its turn (R1)`;
  return event.round === standing.round + 1 ? null : "counts its rounds wrongly (R4)";
}

/** Only the workflow's role judges, in its frame; where it took part itself, that nobody could is told in the author's. */
function verifiedProblem(event: EventOf<"report_verified">, before: Desk, { workflow }: BoundChart): string | null {
  const top = before.frames.at(-1);
  const judged = event.verdict !== "not_verified";
  const right = top?.id === event.frame && before.submitted?.frame === event.of && workflow.verify?.by === event.role;
  if (!right || (judged ? top.kind !== "verification" : event.frame !== event.of))
    return `${event.role} verified what was not its to verify (R1)`;
  return event.verdict === "accept" && event.check?.state === "failed"
    ? "a report was accepted although the check failed (R3)"
    : null;
}

/** A task that goes back is the one that was given out, and is worked on next; after that, its rounds are counted. */
export function returnOrderProblem(
  event: Event,
  {
    before,
    previous,
    line,
    index,
  }: { readonly before: Desk; readonly previous: Event | null; readonly line: LineId; readonly index: number },
): string | null {
  if (event.type === "report_returned")
    return event.reopened === frameId(line, index + 1) ? null : "names another frame than the one that follows (R4)";
  if (previous?.type !== "report_returned") return null;
  const same = event.type === "frame_opened" && event.frame === previous.reopened && event.to === previous.to;
  return same && event.parent === previous.frame && event.callId === previous.callId && before.rounds[event.frame]
    ? null
    : "does not follow from the return before it (R4)";
}
