/**
 * When there is something to tell of an ask. Pure: nothing here knows what was told before.
 *
 * O1. Only an ask that still waits is told of: who decides is no longer to be called. One that nobody answered in time and that went up a
 *     route by that is told of once more, as `bumped`; whoever is asked next gets a notice of their own with their own ask.
 * O2. `expiring` is told of an ask that was raised earlier than that; `raised` says the deadline of one that is short anyway.
 */
import type { AskRow } from "../store/rows.ts";

/** `overdue`: the deadline has passed, and the ask still waits for its answer. `bumped`: it has gone up. */
export type Occasion = "raised" | "expiring" | "overdue" | "bumped";

/** In the order in which they are told. `beforeMs`: how long before its deadline an ask is `expiring`. */
export function occasionsOf(ask: AskRow, now: number, beforeMs: number): readonly Occasion[] {
  if (ask.decision?.verb === "bump") return ["bumped"];
  if (ask.state !== "open") return [];
  if (ask.deadline === null) return ["raised"];
  const deadline = Date.parse(ask.deadline);
  const early = Date.parse(ask.raisedAt) < deadline - beforeMs;
  return [
    "raised",
    ...(early && now >= deadline - beforeMs && now < deadline ? (["expiring"] as const) : []),
    ...(now >= deadline ? (["overdue"] as const) : []),
  ];
}
