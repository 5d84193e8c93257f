/**
 * `attempt_completion`: a report or an answer, held against what the store knows before it becomes an event.
 *
 * C1. Every criterion of the assignment is reported on, each with evidence; a report without is returned.
 * C2. A number is a fact only if the receipt that it cites holds that very number.
 * C3. The entry role's report closes nothing by itself: a person signs off exactly the change set that it came with (R3).
 */
import { USER, check, ruleOf, type Rule } from "../org/chart.ts";
import { rulesFor } from "../org/bound-chart.ts";
import { toolResultSchema, type Answer, type Call, type Report } from "../events/event.ts";
import type { DeskFrame } from "../events/desk.ts";
import { runOfLine, type EffectKey } from "../ids.ts";
import { isPathError } from "../tools/safe-files.ts";
import { raiseAsk, workflowRule } from "./asks.ts";
import { declaredRoute, parsed, refuse, type Turn } from "./refusal.ts";
import { answerArgs, reportArgs, type ReportArgs } from "./verbs.ts";

export function isAnswering(frame: Pick<DeskFrame, "kind">): boolean {
  return frame.kind === "escalation" || frame.kind === "question";
}

export async function completeFrame(turn: Turn, call: Call): Promise<void> {
  if (isAnswering(turn.frame)) {
    const answer = parsed(turn, call, answerArgs);
    if (answer) closeWithAnswer(turn, answer, "model");
    return;
  }
  const args = parsed(turn, call, reportArgs);
  if (!args) return;
  for (const to of args.report_to ?? []) if (!declaredRoute(turn, call, "report", to)) return;
  const gaps = await gapsOf(turn, args);
  if (gaps.length > 0) {
    refuse(turn, call, {
      code: "report-incomplete",
      reason: `the report does not hold: ${gaps.join("; ")}. Mend it and report again.`,
    });
    return;
  }
  const { report_to: copies, ...report } = args;
  if (turn.frame.kind === "start") await submit(turn, call, report);
  else closeWithReport(turn, report, "model", copies);
}

/** The change set and the report as they stand now, put to a person where the workflow says so. */
export async function submit(turn: Turn, call: Pick<Call, "id">, report: Report): Promise<void> {
  const { batch, frame, context } = turn;
  const changes = await context.workspaces.changes(context.run.id);
  batch.add({
    type: "report_submitted",
    at: batch.now(),
    frame: frame.id,
    role: frame.role,
    callId: call.id,
    report,
    changes,
  });
  if (!context.bound.workflow.signOff) return;
  raiseAsk(context, turn.desk, batch, {
    kind: "sign_off",
    frame,
    role: frame.role,
    topic: "sign-off",
    question: `${frame.role} reports the work done: ${report.summary} ${whatToSign(changes.files.length)}`,
    severity: "high",
    action: { type: "sign_off", role: frame.role, changes, report },
    minutes: context.bound.workflow.signOffExpiresMinutes ?? null,
    rule: workflowRule(context.bound, "signOff", "a run closes only after a person approved exactly its change set"),
  });
}

function whatToSign(files: number): string {
  if (files === 0) return "No file was changed. Sign off the report?";
  return `${files === 1 ? "1 file" : `${files} files`} changed. Sign off exactly this change set?`;
}

/** The answer travels back along the edge that the question came by, whatever `reports_to` says. */
export function closeWithAnswer(turn: Turn, answer: Answer, by: "model" | "person"): void {
  const { batch, frame } = turn;
  batch.add({
    type: "frame_closed",
    at: batch.now(),
    frame: frame.id,
    from: frame.role,
    to: frame.from,
    kind: frame.kind,
    rule: frame.opened.rule,
    report: null,
    answer,
    by,
  });
}

/** The report goes to the assigner; `reports_to` adds copies for the others, each with the purpose that says what it is told. */
export function closeWithReport(turn: Turn, report: Report, by: "model" | "person", only?: readonly string[]): void {
  const { batch, frame, context } = turn;
  const verdict = check(context.bound.chart, "report", frame.role, frame.from);
  const rule: Rule = verdict.allowed ? ruleOf(verdict.route) : frame.opened.rule;
  const copies = context.bound.chart.routes.filter(
    (route) =>
      route.kind === "report" &&
      route.from === frame.role &&
      route.to !== frame.from &&
      route.to !== USER &&
      (only?.includes(route.to) ?? true),
  );
  for (const route of copies) {
    batch.add({
      type: "copy_sent",
      at: batch.now(),
      frame: frame.id,
      from: frame.role,
      to: route.to,
      rule: ruleOf(route),
      summary: report.summary,
    });
  }
  batch.add({
    type: "frame_closed",
    at: batch.now(),
    frame: frame.id,
    from: frame.role,
    to: frame.from,
    kind: frame.kind,
    rule,
    report,
    answer: null,
    by,
  });
  if (turn.desk.started?.type === "child_started" && turn.desk.frames.length === 1)
    batch.add({ type: "child_ended", at: batch.now(), status: "reported", reason: "reported", report, by: frame.role });
}

/** What keeps a report from being accepted, each in words that say how to mend it. */
async function gapsOf(turn: Turn, report: ReportArgs): Promise<string[]> {
  return [
    ...criteriaGaps(turn, report),
    ...sectionGaps(turn, report),
    ...(await measurementGaps(turn, report)),
    ...(await artifactGaps(turn, report)),
  ];
}

function criteriaGaps(turn: Turn, report: ReportArgs): string[] {
  const criteria = turn.frame.opened.assignment?.criteria ?? [];
  const reported = report.criteria.map((criterion) => criterion.id);
  return [
    ...criteria
      .filter((criterion) => !reported.includes(criterion.id))
      .map((criterion) => `criterion [${criterion.id}] "${criterion.text}" is not reported on`),
    ...reported
      .filter((id) => !criteria.some((criterion) => criterion.id === id))
      .map((id) => `there is no criterion [${id}]`),
    ...reported
      .filter((id, index) => reported.indexOf(id) !== index)
      .map((id) => `criterion [${id}] is reported on twice`),
  ];
}

function sectionGaps(turn: Turn, report: ReportArgs): string[] {
  const required = rulesFor(turn.context.bound, turn.frame.role).flatMap((pack) => pack.reportSections);
  return required
    .filter((name) => !report.sections[name]?.trim())
    .map((name) => `section "${name}" is missing or empty (required by the role's rules)`);
}

/** C2: name, value and unit must stand in the receipt of the cited effect, in this run. */
async function measurementGaps(turn: Turn, report: ReportArgs): Promise<string[]> {
  const gaps: string[] = [];
  for (const claim of report.measurements) gaps.push(...(await measurementGap(turn, claim)));
  return gaps;
}

async function measurementGap({ context }: Turn, claim: ReportArgs["measurements"][number]): Promise<string[]> {
  const effect = await context.store.effect(claim.effect as EffectKey);
  if (!effect || effect.kind !== "tool" || runOfLine(effect.line) !== context.run.id)
    return [`measurement "${claim.name}" cites ${claim.effect}, which is no receipt of this run`];
  const outcome = toolResultSchema.safeParse(effect.outcome);
  const held = outcome.success ? (outcome.data.receipt?.measurements ?? []) : [];
  const match = held.find((measurement) => measurement.name === claim.name && measurement.unit === claim.unit);
  if (!match) return [`receipt ${claim.effect} holds no measurement "${claim.name}" in "${claim.unit}"`];
  return match.value === claim.value
    ? []
    : [`measurement "${claim.name}" says ${claim.value}, its receipt ${claim.effect} says ${match.value}`];
}

async function artifactGaps(turn: Turn, report: ReportArgs): Promise<string[]> {
  const gaps: string[] = [];
  for (const path of report.artifacts) {
    if (!(await isThere(turn, path))) gaps.push(`artifact ${path} is not in the workspace`);
  }
  return gaps;
}

/** A path that is refused or leads nowhere is a gap; a disk that cannot be read is no fault of the report. */
async function isThere({ context }: Turn, path: string): Promise<boolean> {
  try {
    return (await context.workspaces.versions(context.run.id, path)).after !== null;
  } catch (error) {
    if (isPathError(error)) return false;
    throw error;
  }
}
