/** `graph --walked`: each declared route beside what runs did, and what they did beside the declared routes. */
import { expect, test } from "vitest";
import { traceSteps } from "../../src/views/trace/trace.ts";
import { columnsOf } from "../../src/views/text-width.ts";
import { renderCoverage, routeCoverage } from "../../src/views/coverage.ts";
import { LineHarness, bind, call, fullReport, modeText } from "../fixtures/line-harness.ts";

const modes = [
  modeText("lead", "020-lead", { delegates: ["one", "two"] }),
  modeText("one", "030-worker", { escalates: ["lead"], reports: ["lead", "two"] }),
  modeText("two", "030-worker", { escalates: ["lead"] }),
];

const task = (mode: string) => call("new_task", { mode, task: `for ${mode} matters`, acceptance_criteria: ["done"] });

/** The lead gives `given` out, one after the other; whoever is not declared is refused. */
async function stepsOf(given: readonly string[]) {
  let at = 0;
  const line = new LineHarness({
    modes,
    workflow: { entry: "lead", signOff: false },
    say: (_request, role) => {
      const next = role === "lead" ? given[at++] : undefined;
      return [next === undefined ? call("attempt_completion", fullReport()) : task(next)];
    },
  });
  await line.create();
  await line.move();
  return traceSteps(await line.store.runEvents(line.run));
}

const { chart } = bind(modes, { entry: "lead" });
const edge = (kind: string, from: string, to: string) => expect.objectContaining({ kind, from, to }) as unknown;

test("each declared route tells how often it was taken and in how many runs, and those that never were are named", async () => {
  const runs = [await stepsOf(["one", "one"]), await stepsOf(["one"])];
  const coverage = routeCoverage(chart, runs);
  const told = coverage.routes.map(({ route, walked }) => [`${route.kind} ${route.from} ${route.to}`, walked]);
  expect(Object.fromEntries(told)).toEqual({
    "delegation lead one": { times: 3, runs: 2 },
    "delegation lead two": { times: 0, runs: 0 },
    "escalation lead user": { times: 0, runs: 0 }, // the top of the chart
    "escalation one lead": { times: 0, runs: 0 },
    "escalation two lead": { times: 0, runs: 0 },
    "report one lead": { times: 3, runs: 2 },
    "report one two": { times: 3, runs: 2 },
  });
  expect(coverage.gone).toEqual([]);
  const text = renderCoverage(coverage, { colour: false, width: null, verbose: false });
  expect(text).toContain("3 of 7 declared routes were taken in 2 runs");
  expect(text).toMatch(/Taken\n {2}delegation +lead → one +3 times in 2 runs +“for one matters” {2}modes\/m0\.md:\d+/);
  expect(text).toMatch(/Never taken\n {2}delegation +lead → two/);
});

test("V2 refused attempts are named, and routes that were taken and are declared no longer", async () => {
  const runs = [await stepsOf(["nobody", "two"])];
  const { chart: smaller } = bind([modeText("lead", "020-lead", { delegates: ["one"] }), ...modes.slice(1)], {
    entry: "lead",
  });
  const coverage = routeCoverage(smaller, runs);
  expect(coverage.refused).toEqual([edge("refusal", "lead", "nobody")]);
  expect(coverage.gone).toEqual([edge("delegation", "lead", "two")]);
  const text = renderCoverage(coverage, { colour: false, width: null, verbose: false });
  expect(text).toMatch(/no longer declared\n {2}delegation +lead → two +once in 1 run/);
  expect(text).toMatch(/Refused\n {2}refusal +lead → nobody +once in 1 run/);
});

test("where there is no run yet, every route is one that was never taken", () => {
  const coverage = routeCoverage(chart, []);
  expect(coverage.routes.every(({ walked }) => walked.times === 0)).toBe(true);
  expect(renderCoverage(coverage, { colour: false, width: null, verbose: false })).toContain(
    "0 of 7 declared routes were taken in 0 runs",
  );
});

test.each([40, 50, 80])(
  "with a width of %i columns every line fits, and all is said that is said without one",
  (width) => {
    const names = ["huggingface-specialist", "database-specialist"];
    const wide = names.map((name) =>
      modeText(name, "030-worker", { delegates: names, escalates: names, reports: names }),
    );
    const { chart: others } = bind(wide, { entry: names[0] ?? "" });
    const found = routeCoverage(others, []);
    const walked = { times: 12, runs: 3 };
    const coverage = {
      runs: 3,
      routes: found.routes.map((each, at) => (at % 2 === 0 ? { ...each, walked } : each)),
      gone: [{ kind: "delegation", from: names[0] ?? "", to: "technical-writer", ...walked }] as const,
      refused: [{ kind: "refusal", from: names[1] ?? "", to: "technical-writer", ...walked }] as const,
    };
    const rows = renderCoverage(coverage, { colour: false, width, verbose: false }).split("\n");
    for (const row of rows) expect(columnsOf(row)).toBeLessThanOrEqual(width);
    const whole = renderCoverage(coverage, { colour: false, width: null, verbose: false });
    expect(rows.join(" ").split(/\s+/)).toEqual(whole.split(/\s+/));
  },
);
