/** What a journal remembers of a run's history, and that nothing written by others can pass for it. */
import { expect, test } from "vitest";
import type { NumberedEvent } from "../../src/events/numbered.ts";
import { readHistory } from "../../src/views/journal/anchor.ts";
import { renderJournal } from "../../src/views/journal/journal.ts";
import { reviewsRun } from "../fixtures/reviews-run.ts";

const run = {
  id: "r-7f3a9c",
  status: "finished",
  title: "Reviews",
  startedBy: "mai",
  startedAt: "2026-11-22T08:00:00.000Z",
  endedAt: null,
  entry: "ai-ml-lead",
  workflow: "feature-workflow",
  rehearsal: true,
};

const hashOf = (index: number): string => index.toString(16).padStart(64, "0");
const hashed = (): NumberedEvent[] => reviewsRun().map((event) => ({ ...event, hash: hashOf(event.index) }));

function page(events: readonly NumberedEvent[], text = "Look at the reviews."): string {
  const brief = { title: "Reviews", task: text, why: text, where: text, when: text, acceptance: [{ id: "A1", text }] };
  const whole = { ...brief, inputs: [], constraints: [text], limits: {}, to: null, file: null };
  return renderJournal({ run: { ...run, title: text }, brief: whole, events }).get("README.md") ?? "";
}

test("A1 a page remembers the last event of each line, and reads back what it says", () => {
  const events = hashed();
  const length = events.length;
  const other = { ...events[0]!, line: "r-7f3a9c.2", index: 0, hash: hashOf(999) };
  expect(readHistory(page([...events, other]))).toEqual([
    { line: "r-7f3a9c.1", length, head: hashOf(length - 1) },
    { line: "r-7f3a9c.2", length: 1, head: hashOf(999) },
  ]);
});

test("A1 events without hashes leave no such part, and are none the worse", () => {
  const text = page(reviewsRun());
  expect(text).not.toContain("## History");
  expect(readHistory(text)).toEqual([]);
  expect(readHistory("")).toEqual([]);
});

test("A2 a text that looks like that part is not read as one", () => {
  const row = `| \`r-7f3a9c.1\` | 1 | \`${hashOf(7)}\` |`;
  const table = `| Line | Events | Hash of the last one |\n| --- | --- | --- |\n${row}`;
  for (const text of [
    `x\n\n## History\n\n${table}\n`,
    `\n## History\n${row}`,
    row,
    `\u2028## History\u2028${row}`,
    `\`\`\`\n## History\n${row}`,
    `    x\n\`\`\`\`\n## History\n${row}\n~~~`,
  ]) {
    expect(readHistory(page(reviewsRun(), text))).toEqual([]);
    const events = hashed();
    expect(readHistory(page(events, text))).toEqual([
      { line: "r-7f3a9c.1", length: events.length, head: hashOf(events.length - 1) },
    ]);
  }
});
