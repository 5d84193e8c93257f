/** An evaluation as tables for the model and as a receipt. Both hold the same rounded numbers, so that a report can cite them. Pure. */
import type { Receipt } from "../../events/event.ts";
import { criterionText, meetsAll, verdictOn, type SuccessCriterion } from "./criteria.ts";
import type { Evaluation, Figure, Measured } from "./facts.ts";
import type { Sample } from "./labelled-table.ts";
import { generatorName } from "./random.ts";
import type { Past } from "./registry.ts";
import { resamples } from "./scores.ts";

export type EvaluationFacts = {
  readonly key: string;
  readonly dataset: string;
  readonly sha256: string;
  readonly args: {
    readonly text_column: string;
    readonly label_column: string;
    readonly slice_columns: readonly string[];
    readonly seed: number;
    readonly test_fraction: number;
    readonly primary_metric: "macro_f1" | "accuracy";
    readonly success: readonly SuccessCriterion[];
  };
  /** Hash of the arguments; of the success criteria alone. */
  readonly config: string;
  readonly criteria: string;
  readonly sample: Sample;
  readonly evaluation: Evaluation;
  readonly past: Past;
  /** Files that were written; why none were, where that is so. */
  readonly files: readonly string[] | string;
};

/** Four decimals: what is shown, stored and compared. */
export function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

export const fixed = (value: number): string => rounded(value).toFixed(4);

/** Best first by the primary metric; among equals in the order in which they were asked for. */
export function ranked({ args, evaluation }: Pick<EvaluationFacts, "args" | "evaluation">): readonly Measured[] {
  const metric = (one: Measured): number =>
    args.primary_metric === "accuracy" ? one.scores.accuracy : one.scores.macroF1;
  return evaluation.results.toSorted((a, b) => metric(b) - metric(a));
}

export function evaluationText(facts: EvaluationFacts): string {
  return [
    `Evaluation on ${facts.dataset}, receipt ${facts.key}`,
    ...tables(facts),
    notes(facts).join("\n"),
    [
      `Measurements, to be cited with exactly these names, values, units and n, and with effect "${facts.key}":`,
      "",
      ...evaluationReceipt(facts).measurements.map(
        ({ name, value, unit, n }) => `- ${name} = ${value} ${unit}${n === undefined ? "" : `, n ${n}`}`,
      ),
    ].join("\n"),
  ].join("\n\n");
}

/** The tables of an evaluation, in Markdown. */
export function tables(facts: EvaluationFacts): string[] {
  return [scoreTable(facts), costTable(facts), ...criteriaTable(facts), ...sliceTable(facts)];
}

function scoreTable(facts: EvaluationFacts): string {
  const classes = facts.sample.labels.map((label) => `F1 ${label}`);
  const header = [
    "candidate",
    "macro-F1",
    "95 % interval",
    "accuracy",
    "95 % interval",
    ...classes,
    "p50 ms",
    "p95 ms",
  ];
  const rows = ranked(facts).map(({ candidate, scores, latency }) => [
    candidate.name,
    fixed(scores.macroF1),
    `${fixed(scores.macroF1Interval.low)}–${fixed(scores.macroF1Interval.high)}`,
    fixed(scores.accuracy),
    `${fixed(scores.accuracyInterval.low)}–${fixed(scores.accuracyInterval.high)}`,
    ...scores.f1.map((one) => fixed(one.value)),
    fixed(latency.p50),
    fixed(latency.p95),
  ]);
  return markdownTable(header, rows);
}

function costTable(facts: EvaluationFacts): string {
  const header = ["candidate", "texts a second", "memory MB", "disk MB", "cost of 1,000 texts", "licence", "revision"];
  const rows = ranked(facts).map(({ candidate: { name, runs, about }, throughput, memory, disk, cost }) => [
    name,
    figure(throughput),
    figure(memory),
    figure(disk),
    cost === null ? "none: no model is called" : figure(cost),
    runs === "here" ? "of this program" : (about.licence ?? "unknown"),
    [runs === "here" ? "of this program" : (about.revision ?? "unknown"), about.quantisation ?? ""]
      .filter(Boolean)
      .join(", "),
  ]);
  return markdownTable(header, rows);
}

/** `12.5 (measured)`, or `not measured`. */
export function figure(one: Figure): string {
  return one.from === "not measured"
    ? one.how.startsWith("unpriced")
      ? "unpriced"
      : "not measured"
    : `${rounded(one.value)} (${one.from})`;
}

function criteriaTable(facts: EvaluationFacts): string[] {
  const { success } = facts.args;
  if (success.length === 0) return [];
  const results = ranked(facts);
  const rows = success.map((each) => [criterionText(each), ...results.map((one) => verdictOn(each, one))]);
  return [markdownTable(["success is", ...results.map((one) => one.candidate.name)], rows)];
}

/** Accuracy by slice; of fewer rows than this a figure would say nothing. */
const fewestInSlice = 5;

function sliceTable(facts: EvaluationFacts): string[] {
  const results = ranked(facts);
  const slices = results[0]?.slices ?? [];
  if (slices.length === 0) return [];
  const rows = slices.map(({ column, value, rows: n }) => [
    `${column} = ${value}`,
    String(n),
    ...results.map((one) => {
      const own = one.slices.find((each) => each.column === column && each.value === value);
      return n < fewestInSlice ? "too few rows" : fixed(own?.accuracy ?? 0);
    }),
  ]);
  return [markdownTable(["accuracy by slice", "test rows", ...results.map((one) => one.candidate.name)], rows)];
}

function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replace(/[\r\n]/g, " ").replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Everything that the tables rest on, a line each. */
export function notes(facts: EvaluationFacts): string[] {
  const { evaluation, sample, args, past } = facts;
  const support = (evaluation.results[0] as Measured).scores.f1.map((one) => `${one.label} ${one.support}`).join(", ");
  const lines = [
    `Measured on ${evaluation.test} held-out rows (${support}); trained on ${evaluation.train} others. Ranked by ${args.primary_metric}.`,
    `Dataset sha256 ${facts.sha256}, columns ${args.text_column} and ${args.label_column}; ${sample.read} rows read, ${sample.duplicates} duplicates and ${sample.contradictory} rows with contradictory labels left out before the split.`,
    `Split: stratified by label, seed ${args.seed} (${generatorName}), ${args.test_fraction} of every class held out. Intervals: percentile bootstrap over the held-out rows, ${resamples} samples.`,
    ...evaluation.results.flatMap(candidateNotes),
    hereNote(evaluation),
    ...evaluation.failures.map(
      ({ candidate, code, reason }) => `${candidate.name} was not measured (${code}): ${reason}`,
    ),
    ...criteriaNotes(facts),
    ...past.changes.flatMap(({ candidate, before, now, verdict, changed }) =>
      verdict === "same" && changed.length === 0
        ? []
        : [
            `${verdict === "worse" ? "Regression: " : ""}${candidate} had ${args.primary_metric} ${before} in ${past.key}, and has ${now} now: ${verdictWords[verdict]}${changed.length > 0 ? ` (${changed.join(" and ")} changed)` : ""}.`,
          ],
    ),
    ...(past.otherContent === null
      ? []
      : [`${facts.dataset} held other rows in ${past.otherContent}: figures of then and now are not compared.`]),
    typeof facts.files === "string" ? `No files were written: ${facts.files}.` : `Written: ${facts.files.join(", ")}.`,
  ];
  return lines.map((line) => `- ${line}`);
}

const verdictWords = {
  worse: "below the interval that it had",
  lower: "lower, within the interval that it had",
  same: "the same",
  better: "better",
} as const;

function candidateNotes({ candidate, latency, throughput, memory, disk, cost, paid, unusable }: Measured): string[] {
  const what = `${candidate.name}: ${candidate.description.replace(/\.$/, "")}.`;
  if (candidate.runs === "here") return [what];
  const told = [
    what,
    `Latency: ${latency.how}.`,
    `Throughput: ${throughput.from}, ${throughput.how}.`,
    `Memory: ${memory.from}, ${memory.how}.`,
    `Disk: ${disk.from}, ${disk.how}.`,
    ...(cost === null ? [] : [`Cost: ${cost.how}.`]),
    ...(unusable > 0 ? [`${unusable} answers named no label and count as wrong.`] : []),
    ...(paid && paid.repeated > 0
      ? [`${paid.repeated} calls were made again after a crash: possibly billed twice.`]
      : []),
  ];
  return [told.join(" ")];
}

/** What runs here is timed and sized alike. */
function hereNote({ results }: EvaluationFacts["evaluation"]): string {
  const one = results.find(({ candidate }) => candidate.runs === "here") as Measured;
  return `What runs here was timed ${one.latency.how}; its times differ from run to run. Memory: ${one.memory.how}. Disk: ${one.disk.how}.`;
}

function criteriaNotes(facts: EvaluationFacts): string[] {
  const { args, criteria, past, evaluation } = facts;
  const named = args.success.map(criterionText).join(", ");
  const meeting = ranked(facts).filter((one) => meetsAll(args.success, one));
  const fixedNote =
    args.success.length === 0
      ? "No success criteria were given before it was measured."
      : `Success was fixed before it was measured (hash ${criteria.slice(0, 12)}): ${named}. ${
          meeting.length > 0
            ? `All of it is met by ${meeting.map((one) => one.candidate.name).join(", ")}`
            : `No candidate of ${evaluation.results.length} meets all of it`
        }.`;
  const changed =
    past.criteriaBefore === null
      ? []
      : [
          `The success criteria were changed: ${past.criteriaBefore.key} went by ${past.criteriaBefore.text.join(", ") || "none"}, this one by ${named || "none"}.`,
        ];
  return [fixedNote, ...changed];
}

export function evaluationReceipt(facts: EvaluationFacts): Receipt {
  const { evaluation, sample, args, past } = facts;
  const paid = evaluation.results.flatMap((one) => (one.paid === null ? [] : [{ ...one.paid }]));
  return {
    files: [],
    measurements: [
      ...ranked(facts).flatMap((one) => measurementsOf(one, evaluation.test)),
      { name: "train rows", value: evaluation.train, unit: "rows" },
      { name: "test rows", value: evaluation.test, unit: "rows" },
    ],
    detail: {
      dataset: facts.dataset,
      sha256: facts.sha256,
      text_column: args.text_column,
      label_column: args.label_column,
      labels: [...sample.labels],
      seed: args.seed,
      generator: generatorName,
      split: `stratified, ${args.test_fraction} held out`,
      rows_read: sample.read,
      duplicates: sample.duplicates,
      contradictory: sample.contradictory,
      train: evaluation.train,
      test: evaluation.test,
      interval: `95 % percentile bootstrap, ${resamples} samples`,
      primary_metric: args.primary_metric,
      best: (ranked(facts)[0] as Measured).candidate.name,
      config: facts.config,
      criteria: { hash: facts.criteria, text: args.success.map(criterionText) },
      criteria_changed_since: past.criteriaBefore?.key ?? null,
      meets_all: ranked(facts)
        .filter((one) => args.success.length > 0 && meetsAll(args.success, one))
        .map((one) => one.candidate.name),
      compared_with: past.key,
      regressions: past.changes.filter((each) => each.verdict === "worse").map((each) => each.candidate),
      failures: evaluation.failures.map(({ candidate, code }) => ({ candidate: candidate.name, code })),
      ...(paid.length > 0 ? { paid } : {}),
    },
  };
}

function measurementsOf(
  { candidate, scores, latency, throughput, memory, disk, cost, slices }: Measured,
  n: number,
): Receipt["measurements"] {
  const named = (name: string, value: number, unit: string, of?: number): Receipt["measurements"][number] => ({
    name: `${name} (${candidate.name})`,
    value: rounded(value),
    unit,
    ...(of === undefined ? {} : { n: of }),
  });
  const figures = (name: string, one: Figure | null, unit: string): Receipt["measurements"] =>
    one === null || one.from === "not measured" ? [] : [named(`${name}, ${one.from}`, one.value, unit)];
  return [
    named("macro-F1", scores.macroF1, "score", n),
    named("macro-F1 95 % low", scores.macroF1Interval.low, "score", n),
    named("macro-F1 95 % high", scores.macroF1Interval.high, "score", n),
    named("accuracy", scores.accuracy, "score", n),
    named("accuracy 95 % low", scores.accuracyInterval.low, "score", n),
    named("accuracy 95 % high", scores.accuracyInterval.high, "score", n),
    ...scores.f1.map((one) => named(`F1 ${one.label}`, one.value, "score", n)),
    named("p50 latency", latency.p50, "ms", latency.n),
    named("p95 latency", latency.p95, "ms", latency.n),
    ...figures("throughput", throughput, "texts/s"),
    ...figures("memory", memory, "MB"),
    ...figures("disk", disk, "MB"),
    ...figures("cost of 1,000 texts", cost, cost?.how.slice(0, 3) ?? ""),
    ...slices
      .filter((one) => one.rows >= fewestInSlice)
      .map((one) => named(`accuracy where ${one.column} is ${one.value}`, one.accuracy, "score", one.rows)),
  ];
}
