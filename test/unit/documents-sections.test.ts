import { expect, test } from "vitest";
import { didYouMean, editDistance, nearest } from "../../src/documents/nearest.ts";
import { readLines, readList, readSections, textOf } from "../../src/documents/sections.ts";

test("headings of every level carry their line; those in fences are text", () => {
  const text =
    "intro\n# One #\n```\n# not\n```\n## Two ##  \nx\n#no\n###### Six\n####### seven\n~~~md\n# no\n```\n~~~\n";
  const sections = readSections(readLines(text, 10));
  expect(sections.map(({ level, title, line }) => [level, title, line])).toEqual([
    [0, "", 10],
    [1, "One", 11],
    [2, "Two", 15],
    [6, "Six", 18],
  ]);
  expect(textOf(sections[2]?.lines ?? [])).toBe("x\n#no");
});

test("lists of all bullets, with continuation lines, each with its place", () => {
  const lines = readLines("- one\n  goes on\n* two\n\nnot an item\n  + three\n1. four\n12) five\n```\n- no\n```\n-six");
  expect(readList(lines)).toEqual([
    { text: "one goes on", line: 1, column: 3 },
    { text: "two", line: 3, column: 3 },
    { text: "three", line: 6, column: 5 },
    { text: "four", line: 7, column: 4 },
    { text: "five", line: 8, column: 5 },
  ]);
});

test("long lines of blanks and marks are read in linear time", () => {
  const started = performance.now();
  for (const line of [
    `# ${" ".repeat(200_000)}x`,
    `${"#".repeat(200_000)}`,
    `- ${" ".repeat(200_000)}x`,
    "# a ".repeat(60_000),
  ]) {
    readList(readLines(line));
    readSections(readLines(line));
  }
  expect(performance.now() - started).toBeLessThan(1_000);
});

test("the nearest name is found by edits, swaps included, and nothing far is offered", () => {
  expect(editDistance("kitten", "sitting")).toBe(3);
  expect(editDistance("abcd", "abdc")).toBe(1);
  expect(nearest("qa-lead", ["qa-manager", "qa-laed", "ba-lead"])).toBe("ba-lead");
  expect(nearest("Backend-Laed", ["backend-lead", "frontend-lead"])).toBe("backend-lead");
  expect(nearest("zebra", ["backend-lead", "lion"])).toBeNull();
  expect(didYouMean("tehnical-writer", ["technical-writer"], "no")).toBe('Did you mean "technical-writer"?');
  expect(didYouMean("x", [], "none")).toBe("none");
});
