/** Accuracy and F1 of predicted labels. Pure. */
import type { Statistic } from "./statistic.ts";

export type ClassScore = { readonly label: string; readonly value: number; readonly support: number };

/** Where a label's index stands: the prediction was none. */
const noLabel = -1;

type Coded = { readonly classes: number; readonly is: Int32Array; readonly said: Int32Array };
type Counts = { readonly hit: Int32Array; readonly predicted: Int32Array; readonly actual: Int32Array };

/**
 * `actual` and `predicted` are labels, row by row; null is no label at all, which is never right. Macro-F1 is the mean over the labels that
 * occur among what is or what was predicted.
 */
export function labelStatistics(
  labels: readonly string[],
  actual: readonly string[],
  predicted: readonly (string | null)[],
): Record<"accuracy" | "macro_f1", Statistic> {
  const coded = codedFrom(labels, actual, predicted);
  return {
    accuracy: (weights) => accuracyOf(count(coded, weights)),
    macro_f1: (weights) => macroOf(count(coded, weights)),
  };
}

/** F1 of each label, in the order of `labels`. */
export function classScores(
  labels: readonly string[],
  actual: readonly string[],
  predicted: readonly (string | null)[],
): ClassScore[] {
  const counts = count(codedFrom(labels, actual, predicted), new Int32Array(actual.length).fill(1));
  return labels.map((label, index) => ({
    label,
    value: f1Of(counts, index),
    support: counts.actual[index] as number,
  }));
}

function codedFrom(labels: readonly string[], actual: readonly string[], predicted: readonly (string | null)[]): Coded {
  const indexOf = new Map(labels.map((label, index) => [label, index]));
  return {
    classes: labels.length,
    is: Int32Array.from(actual, (label) => indexOf.get(label) as number),
    said: Int32Array.from(predicted, (label) => (label === null ? noLabel : (indexOf.get(label) ?? noLabel))),
  };
}

function count({ classes, is, said }: Coded, weights: Int32Array): Counts {
  const counts = { hit: new Int32Array(classes), predicted: new Int32Array(classes), actual: new Int32Array(classes) };
  for (let row = 0; row < weights.length; row += 1) {
    const weight = weights[row] as number;
    const truth = is[row] as number;
    const guess = said[row] as number;
    counts.actual[truth] = (counts.actual[truth] as number) + weight;
    if (guess !== noLabel) counts.predicted[guess] = (counts.predicted[guess] as number) + weight;
    if (truth === guess) counts.hit[truth] = (counts.hit[truth] as number) + weight;
  }
  return counts;
}

function accuracyOf({ hit, actual }: Counts): number {
  const total = (values: Int32Array): number => values.reduce((sum, each) => sum + each, 0);
  return total(hit) / total(actual);
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
