/**
 * What a run came to: the entry role's report, held against what was asked and what was measured.
 *
 * U1. A measurement is shown as fact only beside the receipt that holds it; a claim without one says so.
 * U2. A criterion that nobody reported on stands in the table as such; none is left out.
 */
import type { ChangeSet, EventOf, EventType, FileChange, Measurement, Report } from "../events/event.ts";
import type { NumberedEvent } from "../events/numbered.ts";
import { changeWord } from "./change-word.ts";
import { usageByRole, usageByRoute, usageOf, type RoleUsage, type RouteUsage } from "./cost.ts";
import type { UsageTotals } from "./usage-totals.ts";
import { sharedPast } from "./shared-past.ts";
import { traceSteps } from "./trace/fold.ts";
import type { StepKind, TraceStep } from "./trace/step.ts";

export type CriterionOutcome = {
  readonly id: string;
  /** As the brief has it; empty where only the report names it. */
  readonly text: string;
  readonly status: "met" | "not_met" | "not_measured" | "not_reported";
  readonly evidence: string;
};

export type MeasurementOutcome = Measurement & {
  /** The step whose receipt the claim cites, and whether the receipt holds this very number; null: there is no such receipt. */
  readonly receipt: { readonly step: TraceStep; readonly tool: string; readonly holds: boolean } | null;
};

export type ChangedPath = FileChange & { readonly change: string };

export type OutcomeCounts = {
  readonly steps: number;
  readonly delegations: number;
  readonly escalations: number;
  readonly questions: number;
  readonly answers: number;
  readonly reports: number;
  readonly copies: number;
  readonly refusals: number;
  /** Things put to a person, and what people decided. */
  readonly asks: number;
  readonly decisions: number;
  readonly tools: number;
  readonly modelCalls: number;
};

export type PastOutcome = {
  readonly run: string;
  readonly step: number;
  readonly model: string | null;
  readonly usage: UsageTotals;
};

export type RunOutcome = {
  readonly run: string | null;
  readonly title: string;
  readonly entry: string | null;
  readonly rehearsal: boolean;
  /** What it goes on from: the other run, the last step that they share, and what that had used by then. Null: it began with a brief. */
  readonly past: PastOutcome | null;
  readonly status: "running" | "waiting" | "finished" | "failed" | "stopped";
  readonly reason: string | null;
  readonly endedBy: string | null;
  /** The entry role's newest report, signed off or not. */
  readonly report: Report | null;
  readonly signedOff: boolean;
  /** What someone other than the author made of that report; null where nobody was to, or not yet. */
  readonly verification: EventOf<"report_verified"> | null;
  readonly criteria: readonly CriterionOutcome[];
  readonly measurements: readonly MeasurementOutcome[];
  readonly limitations: readonly string[];
  readonly files: readonly ChangedPath[];
  /** Hash of the change set, where one was submitted. */
  readonly changes: string | null;
  readonly openAsks: readonly EventOf<"ask_raised">[];
  /** Of the whole story; what is used, only of what happened in this run itself. */
  readonly counts: OutcomeCounts;
  readonly usage: UsageTotals;
  readonly usageByRole: readonly RoleUsage[];
  readonly usageByRoute: readonly RouteUsage[];
};

export function runOutcome(events: readonly NumberedEvent[]): RunOutcome {
  const steps = traceSteps(events);
  const ended = lastOf(events, "run_ended");
  const report = ended?.report ?? reportOf(events);
  const changes = ended?.changes ?? lastOf(events, "report_submitted")?.changes ?? null;
  const openAsks = asksStillOpen(events);
  return {
    ...beginning(firstOf(events, "run_started"), lastOf(events, "run_forked")),
    past: pastOf(events, steps),
    ...ending(ended, openAsks.length > 0 ? "waiting" : "running"),
    report,
    signedOff: steps.some((step) => step.ask?.kind === "sign_off" && step.ask.verdict === "approve"),
    verification: verificationOf(events),
    criteria: criteriaOf(events, report),
    ...claims(report, events, steps),
    files: filesOf(changes, steps),
    changes: changes?.hash ?? null,
    openAsks,
    counts: countsOf(steps),
    usage: usageOf(events),
    usageByRole: usageByRole(events),
    usageByRoute: usageByRoute(events),
  };
}

function claims(
  report: Report | null,
  events: readonly NumberedEvent[],
  steps: readonly TraceStep[],
): Pick<RunOutcome, "measurements" | "limitations"> {
  if (report === null) return { measurements: [], limitations: [] };
  return {
    measurements: report.measurements.map((claim) => withReceipt(claim, events, steps)),
    limitations: report.limitations,
  };
}

/** What the other run had used up to the cut: all of it, whichever run paid for it. */
function pastOf(events: readonly NumberedEvent[], steps: readonly TraceStep[]): PastOutcome | null {
  const past = sharedPast(events);
  if (past === null) return null;
  const { of: run, model } = past.forked;
  const step = (steps.findLast(({ kind }) => kind === "fork")?.n ?? 1) - 1;
  const usage = usageOf(past.shared.filter(({ event }) => event.type !== "run_forked"));
  return { run, step, model, usage };
}

function beginning(
  started: EventOf<"run_started"> | undefined,
  forked: EventOf<"run_forked"> | undefined,
): Pick<RunOutcome, "run" | "title" | "entry" | "rehearsal"> {
  if (started === undefined) return { run: null, title: "", entry: null, rehearsal: false };
  const { entry } = started;
  const { run, title, rehearsal } = forked ?? started;
  return { run, title, entry, rehearsal };
}

function ending(
  ended: EventOf<"run_ended"> | undefined,
  otherwise: "waiting" | "running",
): Pick<RunOutcome, "status" | "reason" | "endedBy"> {
  if (ended === undefined) return { status: otherwise, reason: null, endedBy: null };
  return { status: ended.status, reason: ended.reason, endedBy: ended.by };
}

function firstOf<Type extends EventType>(events: readonly NumberedEvent[], type: Type): EventOf<Type> | undefined {
  return events.find(({ event }) => event.type === type)?.event as EventOf<Type> | undefined;
}

function lastOf<Type extends EventType>(events: readonly NumberedEvent[], type: Type): EventOf<Type> | undefined {
  return events.findLast(({ event }) => event.type === type)?.event as EventOf<Type> | undefined;
}

/** The newest report of the frame that the run started with. */
function reportOf(events: readonly NumberedEvent[]): Report | null {
  const closed = events.findLast(({ event }) => event.type === "frame_closed" && event.kind === "start")?.event;
  if (closed?.type === "frame_closed" && closed.report) return closed.report;
  return lastOf(events, "report_submitted")?.report ?? null;
}

/** Of the newest report only. */
function verificationOf(events: readonly NumberedEvent[]): EventOf<"report_verified"> | null {
  const last = events.findLast(({ event }) => event.type === "report_submitted" || event.type === "report_verified");
  return last?.event.type === "report_verified" ? last.event : null;
}

function asksStillOpen(events: readonly NumberedEvent[]): EventOf<"ask_raised">[] {
  const open = new Map<string, EventOf<"ask_raised">>();
  for (const { event } of events) {
    if (event.type === "ask_raised") open.set(event.ask, event);
    else if (event.type === "ask_decided" || event.type === "ask_withdrawn") open.delete(event.ask);
    // What was asked at a cut is the other run's to answer.
    else if (event.type === "run_ended" || event.type === "run_forked") open.clear();
  }
  return [...open.values()];
}

/** What was asked of the entry role, in its order, then what only the report names (U2). */
function criteriaOf(events: readonly NumberedEvent[], report: Report | null): CriterionOutcome[] {
  const opened = events.find(({ event }) => event.type === "frame_opened" && event.kind === "start")?.event;
  const asked = opened?.type === "frame_opened" ? (opened.assignment?.criteria ?? []) : [];
  return criteriaTable(asked, report);
}

/** Asked criteria beside what a report says of them. */
export function criteriaTable(
  asked: readonly { readonly id: string; readonly text: string }[],
  report: Report | null,
): CriterionOutcome[] {
  const rows = report?.criteria ?? [];
  const known = new Set(asked.map((criterion) => criterion.id));
  return [
    ...asked.map((criterion): CriterionOutcome => {
      const row = rows.find((candidate) => candidate.id === criterion.id);
      return { ...criterion, status: row?.status ?? "not_reported", evidence: row?.evidence ?? "" };
    }),
    ...rows.filter((row) => !known.has(row.id)).map((row): CriterionOutcome => ({ ...row, text: "" })),
  ];
}

/** U1: the cited effect's receipt, and whether it holds name, value and unit. */
export function withReceipt(
  claim: Measurement,
  events: readonly NumberedEvent[],
  steps: readonly TraceStep[],
): MeasurementOutcome {
  const done = events.find(({ event }) => event.type === "action_done" && event.key === claim.effect);
  const step = done && steps.find((candidate) => candidate.seq === done.seq);
  if (done?.event.type !== "action_done" || step === undefined) return { ...claim, receipt: null };
  const holder = done.event.results.find((result) => result.receipt !== null);
  if (holder?.receipt === null || holder === undefined) return { ...claim, receipt: null };
  const holds = done.event.results.some((result) => result.receipt?.measurements.some((held) => same(held, claim)));
  return { ...claim, receipt: { step, tool: holder.tool, holds } };
}

function same(one: Omit<Measurement, "effect">, other: Omit<Measurement, "effect">): boolean {
  return one.name === other.name && one.value === other.value && one.unit === other.unit && one.n === other.n;
}

/** The change set where there is one; before that, what the receipts add up to. Sorted by path. */
function filesOf(changes: ChangeSet | null, steps: readonly TraceStep[]): ChangedPath[] {
  const byPath = new Map<string, FileChange>();
  const receipts = steps.filter((step) => step.kind === "tool").flatMap((step) => step.files);
  for (const file of changes?.files ?? receipts) {
    const first = byPath.get(file.path);
    byPath.set(file.path, first ? { ...file, before: first.before } : file);
  }
  return [...byPath.values()]
    .filter((file) => file.before !== file.after)
    .toSorted((one, other) => (one.path < other.path ? -1 : 1))
    .map((file) => ({ ...file, change: changeWord(file) }));
}

function countsOf(steps: readonly TraceStep[]): OutcomeCounts {
  const of = (...kinds: readonly StepKind[]): number => steps.filter((step) => kinds.includes(step.kind)).length;
  return {
    steps: steps.length - of("model"),
    delegations: of("delegation"),
    escalations: of("escalation"),
    questions: of("question"),
    answers: of("answer"),
    reports: of("report"),
    copies: of("copy"),
    refusals: of("refusal"),
    asks: steps.filter((step) => step.ask !== null && step.ask.verdict === null && step.ok && step.ask.by === null)
      .length,
    decisions: steps.filter((step) => step.ask !== null && step.ask.face !== null).length,
    tools: of("tool"),
    modelCalls: of("model") + steps.filter((step) => step.kind === "opinion" && step.effect !== null).length,
  };
}
