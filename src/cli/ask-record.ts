/** An ask as `cadre.inbox/1` and every other JSON document shows it. */
import { mayExpire } from "../store/expiry.ts";
import type { AskRow } from "../store/ports.ts";

export function askRecord(ask: AskRow): Record<string, unknown> {
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
    hash: ask.hash,
    severity: ask.severity,
    raisedAt: ask.raisedAt,
    deadline: ask.deadline,
    /** Whether the ask can no longer be decided after the deadline, or is merely overdue. */
    expires: ask.deadline !== null && mayExpire(ask),
    path: ask.path,
    rule: ask.rule,
    limit: ask.limit,
  };
}
