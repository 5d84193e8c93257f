/** A page of `tasks/`: what was asked of a role, by which rule, what it did, and what it reported. */
import type { Report } from "../../events/event.ts";
import type { Journal, TaskPage } from "./index-page.ts";
import {
  backToRun,
  bullets,
  capital,
  titled,
  criteriaBlocks,
  projectUp,
  receiptBlocks,
  rehearsalNote,
  reportBlocks,
  stepTable,
  type PageContext,
} from "./parts.ts";
import { verdictBlocks, verdictLine } from "./verdict.ts";
import { block, code, frontMatter, inline, page, ruleText } from "../markdown.ts";
import { timeText } from "../escalations.ts";

export function renderTask(journal: Journal, task: TaskPage): string {
  const context: PageContext = { journal, here: task.path };
  const { opened } = task;
  const report = reportOf(journal, task);
  const asked = opened.assignment?.criteria ?? [];
  return page(
    taskFrontMatter(journal, task),
    [`# ${inline(capital(task.title))}`],
    rehearsalNote(context),
    [
      `**${inline(opened.to)}**, assigned by **${inline(opened.from)}** in step ${task.openedBy.n}. ${stateText(task)} ${backToRun}.`,
    ],
    [`Rule: ${ruleText(opened.rule, projectUp(context))}`],
    ["## Assignment"],
    block(opened.assignment?.task ?? ""),
    ...titled(
      "### Inputs",
      (opened.assignment?.inputs ?? []).map((path) => `- ${code(path)}`),
    ),
    ...titled("### Constraints", bullets(opened.assignment?.constraints ?? [])),
    // Without a report the criteria would not be on the page at all.
    ...(report ? [] : criteriaBlocks("### Acceptance criteria", asked, null)),
    ...titled("## What happened", stepTable(context, task.steps)),
    ...receiptBlocks(context, task.steps),
    ...(task.verdict ? verdictBlocks("## Verdict", task.verdict) : []),
    ...(report ? [["## Report"], ...reportBlocks(context, report, asked, "###")] : []),
  );
}

/** What closed the frame; the entry role's newest report while it waits for the sign-off. */
function reportOf(journal: Journal, task: TaskPage): Report | null {
  if (task.closed?.report) return task.closed.report;
  return task.opened.kind === "start" ? journal.outcome.report : null;
}

function stateText(task: TaskPage): string {
  if (task.closed === null) return "Not closed yet.";
  const at = timeText(task.closed.at);
  if (task.verdict) return verdictLine(task.verdict);
  if (task.closed.report === null) return `Dropped, ${at}.`;
  const who = task.closed.by === "person" ? " by a person" : "";
  return `Reported${who} in step ${task.closedBy?.n ?? "?"}, ${at}.`;
}

function statusOf({ closed, verdict }: TaskPage): string {
  if (closed === null) return "open";
  if (verdict) return verdict.verdict === "accept" ? "accepted" : "returned";
  return closed.report === null ? "dropped" : "reported";
}

function taskFrontMatter(journal: Journal, task: TaskPage): string[] {
  const { opened, closed } = task;
  return frontMatter([
    ["run", journal.run.id],
    ["task", Number(task.nn)],
    ["title", task.title],
    ["role", opened.to],
    ["from", opened.from],
    ["status", statusOf(task)],
    ["opened", opened.at],
    ["closed", closed?.at ?? null],
    ["rule", `${opened.rule.file}:${opened.rule.line}`],
    ["rehearsal", journal.run.rehearsal],
  ]);
}
