/** An evaluation as a table for the model and as a receipt. Both hold the same rounded numbers, so that a report can cite them. Pure. */
import type { Receipt } from "../../events/event.ts";
import type { Sample } from "./labelled-table.ts";
import type { Evaluation, Measured } from "./measure.ts";
import { generatorName } from "./random.ts";
import { resamples } from "./scores.ts";

export type EvaluationFacts = {
  readonly key: string;
  readonly dataset: string;
  readonly sha256: string;
  readonly args: {
    readonly text_column: string;
    readonly label_column: string;
    readonly seed: number;
    readonly test_fraction: number;
    readonly primary_metric: "macro_f1" | "accuracy";
  };
  readonly sample: Sample;
  readonly evaluation: Evaluation;
};

/** Four decimals: what is shown, stored and compared. */
export function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

const fixed = (value: number): string => rounded(value).toFixed(4);

/** Best first by the primary metric; among equals in the order in which they were asked for. */
function ranked(facts: EvaluationFacts): readonly Measured[] {
  const metric = (one: Measured): number =>
    facts.args.primary_metric === "accuracy" ? one.scores.accuracy : one.scores.macroF1;
  return facts.evaluation.results.toSorted((a, b) => metric(b) - metric(a));
}

export function evaluationText(facts: EvaluationFacts): string {
  const { evaluation, sample, args } = facts;
  const classes = sample.labels.map((label) => `F1 ${label}`);
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
  const support = (facts.evaluation.results[0] as Measured).scores.f1
    .map((one) => `${one.label} ${one.support}`)
    .join(", ");
  return [
    `Evaluation on ${facts.dataset}, receipt ${facts.key}`,
    "",
    tableLine(header),
    tableLine(header.map(() => "---")),
    ...rows.map(tableLine),
    "",
    `- Measured on ${evaluation.test} held-out rows (${support}); trained on ${evaluation.train} others. Ranked by ${args.primary_metric}.`,
    `- Dataset sha256 ${facts.sha256}, columns ${args.text_column} and ${args.label_column}; ${sample.read} rows read, ${sample.duplicates} duplicates and ${sample.contradictory} rows with contradictory labels left out before the split.`,
    `- Split: stratified by label, seed ${args.seed} (${generatorName}), ${args.test_fraction} of every class held out. Intervals: percentile bootstrap over the held-out rows, ${resamples} samples.`,
    `- Latency: measured, one text at a time, in this process, on the CPU of this machine; it differs from run to run.`,
    ...evaluation.results.map(({ candidate }) => `- ${candidate.name}: ${candidate.description}.`),
    "",
    `Measurements, to be cited with exactly these names, values and units, and with effect "${facts.key}":`,
    "",
    ...evaluationReceipt(facts).measurements.map(({ name, value, unit }) => `- ${name} = ${value} ${unit}`),
  ].join("\n");
}

function tableLine(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replace(/[|\r\n]/g, " ")).join(" | ")} |`;
}

export function evaluationReceipt(facts: EvaluationFacts): Receipt {
  const { evaluation, sample, args } = facts;
  return {
    files: [],
    measurements: [
      ...ranked(facts).flatMap(measurementsOf),
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
    },
  };
}

function measurementsOf({ candidate, scores, latency }: Measured): Receipt["measurements"] {
  const named = (name: string, value: number, unit: string): Receipt["measurements"][number] => ({
    name: `${name} (${candidate.name})`,
    value: rounded(value),
    unit,
  });
  return [
    named("macro-F1", scores.macroF1, "score"),
    named("macro-F1 95 % low", scores.macroF1Interval.low, "score"),
    named("macro-F1 95 % high", scores.macroF1Interval.high, "score"),
    named("accuracy", scores.accuracy, "score"),
    named("accuracy 95 % low", scores.accuracyInterval.low, "score"),
    named("accuracy 95 % high", scores.accuracyInterval.high, "score"),
    ...scores.f1.map((one) => named(`F1 ${one.label}`, one.value, "score")),
    named("p50 latency", latency.p50, "ms"),
    named("p95 latency", latency.p95, "ms"),
  ];
}
