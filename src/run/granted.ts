/** What a role may call, and what needs a person first: read from the bound chart, in the same way when it is offered, proposed, run and verified. */
import { toolsOfGroups } from "../modes/tool-groups.ts";
import { commandPolicy, commandTool, forbiddenCommand, isAllowedCommand } from "../org/command-policy.ts";
import type { Desk, DeskFrame } from "../events/desk.ts";
import type { Call, Event } from "../events/event.ts";
import { bringsForeign } from "../events/foreign.ts";
import { groupsOf, mcpToolsOf, type BoundChart } from "../org/bound-chart.ts";
import type { Workflow } from "../org/workflow.ts";
import { knowledgeToolsFor } from "../tools/knowledge.ts";
import type { Tool } from "../tools/tool.ts";

/** Tools that the role has: its groups and grants, and nothing else (R2). */
export function grantedTools({ bound }: { readonly bound: BoundChart }, role: string): readonly string[] {
  const groups = groupsOf(bound, role);
  const served = mcpToolsOf(bound, role).map((tool) => tool.name);
  return [...toolsOfGroups(groups), ...knowledgeToolsFor(groups), ...served];
}

/** Those of them that it has in a frame: whoever verifies a report only reads. */
export function toolsInFrame(
  context: { readonly bound: BoundChart; readonly tools: ReadonlyMap<string, Pick<Tool, "access">> },
  { role, kind }: Pick<DeskFrame, "role" | "kind">,
): readonly string[] {
  const granted = grantedTools(context, role);
  return kind === "verification" ? granted.filter((name) => context.tools.get(name)?.access === "read") : granted;
}

/** Whether what the line does next may be led by text that nobody vouches for: its own, or what led to it. */
export function isLed({ foreign }: Pick<Desk, "foreign">, above: readonly Event[]): boolean {
  return foreign || above.some(bringsForeign);
}

/** The workflow's rule that puts this role's effect to a person first; undefined where there is none. `led`: see `isLed`. */
export function approvalPolicy(
  bound: BoundChart,
  role: string,
  { name: tool, args }: Pick<Call, "name" | "args">,
  led: () => boolean,
): Workflow["approvals"][number] | undefined {
  const covers = (rule: { readonly tool: string; readonly roles?: readonly string[] | undefined }): boolean =>
    rule.tool === tool && (rule.roles?.includes(role) ?? true);
  const named = bound.workflow.approvals.find(covers);
  if (tool === commandTool) {
    if (isAllowedCommand(commandPolicy(bound.workflow), args)) return undefined;
    return named ?? { tool, reason: "a command needs a person, unless the workflow's `commands.allow` names it" };
  }
  const served = bound.mcp?.some((each) => each.name === tool) ?? false;
  if (named || !served) return named;
  const reason = serverReason(bound, tool, bound.workflow.withoutApproval?.filter(covers) ?? [], led);
  return reason === null ? undefined : { tool, reason };
}

/** Why an effect of a server's tool needs a person; null where the workflow's exceptions hold. */
function serverReason(
  bound: BoundChart,
  tool: string,
  exceptions: NonNullable<Workflow["withoutApproval"]>,
  led: () => boolean,
): string | null {
  if (exceptions.length === 0) return ofServers;
  if (exceptions.some(({ afterReading }) => afterReading !== false)) return null;
  return led() || hearsOthers(bound, tool) ? mayBeLed : null;
}

const ofServers = "an effect of an MCP tool needs a person, unless the workflow's `withoutApproval` names it";
const mayBeLed =
  "what tools brought here may be what asks for this, so it needs a person (`withoutApproval` without `afterReading`)";

/** What a server says of its tools stands in prompts from the start: one may ask there for what another does. */
function hearsOthers({ mcp = [] }: BoundChart, tool: string): boolean {
  const own = mcp.find((each) => each.name === tool)?.server;
  return mcp.some((each) => each.server !== own);
}

/** Why the workflow lets nobody approve such a call, in words; null where it does. */
export function forbiddenBy(bound: BoundChart, { name, args }: Pick<Call, "name" | "args">): string | null {
  return name === commandTool ? forbiddenCommand(commandPolicy(bound.workflow), args) : null;
}
