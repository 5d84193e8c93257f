/**
 * Escalations and follow-up questions, each read from its raise to what it changed: raise → hand-ups → decision → what followed.
 *
 * N1. A question that is handed on belongs to the thread it came from: a thread is a raise and every hop that follows from it.
 * N2. The decision is the person's where a person was asked, else the answer of the role furthest up; what comes back on the way is
 *     listed after it, so that an answer that changed on its way down can be seen.
 */
import type { Answer, EventOf, Question } from "../events/event.ts";
import type { NumberedEvent } from "../events/numbered.ts";
import { visible } from "./escape.ts";
import { painter, type TextOptions } from "./paint.ts";
import { traceSteps } from "./trace/fold.ts";
import { renderStep } from "./trace/text.ts";
import type { StepKind, TraceStep } from "./trace/step.ts";

export type ThreadDecision = {
  /** A role, or a person's name. */
  readonly by: string;
  readonly how: "role" | "person";
  /** Where a person decided: `cli`, `answers-file`, …; null for a role. */
  readonly face: string | null;
  readonly text: string;
  readonly reason: string;
  readonly at: string;
  readonly step: TraceStep;
};

export type EscalationThread = {
  /** 1-based, in the order of the raises. */
  readonly n: number;
  readonly kind: "escalation" | "question";
  readonly question: Question;
  readonly raisedBy: string;
  readonly line: string;
  /** The asker's frame; the frame that was opened for it, and those of the hand-ups. */
  readonly askedIn: string | null;
  readonly frames: readonly string[];
  /** The raise first, then the hand-ups. */
  readonly hops: readonly TraceStep[];
  /** How people were asked. */
  readonly asks: readonly TraceStep[];
  /** Who had seen it; who gave it on or handed it up instead of deciding, the clock among them. */
  readonly handled: readonly TraceStep[];
  readonly decision: ThreadDecision | null;
  /** Further answers on the way back to the asker, in order. */
  readonly passedBack: readonly TraceStep[];
  /** The asker's next steps. */
  readonly followed: readonly TraceStep[];
  readonly state: "open" | "decided" | "withdrawn";
};

type Closing = {
  readonly step: TraceStep;
  readonly kind: EventOf<"frame_opened">["kind"];
  readonly frame: string;
  readonly answer: Answer;
};
type Verdict = { readonly step: TraceStep; readonly frame: string };

type Building = {
  readonly opened: EventOf<"frame_opened">;
  readonly line: string;
  readonly frames: string[];
  readonly hops: TraceStep[];
  readonly asks: TraceStep[];
  readonly handled: TraceStep[];
  readonly closings: Closing[];
  readonly followed: TraceStep[];
  verdict: Verdict | null;
  withdrawn: boolean;
  /** Set when the first frame of the thread has closed: from then on the asker acts again. */
  back: boolean;
};

/** How many of the asker's next steps are told, and which: what it did, not what it was told or asked for. */
const followedSteps = 2;
const deeds: ReadonlySet<StepKind> = new Set([
  "delegation",
  "escalation",
  "question",
  "report",
  "tool",
  "refusal",
  "answer",
]);

export function escalationThreads(events: readonly NumberedEvent[]): EscalationThread[] {
  const steps = new Map(traceSteps(events).map((step) => [step.seq, step]));
  const threads: Building[] = [];
  const byFrame = new Map<string, Building>();
  const byAsk = new Map<string, Building>();
  for (const numbered of events) {
    const step = steps.get(numbered.seq);
    if (step === undefined) continue;
    for (const thread of threads) follow(thread, step);
    gather(numbered, step, { threads, byFrame, byAsk });
  }
  return threads.map(finished);
}

/** Said of an ask without deciding what it asks. */
const handsOn: ReadonlySet<string> = new Set(["delegate", "escalate", "bump"]);

type Index = {
  readonly threads: Building[];
  readonly byFrame: Map<string, Building>;
  readonly byAsk: Map<string, Building>;
};

function gather({ event, line }: NumberedEvent, step: TraceStep, index: Index): void {
  if (event.type === "frame_opened") open(event, line, step, index);
  else if (event.type === "frame_closed") close(event, line, step, index);
  else if (event.type === "ask_raised") ask(event, line, step, index);
  else if (event.type === "ask_decided") decide(event, step, index.byAsk.get(event.ask));
  else if (event.type === "ask_acknowledged") {
    index.byAsk.get(event.ask)?.handled.push(step);
  } else if (event.type === "ask_withdrawn") {
    const thread = index.byAsk.get(event.ask);
    if (thread) thread.withdrawn = true;
  }
}

function decide({ decision }: EventOf<"ask_decided">, step: TraceStep, thread: Building | undefined): void {
  if (thread && handsOn.has(decision.verb)) thread.handled.push(step);
  else if (thread && step.frame !== null) thread.verdict = { step, frame: step.frame };
}

function ask(event: EventOf<"ask_raised">, line: string, step: TraceStep, index: Index): void {
  const thread = index.byFrame.get(event.frame);
  if (thread === undefined || (event.kind !== "escalation" && event.kind !== "question")) return;
  thread.asks.push(step);
  index.byAsk.set(event.ask, thread);
}

function close(event: EventOf<"frame_closed">, line: string, step: TraceStep, index: Index): void {
  const thread = index.byFrame.get(event.frame);
  if (thread === undefined) return;
  if (event.answer) thread.closings.push({ step, kind: event.kind, frame: event.frame, answer: event.answer });
  if (event.frame === thread.opened.frame) thread.back = true;
}

function open(event: EventOf<"frame_opened">, line: string, step: TraceStep, index: Index): void {
  if (event.kind !== "escalation" && event.kind !== "question") return;
  const above = event.parent === null ? undefined : index.byFrame.get(event.parent);
  const thread: Building = above ?? {
    opened: event,
    line,
    frames: [],
    hops: [],
    asks: [],
    handled: [],
    closings: [],
    followed: [],
    verdict: null,
    withdrawn: false,
    back: false,
  };
  thread.frames.push(event.frame);
  thread.hops.push(step);
  index.byFrame.set(event.frame, thread);
  if (above === undefined) index.threads.push(thread);
}

function follow(thread: Building, step: TraceStep): void {
  if (!thread.back || !(deeds.has(step.kind) || isTakingUp(step)) || thread.followed.length >= followedSteps) return;
  if (step.line === thread.line && step.frame === thread.opened.parent) thread.followed.push(step);
}

function isTakingUp({ kind, ask, to }: TraceStep): boolean {
  return kind === "decision" && ask === null && to === null;
}

const noQuestion: Question = { question: "", topic: "question", severity: "medium", tried: "", options: [] };

function finished(thread: Building, at: number): EscalationThread {
  const kind = thread.opened.kind === "question" ? "question" : "escalation";
  const decision = decisionOf(thread, kind);
  return {
    n: at + 1,
    kind,
    question: thread.opened.question ?? noQuestion,
    raisedBy: thread.opened.from,
    line: thread.line,
    askedIn: thread.opened.parent,
    frames: thread.frames,
    hops: thread.hops,
    asks: thread.asks,
    handled: thread.handled,
    decision,
    passedBack: thread.closings
      .filter((closing) => closing.frame !== thread.verdict?.frame && closing.step !== decision?.step)
      .map((closing) => closing.step),
    followed: thread.followed,
    state: decision !== null ? "decided" : thread.withdrawn ? "withdrawn" : "open",
  };
}

function decisionOf(thread: Building, kind: "escalation" | "question"): ThreadDecision | null {
  const { verdict } = thread;
  if (verdict !== null) {
    const answer = thread.closings.find((closing) => closing.frame === verdict.frame)?.answer;
    const { step } = verdict;
    return {
      by: step.from,
      how: "person",
      face: step.ask?.face ?? null,
      text: answer?.decision ?? step.text,
      reason: answer?.reason ?? "",
      at: step.at,
      step,
    };
  }
  const closing = thread.closings.find((each) => each.kind === kind);
  if (closing === undefined) return null;
  const { step, answer } = closing;
  return { by: step.from, how: "role", face: null, text: answer.decision, reason: answer.reason, at: step.at, step };
}

/** Columns in front of a step that say what part of the thread it is. */
const labelColumns = 12;

export function renderEscalations(threads: readonly EscalationThread[], options: TextOptions): string {
  if (threads.length === 0) return "No escalations and no questions.";
  return threads.map((thread) => threadLines(thread, options).join("\n")).join("\n\n");
}

function threadLines(thread: EscalationThread, options: TextOptions): string[] {
  const paint = painter(options.colour);
  const inner = { ...options, width: options.width === null ? null : options.width - labelColumns };
  const topic = paint("bold", visible(thread.question.topic));
  const part = (label: string, step: TraceStep): string[] =>
    renderStep(step, inner).map((row, at) =>
      `${paint("dim", (at === 0 ? `   ${label}` : "").padEnd(labelColumns))}${row}`.trimEnd(),
    );
  const [raise, ...handed] = thread.hops;
  const decided = thread.decision?.step;
  return [
    `${thread.n}  ${topic}  (${thread.question.severity})  ${stateText(thread)}`,
    ...(raise ? part("raised", raise) : []),
    ...[...handed, ...thread.handled]
      .toSorted((one, other) => one.seq - other.seq)
      .flatMap((step) => part(labelOf(step), step)),
    ...stillAsked(thread).flatMap((step) => part("waits", step)),
    ...(decided ? part("decided", decided) : []),
    ...thread.passedBack.flatMap((step) => part("came back", step)),
    ...thread.followed.flatMap((step) => part("followed", step)),
  ];
}

/** The last that was asked, unless it was given on or handed up: then what waits is a step further on, or is being worked on. */
function stillAsked({ asks, handled, state }: EscalationThread): readonly TraceStep[] {
  if (state !== "open") return [];
  const movedOn = new Set(handled.filter((step) => labelOf(step) === "moved on").map(({ ask }) => ask?.id));
  return asks.slice(-1).filter(({ ask }) => !movedOn.has(ask?.id));
}

function labelOf({ kind, verb }: TraceStep): string {
  if (kind !== "decision") return "handed on";
  return verb === "acknowledges" ? "seen" : "moved on";
}

/** `decided by mai (cli), 2026-11-22 08:08 UTC` */
export function stateText(thread: EscalationThread): string {
  if (thread.decision === null) return thread.state === "withdrawn" ? "withdrawn" : "open";
  const { by, how, face, at } = thread.decision;
  const where = how === "person" && face !== null ? ` (${visible(face)})` : "";
  return `decided by ${visible(by)}${where}, ${timeText(at)}`;
}

/** `2026-11-22 08:08 UTC`, from an ISO time. */
export function timeText(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}
