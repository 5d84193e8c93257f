/**
 * Answers held against labels: each metric of their kind, with its interval. Pure.
 *
 * C1. A metric is a function of how often each row counts: once each for the score itself, as often as it was drawn for a round of the
 *     bootstrap, and not at all outside a slice.
 * C2. All metrics of a candidate see the same draws, and so do all candidates: the draws follow from seed and number of rows.
 */
import { labelStatistics } from "./label-scores.ts";
import { metricsOf, type AnswerKind, type Metric } from "./metrics.ts";
import { numberStatistics } from "./number-scores.ts";
import { seededRandom } from "./random.ts";
import type { Statistic, Statistics } from "./statistic.ts";
import { textStatistics } from "./text-scores.ts";

/** 95 % percentile bootstrap over the test rows, of the rounds in which the metric is defined; null where it is in none. */
export type Score = {
  readonly metric: Metric;
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
};

/** Samples drawn for an interval. */
export const resamples = 1000;

export type Answered = {
  readonly answers: AnswerKind;
  /** Of labels: all there are. */
  readonly labels: readonly string[];
  readonly actual: readonly string[];
  /** Row by row; null is no answer. */
  readonly predicted: readonly (string | null)[];
  /** What stands for a number that is missing. */
  readonly fallback: number;
};

/** By the names of the metrics. */
export function statisticsOf({ answers, labels, actual, predicted, fallback }: Answered): Statistics {
  switch (answers) {
    case "label":
      return labelStatistics(labels, actual, predicted);
    case "text":
      return textStatistics(actual, predicted);
    case "number":
      return numberStatistics(
        actual.map(Number),
        predicted.map((each) => (each === null ? fallback : Number(each))),
      );
  }
}

/** In the order of the kind's metrics. */
export function scoreAll(answers: AnswerKind, statistics: Statistics, rows: number, seed: number): Score[] {
  const all = metricsOf(answers).map((metric) => ({ metric, of: statistics[metric.name] as Statistic }));
  const drawn = all.map((): number[] => []);
  const random = seededRandom(seed, 1);
  for (let round = 0; round < resamples; round += 1) {
    const weights = new Int32Array(rows);
    for (let draw = 0; draw < rows; draw += 1) {
      const row = random.below(rows);
      weights[row] = (weights[row] as number) + 1;
    }
    for (const [index, { of }] of all.entries()) {
      const value = of(weights);
      if (value !== null) drawn[index]?.push(value);
    }
  }
  const once = new Int32Array(rows).fill(1);
  return all.map(({ metric, of }, index) => {
    const values = drawn[index] ?? [];
    const [low, high] = values.length === 0 ? [null, null] : [quantile(values, 0.025), quantile(values, 0.975)];
    return { metric, value: of(once), low, high };
  });
}

/** Nearest rank. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(part * sorted.length) - 1))] as number;
}
