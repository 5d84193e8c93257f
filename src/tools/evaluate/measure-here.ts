/**
 * Measures candidates that run in this process.
 *
 * M1. A candidate is given the training part and, one text at a time, the texts of the test part. Never a label of the test part.
 * M2. All candidates are measured on the same split.
 * M3. Scores follow from dataset, seed and settings alone; latencies are measured with the clock and differ from run to run.
 */
import { performance } from "node:perf_hooks";
import { breathe } from "../answer.ts";
import type { LocalCandidate } from "./candidates.ts";
import { notMeasured, significant, type Measured } from "./facts.ts";
import { quantile } from "./scores.ts";
import { scored, type Parts } from "./scored.ts";

export async function measureHere(candidate: LocalCandidate, parts: Parts, signal: AbortSignal): Promise<Measured> {
  const model = await candidate.train(parts.train);
  const predicted: string[] = [];
  const times: number[] = [];
  let rested = performance.now();
  for (const { text } of parts.test) {
    const started = performance.now();
    predicted.push(model.predict(text));
    const ended = performance.now();
    times.push(ended - started);
    if (ended - rested > 20) {
      signal.throwIfAborted();
      await breathe();
      rested = performance.now();
    }
  }
  const seconds = times.reduce((sum, each) => sum + each, 0) / 1000;
  const how = "one text at a time, in this process, on the CPU of this machine";
  return {
    candidate: {
      name: candidate.name,
      description: candidate.description,
      runs: "here",
      id: candidate.name,
      about: {},
      price: null,
    },
    ...scored(parts, predicted),
    latency: { p50: quantile(times, 0.5), p95: quantile(times, 0.95), n: times.length, how },
    throughput:
      seconds > 0
        ? {
            from: "measured",
            value: significant(times.length / seconds),
            how: `${how}; with one at a time, load is no other thing`,
          }
        : notMeasured("too fast for the clock"),
    memory: notMeasured("what it takes of this process is not told apart"),
    disk: { from: "computed", value: model.bytes / 1_000_000, how: "what it learned, written as JSON" },
    cost: null,
    paid: null,
  };
}
