/** What a role may call, and what needs a person first: read from the bound chart, in the same way when it is offered, proposed, run and verified. */
import { toolsOfGroups } from "../modes/tool-groups.ts";
import { groupsOf, type BoundChart } from "../org/bound-chart.ts";
import type { Workflow } from "../org/workflow.ts";
import { knowledgeToolsFor } from "../tools/knowledge.ts";

/** Tools that the role has: its groups and grants, and nothing else (R2). */
export function grantedTools({ bound }: { readonly bound: BoundChart }, role: string): readonly string[] {
  const groups = groupsOf(bound, role);
  return [...toolsOfGroups(groups), ...knowledgeToolsFor(groups)];
}

/** The workflow's rule that puts this role's effect to a person first; undefined where there is none. */
export function approvalPolicy(
  bound: BoundChart,
  role: string,
  tool: string,
): Workflow["approvals"][number] | undefined {
  return bound.workflow.approvals.find((each) => each.tool === tool && (each.roles?.includes(role) ?? true));
}
