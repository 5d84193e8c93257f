/** `compare`: two runs row by row; nothing that either has is left out (C1). */
import { expect, test } from "vitest";
import { compareRuns, renderComparison } from "../../src/views/compare.ts";
import { LineHarness, call, fullReport, modeText } from "../fixtures/line-harness.ts";

const modes = [
  modeText("lead", "020-lead", { delegates: ["one", "two"], escalates: ["user"] }),
  modeText("one", "030-worker", { escalates: ["lead"] }),
  modeText("two", "030-worker", { escalates: ["lead"] }),
];

const ask = call("escalate", {
  to: "user",
  topic: "colour",
  question: "which?",
  severity: "low",
  tried: "",
  options: ["red", "blue"],
});

/** A run whose lead turns to `to`, asks a person, and reports the criterion as `status`. */
async function eventsOf(to: string, answer: string, status: string) {
  let at = 0;
  const report = fullReport();
  const criteria = [{ id: "A1", status, evidence: "scripted" }];
  const line = new LineHarness({
    modes,
    workflow: { entry: "lead", signOff: false },
    say: (_request, role) => {
      if (role !== "lead") return [call("attempt_completion", report)];
      at += 1;
      if (at === 1) return [call("new_task", { mode: to, task: `for ${to} matters`, acceptance_criteria: ["done"] })];
      return [at === 2 ? ask : call("attempt_completion", { ...report, criteria })];
    },
  });
  await line.create();
  await line.move();
  await line.decide("answer", answer);
  expect((await line.move()).status).toBe("finished");
  return line.store.runEvents(line.run);
}

test("C1 each row has both runs' word, or says which of them has none", async () => {
  const rows = compareRuns(await eventsOf("one", "1", "met"), await eventsOf("two", "2", "not_met"));
  const row = (what: string) => rows.find((each) => each.what === what);
  expect(row("A1 the thing is there")).toMatchObject({ section: "criteria", one: "met", other: "not met" });
  expect(row("lead: colour")).toMatchObject({ section: "decisions", one: "red (tester)", other: "blue (tester)" });
  expect(row("delegation lead → one")).toMatchObject({ section: "routes", one: "once", other: null });
  expect(row("delegation lead → two")).toMatchObject({ section: "routes", one: null, other: "once" });
  expect(row("brief")).toMatchObject({ one: "A thing", other: "A thing" });
  const text = renderComparison(rows, ["r-1", "r-2"], { colour: false, width: null, verbose: false });
  expect(text).toMatch(/criteria\n {2}A1 the thing is there +met +not met\n/);
  expect(text).toMatch(/delegation lead → one +once +-\n/);
  expect(text).not.toContain("brief");
  expect(renderComparison(rows, ["r-1", "r-2"], { colour: false, width: null, verbose: true })).toContain("brief");
});

test("on a terminal that is too narrow for it, each row stands over what both runs say of it", async () => {
  const rows = compareRuns(await eventsOf("one", "1", "met"), await eventsOf("two", "2", "not_met"));
  const text = renderComparison(rows, ["r-1", "r-2"], { colour: false, width: 40, verbose: true });
  expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(40);
  expect(text).toContain("criteria\n  A1 the thing is there\n    r-1  met\n    r-2  not met\n");
  expect(text.match(/ {4}r-1 {2}/g)).toHaveLength(rows.length);
});

test("a run beside itself differs in nothing", async () => {
  const events = await eventsOf("one", "1", "met");
  const rows = compareRuns(events, events);
  expect(rows.filter(({ one, other }) => one !== other)).toEqual([]);
  const text = renderComparison(rows, ["r-1", "r-1"], { colour: false, width: null, verbose: false });
  expect(text).toContain(`0 of ${rows.length} rows differ`);
});

test("what a model wrote is shown with nothing that a terminal would obey", async () => {
  const rows = compareRuns(await eventsOf("one", "\u001B[31mred\u202E", "met"), await eventsOf("one", "1", "met"));
  const text = renderComparison(rows, ["r-1", "r-2"], { colour: false, width: null, verbose: true });
  // eslint-disable-next-line no-control-regex -- finding them is the purpose
  expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u202E]/);
});
