/**
 * Measures candidates on one held-out part.
 *
 * M1. A candidate is given the training part and, one text at a time, the texts of the test part. Never a label of the test part.
 * M2. All candidates are measured on the same split.
 * M3. Scores follow from dataset, seed and settings alone; latencies are measured with the clock and differ from run to run.
 */
import { performance } from "node:perf_hooks";
import { breathe } from "../answer.ts";
import type { Candidate } from "./candidates.ts";
import type { Sample } from "./labelled-table.ts";
import { quantile, score, type Scores } from "./scores.ts";
import { stratifiedSplit } from "./split.ts";

export type Measured = {
  readonly candidate: Pick<Candidate, "name" | "description">;
  readonly scores: Scores;
  /** ms per prediction, one text at a time, in this process. */
  readonly latency: { readonly p50: number; readonly p95: number };
};

export type Evaluation = {
  readonly train: number;
  readonly test: number;
  readonly results: readonly Measured[];
};

export async function measureCandidates(
  sample: Sample,
  candidates: readonly Candidate[],
  settings: { readonly seed: number; readonly testFraction: number },
  signal: AbortSignal,
): Promise<Evaluation> {
  const { train, test } = stratifiedSplit(sample, settings.seed, settings.testFraction);
  const actual = test.map((row) => row.label);
  const results: Measured[] = [];
  for (const candidate of candidates) {
    const predict = await candidate.train(train);
    const predicted: string[] = [];
    const times: number[] = [];
    let rested = performance.now();
    for (const { text } of test) {
      const started = performance.now();
      predicted.push(predict(text));
      const ended = performance.now();
      times.push(ended - started);
      if (ended - rested > 20) {
        signal.throwIfAborted();
        await breathe();
        rested = performance.now();
      }
    }
    results.push({
      candidate: { name: candidate.name, description: candidate.description },
      scores: score(sample.labels, actual, predicted, settings.seed),
      latency: { p50: quantile(times, 0.5), p95: quantile(times, 0.95) },
    });
  }
  return { train: train.length, test: test.length, results };
}
