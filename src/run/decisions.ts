/** What was decided on questions that a role put up, oldest first. Pure. */
import type { Event, EventOf } from "../events/event.ts";
import type { Decided } from "../tools/tool.ts";

export function decisionsFor(role: string, log: readonly Event[]): Decided[] {
  const asked = new Map<string, EventOf<"frame_opened">>();
  const decided: Decided[] = [];
  for (const event of log) {
    if (event.type === "frame_opened" && event.kind === "escalation" && event.from === role)
      asked.set(event.frame, event);
    if (event.type !== "frame_closed" || event.answer === null) continue;
    const question = asked.get(event.frame)?.question;
    if (!question) continue;
    const { decision } = event.answer;
    decided.push({ topic: question.topic, question: question.question, decision, by: event.from });
  }
  return decided;
}
