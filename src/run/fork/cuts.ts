/**
 * Where another run can go on from in a log. Pure.
 *
 * F1. A cut lies between steps: right before a role's turn, an action's outcome or the end of a stopped run, right after an ask or the last
 *     of several tasks that were given out together, or at the end of the log. What was committed together is never taken apart.
 * F2. No child is open at a cut, nothing has ended, and nothing is under way that a person's word let through: what was approved was
 *     approved for that run (R3), and whether an effect in doubt happened nobody knows (D3).
 */
import { emptyDesk, step, type Desk } from "../../events/desk.ts";
import type { Event } from "../../events/event.ts";

/** A place between two steps; `length` events lie before it. */
export type Cut = {
  readonly length: number;
  /** What the log comes to there. */
  readonly desk: Desk;
  /** Why no run can go on from there, in words; null where one can. */
  readonly problem: string | null;
};

/** Every place between steps, in order. */
export function cutsOf(log: readonly Event[]): Cut[] {
  const cuts: Cut[] = [];
  let desk = emptyDesk;
  for (let length = 1; length <= log.length; length += 1) {
    const previous = log[length - 1] as Event;
    desk = step(desk, previous);
    if (isBetween(previous, log[length])) cuts.push({ length, desk, problem: problemAt(desk) });
  }
  return cuts;
}

const beginning: ReadonlySet<Event["type"]> = new Set(["turn_taken", "action_done", "child_closed"]);

/** F1. `next` is left out at the end of the log. */
function isBetween(previous: Event, next: Event | undefined): boolean {
  if (next === undefined || previous.type === "ask_raised" || previous.type === "ask_awaited") return true;
  if (beginning.has(next.type)) return true;
  if (previous.type === "child_closed" && next.type !== "children_stopped") return true;
  // Whoever stops a run withdraws what is open first; a decision that ends it is one with the end.
  const ends = next.type === "ask_withdrawn" || (next.type === "run_ended" && next.status === "stopped");
  return ends && previous.type !== "ask_withdrawn" && previous.type !== "ask_decided";
}

/** F2. */
function problemAt(desk: Desk): string | null {
  if (!desk.started || desk.frames.length === 0) return "the run had not begun, or all work was handed back";
  if (desk.ended) return "the run had ended";
  const open = desk.children.filter((child) => !child.closed).map((child) => child.opened.to);
  if (open.length > 0) return `tasks that were given out together were still being worked on (${open.join(", ")})`;
  return underWay(desk);
}

function underWay({ ask, action, signedOff }: Desk): string | null {
  if (ask?.kind === "doubt" || action?.doubt) return "it was not known whether an effect had happened";
  if (action?.approved && action.proposed.needsApproval) return "a person had approved an action that was not done yet";
  return signedOff ? "the work had been signed off, and the run was about to close" : null;
}

/** The last cut that a run can go on from and that lies at or before `length`; undefined where there is none. */
export function cutBefore(cuts: readonly Cut[], length: number): Cut | undefined {
  return cuts.findLast((cut) => cut.length <= length && cut.problem === null);
}

/** The nearest cuts that work, one on either side of `length`. */
export function nearestCuts(cuts: readonly Cut[], length: number): Cut[] {
  const after = cuts.find((cut) => cut.length > length && cut.problem === null);
  return [cutBefore(cuts, length), after].filter((cut) => cut !== undefined);
}
