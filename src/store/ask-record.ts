/** An ask as `cadre.inbox/1` and every other JSON document shows it. */
import type { Clock } from "../clock.ts";
import { bumpsTo, isOverdue, mayExpire } from "./expiry.ts";
import type { AskRow } from "./rows.ts";
import { hashNow } from "./votes.ts";

/** `clock`: by which it is overdue or not. */
export function askRecord(ask: AskRow, clock: Clock): Record<string, unknown> {
  return {
    id: ask.id,
    run: ask.run,
    kind: ask.kind,
    role: ask.role,
    to: ask.to,
    topic: ask.topic,
    question: ask.question,
    options: ask.options,
    action: ask.action,
    /** With arguments that a voter has changed: of what they are then. */
    hash: hashNow(ask),
    severity: ask.severity,
    raisedAt: ask.raisedAt,
    deadline: ask.deadline,
    /** Whether the ask can no longer be decided after the deadline. */
    expires: ask.deadline !== null && mayExpire(ask),
    /** The role that gets it after the deadline; null: it waits, and is overdue. */
    bumpsTo: bumpsTo(ask),
    overdue: isOverdue(ask, clock.now()),
    acknowledged: ask.acknowledged ?? null,
    /** The role that a person is asked for, and the routes that are theirs to take. */
    seat: ask.seat ?? null,
    approvers: ask.approvers ?? null,
    votes: ask.votes ?? [],
    path: ask.path,
    rule: ask.rule,
    limit: ask.limit,
  };
}
