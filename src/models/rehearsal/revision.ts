/** How work that came back is handed down again, and how whoever gets it reads the reason. */
import type { AssignmentSeen } from "./frames.ts";

export type Returned = { readonly by: string; readonly reason: string };

export function revisionTask(title: string, { by, reason }: Returned, round: number): string {
  return `Revise the work on “${title}”${round > 1 ? ` (return ${round})` : ""}.\n\nReturned by ${by}: ${reason.replace(/\s+/g, " ") || "no reason was given"}`;
}

/** Empty unless the assignment is such a task. */
export function revisionAsked(frame: AssignmentSeen): Returned[] {
  const match = /^Revise the work on [^\n]*\n\nReturned by ([^:\n]+): ([^\n]*)/.exec(frame.task);
  return match ? [{ by: match[1] as string, reason: match[2] as string }] : [];
}
