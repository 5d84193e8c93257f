/**
 * The journal of a run: small Markdown pages for people, rendered from events.
 *
 * J3. The same input gives the same bytes: no clock, no locale, no random order. It can be thrown away and rendered again.
 * J4. What models and people wrote is quoted (`markdown.ts`): it cannot become structure of these pages.
 * J5. In a rehearsal every page says so at its top.
 */
import { visibleJson } from "../escape.ts";
import { renderDecision } from "./decision.ts";
import { indexJournal, type JournalInput } from "./index-page.ts";
import { renderReadme } from "./readme.ts";
import { renderTask } from "./task.ts";
import { stepRecord } from "../trace/text.ts";

export type { JournalInput, JournalRun } from "./index-page.ts";

/** Path, relative to `journal/<run>/`, to content. */
export function renderJournal(input: JournalInput): ReadonlyMap<string, string> {
  const journal = indexJournal(input);
  const trace = journal.steps.map((step) => `${visibleJson(stepRecord(step))}\n`).join("");
  return new Map([
    ["README.md", renderReadme(journal)],
    ...journal.tasks.map((task) => [task.path, renderTask(journal, task)] as const),
    ...journal.decisions.map((decision) => [decision.path, renderDecision(journal, decision)] as const),
    ["trace.jsonl", trace],
  ]);
}
