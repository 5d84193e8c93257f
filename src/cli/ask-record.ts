/** An ask as `cadre.inbox/1` and every other JSON document shows it. */
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
    path: ask.path,
    rule: ask.rule,
    limit: ask.limit,
  };
}
