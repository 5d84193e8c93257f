/**
 * Text in a line that nobody of the project vouches for: what a tool brought there (files, what commands and servers print) may hold
 * instructions to the model that reads it. Whatever the line does from then on may be led by it.
 *
 * F1. Once is for ever: nobody can tell which of a model's later words come from what it read.
 * F2. A report of a task that ran beside others counts too: what its role read is on a line of its own.
 * F3. What a write answers is our own. Knowledge files count as read: a model's card or a page of documentation was written by somebody else.
 */
import type { Event } from "./event.ts";

const ours: ReadonlySet<string> = new Set(["write_to_file", "apply_diff"]);

export function bringsForeign(event: Event): boolean {
  if (event.type === "child_closed") return event.report !== null; // F2
  return event.type === "action_done" && event.results.some((result) => !ours.has(result.tool)); // F3
}
