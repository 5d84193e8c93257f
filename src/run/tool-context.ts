/** What a tool is given to work with, in a line. */
import type { EventOf } from "../events/event.ts";
import { findRole } from "../org/chart.ts";
import { commandPolicy } from "../org/command-policy.ts";
import { licencePolicy } from "../org/licence-policy.ts";
import type { ToolContext } from "../tools/tool.ts";
import { decisionsFor } from "./decisions.ts";
import type { LineContext } from "./line-context.ts";
import { isCheck } from "./verification-check.ts";

type Asking = Pick<EventOf<"action_proposed">, "role" | "key" | "frame" | "calls">;

export function toolContext(context: LineContext, proposed: Asking): ToolContext {
  const role = findRole(context.bound.chart, proposed.role);
  return {
    workspace: context.workspaces.path(context.run.id),
    // A check changes nothing: what it left behind would be signed off with the work, and would have to be checked again.
    writable: isOwnCheck(context, proposed) ? [] : (context.above.opened?.writes ?? null),
    project: context.project,
    knowledge: role?.knowledge.map((reference) => reference.path) ?? [],
    key: proposed.key,
    clock: context.clock,
    signal: context.signal,
    commands: commandPolicy(context.bound.workflow),
    licences: licencePolicy(context.bound.workflow),
    decisions: async () => {
      const own = (await context.store.events(context.line)).map((stored) => stored.event);
      return decisionsFor(proposed.role, [...context.above.log, ...own]);
    },
    ...(context.models ? { models: context.models } : {}),
  };
}

function isOwnCheck({ bound }: LineContext, { frame, calls }: Asking): boolean {
  return calls.some((call) => isCheck(bound.workflow, frame, call));
}
