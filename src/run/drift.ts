/**
 * What a project's files hold beside the chart that a run is bound to (D9).
 *
 * A paused run must not depend on files that somebody is in the middle of editing: where they hold no valid chart, that is a
 * difference like any other, and a person decides. Only what says so is caught; a disk that fails is still an error.
 */
import { hashOf } from "../canonical.ts";
import { isCadreError, type ErrorCode } from "../errors.ts";
import type { BoundChart } from "../org/bound-chart.ts";
import type { Drift } from "./line-context.ts";

const noChart: readonly ErrorCode[] = [
  "chart-invalid",
  "workflow-invalid",
  "folder-missing",
  "folder-empty",
  "file-unreadable",
];

/** Null where the files hold the very chart. `bindNow` reads and compiles them. */
export async function driftFrom(bound: BoundChart, bindNow: () => Promise<BoundChart>): Promise<Drift | null> {
  try {
    const now = await bindNow();
    return now.hash === bound.hash ? null : { hash: now.hash, bound: now };
  } catch (error) {
    if (!isCadreError(error) || !noChart.includes(error.code)) throw error;
    // The same mistake is decided about once, another one again.
    return { hash: hashOf({ code: error.code, message: error.message }), broken: error.message };
  }
}
