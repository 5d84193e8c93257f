/**
 * Approvals that run out. Expiry is a decision like any other: whoever looks first after the time makes it, by the same compare and set
 * (S3), so an approval and an expiry can never both stand.
 *
 * E1. The clock decides only whether an open ask may still be approved, never an order (D5).
 * E2. A question or an escalation does not expire: it is overdue, and still waits for its answer.
 */
import { isoTime, type Clock } from "../clock.ts";
import type { AskRow, Store } from "./ports.ts";

/** True for an open approval or sign-off whose time is over. */
export function hasExpired(ask: Pick<AskRow, "kind" | "state" | "deadline">, now: number): boolean {
  if (ask.state !== "open" || ask.deadline === null || !mayExpire(ask)) return false;
  return now >= Date.parse(ask.deadline);
}

/** E2. */
export function mayExpire({ kind }: Pick<AskRow, "kind">): boolean {
  return kind === "approval" || kind === "sign_off";
}

/** The row as it stands then: somebody may have decided in time after all. */
export async function expire(store: Pick<Store, "decide">, ask: AskRow, clock: Clock): Promise<AskRow> {
  const decision = { verb: "expire" as const, text: "", by: "the clock", face: "clock", at: isoTime(clock) };
  return (await store.decide(ask.id, decision, ask.hash)).ask;
}
