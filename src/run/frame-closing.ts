/** How a frame that was worked off closes: its answer or report goes back to whoever opened it, and copies go to whom the role reports to. */
import type { Answer, Report } from "../events/event.ts";
import { USER, check, ruleOf, type Rule } from "../org/chart.ts";
import type { Turn } from "./refusal.ts";

/** The answer travels back along the edge that the question came by, whatever `reports_to` says. */
export function closeWithAnswer(
  { batch, frame }: Pick<Turn, "batch" | "frame">,
  answer: Answer,
  by: "model" | "person",
): void {
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
