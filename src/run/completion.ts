/**
 * `attempt_completion`: a report or an answer, held against what the store knows before it becomes an event.
 *
 * C1. Every criterion of the assignment is reported on, each with evidence; a report without is returned.
 * C2. A number is a fact only if the receipt that it cites holds that very number: see `evidence.ts`.
 * C3. The entry role's report closes nothing by itself: see `closing.ts`.
 */
import { rulesFor } from "../org/bound-chart.ts";
import type { Call, Event } from "../events/event.ts";
import type { DeskFrame } from "../events/desk.ts";
import { isPathError } from "../tools/safe-files.ts";
import { submit } from "./closing.ts";
import { evidenceGaps } from "./evidence.ts";
import { closeWithAnswer, closeWithReport } from "./frame-closing.ts";
import { declaredRoute, parsed, refuse, type Turn } from "./refusal.ts";
import { judge } from "./verification.ts";
import { answerArgs, reportArgs, type ReportArgs } from "./verbs.ts";

export function isAnswering(frame: Pick<DeskFrame, "kind">): boolean {
  return frame.kind === "escalation" || frame.kind === "question";
}

/** `log`: the line's, up to this turn. */
export async function completeFrame(turn: Turn, call: Call, log: readonly Event[]): Promise<void> {
  if (turn.frame.kind === "verification") return judge(turn, call, log);
  if (isAnswering(turn.frame)) {
    const answer = parsed(turn, call, answerArgs());
    if (answer) closeWithAnswer(turn, answer, "model");
    return;
  }
  const args = parsed(turn, call, reportArgs());
  if (!args) return;
  for (const to of args.report_to ?? []) if (!declaredRoute(turn, call, "report", to)) return;
  const gaps = await gapsOf(turn, args, log);
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

/** What keeps a report from being accepted, each in words that say how to mend it. */
async function gapsOf(turn: Turn, report: ReportArgs, log: readonly Event[]): Promise<string[]> {
  return [
    ...criteriaGaps(turn, report),
    ...sectionGaps(turn, report),
    ...(await evidenceGaps(turn, report.measurements, log)),
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
