/** What a workflow that is bound to a run says, read: without the schema of workflows, whose making every start would pay for. */
import type { Workflow } from "./workflow.ts";

/** Charts of earlier versions say nothing of returns: the default stands. */
export function returnsOf({ returns }: Pick<Workflow, "returns">): number {
  return returns ?? 2;
}

/** How long a matter of this severity may wait for a person. */
export function deadlineFor(
  { deadlineMinutes }: Pick<Workflow, "deadlineMinutes">,
  severity: "low" | "medium" | "high" | "critical",
): number {
  return typeof deadlineMinutes === "number" ? deadlineMinutes : (deadlineMinutes[severity] ?? 24 * 60);
}
