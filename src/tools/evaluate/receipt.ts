/** An evaluation as a receipt: the rounded numbers that a report can cite, each with its name, unit and n. Pure. */
import type { Receipt } from "../../events/event.ts";
import { primaryOf, type EvaluateArgs } from "./arguments.ts";
import { criterionText, meetsAll } from "./criteria.ts";
import type { Figure, Measured } from "./facts.ts";
import { shown, type Metric } from "./metrics.ts";
import { generatorName } from "./random.ts";
import { fewestInSlice, ranked, rounded, sliceMetrics, type EvaluationFacts } from "./ranking.ts";
import { resamples, type Score } from "./scores.ts";

export function evaluationReceipt(facts: EvaluationFacts): Receipt {
  const { evaluation, sample, args, past } = facts;
  const paid = evaluation.results.flatMap((one) => (one.paid === null ? [] : [{ ...one.paid }]));
  return {
    files: [],
    measurements: [
      ...ranked(facts).flatMap((one) => measurementsOf(one, evaluation.test, args)),
      { name: "train rows", value: evaluation.train, unit: "rows" },
      { name: "test rows", value: evaluation.test, unit: "rows" },
    ],
    detail: {
      dataset: facts.dataset,
      sha256: facts.sha256,
      text_column: args.text_column,
      label_column: args.label_column,
      answers: args.answers,
      ...(args.instruction === undefined ? {} : { instruction: args.instruction }),
      labels: [...sample.labels],
      seed: args.seed,
      generator: generatorName,
      split: `${args.answers === "label" ? "stratified" : "random"}, ${args.test_fraction} held out`,
      rows_read: sample.read,
      duplicates: sample.duplicates,
      contradictory: sample.contradictory,
      train: evaluation.train,
      test: evaluation.test,
      interval: `95 % percentile bootstrap, ${resamples} samples`,
      primary_metric: primaryOf(args).name,
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

/** In one word, as a report has to cite it. */
function unitOf({ label_column: column }: EvaluateArgs): string {
  return /^[^\s,|]{1,40}$/.test(column) ? column : "label";
}

function measurementsOf(
  { candidate, scores, classes, latency, throughput, memory, disk, cost, slices }: Measured,
  n: number,
  args: EvaluateArgs,
): Receipt["measurements"] {
  const named = (name: string, value: number, unit: string, of?: number): Receipt["measurements"][number] => ({
    name: `${name} (${candidate.name})`,
    value,
    unit,
    ...(of === undefined ? {} : { n: of }),
  });
  const figures = (name: string, one: Figure | null, unit: string): Receipt["measurements"] =>
    one === null || one.from === "not measured" ? [] : [named(`${name}, ${one.from}`, rounded(one.value), unit)];
  // An error is in the unit of the labels, and their column says what that is.
  const scored = (name: string, metric: Metric, value: number | null, of: number): Receipt["measurements"] =>
    value === null ? [] : [named(name, shown(metric, value), metric.range[1] === null ? unitOf(args) : "score", of)];
  const withInterval = ({ metric, value, low, high }: Score): Receipt["measurements"] => [
    ...scored(metric.title, metric, value, n),
    ...scored(`${metric.title} 95 % low`, metric, low, n),
    ...scored(`${metric.title} 95 % high`, metric, high, n),
  ];
  return [
    ...scores.flatMap(withInterval),
    ...classes.map((one) => named(`F1 ${one.label}`, rounded(one.value), "score", n)),
    named("p50 latency", rounded(latency.p50), "ms", latency.n),
    named("p95 latency", rounded(latency.p95), "ms", latency.n),
    ...figures("throughput", throughput, "texts/s"),
    ...figures("memory", memory, "MB"),
    ...figures("disk", disk, "MB"),
    ...figures("cost of 1,000 texts", cost, cost?.how.slice(0, 3) ?? ""),
    ...sliceMetrics(args).flatMap((metric) =>
      slices
        .filter((one) => one.rows >= fewestInSlice)
        .flatMap((one) =>
          scored(
            `${metric.title} where ${one.column} is ${one.value}`,
            metric,
            one.scores[metric.name] ?? null,
            one.rows,
          ),
        ),
    ),
  ];
}
