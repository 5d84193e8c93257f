/**
 * Which page of a journal tells what: a page for every assignment, and one for everything that somebody had to decide.
 *
 * J1. Paths are lower-case ASCII, numbered in the order of what they tell, and unique whatever the titles say.
 * J2. A step has at most one page; every link of the journal leads to a page of this index or to a file of the project.
 */
import type { Brief } from "../../briefs/brief.ts";
import type { Event, EventOf } from "../../events/event.ts";
import type { NumberedEvent } from "../../events/numbered.ts";
import { callText } from "../call-text.ts";
import { escalationThreads, type EscalationThread } from "../escalations.ts";
import { runOutcome, type RunOutcome } from "../outcome.ts";
import { asksLeftOpen } from "../shared-past.ts";
import { slugOf, titleOf } from "../title.ts";
import { traceSteps } from "../trace/fold.ts";
import type { TraceStep } from "../trace/step.ts";

/** What the journal says of a run beside its events; a row of the runs table fits. */
export type JournalRun = {
  readonly id: string;
  readonly status: string;
  readonly title: string;
  readonly startedBy: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly entry: string;
  readonly workflow: string;
  readonly rehearsal: boolean;
  readonly model?: string | null;
  /** Hash of the bound chart. */
  readonly chart?: string;
  readonly reason?: string | null;
};

export type JournalInput = {
  readonly run: JournalRun;
  readonly brief: Brief;
  readonly events: readonly NumberedEvent[];
  /** The way from the run's folder to the project, for links to modes and workflows; null: no such links. Default `../../`. */
  readonly project?: string | null;
};

export type TaskPage = {
  readonly nn: string;
  readonly path: string;
  readonly title: string;
  readonly opened: EventOf<"frame_opened">;
  readonly closed: EventOf<"frame_closed"> | null;
  /** Where the assignment was to verify a report. */
  readonly verdict: EventOf<"report_verified"> | null;
  readonly openedBy: TraceStep;
  readonly closedBy: TraceStep | null;
  /** What happened in this frame, and what came back to it; model calls are left out. */
  readonly steps: readonly TraceStep[];
};

export type DecisionPage = {
  readonly nn: string;
  readonly path: string;
  readonly title: string;
  /** Set for escalations and questions. */
  readonly thread: EscalationThread | null;
  /** Set for everything else that waited for a person. */
  readonly ask: {
    readonly raised: EventOf<"ask_raised">;
    readonly step: TraceStep;
    readonly steps: readonly TraceStep[];
  } | null;
};

export type Journal = Omit<JournalInput, "project"> & {
  readonly steps: readonly TraceStep[];
  readonly outcome: RunOutcome;
  readonly tasks: readonly TaskPage[];
  readonly decisions: readonly DecisionPage[];
  readonly project: string | null;
  /** By arrival number. */
  readonly eventAt: ReadonlyMap<number, Event>;
  /** The page that tells of a step, relative to the run's folder. */
  pageOf(step: TraceStep): string | null;
};

export function indexJournal(input: JournalInput): Journal {
  const steps = traceSteps(input.events);
  const tasks = taskPages(input, steps);
  const decisions = decisionPages(input.events, steps);
  return {
    ...input,
    steps,
    tasks,
    decisions,
    project: input.project === undefined ? "../../" : input.project,
    outcome: runOutcome(input.events),
    eventAt: new Map(input.events.map(({ seq, event }) => [seq, event])),
    pageOf: pageFinder(tasks, decisions),
  };
}

/** By the ask, the frame that a step opened, or the frame that it happened in. */
function pageFinder(tasks: readonly TaskPage[], decisions: readonly DecisionPage[]): Journal["pageOf"] {
  const frames = new Map(tasks.map((task) => [task.opened.frame, task.path]));
  const asks = new Map<string, string>();
  for (const { thread, ask, path } of decisions) {
    if (ask) asks.set(ask.raised.ask, path);
    if (!thread) continue;
    for (const frame of thread.frames) frames.set(frame, path);
    for (const step of thread.asks) if (step.ask) asks.set(step.ask.id, path);
  }
  return (step) => {
    const keys = [opens(step) ? step.toFrame : null, step.frame].flatMap((frame) =>
      frame === null ? [] : [frames.get(frame)],
    );
    const asked = step.ask === null ? undefined : asks.get(step.ask.id);
    return asked ?? keys.find((path) => path !== undefined) ?? null;
  };
}

function opens(step: TraceStep): boolean {
  return (
    ["start", "delegation", "escalation", "question"].includes(step.kind) ||
    (step.kind === "review" && step.toFrame !== null)
  );
}

function numbered(at: number): string {
  return String(at + 1).padStart(2, "0");
}

function taskPages(input: JournalInput, steps: readonly TraceStep[]): TaskPage[] {
  const bySeq = new Map(steps.map((step) => [step.seq, step]));
  const opened = input.events.flatMap(({ event, seq, line }) => {
    const step = bySeq.get(seq);
    if (event.type !== "frame_opened" || step === undefined) return [];
    return event.assignment === null ? [] : [{ event, line, step }];
  });
  return opened.map(({ event, line, step }, at): TaskPage => {
    const title = event.kind === "start" ? input.run.title : titleOf(event.assignment?.task ?? "");
    const closing = input.events.find(
      (each) => each.line === line && each.event.type === "frame_closed" && each.event.frame === event.frame,
    );
    return {
      nn: numbered(at),
      path: `tasks/${numbered(at)}-${slugOf(event.to, "role", 32)}-${slugOf(title, "task", 32)}.md`,
      title: title === "" ? "Task" : title,
      opened: event,
      closed: closing?.event.type === "frame_closed" ? closing.event : null,
      verdict: verdictIn(input, event.frame),
      openedBy: step,
      closedBy: (closing && bySeq.get(closing.seq)) ?? null,
      steps: steps.filter((each) => each.seq !== step.seq && each.line === line && belongs(each, event.frame)),
    };
  });
}

function verdictIn({ events }: JournalInput, frame: string): TaskPage["verdict"] {
  const told = events.find(({ event }) => event.type === "report_verified" && event.frame === frame)?.event;
  return told?.type === "report_verified" && told.verdict !== "not_verified" ? told : null;
}

function belongs(step: TraceStep, frame: string): boolean {
  if (step.kind === "model") return false;
  return step.frame === frame || (step.toFrame === frame && !opens(step));
}

function decisionPages(events: readonly NumberedEvent[], steps: readonly TraceStep[]): DecisionPage[] {
  const threads = escalationThreads(events);
  const inThreads = new Set(threads.flatMap((thread) => thread.asks.map((step) => step.ask?.id)));
  const elsewhere = asksLeftOpen(events);
  const bySeq = new Map(steps.map((step) => [step.seq, step]));
  const raises: { seq: number; title: string; slug: string; page: Pick<DecisionPage, "thread" | "ask"> }[] = [];
  for (const thread of threads) {
    const { topic, question } = thread.question;
    const title = thread.kind === "question" ? titleOf(question) : topic;
    raises.push({ seq: thread.hops[0]?.seq ?? 0, title, slug: title, page: { thread, ask: null } });
  }
  for (const { event, seq } of events) {
    const step = bySeq.get(seq);
    if (event.type !== "ask_raised" || step === undefined) continue;
    if (inThreads.has(event.ask) || elsewhere.has(event.ask)) continue;
    const about = steps.filter((each) => each.ask?.id === event.ask);
    raises.push({
      seq,
      title: askTitle(event),
      slug: event.topic,
      page: { thread: null, ask: { raised: event, step, steps: about } },
    });
  }
  return raises
    .toSorted((one, other) => one.seq - other.seq)
    .map(({ title, slug, page }, at) => ({
      nn: numbered(at),
      path: `decisions/${numbered(at)}-${slugOf(slug, "decision", 40)}.md`,
      title: title === "" ? "Decision" : title,
      ...page,
    }));
}

function askTitle(ask: EventOf<"ask_raised">): string {
  if (ask.action?.type === "tool") return `${ask.kind}: ${callText({ name: ask.action.tool, args: ask.action.args })}`;
  return ask.topic;
}
