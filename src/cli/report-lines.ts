/** A report as a person reads it: the summary, each criterion with its evidence, and numbers only as their receipts hold them. */
import type { Report } from "../events/event.ts";
import { visible, visibleLines } from "../views/escape.ts";
import { labelled } from "./layout.ts";
import type { Output, Style } from "./output.ts";

const marks = {
  met: { sign: "✓ met", style: "green" },
  not_met: { sign: "✗ not met", style: "red" },
  not_measured: { sign: "– not measured", style: "yellow" },
} as const satisfies Record<Report["criteria"][number]["status"], { sign: string; style: Style }>;

export function reportLines(report: Report, output: Output): string[] {
  const width = output.width === null ? null : output.width - 2;
  const title = (text: string): string => output.paint("dim", text);
  const bullets = (name: string, items: readonly string[]): string[] =>
    items.length === 0 ? [] : [title(name), ...items.flatMap((item) => labelled("  - ", visible(item), width))];
  return [
    ...labelled("", visibleLines(report.summary.trim()).join("\n"), width),
    ...report.criteria.flatMap((criterion) => {
      const mark = marks[criterion.status];
      const label = `  ${criterion.id.padEnd(3)} ${mark.sign.padEnd(14)} `;
      const [first = "", ...others] = labelled(label, visible(criterion.evidence), width);
      return [output.paint(mark.style, label) + first.slice(label.length), ...others];
    }),
    ...measurementLines(report, output),
    ...bullets("Made", report.artifacts),
    ...bullets("Limitations", report.limitations),
    ...(output.verbose
      ? Object.entries(report.sections).flatMap(([name, text]) => bullets(visible(name), [text]))
      : []),
  ];
}

/** Every number cites the effect that measured it; the runtime has checked it against the ledger. */
function measurementLines(report: Report, output: Output): string[] {
  if (report.measurements.length === 0) return [];
  const names = Math.max(...report.measurements.map((measured) => visible(measured.name).length));
  return [
    output.paint("dim", "Measured (with receipts)"),
    ...report.measurements.map(
      (measured) =>
        `  ${visible(measured.name).padEnd(names)}  ${numberText(measured.value)}${measured.unit === "" ? "" : ` ${visible(measured.unit)}`}  ${output.paint("dim", visible(measured.effect))}`,
    ),
  ];
}

function numberText(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}
