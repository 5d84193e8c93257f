/** A metric as a function of how often each row counts (C1 in `scores.ts`). */

/** The value of a metric over rows that count so often; null where it is undefined. */
export type Statistic = (weights: Int32Array) => number | null;
export type Statistics = Readonly<Record<string, Statistic>>;

/** Of rows that count so often. */
export function weightedMean(values: Float64Array, weights: Int32Array): number {
  let sum = 0;
  let all = 0;
  for (let row = 0; row < values.length; row += 1) {
    sum += (values[row] as number) * (weights[row] as number);
    all += weights[row] as number;
  }
  return sum / all;
}
