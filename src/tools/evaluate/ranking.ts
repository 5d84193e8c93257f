/** All that an evaluation is told from, in which order its candidates stand, and how its figures are shown. Pure. */
import { primaryOf, type EvaluateArgs } from "./arguments.ts";
import { scoreOf, type Evaluation, type Measured } from "./facts.ts";
import type { Sample } from "./labelled-table.ts";
import { isBetter, metricsOf, shown, type Metric } from "./metrics.ts";
import type { Past } from "./registry.ts";

export type EvaluationFacts = {
  readonly key: string;
  readonly dataset: string;
  readonly sha256: string;
  readonly args: EvaluateArgs;
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

/** A score as it is shown. */
export function scoreText(metric: Metric, value: number | null): string {
  if (value === null) return "undefined";
  return metric.range[1] === null ? String(shown(metric, value)) : fixed(value);
}

/** Best first by the primary metric; among equals in the order in which they were asked for. */
export function ranked({ args, evaluation }: Pick<EvaluationFacts, "args" | "evaluation">): readonly Measured[] {
  const metric = primaryOf(args);
  const value = (one: Measured): number | null => scoreOf(one, metric.name)?.value ?? null;
  return evaluation.results.toSorted((a, b) =>
    isBetter(metric, value(a), value(b)) ? -1 : isBetter(metric, value(b), value(a)) ? 1 : 0,
  );
}

/** Of fewer rows than this a figure would say nothing. */
export const fewestInSlice = 5;

/** Of labels the accuracy alone: a slice rarely holds every class. */
export function sliceMetrics({ answers }: EvaluateArgs): readonly Metric[] {
  return metricsOf(answers).filter((metric) => metric.name !== "macro_f1");
}
