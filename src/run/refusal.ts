/** Refusals: nothing was executed, it is recorded, and the model is told what it may do instead. Never fatal at once; counted. */
import type { z } from "zod";
import type { Desk, DeskFrame } from "../events/desk.ts";
import type { Call, EventOf } from "../events/event.ts";
import { check, ruleOf, type Route } from "../org/chart.ts";
import type { Batch, LineContext } from "./line-context.ts";

/** One role acting: where it stands, and the events that it makes. */
export type Turn = {
  readonly context: LineContext;
  readonly desk: Desk;
  readonly frame: DeskFrame;
  readonly batch: Batch;
};

type Refusal = Pick<EventOf<"refused">, "code" | "reason"> &
  Partial<Pick<EventOf<"refused">, "kind" | "to" | "allowed">>;

/** Records that nothing was executed, and what the role may do instead. */
export function refuse(turn: Turn, call: Call | null, refusal: Refusal): void {
  turn.batch.add({
    type: "refused",
    at: turn.batch.now(),
    frame: turn.frame.id,
    role: turn.frame.role,
    callId: call?.id ?? null,
    verb: call?.name ?? "",
    kind: refusal.kind ?? null,
    to: refusal.to ?? null,
    code: refusal.code,
    reason: refusal.reason,
    allowed: refusal.allowed ?? [],
  });
}

/** Zod's complaints in one line a model can act on. */
export function complaint(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join(".") || "arguments"}: ${issue.message}`).join("; ");
}

export function parsed<Args>(turn: Turn, call: Call, schema: z.ZodType<Args>): Args | undefined {
  const result = schema.safeParse(call.args);
  if (result.success) return result.data;
  refuse(turn, call, { code: "call-malformed", reason: `${call.name} was not understood: ${complaint(result.error)}` });
  return undefined;
}

/** R1: the route as declared, or undefined after the refusal was recorded. */
export function declaredRoute(turn: Turn, call: Call, kind: Route["kind"], to: string): Route | undefined {
  const { chart } = turn.context.bound;
  const verdict = check(chart, kind, turn.frame.role, to);
  if (verdict.allowed) return verdict.route;
  const because = {
    "role-unknown": `there is no role "${to}"`,
    "route-undeclared": `${turn.frame.role} declares no ${kind} to ${to}`,
    "route-to-self": `${turn.frame.role} cannot hand this to itself`,
  }[verdict.code];
  const allowed = verdict.declared.map((route) => ({ to: route.to, rule: ruleOf(route) }));
  const list = verdict.declared.map((route) => `${route.to} (${route.purpose})`).join("; ");
  refuse(turn, call, {
    code: verdict.code,
    kind,
    to,
    allowed,
    reason: `${because}. ${list ? `Declared: ${list}.` : `It declares no ${kind} at all.`}`,
  });
  return undefined;
}
