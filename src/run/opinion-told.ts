/** How an event tells what a decision model said: one reading, for whoever makes the event and for whoever verifies it. Pure. */
import { z } from "zod";
import type { EventOf } from "../events/event.ts";
import { routeLabel } from "../models/route-question.ts";
import { once } from "../events/once.ts";

type Given = EventOf<"opinion_given">;
type Told = Pick<Given, "choice" | "likely">;

const opinionSchema = once(() =>
  z.strictObject({
    choice: z.string().nullable(),
    probabilities: z.record(z.string(), z.number()),
  }),
);

/** `text`: the opinion, as the ledger keeps it; null where that is none. */
export function toldOf(text: string, { kind, to }: Pick<Given, "kind" | "to">): Told | null {
  const opinion = opinionSchema().safeParse(jsonOf(text)).data;
  if (!opinion) return null;
  const { choice, probabilities } = opinion;
  const known = choice !== null && Object.keys(probabilities).length > 0;
  const likely = known
    ? { wanted: probabilities[routeLabel({ kind, to })] ?? 0, chosen: probabilities[choice] ?? 0 }
    : null;
  return { choice: chosenRoute(choice), likely };
}

function chosenRoute(label: string | null): Given["choice"] {
  const found = /^(delegation|escalation) (.+)$/.exec(label ?? "");
  return found ? { kind: found[1] as "delegation" | "escalation", to: found[2] as string } : null;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
