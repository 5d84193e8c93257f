/** A second opinion on a route read: whether it doubts, and in words; the same ones for the role, for a person and in the trace. Pure. */
import type { EventOf } from "./event.ts";

type Given = Pick<EventOf<"opinion_given">, "to" | "kind" | "choice" | "likely" | "threshold">;

/** Not known is 0, so below every threshold. */
export function isBelow({ likely, threshold }: Pick<Given, "likely" | "threshold">): boolean {
  return (likely?.wanted ?? 0) < threshold;
}

/** To go on with after the model's name: `finds it 0.12 likely, where 0.60 is asked for, and tables the likeliest (0.83)`. */
export function opinionText({ to, kind, choice, likely, threshold }: Given): string {
  const asked = `where ${threshold.toFixed(2)} is asked for`;
  if (choice === null) return `gave no answer that is a route, ${asked}`;
  const same = choice.to === to && choice.kind === kind;
  const other = `the ${choice.kind} to ${choice.to}`;
  if (likely === null) return `chose ${same ? "it" : other} and does not say how likely that is, ${asked}`;
  const found = `finds it ${likely.wanted.toFixed(2)} likely, ${asked}`;
  return same ? found : `${found}, and ${other} the likeliest (${likely.chosen.toFixed(2)})`;
}
