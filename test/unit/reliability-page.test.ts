/** docs/reliability.md: every fault of the list stands there once, and every test that it names is there. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = readFileSync(join(root, "docs/reliability.md"), "utf8");
const rows = page.split("\n").filter((line) => /^\| (?:\d|\|)/.test(line) && !line.includes("| shown by |"));

test("each of the forty faults is there once", () => {
  const numbers = rows.flatMap((row) => (row.split("|")[1] ?? "").match(/\d+/g) ?? []).map(Number);
  expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, at) => at + 1));
});

test("each line names a test that exists, and how much it does", () => {
  for (const row of rows) {
    const [, , , , shownBy = "", figure = ""] = row.split("|").map((cell) => cell.trim());
    const files = [...shownBy.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? "");
    expect(files.length, row).toBeGreaterThan(0);
    expect(figure, row).not.toBe("");
  }
  const named = [...page.matchAll(/`(test\/[^`]+)`/g)].map((match) => match[1] ?? "");
  expect(named.filter((file) => !existsSync(join(root, file)))).toEqual([]);
});
