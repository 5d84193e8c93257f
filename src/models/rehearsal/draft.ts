/** What a document and a report are made from. */
import type { Facts } from "./facts.ts";
import type { AssignmentSeen } from "./frames.ts";
import type { Part } from "./handing-on.ts";
import type { Situation } from "./situation.ts";

export type Draft = {
  readonly situation: Situation;
  readonly frame: AssignmentSeen;
  readonly facts: Facts;
  /** Criteria that go to roles below. */
  readonly parts: readonly Part[];
};

/** A Markdown list, or what stands there instead of an empty one. */
export function list(items: readonly string[], none: string): string {
  return items.length > 0 ? items.map((item) => `- ${item}`).join("\n") : none;
}

/** One cell of a Markdown table. */
export function cell(text: string): string {
  return text.replace(/\s+/g, " ").replaceAll("|", "\\|");
}
