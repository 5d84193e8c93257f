/** Scores of predictions against labels. Pure. */
import { seededRandom } from "./random.ts";

export type Interval = { readonly low: number; readonly high: number };

export type Scores = {
  readonly accuracy: number;
  readonly macroF1: number;
  /** F1 per label, in the order of `labels`. */
  readonly f1: readonly { readonly label: string; readonly value: number; readonly support: number }[];
  readonly accuracyInterval: Interval;
  readonly macroF1Interval: Interval;
};

/** Samples drawn for an interval. */
export const resamples = 1000;

/** Where a label's index stands: the prediction was none. */
const noLabel = -1;

type Counts = { readonly hit: Int32Array; readonly predicted: Int32Array; readonly actual: Int32Array };

/**
 * `actual` and `predicted` are labels, row by row; null is no label at all, which is never right. The intervals are 95 % percentile bootstrap over the test rows. Macro-F1 is
 * the mean over the labels that occur among what is or what was predicted.
 */
export function score(
  labels: readonly string[],
  actual: readonly string[],
  predicted: readonly (string | null)[],
  seed: number,
): Scores {
  const indexOf = new Map(labels.map((label, index) => [label, index]));
  const is = Int32Array.from(actual, (label) => indexOf.get(label) as number);
  const said = Int32Array.from(predicted, (label) => (label === null ? noLabel : (indexOf.get(label) as number)));
  const all = Int32Array.from(is, (_, row) => row);
  const counts = count(labels.length, is, said, all);
  const random = seededRandom(seed, 1);
  const accuracies: number[] = [];
  const macros: number[] = [];
  for (let round = 0; round < resamples; round += 1) {
    const drawn = count(
      labels.length,
      is,
      said,
      Int32Array.from(all, () => random.below(all.length)),
    );
    accuracies.push(accuracyOf(drawn, all.length));
    macros.push(macroOf(drawn));
  }
  return {
    accuracy: accuracyOf(counts, all.length),
    macroF1: macroOf(counts),
    f1: labels.map((label, index) => ({ label, value: f1Of(counts, index), support: counts.actual[index] as number })),
    accuracyInterval: interval(accuracies),
    macroF1Interval: interval(macros),
  };
}

function count(classes: number, is: Int32Array, said: Int32Array, rows: Int32Array): Counts {
  const counts = { hit: new Int32Array(classes), predicted: new Int32Array(classes), actual: new Int32Array(classes) };
  for (const row of rows) {
    const truth = is[row] as number;
    const guess = said[row] as number;
    counts.actual[truth] = (counts.actual[truth] as number) + 1;
    if (guess !== noLabel) counts.predicted[guess] = (counts.predicted[guess] as number) + 1;
    if (truth === guess) counts.hit[truth] = (counts.hit[truth] as number) + 1;
  }
  return counts;
}

function accuracyOf(counts: Counts, rows: number): number {
  return counts.hit.reduce((sum, hits) => sum + hits, 0) / rows;
}

/** 2·hits / (predicted + actual): precision and recall in one; 0 where the label occurs in neither. */
function f1Of(counts: Counts, index: number): number {
  const total = (counts.predicted[index] as number) + (counts.actual[index] as number);
  return total === 0 ? 0 : (2 * (counts.hit[index] as number)) / total;
}

function macroOf(counts: Counts): number {
  let sum = 0;
  let occurring = 0;
  for (let index = 0; index < counts.actual.length; index += 1) {
    if ((counts.predicted[index] as number) + (counts.actual[index] as number) === 0) continue;
    sum += f1Of(counts, index);
    occurring += 1;
  }
  return sum / occurring;
}

function interval(values: readonly number[]): Interval {
  return { low: quantile(values, 0.025), high: quantile(values, 0.975) };
}

/** Nearest rank. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(part * sorted.length) - 1))] as number;
}
