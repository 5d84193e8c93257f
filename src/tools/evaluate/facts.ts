/** What an evaluation found, candidate by candidate. Data; how it is shown is `table.ts`, `page.ts` and `plot.ts`. */
import type { AboutModel, Price } from "../../config/config.ts";
import type { PaidSum } from "../paid-calls.ts";
import type { ClassScore } from "./label-scores.ts";
import type { MetricName } from "./metrics.ts";
import type { Score } from "./scores.ts";

/** A figure and where it comes from: a clock or a file here, arithmetic on what was counted, or the operator's word. */
export type Figure =
  | { readonly from: "measured" | "computed" | "declared"; readonly value: number; readonly how: string }
  | { readonly from: "not measured"; readonly how: string };

export function notMeasured(how: string): Figure {
  return { from: "not measured", how };
}

/** Three digits: a clock knows no more of a rate. */
export function significant(value: number): number {
  return Number(value.toPrecision(3));
}

/** One group of test rows, by the value of a slice column. */
export type SliceScore = {
  readonly column: string;
  readonly value: string;
  readonly rows: number;
  /** Each metric of the kind; null where it is undefined. */
  readonly scores: Readonly<Partial<Record<MetricName, number | null>>>;
};

export type Latency = {
  /** ms. */
  readonly p50: number;
  readonly p95: number;
  /** Texts that were timed. */
  readonly n: number;
  readonly how: string;
};

export type Candidate = {
  readonly name: string;
  /** What it does, with its settings: part of what was measured. */
  readonly description: string;
  /** Where it runs: in this process, or at a server of cadre.yaml. */
  readonly runs: "here" | "served";
  /** As its server knows it; its own name where it runs here. */
  readonly id: string;
  readonly about: AboutModel;
  readonly price: Price | null;
};

export type Measured = {
  readonly candidate: Candidate;
  readonly scores: readonly Score[];
  /** F1 of each label; none where answers are no labels. */
  readonly classes: readonly ClassScore[];
  readonly slices: readonly SliceScore[];
  readonly latency: Latency;
  /** Texts a second. */
  readonly throughput: Figure;
  /** MB. */
  readonly memory: Figure;
  readonly disk: Figure;
  /** Of a thousand texts, in the price's currency; null: no model outside is called. */
  readonly cost: Figure | null;
  readonly paid: PaidSum | null;
  /** Answers that were none of what was asked for: wrong as a label, worth nothing as a text, the training part's median as a number. */
  readonly unusable: number;
};

/** A candidate that could not be measured, and why. */
export type Unmeasured = { readonly candidate: Candidate; readonly code: string; readonly reason: string };

export type Evaluation = {
  readonly train: number;
  readonly test: number;
  readonly results: readonly Measured[];
  readonly failures: readonly Unmeasured[];
};

/** Undefined: no metric of this kind of answer. */
export function scoreOf({ scores }: Pick<Measured, "scores">, name: MetricName): Score | undefined {
  return scores.find(({ metric }) => metric.name === name);
}
