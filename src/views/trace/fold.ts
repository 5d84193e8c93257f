/**
 * Events read as a trace: who turned to whom, why, by which rule, and what came back.
 *
 * T1. The steps of a prefix of the events are a prefix of the steps: what was printed live stays true.
 * T2. An event makes one step or none, whatever came before it: a run that was cut off anywhere has a trace.
 * T3. A step by which work moves carries the rule that its event embeds; nothing is looked up in today's files.
 */
import type { Event, EventOf, EventType } from "../../events/event.ts";
import type { NumberedEvent } from "../../events/numbered.ts";
import { actionDone, actionProposed, callsReturned, opinionGiven, refused, turnTaken } from "./acts.ts";
import {
  actionEdited,
  askAcknowledged,
  askDecided,
  askRaised,
  askWithdrawn,
  chartAdopted,
  decisionTakenUp,
  limitRaised,
  voteCast,
} from "./asks.ts";
import { details, emptySeen, type Draft, type Place, type Reader, type Seen } from "./seen.ts";
import type { TraceStep } from "./step.ts";
import { reportReturned, reportVerified } from "./verdicts.ts";
import {
  childClosed,
  childOpened,
  childrenStopped,
  copySent,
  frameClosed,
  frameOpened,
  reportSubmitted,
} from "./work.ts";

export interface TraceFold {
  /** The step that this event makes, if it makes one. */
  add(numbered: NumberedEvent): TraceStep | null;
}

/** A trace that grows, for live views: each event costs what is new. */
export function openTrace(): TraceFold {
  const seen = emptySeen();
  return {
    add(numbered) {
      const place = { seen, line: numbered.line };
      seen.n += 1;
      const draft = read(numbered.event, place);
      const step = draft === null ? null : complete(numbered, place, draft);
      if (step === null || step.kind === "model") seen.n -= 1;
      return step;
    },
  };
}

export function traceSteps(events: readonly NumberedEvent[]): TraceStep[] {
  const trace = openTrace();
  return events.flatMap((event) => trace.add(event) ?? []);
}

const readers: { readonly [Type in EventType]: Reader<Type> } = {
  run_started(event, { seen }) {
    seen.rehearsal = event.rehearsal;
    seen.title = event.title;
    return null;
  },
  run_forked: runForked,
  child_started: () => null,
  child_opened: childOpened,
  child_ended: () => null,
  child_closed: childClosed,
  children_stopped: childrenStopped,
  frame_opened: frameOpened,
  turn_taken: turnTaken,
  opinion_given: opinionGiven,
  action_proposed: actionProposed,
  action_edited: actionEdited,
  action_done: actionDone,
  refused,
  calls_returned: callsReturned,
  report_submitted: reportSubmitted,
  report_returned: reportReturned,
  report_verified: reportVerified,
  frame_closed: frameClosed,
  copy_sent: copySent,
  ask_raised: askRaised,
  ask_awaited: () => null,
  ask_acknowledged: askAcknowledged,
  vote_cast: voteCast,
  ask_decided: askDecided,
  decision_taken_up: decisionTakenUp,
  ask_withdrawn: askWithdrawn,
  limit_raised: limitRaised,
  chart_adopted: chartAdopted,
  run_ended: runEnded,
};

function read(event: Event, place: Place): Draft | null {
  // The table has a reader for every type; TypeScript cannot see that this one fits this event.
  return (readers[event.type] as Reader<EventType>)(event, place);
}

function runForked(event: EventOf<"run_forked">, { seen }: Place): Draft {
  seen.rehearsal = event.rehearsal;
  seen.title = event.title;
  return {
    kind: "fork",
    from: event.by,
    to: null,
    verb: `goes on from step ${seen.n - 1} of ${event.of}`,
    text: "what came before happened there and is counted there",
    details: details(
      ["shared", [`${event.length} events of ${event.line}`, `sha256 ${event.head}`]],
      ["model", event.model === null ? [] : [event.model]],
      ["chart", [event.chart]],
    ),
  };
}

const endVerb = {
  finished: "finishes the run",
  failed: "gives the run up",
  stopped: "stops the run",
} as const;

function runEnded(event: EventOf<"run_ended">): Draft {
  return {
    kind: "end",
    from: event.by,
    to: null,
    verb: endVerb[event.status],
    text: event.reason,
    ok: event.status === "finished",
    files: event.changes?.files ?? [],
  };
}

function complete(numbered: NumberedEvent, { seen, line }: Place, draft: Draft): TraceStep {
  return {
    n: seen.n,
    seq: numbered.seq,
    line,
    rule: null,
    at: numbered.event.at,
    usage: null,
    frame: null,
    toFrame: null,
    depth: depthOf(seen, line, draft.frame ?? null),
    ask: null,
    files: [],
    measurements: [],
    effect: null,
    outcome: null,
    ok: true,
    model: null,
    playedBefore: null,
    details: [],
    rehearsal: seen.rehearsal,
    ...draft,
  };
}

function depthOf(seen: Seen, line: string, frame: string | null): number {
  let depth = 0;
  let parent = frame === null ? null : (seen.frames.get(frame)?.parent ?? null);
  while (parent !== null && depth < seen.frames.size) {
    depth += 1;
    parent = seen.frames.get(parent)?.parent ?? null;
  }
  return depth;
}
