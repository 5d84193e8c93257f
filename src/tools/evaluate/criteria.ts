/**
 * What success is, in numbers.
 *
 * S1. Fixed before the first measurement: the criteria are arguments of the call, and their hash is in the ledger's intent before anything runs.
 * S2. A change afterwards is seen: the registry holds the hash that the last evaluation of the same sample went by.
 */
import { z } from "zod";
import { hashOf } from "../../canonical.ts";
import type { Measured } from "./facts.ts";

const metrics = ["macro_f1", "accuracy", "p50_ms", "p95_ms", "texts_per_second", "cost_per_1000"] as const;
export type CriterionMetric = (typeof metrics)[number];

export const criterionSchema = z
  .strictObject({
    metric: z.enum(metrics),
    at_least: z.number().optional(),
    at_most: z.number().optional(),
  })
  .refine((each) => (each.at_least === undefined) !== (each.at_most === undefined), {
    error: "needs either at_least or at_most",
  });
export type SuccessCriterion = z.infer<typeof criterionSchema>;

export function criteriaHash(criteria: readonly SuccessCriterion[]): string {
  return hashOf(criteria.map(criterionText).toSorted());
}

/** `macro_f1 ≥ 0.8`. */
export function criterionText({ metric, at_least: least, at_most: most }: SuccessCriterion): string {
  return least === undefined ? `${metric} ≤ ${most}` : `${metric} ≥ ${least}`;
}

export type Verdict = "met" | "missed" | "not measured";

export function verdictOn(criterion: SuccessCriterion, measured: Measured): Verdict {
  const value = valueOf(criterion.metric, measured);
  if (value === null) return "not measured";
  const { at_least: least, at_most: most } = criterion;
  return value >= (least ?? -Infinity) && value <= (most ?? Infinity) ? "met" : "missed";
}

/** Whether a candidate meets all of them; one that is not measured is not met. */
export function meetsAll(criteria: readonly SuccessCriterion[], measured: Measured): boolean {
  return criteria.every((criterion) => verdictOn(criterion, measured) === "met");
}

function valueOf(metric: CriterionMetric, { scores, latency, throughput, cost }: Measured): number | null {
  switch (metric) {
    case "macro_f1":
      return scores.macroF1;
    case "accuracy":
      return scores.accuracy;
    case "p50_ms":
      return latency.p50;
    case "p95_ms":
      return latency.p95;
    case "texts_per_second":
      return throughput.from === "not measured" ? null : throughput.value;
    case "cost_per_1000":
      // What calls no model costs nothing for a call.
      return cost === null ? 0 : cost.from === "not measured" ? null : cost.value;
  }
}
