/**
 * The first events of a run that goes on from a cut: a pure function of its row and of the log up to there, so a killed fork makes the
 * same ones again.
 *
 * G1. What was asked at the cut is asked again, under an id and a deadline of this run's own: it can be answered otherwise (R4).
 * G2. What was proposed and not done is proposed again, under a key of this run's own: the other one's ledger is never written (D3).
 * G3. An ask about a limit or a chart is not repeated: whether there is anything to ask follows from this run's own counts and files.
 */
import { hashOf } from "../../canonical.ts";
import { deskOf, type Desk } from "../../events/desk.ts";
import type { Event, EventOf } from "../../events/event.ts";
import { askId, effectKey, mainLine, runOfLine } from "../../ids.ts";
import type { BoundChart } from "../../org/bound-chart.ts";
import type { Past, RunRow } from "../../store/rows.ts";
import { approversOf, seatOf } from "../seats.ts";

export type ForkOpening = {
  readonly run: RunRow;
  readonly bound: BoundChart;
  readonly past: Past;
  /** The events that the run shares. */
  readonly log: readonly Event[];
  /** The hash of the last of them. */
  readonly head: string;
};

export function forkOpeningEvents({ run, bound, past, log, head }: ForkOpening): Event[] {
  const desk = deskOf(log);
  const forked: EventOf<"run_forked"> = {
    type: "run_forked",
    at: run.startedAt,
    run: run.id,
    of: runOfLine(past.line),
    line: past.line,
    length: past.length,
    head,
    title: run.title,
    chart: run.chart,
    model: run.model,
    rehearsal: run.rehearsal,
    limits: run.limits,
    ...(run.currency === null ? {} : { currency: run.currency }),
    by: run.startedBy,
  };
  const line = mainLine(run.id);
  const events: Event[] = [forked];
  const proposed = desk.action?.proposed;
  if (proposed) events.push({ ...proposed, at: run.startedAt, key: effectKey(line, past.length + events.length) }); // G2
  const ask = askedAgain(desk);
  if (ask) events.push(renewed({ run, bound, desk, ask }, askId(line, past.length + events.length))); // G1
  return events;
}

/** What waits for a person at the cut and will be asked again; null where nothing does. */
export function askedAgain({ ask }: Pick<Desk, "ask">): EventOf<"ask_raised"> | null {
  return ask?.type === "ask_raised" && ask.kind !== "limit" && ask.kind !== "chart" ? ask : null; // G3
}

type Asked = {
  readonly run: RunRow;
  readonly bound: BoundChart;
  readonly desk: Desk;
  readonly ask: EventOf<"ask_raised">;
};

/** Who may decide follows from who started this run, and where it can go from there from this run's chart. */
function renewed({ run, bound, desk, ask: old }: Asked, id: string): EventOf<"ask_raised"> {
  const { seat, approvers: _approvers, ...ask } = old;
  const given = ask.deadline === null ? null : Date.parse(ask.deadline) - Date.parse(ask.at);
  const frame = desk.frames.find((each) => each.id === ask.frame);
  const approvers = approversOf(bound, run.startedBy, { kind: ask.kind, action: ask.action ?? undefined });
  return {
    ...ask,
    at: run.startedAt,
    ask: id,
    hash: ask.action ? ask.hash : hashOf({ ask: id, kind: ask.kind, question: ask.question, options: ask.options }),
    deadline: given === null ? null : new Date(Date.parse(run.startedAt) + given).toISOString(),
    ...(seat && frame ? { seat: seatOf(bound, desk.frames, frame) } : {}),
    ...(approvers === undefined ? {} : { approvers }),
  };
}
