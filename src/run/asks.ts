/** How a line asks a person: every ask cites the rule that sent it there, and carries the hash that the decision is bound to (R3, R4). */
import { isDeepStrictEqual } from "node:util";
import { hashOf } from "../canonical.ts";
import { askId } from "../ids.ts";
import type { Action, AskKind, LimitName, Seat, Severity } from "../events/event.ts";
import type { Desk, DeskFrame } from "../events/desk.ts";
import type { AskRow, LineRow } from "../store/rows.ts";
import { findRole, USER, type Rule } from "../org/chart.ts";
import type { BoundChart } from "../org/bound-chart.ts";
import type { Batch, Drift, LineContext } from "./line-context.ts";
import { approversOf } from "./seats.ts";

export type NewAsk = {
  readonly kind: AskKind;
  readonly frame: DeskFrame;
  readonly role: string;
  readonly to?: string;
  readonly topic: string;
  readonly question: string;
  readonly options?: readonly { readonly id: string; readonly text: string }[];
  readonly severity?: Severity;
  readonly action?: Action;
  readonly rule: Rule;
  readonly limit?: { readonly name: LimitName; readonly value: number; readonly ceiling: number };
  readonly chart?: string;
  /** Minutes until it expires, goes up, or is overdue; null: never. */
  readonly minutes?: number | null;
  /** Where a person fills a role. */
  readonly seat?: Seat;
};

/** Adds an `ask_raised`; at most one is open at a time, so nothing may be added behind it that moves work. */
export function raiseAsk(
  context: Pick<LineContext, "line" | "clock" | "bound" | "above" | "run">,
  desk: Desk,
  batch: Batch,
  ask: NewAsk,
): void {
  const id = askId(context.line, batch.next);
  const options = [...(ask.options ?? [])];
  const approvers = approversOf(context.bound, context.run.startedBy, ask);
  const minutes = ask.minutes ?? null;
  const deadline = minutes === null ? null : new Date(context.clock.now() + minutes * 60_000).toISOString();
  batch.add({
    type: "ask_raised",
    at: batch.now(),
    ask: id,
    kind: ask.kind,
    frame: ask.frame.id,
    role: ask.role,
    to: ask.to ?? USER,
    topic: ask.topic,
    question: ask.question,
    options,
    severity: ask.severity ?? "medium",
    action: ask.action ?? null,
    hash: ask.action ? hashOf(ask.action) : hashOf({ ask: id, kind: ask.kind, question: ask.question, options }),
    deadline,
    path: [
      USER,
      ...[...context.above.frames, ...desk.frames].map((frame) => frame.role).filter((role) => role !== USER),
    ],
    rule: ask.rule,
    limit: ask.limit ?? null,
    chart: ask.chart ?? null,
    ...(ask.seat === undefined ? {} : { seat: ask.seat }),
    ...(approvers === undefined ? {} : { approvers }),
  });
}

/**
 * One ask for the whole run, however many lines come to it: a limit that is reached, a chart that changed. A line that comes to what
 * another one has asked already waits for that decision, or takes it up if it was made.
 */
export async function raiseOnce(context: LineContext, desk: Desk, batch: Batch, ask: NewAsk): Promise<void> {
  const rows = await context.store.asks({ run: context.run.id });
  const same = rows.findLast((row) => row.line !== context.line && stands(row) && isAboutTheSame(row, ask));
  if (!same) return raiseAsk(context, desk, batch, ask);
  const { id, kind, role, to, topic, question, severity, action, hash, deadline, rule, limit, chart } = same;
  batch.add({
    type: "ask_awaited",
    at: batch.now(),
    ask: id,
    frame: ask.frame.id,
    kind,
    role,
    to,
    topic,
    question,
    options: [...same.options],
    severity,
    action,
    hash,
    deadline,
    path: [...same.path],
    rule,
    limit,
    chart,
  });
}

/** A decision to adopt a chart is carried out once; that one was kept, or a limit raised, goes for every line that comes to it. */
function stands({ kind, state, decision }: AskRow): boolean {
  return state === "open" || (state === "decided" && (kind === "limit" || decision?.text === "keep"));
}

function isAboutTheSame(row: AskRow, ask: NewAsk): boolean {
  return row.kind === ask.kind && isDeepStrictEqual([limitOf(row), row.chart], [limitOf(ask), ask.chart ?? null]);
}

function limitOf({ limit }: Pick<NewAsk, "limit"> | AskRow): unknown {
  return limit ? [limit.name, limit.ceiling] : null;
}

/** The rule that a part of the workflow stands for, with its place in `graphs/`. */
export function workflowRule(bound: BoundChart, key: string, purpose: string): Rule {
  const place = bound.places[key] ?? bound.places["workflow"];
  return { purpose, file: place?.file ?? `graphs/${bound.workflow.name}.ts`, line: place?.line ?? 1 };
}

/** The rule for what the runtime itself puts to a person: cites the mode of the role that it concerns. */
export function runtimeRule(bound: BoundChart, role: string, purpose: string): Rule {
  return { purpose, file: findRole(bound.chart, role)?.file ?? `graphs/${bound.workflow.name}.ts`, line: 1 };
}

/** What the files hold now, while no person has decided about it; null where there is nothing to decide. */
export async function undecidedDrift(context: Pick<LineContext, "drift">, desk: Desk): Promise<Drift | null> {
  const drift = await context.drift();
  return drift !== null && desk.keptOver.includes(drift.hash) ? null : drift;
}

/**
 * The ask about a chart that changed while the run was paused (D9). Adopting is offered only while every role at work still exists;
 * where the files hold no chart at all, a person can still go on under the one that the run is bound to.
 */
export async function askAboutChart(
  context: LineContext,
  desk: Desk,
  batch: Batch,
  frame: DeskFrame,
  drift: Drift,
): Promise<void> {
  const obstacle = adoptionObstacle(desk, drift, await context.store.lines(context.run.id));
  const now = "bound" in drift ? `now ${drift.hash.slice(0, 12)}` : "and what is there now is no valid chart";
  await raiseOnce(context, desk, batch, {
    kind: "chart",
    frame,
    role: frame.role,
    topic: "chart changed",
    question:
      `The modes, rules, workflow or tools changed since this run started (chart ${desk.chart.slice(0, 12)}, ${now}). Go on under which chart?` +
      (obstacle === null ? "" : ` The new one cannot be adopted: ${obstacle}`),
    options: [
      { id: "keep", text: "go on under the chart that the run was started with" },
      ...(obstacle === null ? [{ id: "adopt", text: "go on under the chart that the files hold now" }] : []),
      { id: "stop", text: "stop the run" },
    ],
    rule: runtimeRule(context.bound, frame.role, "a run is bound to the chart it was started with (D9)"),
    chart: drift.hash,
  });
}

/** A sentence; null where nothing keeps the new chart from being adopted. */
export function adoptionObstacle(desk: Pick<Desk, "frames">, drift: Drift, lines: readonly LineRow[]): string | null {
  if ("broken" in drift) return drift.broken.endsWith(".") ? drift.broken : `${drift.broken}.`;
  // A chart is adopted for the run as a whole, and the others' stacks stand under the old one.
  if (lines.some((line) => line.parent !== null && !line.closed)) return "several tasks are being worked on at once.";
  const gone = desk.frames
    .map((each) => each.role)
    .filter((role) => role !== USER && !findRole(drift.bound.chart, role));
  return gone.length === 0 ? null : `${[...new Set(gone)].join(", ")} is at work and no longer in it.`;
}
