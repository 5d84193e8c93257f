/** What an action is about to spend, held against the run's limits before it runs; and the question that a limit raises. */
import type { Call, Event, EventOf, LimitName } from "../events/event.ts";
import { stopsWithout, type LimitReached } from "../events/raising.ts";
import { paidCallKey, type EffectKey } from "../ids.ts";
import { amountText } from "../money.ts";
import type { Rule } from "../org/chart.ts";
import type { Reservation } from "../store/ports.ts";
import { raiseOnce, workflowRule } from "./asks.ts";
import { toolContext } from "./tool-context.ts";
import { spendingLimit } from "./limits.ts";
import type { LineContext } from "./line-context.ts";
import type { Turn } from "./refusal.ts";

/** Null where the action may run: nothing is to be paid for, it has been paid, or it stays within the limits. */
export async function spendingBefore(
  { context }: Turn,
  proposed: EventOf<"action_proposed">,
  call: Call,
): Promise<LimitReached | null> {
  const tool = context.tools.get(call.name);
  const args = tool?.schema.safeParse(call.args);
  if (!tool?.needs || !args?.success) return null;
  const begun = await context.store.effect(proposed.key as EffectKey);
  if (begun && begun.outcome !== null) return null;
  const need = await tool.needs(toolContext(context, proposed), args.data);
  if (need.modelCalls === 0) return null;
  const left = begun ? await unpaid(context, proposed.key, need) : need;
  const { counters, limits } = (await context.store.run(context.run.id)) ?? context.run;
  return spendingLimit(counters, limits, left);
}

/** What earlier attempts at the same action have answers for is not paid for again; a call in doubt or one that failed is. */
async function unpaid({ store }: LineContext, key: string, need: Reservation): Promise<Reservation> {
  let left = 0;
  for (let number = 0; number < need.modelCalls; number += 1)
    if (((await store.effect(paidCallKey(key, number)))?.outcome ?? null) === null) left += 1;
  const part = (all = 0): number => Math.ceil((all * left) / need.modelCalls);
  return { modelCalls: left, tokens: part(need.tokens), money: part(need.money), gpuMs: part(need.gpuMs) };
}

/** `4 for steps`, `5.00 EUR for money`. */
function limitText(name: LimitName, value: number, currency: string | null): string {
  return `${amountOf(name, value, currency)} for ${name}`;
}

function amountOf(name: LimitName, value: number, currency: string | null): string {
  return name === "money" ? `${amountText(value)} ${currency ?? ""}`.trim() : String(value);
}

/** Of these, what calls under way and the next one may take at most is in the value: it need not have been used. */
function setAside({ name, value }: LimitReached, currency: string | null): string {
  if (name !== "tokens" && name !== "money" && name !== "gpuSeconds") return "";
  return `: with what its calls may take at most, it comes to ${amountOf(name, value, currency)}`;
}

/**
 * What the role did to reach it, for the limits that are not a matter of size. In words of the runtime's own: of what a model wrote nothing
 * stands in the question but the name of what it called, and only where it reads as one.
 */
export function howReached(
  { name, value }: LimitReached,
  { desk, frame }: Turn,
  log: readonly Event[],
): string | undefined {
  const own = log.filter((event) => "frame" in event && event.frame === frame.id);
  const taken = own.findLast((event) => event.type === "turn_taken");
  const called = taken?.calls[0]?.name ?? "";
  const call = /^\w{1,64}$/.test(called) ? called : "a tool";
  const refusal = own.slice(taken ? own.indexOf(taken) : 0).find((event) => event.type === "refused");
  const then = ": the run reached its limit";
  if (name === "repeats") {
    const refused = refusal ? ` (refused: ${refusal.code})` : "";
    return `${frame.role} has made the same call of ${call} ${value} times${refused}${then}`;
  }
  if (name === "refusals" && refusal) return `${frame.role} was refused ${call} (${refusal.code})${then}`;
  if (name === "pingPong") {
    const { from, to } = desk.pingPong;
    return `${to} and ${from} have handed things to and fro ${value} times${then}`;
  }
  return undefined;
}

export function askAboutLimit(
  { context, desk, batch, frame }: Turn,
  reached: LimitReached,
  what = "The run reached its limit",
): Promise<void> {
  return raiseOnce(context, desk, batch, {
    kind: "limit",
    frame,
    role: frame.role,
    topic: `limit: ${reached.name}`,
    question: `${what} of ${limitText(reached.name, reached.ceiling, context.run.currency)}${setAside(reached, context.run.currency)}. Approve to raise it, reject to ${stopsWithout(reached) ? "stop the run" : "send the tasks back"}.`,
    severity: "high",
    rule: ruleOf(context, reached),
    limit: reached,
  });
}

/** A brief's own limit goes before the workflow's, so it is the one that is cited. */
function ruleOf({ brief, bound, run }: LineContext, { name, ceiling }: LimitReached): Rule {
  const purpose = `${name}: ${amountOf(name, ceiling, run.currency)}`;
  if (brief.file !== null && Object.hasOwn(brief.limits, name)) return { purpose, file: brief.file, line: 1 };
  return workflowRule(bound, "limits", purpose);
}
