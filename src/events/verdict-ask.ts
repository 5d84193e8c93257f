/** The ask of a person who staffs the role that verifies a run's report: their word is a verdict, and no report of their own. */

export const verdictTopic = "verification";

/** Answered: the report is accepted. Rejected: it is returned, with the reason. */
export function asksVerdict({ kind, topic }: { readonly kind: string; readonly topic: string }): boolean {
  return kind === "assignment" && topic === verdictTopic;
}
