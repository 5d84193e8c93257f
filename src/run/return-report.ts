/**
 * `return_report`: a report that is not taken goes back to the role that made it, with a reason for each criterion that it falls short of.
 *
 * T1. What is returned is a report that came back to this very frame and was not taken since: by giving out something else, or by reporting.
 * T2. The task goes back as it was given, along its own route (R1), to a new frame that goes on with the transcript of the one that
 *     reported. A frame that was closed stays closed: nothing in the log is undone, and every return is a step of its own.
 * T3. Work that was done on a line of its own comes back on the line of whoever returns it, alone: its line has ended, with its chain (D8).
 * T4. Rounds are bounded (`returns` in the workflow); after that each further return is put to a person.
 */
import type { StandingReport } from "../events/standing-reports.ts";
import type { Call } from "../events/event.ts";
import { frameId } from "../ids.ts";
import { returnsOf } from "../org/workflow-terms.ts";
import { raiseAsk, workflowRule } from "./asks.ts";
import { declaredRoute, parsed, refuse, type Turn } from "./refusal.ts";
import { returnReportArgs, type ReturnReportArgs } from "./verbs.ts";

export type WantedReturn = { readonly standing: StandingReport; readonly reasons: ReturnReportArgs["reasons"] };

/** Reports that the frame may take or return. */
export function standingReports({ desk, frame }: Pick<Turn, "desk" | "frame">): readonly StandingReport[] {
  return desk.reports.filter((each) => each.frame === frame.id);
}

export function returnReport(turn: Turn, call: Call): void {
  const wanted = readReturn(turn, call);
  if (!wanted) return;
  if (wanted.standing.round < returnsOf(turn.context.bound.workflow)) openReturned(turn, call, wanted);
  else putToPerson(turn, call, wanted); // T4
}

/** What a call wants returned, checked; undefined after the refusal was recorded. */
export function readReturn(turn: Turn, call: Call): WantedReturn | undefined {
  const args = parsed(turn, call, returnReportArgs());
  if (!args) return undefined;
  const reports = standingReports(turn);
  const standing = args.report === undefined && reports.length === 1 ? reports[0] : byName(reports, args.report);
  if (!standing) {
    const list = reports.map((each) => `${each.of} (from ${each.from})`).join(", ");
    refuse(turn, call, {
      code: "call-malformed",
      reason:
        list === "" ? "no report waits to be taken or returned here." : `name one of these as \`report\`: ${list}.`,
    });
    return undefined;
  }
  if (!declaredRoute(turn, call, "delegation", standing.from)) return undefined; // R1, T2
  const ids = standing.assignment?.criteria.map((criterion) => criterion.id) ?? [];
  const foreign = args.reasons.find((each) => !ids.includes(each.criterion));
  if (!foreign) return { standing, reasons: args.reasons };
  refuse(turn, call, {
    code: "call-malformed",
    reason: `the task has no criterion [${foreign.criterion}]. Its criteria: ${ids.join(", ") || "none"}.`,
  });
  return undefined;
}

function byName(reports: readonly StandingReport[], name: string | undefined): StandingReport | undefined {
  return reports.find((each) => each.of === name);
}

export function openReturned(turn: Turn, call: Call, { standing, reasons }: WantedReturn): void {
  const { batch, context, frame } = turn;
  const reopened = frameId(context.line, batch.next + 1);
  batch.add({
    type: "report_returned",
    at: batch.now(),
    frame: frame.id,
    role: frame.role,
    callId: call.id,
    of: standing.of,
    to: standing.from,
    round: standing.round + 1,
    reopened,
    reasons,
  });
  batch.add({
    type: "frame_opened",
    at: batch.now(),
    frame: reopened,
    kind: "delegation",
    from: frame.role,
    to: standing.from,
    parent: frame.id,
    callId: call.id,
    rule: standing.rule,
    assignment: standing.assignment,
    question: null,
    seededBy: standing.here ? standing.of : null, // T3
    fit: null,
  });
}

function putToPerson(turn: Turn, call: Call, { standing }: WantedReturn): void {
  const { context, desk, batch, frame } = turn;
  const times = `${standing.round} ${standing.round === 1 ? "time" : "times"}`;
  raiseAsk(context, desk, batch, {
    kind: "approval",
    frame,
    role: frame.role,
    topic: "return of a report",
    question:
      `${frame.role} has returned the report of ${standing.from} ${times}, and wants to return it once more. ` +
      `Approve to let it go back; reject, with what to do instead, to have ${frame.role} go on with the report as it is.`,
    action: { type: "tool", role: frame.role, tool: call.name, args: call.args },
    rule: workflowRule(context.bound, "returns", `a report is returned ${times} before a person is asked`),
  });
}
