/** What several pages of a journal show in the same way: steps, reports, criteria, measurements, files. */
import type { FileChange, Measurement, Report } from "../../events/event.ts";
import type { Rule } from "../../org/chart.ts";
import { changeWord } from "../change-word.ts";
import type { Journal } from "./index-page.ts";
import { block, cell, code, inline, link, placeText, table } from "../markdown.ts";
import { criteriaTable, withReceipt, type MeasurementOutcome } from "../outcome.ts";
import { timeText } from "../escalations.ts";
import { isListed, playerText, type TraceStep } from "../trace/step.ts";
import { onOneLine, unwrap } from "../unwrap.ts";

/** A page under construction. */
export type PageContext = {
  readonly journal: Journal;
  /** Its path in the run's folder; nothing on it links to itself. */
  readonly here: string;
};

/** The way from the page's folder back to the run's. */
function upTo({ here }: PageContext): string {
  return here.includes("/") ? "../" : "";
}

/** The way from this page to the project; null where no link can lead there. */
export function projectUp(context: PageContext): string | null {
  const { project } = context.journal;
  return project === null ? null : `${upTo(context)}${project}`;
}

/** A link to the page that tells of a step; the label alone where that is this one, or none. */
export function stepLink(context: PageContext, step: TraceStep, label: string): string {
  const page = context.journal.pageOf(step);
  return page === null || page === context.here ? label : link(label, `${upTo(context)}${page}`);
}

export function rehearsalNote({ journal }: PageContext): string[] {
  if (!journal.run.rehearsal) return [];
  return [
    "> **Rehearsal.** A deterministic policy stood in for the models. Routes, rules, decisions of people, files and",
    "> measurements with a receipt are real; the reasoning is not a model's.",
  ];
}

/** Rows of what happened: number, who did what (linked to the page that tells more), and the rule. */
export function stepTable(context: PageContext, steps: readonly TraceStep[]): string[] {
  const rows = steps
    .filter(isListed)
    .map((step) => [
      step.kind === "model" ? "·" : String(step.n),
      stepCell(context, step),
      ruleCell(context, step.rule),
    ]);
  return table(["Step", "What happened", "Rule"], rows);
}

/** A rule in a table: the purpose may be cut, the place never. */
export function ruleCell(context: PageContext, rule: Rule | null): string {
  return rule === null ? "" : `“${cell(rule.purpose, 90)}” ${placeText(rule, projectUp(context))}`;
}

/** `**role** [escalates to architect](…): question` */
function stepCell(context: PageContext, step: TraceStep): string {
  const verb = stepLink(context, step, inline(step.to === null ? step.verb : `${step.verb} ${step.to}`));
  const flag = step.outcome === "repeated" ? " *(made again after a crash: possibly billed or done twice)*" : "";
  const player = playerText(step);
  if (player !== null) return `**${inline(step.from)}** is ${inline(player)}`;
  const text = cell(step.kind === "approval" ? step.text : onOneLine(step.text, false), 180);
  const colon = step.kind === "tool" ? " " : ": ";
  return `**${inline(step.from)}** ${verb}${text === "" ? "" : `${colon}${text}`}${flag}`;
}

const statusWords = {
  met: "met",
  not_met: "**not met**",
  not_measured: "not measured",
  not_reported: "not reported on",
} as const;

/** The results under a heading, as a table that can be taken in at a glance; what they rest on as a list below it. */
export function criteriaBlocks(
  heading: string,
  asked: readonly { readonly id: string; readonly text: string }[],
  report: Report | null,
): string[][] {
  const rows = criteriaTable(asked, report);
  const results = rows.map((row) => [code(row.id), inline(row.text), statusWords[row.status]]);
  const evidence = rows.filter((row) => row.evidence !== "").map((row) => `- ${code(row.id)} ${inline(row.evidence)}`);
  return [
    ...titled(heading, table(["", "Criterion", "Result"], results)),
    ...(evidence.length > 0 ? [["What each result rests on:"], evidence] : []),
  ];
}

/** Claims beside the receipts that hold them. */
export function measurementLines(context: PageContext, claims: readonly Measurement[]): string[] {
  const { events, steps } = context.journal;
  const rows = claims.map((claim) => {
    const checked = withReceipt(claim, events, steps);
    const n = claim.n === undefined ? "" : String(claim.n);
    return [code(claim.name), String(claim.value), inline(claim.unit), n, receiptText(context, checked)];
  });
  return table(["Measured", "Value", "Unit", "n", "Receipt"], rows);
}

function receiptText(context: PageContext, { receipt, effect }: MeasurementOutcome): string {
  if (receipt === null) return `**no receipt**: ${code(effect)} is no effect of this run`;
  const where = stepLink(context, receipt.step, `step ${receipt.step.n}`);
  return receipt.holds
    ? `${where}, ${code(receipt.tool)}, ${code(effect)}`
    : `**the receipt says otherwise**: ${where}, ${code(effect)}`;
}

/** A report in full, under headings of this level. */
export function reportBlocks(
  context: PageContext,
  report: Report,
  asked: readonly { readonly id: string; readonly text: string }[],
  level: "##" | "###",
): string[][] {
  return [
    block(report.summary),
    ...criteriaBlocks(`${level} Acceptance criteria`, asked, report),
    ...titled(`${level} Measurements`, measurementLines(context, report.measurements)),
    ...titled(
      "Artifacts",
      report.artifacts.map((path) => `- ${code(path)}`),
    ),
    ...titled(
      "Limitations",
      report.limitations.map((text) => `- ${inline(text)}`),
    ),
    ...titled(`${level} Resources used`, block(report.resources)),
    ...Object.entries(report.sections).flatMap(([name, text]) =>
      titled(`${level} ${inline(sectionTitle(name))}`, block(text)),
    ),
  ];
}

/** `data_strategy`, as rules name a section, is `Data strategy` to a reader. */
function sectionTitle(name: string): string {
  return /^[a-z0-9]+(?:_[a-z0-9]+)*$/.test(name) ? capital(name.replaceAll("_", " ")) : name;
}

export function fileTable(files: readonly FileChange[]): string[] {
  const hash = (value: string | null): string => (value === null ? "" : code(value.slice(0, 12)));
  return table(
    ["File", "Change", "Before", "After"],
    files.map((file) => [code(file.path), changeWord(file), hash(file.before), hash(file.after)]),
  );
}

/** What tools proved: the ledger's key, files and the tool's own facts, and a table for each receipt that holds figures. */
export function receiptBlocks(context: PageContext, steps: readonly TraceStep[]): string[][] {
  const held = steps.flatMap((step) => {
    const done = context.journal.eventAt.get(step.seq);
    if (done?.type !== "action_done") return [];
    return done.results.flatMap(({ receipt, tool }) =>
      receipt === null ? [] : [{ step, key: done.key, tool, receipt }],
    );
  });
  const rows = held.map(({ step, key, tool, receipt }) => {
    const facts = Object.entries(receipt.detail).map(
      ([name, value]) => `${name.replaceAll("_", " ")}: ${factText(value)}`,
    );
    const files = receipt.files.map((file) => `${changeWord(file)} ${code(file.path)}`);
    return [String(step.n), code(tool), code(key), files.join(", "), cell(facts.join("; "), 400)];
  });
  const figures = held.flatMap(({ step, key, receipt }) => {
    const measured = receipt.measurements.map(({ name, value, unit }) => [code(name), String(value), inline(unit)]);
    return measured.length === 0
      ? []
      : [[`Measured in step ${step.n}, receipt ${code(key)}:`], table(["Measured", "Value", "Unit"], measured)];
  });
  return [...titled("## Receipts", table(["Step", "Tool", "Receipt", "Files", "Facts"], rows)), ...figures];
}

/** For people: a hash by its beginning, a list and a record by what is in them. The trace has all of it. */
function factText(value: unknown): string {
  if (typeof value === "string") return /^[0-9a-f]{64}$/.test(value) ? value.slice(0, 12) : value;
  if (typeof value !== "object") return JSON.stringify(value);
  const parts = Array.isArray(value)
    ? value.map(factText)
    : Object.entries(value ?? {}).map(([name, member]) => `${name.replaceAll("_", " ")} ${factText(member)}`);
  return parts.join(", ") || "none";
}

export function bullets(items: readonly string[]): string[] {
  return items.map((item) => `- ${inline(unwrap(item))}`);
}

/** `begun 2026-11-22 08:00 UTC`, `2026-11-22 08:00 UTC (3 s)`, `2026-11-22 08:00 UTC to 2026-11-22 08:22 UTC (22 min)` */
export function spanText(from: string, to: string | null): string {
  if (to === null) return `begun ${timeText(from)}`; // not since when it waits
  const [start, end] = [timeText(from), timeText(to)];
  return `${start === end ? start : `${start} to ${end}`} (${durationText(Date.parse(to) - Date.parse(from))})`;
}

function durationText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}

/** A heading and what stands under it, or nothing. */
export function titled(heading: string, lines: readonly string[]): string[][] {
  return lines.length === 0 ? [] : [[heading], [...lines]];
}

/** The first letter as a capital, for headings and beginnings of sentences. */
export function capital(text: string): string {
  const [first = "", ...rest] = Array.from(text);
  return `${first.toUpperCase()}${rest.join("")}`;
}

/** From a page in a folder of the run's back to its first page. */
export const backToRun = link("The run", "../README.md");
