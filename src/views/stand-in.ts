/**
 * Whoever decides an ask need not be the person whom it was put to by name: nobody is kept out, unless the workflow says who decides
 * (`approvers`). What follows is that every page says so. Pure.
 */
import type { Decision } from "../events/event.ts";
import { USER } from "../org/chart.ts";
import type { TraceStep } from "./trace/step.ts";

/** The person whom the ask was put to, where somebody else decided it; null otherwise, and where the clock did. */
export function askedInstead(to: string, { verb, by }: Pick<Decision, "verb" | "by">): string | null {
  if (to === USER || to === by || verb === "expire" || verb === "bump") return null;
  return to;
}

const past = {
  approve: "approved",
  reject: "rejected",
  answer: "answered",
  delegate: "given on",
  escalate: "handed up",
} as const;

/** `asked of linh, answered by root`; not escaped. */
export function standInText(asked: string, { verb, by }: Pick<Decision, "verb" | "by">): string {
  const word = verb === "expire" || verb === "bump" ? "decided" : past[verb];
  return `asked of ${asked}, ${word} by ${by}`;
}

/** Of a step by which an ask was decided; null where nobody stood in. */
export function standInOf({ ask, from }: Pick<TraceStep, "ask" | "from">): string | null {
  if (ask?.askedOf === undefined || ask.verdict === null) return null;
  return standInText(ask.askedOf, { verb: ask.verdict, by: from });
}
