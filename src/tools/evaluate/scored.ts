/** Predictions held against the labels of the test part, as a whole and by slice. Pure. */
import type { Row, Sample } from "./labelled-table.ts";
import type { Measured, SliceScore } from "./facts.ts";
import { score } from "./scores.ts";

export type Parts = {
  readonly train: readonly Row[];
  readonly test: readonly Row[];
  readonly labels: Sample["labels"];
  /** Names of the slice columns. */
  readonly slices: readonly string[];
  readonly seed: number;
};

/** More values than this in a column are no slices but an id. */
const mostSlices = 20;

export function scored(
  { test, labels, slices, seed }: Parts,
  predicted: readonly (string | null)[],
): Pick<Measured, "scores" | "slices" | "unusable"> {
  const actual = test.map((row) => row.label);
  return {
    scores: score(labels, actual, predicted, seed),
    slices: slices.flatMap((column, index) => bySlice(test, predicted, { column, index })),
    unusable: predicted.filter((label) => label === null).length,
  };
}

/** Largest first. */
function bySlice(
  test: readonly Row[],
  predicted: readonly (string | null)[],
  { column, index }: { readonly column: string; readonly index: number },
): SliceScore[] {
  const groups = new Map<string, { rows: number; right: number }>();
  for (const [row, { label, slices }] of test.entries()) {
    const value = slices?.[index] ?? "";
    const group = groups.get(value) ?? { rows: 0, right: 0 };
    group.rows += 1;
    if (predicted[row] === label) group.right += 1;
    groups.set(value, group);
  }
  return [...groups]
    .toSorted(([a, left], [b, right]) => right.rows - left.rows || (a < b ? -1 : 1))
    .slice(0, mostSlices)
    .map(([value, { rows, right }]) => ({ column, value, rows, accuracy: right / rows }));
}
