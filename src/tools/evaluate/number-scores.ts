/** Errors and correlations of numbers: the definitions stand in `metrics.ts`. Pure. */
import { weightedMean, type Statistic } from "./statistic.ts";

export function numberStatistics(
  actual: readonly number[],
  predicted: readonly number[],
): Record<"mae" | "rmse" | "spearman" | "pearson", Statistic> {
  const is = Float64Array.from(actual);
  const said = Float64Array.from(predicted);
  const absolute = is.map((value, row) => Math.abs(value - (said[row] as number)));
  const squared = absolute.map((value) => value ** 2);
  const ranksOfLabels = ranksFor(is);
  const ranksOfAnswers = ranksFor(said);
  return {
    mae: (weights) => weightedMean(absolute, weights),
    rmse: (weights) => Math.sqrt(weightedMean(squared, weights)),
    spearman: (weights) => correlation(ranksOfLabels(weights), ranksOfAnswers(weights), weights),
    pearson: (weights) => correlation(is, said, weights),
  };
}

/** Null where either does not vary. */
function correlation(a: Float64Array, b: Float64Array, weights: Int32Array): number | null {
  if (isConstant(a, weights) || isConstant(b, weights)) return null;
  const meanA = weightedMean(a, weights);
  const meanB = weightedMean(b, weights);
  let both = 0;
  let ofA = 0;
  let ofB = 0;
  for (let row = 0; row < a.length; row += 1) {
    const weight = weights[row] as number;
    const fromA = (a[row] as number) - meanA;
    const fromB = (b[row] as number) - meanB;
    both += weight * fromA * fromB;
    ofA += weight * fromA ** 2;
    ofB += weight * fromB ** 2;
  }
  const spread = Math.sqrt(ofA) * Math.sqrt(ofB);
  // Rounding may leave it a little outside, and a spread below what a double holds is none.
  return spread === 0 ? null : Math.min(1, Math.max(-1, both / spread));
}

/** By the values themselves: what rounding leaves of a variance says nothing. */
function isConstant(values: Float64Array, weights: Int32Array): boolean {
  const first = weights.findIndex((weight) => weight > 0);
  return values.every((value, row) => weights[row] === 0 || value === values[first]);
}

/** Ranks among rows that count so often, equal values at the mean of theirs. Sorted once, so that a round of the bootstrap is one pass. */
function ranksFor(values: Float64Array): (weights: Int32Array) => Float64Array {
  const order = Int32Array.from(values, (_, row) => row).toSorted(
    (a, b) => (values[a] as number) - (values[b] as number),
  );
  return (weights) => {
    const ranks = new Float64Array(values.length);
    let before = 0;
    for (let start = 0; start < order.length;) {
      const value = values[order[start] as number];
      let end = start;
      let rows = 0;
      for (; end < order.length && values[order[end] as number] === value; end += 1)
        rows += weights[order[end] as number] as number;
      for (let at = start; at < end; at += 1) ranks[order[at] as number] = before + (rows + 1) / 2;
      before += rows;
      start = end;
    }
    return ranks;
  };
}
