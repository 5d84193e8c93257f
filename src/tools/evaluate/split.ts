/** A stratified split: every class is in both parts, in nearly the same proportion; without labels a plain one. Pure; the same seed gives the same parts. */
import type { Row, Sample } from "./labelled-table.ts";
import { seededRandom, shuffled } from "./random.ts";

export type Split = { readonly train: readonly Row[]; readonly test: readonly Row[] };

export function stratifiedSplit(sample: Pick<Sample, "rows" | "labels">, seed: number, testFraction: number): Split {
  const random = seededRandom(seed, 0);
  const train: Row[] = [];
  const test: Row[] = [];
  const strata =
    sample.labels.length === 0
      ? [sample.rows]
      : sample.labels.map((label) => sample.rows.filter((row) => row.label === label));
  for (const stratum of strata) {
    const rows = shuffled(stratum, random);
    const held = Math.min(rows.length - 1, Math.max(1, Math.round(rows.length * testFraction)));
    test.push(...rows.slice(0, held));
    train.push(...rows.slice(held));
  }
  // Learners must not see the classes one after the other.
  return { train: shuffled(train, random), test: shuffled(test, random) };
}
