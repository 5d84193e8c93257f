/** A measured figure reads the same wherever people see it (`src/events/figure.ts`). */
import { expect, test } from "vitest";
import { figureText } from "../../src/events/figure.ts";
import { resultText } from "../../src/views/call-text.ts";

test.each([
  ["items", 3, "items", "3"],
  ["items_failed", 0, "items", "0"],
  ["train rows", 129, "rows", "129"],
  ["exit code (npm test)", 1, "code", "1"],
  ["rows with contradictory labels left out", 2, "rows", "2"],
  ["duplicates left out", 1, "rows", "1 row"],
  ["leaks between parts", 0, "rows", "0 rows"],
  ["p50 latency (ms-model)", 12.5, "ms", "12.5 ms"],
  ["macro-F1 (a)", 0.82, "score", "0.82"],
  ["it ended with", 1, "code", "1"],
  ["Items", 1, "items", "1"],
  ["ratio", 0.5, "", "0.5"],
])("%s = %d %s reads %j", (name, value, unit, text) => {
  expect(figureText({ name, value, unit })).toBe(text);
});

test("a step's line says no unit twice", () => {
  const measurements = [
    { name: "items", value: 1, unit: "items" },
    { name: "items_failed", value: 0, unit: "items" },
  ];
  const result = {
    callId: "c",
    tool: "run_inference",
    ok: true,
    text: "",
    receipt: { files: [], measurements, detail: {} },
  };
  expect(resultText(result)).toBe("measured items 1, items_failed 0");
});
