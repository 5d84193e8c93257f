/**
 * What a person in a role may do besides answering, checked before it is recorded.
 *
 * R1. They take the routes that the role declares, as the ask has named them since it was raised, and no other. The line checks the same
 *     once more on the chart, when it takes the decision up (`handed-on.ts`).
 */
import { z } from "zod";
import type { Seat } from "../events/event.ts";
import type { AskRow } from "../store/rows.ts";
import type { DecideInput } from "./api.ts";
import { once } from "../events/once.ts";

export const handing = ["delegate", "escalate"] as const;
type Handing = (typeof handing)[number];

export const handingNeeds: Readonly<Record<Handing, string>> = { delegate: "the task", escalate: "why it goes up" };
const words: Readonly<Record<Handing, string>> = { delegate: "delegation", escalate: "escalation" };

export function isHanding(verb: DecideInput["verb"]): verb is Handing {
  return verb === "delegate" || verb === "escalate";
}

function routesFor({ seat }: AskRow, verb: Handing): Seat["escalations"] {
  return (verb === "delegate" ? seat?.delegations : seat?.escalations) ?? [];
}

/** Where a role has one way up, it need not be named. */
export function targetOf(ask: AskRow, { verb, to }: Pick<DecideInput, "verb" | "to">): string | undefined {
  if (!isHanding(verb)) return undefined;
  const routes = routesFor(ask, verb);
  return to ?? (verb === "escalate" && routes.length === 1 ? routes[0]?.to : undefined);
}

export type HandingProblem = {
  readonly message: string;
  /** What to type instead. */
  readonly command: string;
  readonly data: Record<string, unknown>;
};

const handedCriteria = once(() => z.strictObject({ criteria: z.array(z.string().min(1)).min(1) }));

/** Null where the verb is none of these, or nothing is wrong. */
export function handingProblem(
  ask: AskRow,
  { verb, to, args }: Pick<DecideInput, "verb" | "to" | "args">,
): HandingProblem | null {
  if (!isHanding(verb)) return null;
  if (!routesFor(ask, verb).some((route) => route.to === to)) return undeclared(ask, verb, to);
  if (args === undefined || (verb === "delegate" && handedCriteria().safeParse(args).success)) return null;
  return { message: "only a task takes criteria: one or more texts", command: handingCommand(ask, verb, to), data: {} };
}

function undeclared(ask: AskRow, verb: Handing, to: string | undefined): HandingProblem {
  const routes = routesFor(ask, verb);
  const list = routes.map(({ to: role, rule }) => `${role} (${rule.purpose}; ${rule.file}:${rule.line})`).join("; ");
  const what = to === undefined ? "say to whom" : `${ask.seat?.role} declares no ${words[verb]} to ${to}`;
  return {
    message: `${what}. ${list ? `Declared: ${list}.` : `It declares no ${words[verb]} at all.`}`,
    command: routes[0] ? handingCommand(ask, verb, routes[0].to) : `cadre answer ${ask.id} "<answer>"`,
    data: { role: ask.seat?.role ?? null, to: to ?? null, allowed: routes },
  };
}

export function handingCommand(ask: AskRow, verb: Handing, to?: string): string {
  const target = to ?? routesFor(ask, verb)[0]?.to ?? "<role>";
  return `cadre ${verb} ${ask.id} --to ${target} "<${verb === "delegate" ? "the task" : "why"}>"`;
}
