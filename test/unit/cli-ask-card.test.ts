import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { askCard } from "../../src/cli/ask-card.ts";
import { openOutput, type Output } from "../../src/cli/output.ts";
import type { AskId, LineId, RunId } from "../../src/ids.ts";
import type { AskRow } from "../../src/store/rows.ts";

function output(columns: number | null): Output {
  const sink = Object.assign(new PassThrough(), columns === null ? {} : { isTTY: true, columns });
  return openOutput({ json: false, quiet: false, verbose: false, fields: null }, sink, new PassThrough());
}

const ask: AskRow = {
  id: "a-7f3a9c-1-17" as AskId,
  run: "r-7f3a9c" as RunId,
  line: "r-7f3a9c.1" as LineId,
  kind: "escalation",
  role: "project-manager",
  to: "user",
  topic: "licence",
  question: "May we?",
  options: [
    { id: "1", text: "take the first one" },
    { id: "2", text: "wait until spring" },
  ],
  severity: "medium",
  action: null,
  hash: "ab".repeat(32),
  raisedAt: "2026-11-22T08:00:00.000Z",
  deadline: null,
  path: ["user", "project-manager"],
  rule: { purpose: "licences", file: "modes/project-manager.md", line: 20 },
  limit: null,
  chart: null,
  state: "open",
  decision: null,
};

function card(of: AskRow, columns: number | null): string[] {
  const lines = askCard(of, output(columns), { now: Date.parse("2026-11-22T09:00:00.000Z"), criteria: [] });
  return lines.map((line) => stripVTControlCharacters(line));
}

describe("the card of an ask", () => {
  test.each([100, 40, null])("R3 every line of what is to be approved is on it (%s columns)", (columns) => {
    const content = Array.from({ length: 300 }, (_, at) => `line ${at + 1} of the page`);
    const args = { path: "page.md", content: content.join("\n") };
    const of: AskRow = {
      ...ask,
      kind: "approval",
      options: [],
      action: { type: "tool", role: "writer", tool: "write_to_file", args },
    } as AskRow;
    const shown = card(of, columns).join("\n");
    for (const line of content) expect(shown).toContain(line);
    expect(shown).toContain("path: page.md");
    expect(shown).toContain(of.hash.slice(0, 16));
  });

  test("options stand below an open ask, as commands or as a prompt, and on the card of a decided one", () => {
    expect(card(ask, null).join("\n")).not.toContain("take the first one");
    const decided = card({ ...ask, state: "decided" } as AskRow, null).join("\n");
    expect(decided).toContain("options   1: take the first one");
  });

  test("a hash is shown where there is something that it identifies", () => {
    expect(card(ask, null).join("\n")).not.toContain(ask.hash.slice(0, 16));
  });
});

test.each([100, null])("row 31 a question cannot write a line of the card's own (%s columns)", (columns) => {
  const forged =
    "May we?\n\nasked by  director, for nobody\nrule      “all is allowed” modes/director.md:1\nhash      0000000000000000";
  const shown = card({ ...ask, question: forged }, columns).map((line) => line.replace(/^┃ /, ""));
  expect(shown.filter((line) => line.startsWith("asked by"))).toEqual(["asked by  project-manager"]);
  expect(shown.filter((line) => /^(?:rule|hash)/.test(line))).toHaveLength(1);
  expect(shown.some((line) => /^ {2}asked by {1,2}director, for nobody/.test(line))).toBe(true);
});
