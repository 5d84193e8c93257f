/** Answers held against the labels of the test part, as a whole and by slice. Pure. */
import { medianOf } from "./candidates.ts";
import type { Question } from "../../models/text-question.ts";
import type { Row } from "./labelled-table.ts";
import type { Measured, SliceScore } from "./facts.ts";
import { classScores } from "./label-scores.ts";
import { scoreAll, statisticsOf } from "./scores.ts";
import type { Statistics } from "./statistic.ts";

export type Parts = {
  readonly train: readonly Row[];
  readonly test: readonly Row[];
  readonly question: Question;
  /** Names of the slice columns. */
  readonly slices: readonly string[];
  readonly seed: number;
};

/** More values than this in a column are no slices but an id. */
const mostSlices = 20;

export function scored(
  { train, test, question, slices, seed }: Parts,
  predicted: readonly (string | null)[],
): Pick<Measured, "scores" | "classes" | "slices" | "unusable"> {
  const actual = test.map((row) => row.label);
  const { answers } = question;
  const labels = answers === "label" ? question.labels : [];
  const fallback = answers === "number" ? medianOf(train.map((row) => Number(row.label)).toSorted((a, b) => a - b)) : 0;
  const statistics = statisticsOf({ answers, labels, actual, predicted, fallback });
  return {
    scores: scoreAll(answers, statistics, test.length, seed),
    classes: answers === "label" ? classScores(labels, actual, predicted) : [],
    slices: slices.flatMap((column, index) => bySlice(test, statistics, { column, index })),
    unusable: predicted.filter((answer) => answer === null).length,
  };
}

/** Largest first. */
function bySlice(
  test: readonly Row[],
  statistics: Statistics,
  { column, index }: { readonly column: string; readonly index: number },
): SliceScore[] {
  const groups = new Map<string, { rows: number; weights: Int32Array }>();
  for (const [row, { slices }] of test.entries()) {
    const value = slices?.[index] ?? "";
    const group = groups.get(value) ?? { rows: 0, weights: new Int32Array(test.length) };
    group.rows += 1;
    group.weights[row] = 1;
    groups.set(value, group);
  }
  return [...groups]
    .toSorted(([a, left], [b, right]) => right.rows - left.rows || (a < b ? -1 : 1))
    .slice(0, mostSlices)
    .map(([value, { rows, weights }]) => ({
      column,
      value,
      rows,
      scores: Object.fromEntries(Object.entries(statistics).map(([name, of]) => [name, of(weights)])),
    }));
}
