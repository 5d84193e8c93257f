/**
 * What success is, in numbers.
 *
 * S1. Fixed before the first measurement: the criteria are arguments of the call, and their hash is in the ledger's intent before anything runs.
 * S2. A change afterwards is seen: the registry holds the hash that the last evaluation of the same sample went by.
 */
import { z } from "zod";
import { hashOf } from "../../canonical.ts";
import { scoreOf, type Measured } from "./facts.ts";
import { metricNames } from "./metrics.ts";

const criterionMetrics = [...metricNames, "p50_ms", "p95_ms", "texts_per_second", "cost_per_1000"] as const;
export type CriterionMetric = (typeof criterionMetrics)[number];

export const criterionSchema = z
  .strictObject({
    metric: z.enum(criterionMetrics),
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

/** Null: not measured, or undefined as a correlation may be. */
function valueOf(metric: CriterionMetric, measured: Measured): number | null {
  const { latency, throughput, cost } = measured;
  if (metric === "p50_ms") return latency.p50;
  if (metric === "p95_ms") return latency.p95;
  if (metric === "texts_per_second") return throughput.from === "not measured" ? null : throughput.value;
  // What calls no model costs nothing for a call.
  if (metric === "cost_per_1000") return cost === null ? 0 : cost.from === "not measured" ? null : cost.value;
  return scoreOf(measured, metric)?.value ?? null;
}
