/**
 * Events stand where they say, and each follows from what was there. A chain that somebody computed anew after an insertion, a deletion
 * or a swap links well, and is found here: ids derive from line and index (D3), and every step needs the one before it.
 *
 * R4. A decision answers the one open ask; what needs a person's leave follows the decision that gave it.
 */
import { canonicalJson } from "../../canonical.ts";
import type { Desk } from "../../events/desk.ts";
import type { Call, Event, EventOf } from "../../events/event.ts";
import { askId, childLine, effectKey, frameId, mainLine, modelCallKey, runOfLine, type LineId } from "../../ids.ts";
import type { Past } from "../../store/rows.ts";
import { checkCallId } from "../verification-check.ts";
import { opinionOrderProblem } from "./opinions.ts";
import { returnOrderProblem } from "./verdicts.ts";

export type Standing = {
  /** Where the event is stored. */
  readonly line: LineId;
  readonly index: number;
  /** Where that line goes on from, and the hash there; null: it began by itself. */
  readonly cut: (Past & { readonly head: string }) | null;
  readonly before: Desk;
  /** The event before this one in its line. */
  readonly previous: Event | null;
  /** By frame: the calls of its last turn. */
  readonly calls: ReadonlyMap<string, readonly Call[]>;
  /** See `doubtedAfter`. */
  readonly doubted: ReadonlySet<string>;
};

/** In words; null where nothing is wrong. */
export function orderProblem(event: Event, at: Standing): string | null {
  if (at.before.ended) return "follows the end of the run (D6)";
  return (
    startProblem(event, at) ??
    forkProblem(event, at) ??
    childProblem(event, at.before) ??
    nameProblem(event, at) ??
    callProblem(event, at) ??
    takingUpProblem(event, at) ??
    opinionOrderProblem(event, at) ??
    askOrderProblem(event, at) ??
    leaveProblem(event, at)
  );
}

function startProblem(event: Event, at: Standing): string | null {
  const main = at.line === mainLine(runOfLine(at.line));
  const starts = event.type === "run_started" || event.type === "child_started";
  if (starts === (at.index === 0) && (!starts || (event.type === "run_started") === main)) return null;
  return at.index === 0
    ? `is the first of its line, and no start of a ${main ? "run" : "child line"}`
    : "starts the line again (D6)";
}

/** D8: a line that goes on from a cut says so in its first own event, with the hash that its chain goes on from; no other event does. */
function forkProblem(event: Event, { line, index, cut }: Standing): string | null {
  const due = cut !== null && index === cut.length;
  if (event.type !== "run_forked")
    return due ? `is the first of its run, and does not say what that goes on from` : null;
  if (!due) return "says that the run goes on from a cut, where there is none (D8)";
  const told = [event.run, event.of, event.line, event.length, event.head];
  return canonicalJson(told) === canonicalJson([runOfLine(line), runOfLine(cut.line), cut.line, cut.length, cut.head])
    ? null
    : `does not say what the run goes on from (D8)`;
}

/** While children are at work their parent rests, and what is told of children is about those. */
function childProblem(event: Event, { children }: Desk): string | null {
  const awaited = (line: string): boolean => children.some((child) => child.line === line && child.closed === null);
  if (event.type === "child_closed")
    return awaited(event.child) ? null : `closes ${event.child}, which is not at work for this line (D8)`;
  if (event.type === "children_stopped")
    return event.children.every(awaited) ? null : "stops what is not at work for this line (D8)";
  if (children.length === 0) return null;
  if (event.type === "run_ended" || event.type === "child_ended") return "ends before its children (D8)";
  const together = event.type === "child_opened" && children.every(({ opened }) => opened.callId === event.callId);
  return together ? null : "goes on while its children are at work (R1)";
}

function nameProblem(event: Event, { line, index, before }: Standing): string | null {
  const named = (name: string, due: string): string | null =>
    name === due ? null : `is called ${name}, and stands where ${due} belongs`;
  if (event.type === "run_started") return named(event.run, runOfLine(line));
  if (event.type === "child_opened") return named(event.child, childLine(line, index));
  if (event.type === "frame_opened") return named(event.frame, frameId(line, index));
  if (event.type === "action_proposed") return named(event.key, effectKey(line, index));
  if (event.type === "ask_raised") return named(event.ask, askId(line, index));
  if (event.type !== "turn_taken") return null;
  return named(event.key, modelCallKey(line, event.turn)) ?? named(`turn ${event.turn}`, `turn ${before.turns}`);
}

/** What a role set going is what it called for in its last turn (R4). Arguments may have been filled in by the tool's schema. */
function callProblem(event: Event, at: Standing): string | null {
  return isCalledFor(event, at)
    ? returnOrderProblem(event, at)
    : "was not called for in the last turn of its frame (R4)";
}

function isCalledFor(event: Event, { calls, before, previous }: Standing): boolean {
  const made = (frame: string | null, id: string, name?: string): boolean =>
    (calls.get(frame ?? "") ?? []).some((call) => call.id === id && (name === undefined || call.name === name));
  if (event.type === "action_proposed")
    return isFirstCheck(event, previous) || event.calls.every((call) => made(event.frame, call.id, call.name));
  if (event.type === "report_returned") return made(event.frame, event.callId, "return_report");
  // The report of a frame that a person fills is called by the frame's own name.
  if (event.type === "report_submitted") return event.callId === event.frame || made(event.frame, event.callId);
  if (event.type === "child_opened") return made(event.frame, event.callId, "new_tasks");
  if (event.type === "opinion_given") return made(event.frame, event.callId);
  // The first frame of a child line was called for above: `tree.ts` compares the two.
  if (event.type !== "frame_opened" || event.callId === null || isFirstOfChild(before)) return true;
  return made(event.parent, event.callId);
}

function isFirstOfChild(before: Desk): boolean {
  return before.started?.type === "child_started" && before.length === 1;
}

/** What a reply says of a decision is told with the reply. */
function takingUpProblem(event: Event, { previous }: Standing): string | null {
  if (event.type !== "decision_taken_up") return null;
  const said = previous?.type === "turn_taken" && previous.frame === event.frame;
  return said ? null : "takes a decision up outside a reply of its frame (R4)";
}

/** The runtime's own: the workspace's check, as the first thing that is done to verify a report (`routes.ts`: which command). */
function isFirstCheck(event: EventOf<"action_proposed">, previous: Event | null): boolean {
  const opened =
    previous?.type === "frame_opened" && previous.kind === "verification" && previous.frame === event.frame;
  // What was not done at the cut is proposed again.
  return (
    (opened || previous?.type === "run_forked") && event.calls.every((call) => call.id === checkCallId(event.frame))
  );
}

/** Nothing of these goes on while a person is asked. */
const moving: ReadonlySet<Event["type"]> = new Set([
  "frame_opened",
  "frame_closed",
  "turn_taken",
  "opinion_given",
  "action_proposed",
  "action_done",
  "report_submitted",
  "report_returned",
  "report_verified",
  "copy_sent",
  "ask_raised",
  "ask_awaited",
  "child_opened",
]);

function askOrderProblem(event: Event, { before }: Standing): string | null {
  if (before.ask && moving.has(event.type)) return `goes on while ${before.ask.ask} is open (R4)`;
  if (!endsOrTells(event)) return null;
  return before.ask?.ask === event.ask ? null : `is about ${event.ask}, which is not open (R4)`;
}

function endsOrTells(
  event: Event,
): event is EventOf<"ask_decided" | "ask_withdrawn" | "ask_acknowledged" | "vote_cast"> {
  return ["ask_decided", "ask_withdrawn", "ask_acknowledged", "vote_cast"].includes(event.type);
}

function leaveProblem(event: Event, { before, previous }: Standing): string | null {
  if (event.type !== "action_edited" && event.type !== "limit_raised" && event.type !== "chart_adopted") return null;
  const gave = previous?.type === "ask_decided" && previous.ask === event.ask ? previous : null;
  if (gave && gives(gave, event) && follows(event, before)) return null;
  return "does not follow from a person's decision (R4)";
}

function gives({ decision }: EventOf<"ask_decided">, event: Event): boolean {
  if (event.type === "chart_adopted") return decision.text === "adopt";
  if (decision.verb !== "approve") return false;
  return event.type !== "action_edited" || canonicalJson(decision.args ?? null) === canonicalJson(event.args);
}

function follows(event: Event, before: Desk): boolean {
  if (event.type === "limit_raised")
    // Another line of the run may have raised it before.
    return (before.ceilings[event.limit] ?? event.from) <= event.from && event.to > event.from;
  return event.type !== "chart_adopted" || event.from === before.chart;
}
