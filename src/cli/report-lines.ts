/** A report as a person reads it: the summary, each criterion with its evidence, and numbers only as their receipts hold them. */
import type { Criterion } from "../briefs/brief.ts";
import type { Report } from "../events/event.ts";
import { figureText } from "../events/figure.ts";
import { visible, visibleLines } from "../views/escape.ts";
import { criteriaTable, type CriterionOutcome, type RunOutcome } from "../views/outcome.ts";
import { columnsOf, padColumns } from "../views/text-width.ts";
import { labelled } from "./layout.ts";
import type { Output, Style } from "./output.ts";

export type ReportView = Pick<Report, "summary" | "artifacts" | "limitations" | "sections"> & {
  readonly criteria: readonly CriterionOutcome[];
  readonly measurements: readonly (Report["measurements"][number] & {
    /** Null: the ledger holds no such number. Left out: nobody has looked yet, the runtime refuses false ones. */
    readonly receipt?: { readonly tool: string; readonly holds: boolean } | null;
  })[];
};

/** A report on its own, beside what was asked. */
export function viewOfReport(report: Report, asked: readonly Criterion[]): ReportView {
  return { ...report, criteria: criteriaTable(asked, report) };
}

/** What a run came to; null where nothing was reported. */
export function viewOfOutcome(outcome: RunOutcome): ReportView | null {
  const { report, criteria, measurements } = outcome;
  return report === null ? null : { ...report, criteria, measurements };
}

const marks: Readonly<Record<CriterionOutcome["status"], { readonly sign: string; readonly style: Style }>> = {
  met: { sign: "✓ met", style: "green" },
  not_met: { sign: "✗ not met", style: "red" },
  not_measured: { sign: "– not measured", style: "yellow" },
  not_reported: { sign: "? not reported", style: "red" },
};

export function reportLines(report: ReportView, output: Output, width: number | null): string[] {
  const bullets = (name: string, items: readonly string[]): string[] =>
    items.length === 0
      ? []
      : [output.paint("dim", name), ...items.flatMap((item) => labelled("  - ", visible(item), width))];
  return [
    // Set in further than the lines of ours beside it, so that no role writes one of those (RELIABILITY 31).
    ...(report.summary === "" ? [] : [...labelled("    ", visibleLines(report.summary.trim()).join("\n"), width), ""]),
    ...report.criteria.flatMap((criterion) => criterionLines(criterion, output, width)),
    ...measurementLines(report, output),
    ...bullets("Made", report.artifacts),
    ...bullets("Limitations", report.limitations),
    ...(output.verbose
      ? Object.entries(report.sections).flatMap(([name, text]) => bullets(visible(name), [text]))
      : []),
  ];
}

/** What was asked beside the verdict, the evidence below it. */
function criterionLines(criterion: CriterionOutcome, output: Output, width: number | null): string[] {
  const mark = marks[criterion.status];
  const label = `  ${criterion.id.padEnd(3)} ${mark.sign.padEnd(16)}`;
  const blank = " ".repeat(label.length);
  const asked = visible(criterion.text === "" ? criterion.evidence : criterion.text);
  const [first = "", ...others] = labelled(label, asked, width);
  const evidence =
    criterion.text === "" || criterion.evidence === "" ? [] : labelled(blank, visible(criterion.evidence), width);
  return [
    output.paint(mark.style, label) + first.slice(label.length),
    ...others,
    ...evidence.map((row) => output.paint("dim", row)),
  ];
}

/** Every number cites the effect that measured it; one that no receipt holds says so. */
function measurementLines(report: ReportView, output: Output): string[] {
  if (report.measurements.length === 0) return [];
  const names = Math.max(...report.measurements.map((measured) => columnsOf(visible(measured.name))));
  const figures = Math.max(...report.measurements.map((measured) => columnsOf(figureOf(measured))));
  return [
    output.paint("dim", "Measured"),
    ...report.measurements.map((measured) => {
      const { name, effect, receipt } = measured;
      const claimed = receipt === null || receipt?.holds === false;
      const cited = claimed
        ? output.paint("red", "no receipt holds this")
        : output.paint("dim", `receipt ${visible(effect)}`);
      return `  ${padColumns(visible(name), names)}  ${padColumns(figureOf(measured), figures)}  ${cited}`;
    }),
  ];
}

function figureOf(measured: ReportView["measurements"][number]): string {
  const { n } = measured;
  return `${visible(figureText(measured, numberText))}${n === undefined ? "" : `, n ${n}`}`;
}

function numberText(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}
