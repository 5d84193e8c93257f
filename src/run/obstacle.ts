/**
 * What may keep a proposed action from being run now, although it was all right when it was proposed: a person adopted another chart
 * since (D9), or edited the arguments through a face that checks nothing.
 */
import type { Desk } from "../events/desk.ts";
import type { Call, EventOf } from "../events/event.ts";
import { approvalPolicy, forbiddenBy, grantedTools, isLed } from "./granted.ts";
import type { LineContext } from "./line-context.ts";
import { complaint } from "./refusal.ts";
import { isCheck } from "./verification-check.ts";

export type Obstacle = { readonly code: "tool-not-granted" | "call-malformed"; readonly reason: string };

/** Null where the call may run: R2 and R3 under the present chart, with what the desk shows. */
export function obstacle(
  { context, desk }: { readonly context: Pick<LineContext, "bound" | "tools" | "above">; readonly desk: Desk },
  proposed: EventOf<"action_proposed">,
  call: Call,
): Obstacle | null {
  const tool = context.tools.get(call.name);
  const not = (code: Obstacle["code"], why: string): Obstacle => ({ code, reason: `${call.name} was not run: ${why}` });
  const check = isCheck(context.bound.workflow, proposed.frame, call);
  if (!tool || (!check && !grantedTools(context, proposed.role).includes(call.name)))
    return not("tool-not-granted", `${proposed.role} does not have it under the present chart.`);
  if (tool.available) return not("tool-not-granted", tool.available.no);
  const checked = tool.schema.safeParse(call.args);
  if (!checked.success) return not("call-malformed", complaint(checked.error));
  const forbidden = forbiddenBy(context.bound, call);
  if (forbidden !== null) return not("tool-not-granted", forbidden);
  const led = (): boolean => isLed(desk, context.above.log);
  if (
    proposed.access === "effect" &&
    !proposed.needsApproval &&
    approvalPolicy(context.bound, proposed.role, call, led)
  )
    return not("tool-not-granted", "the chart adopted since has a person approve it first. Send it again.");
  return null;
}
