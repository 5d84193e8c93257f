import { describe, expect, test } from "vitest";
import { moneyText, tokensText, usageByRole, usageByRoute, usageOf, type PriceOf } from "../../src/views/cost.ts";
import { runOutcome } from "../../src/views/outcome.ts";
import { hashOf } from "../../src/canonical.ts";
import { reviewsRun } from "../fixtures/reviews-run.ts";

const usage = { promptTokens: 1000, completionTokens: 50, cachedTokens: 400, ms: 500, measured: true };
const real = reviewsRun({ rehearsal: false, usage, model: "Qwen/Qwen3-8B" });
const turns = real.filter(({ event }) => event.type === "turn_taken").length;

describe("the outcome of a run", () => {
  test("report, criteria, measurements with receipts, limitations, files, counts", () => {
    const outcome = runOutcome(reviewsRun());
    expect(outcome).toMatchObject({
      status: "finished",
      reason: "signed off",
      signedOff: true,
      rehearsal: true,
      entry: "ai-ml-lead",
      openAsks: [],
    });
    expect(outcome.criteria.map(({ id, status }) => [id, status])).toEqual([
      ["A1", "met"],
      ["A2", "not_measured"],
    ]);
    expect(outcome.limitations).toEqual(["No encoder was run: this was a rehearsal."]);
    expect(outcome.files.map(({ path, change }) => [path, change])).toEqual([
      ["deploy/model.yaml", "added"],
      ["reports/README.md", "added"],
      ["reports/evaluation.json", "added"],
    ]);
    expect(outcome.counts).toMatchObject({
      delegations: 1,
      escalations: 3,
      questions: 1,
      refusals: 1,
      copies: 3,
      asks: 6,
      decisions: 6,
      tools: 6,
      modelCalls: 17,
    });
  });

  test("U1 a measurement stands beside the receipt that holds it", () => {
    const [claim] = runOutcome(reviewsRun()).measurements;
    expect(claim).toMatchObject({
      name: "macro_f1",
      value: 0.71,
      receipt: { tool: "evaluate_models", holds: true, step: { n: 5, kind: "tool" } },
    });
  });

  test("U1 a number that its receipt does not hold, or that has none, is told apart", () => {
    const changed = (change: Record<string, unknown>) =>
      runOutcome(
        reviewsRun().map((numbered) => {
          const { event } = numbered;
          if (event.type !== "run_ended" || event.report === null) return numbered;
          const measurements = event.report.measurements.map((claim) => ({ ...claim, ...change }));
          return { ...numbered, event: { ...event, report: { ...event.report, measurements } } };
        }),
      ).measurements[0]?.receipt;
    expect(changed({ value: 0.99 })).toMatchObject({ holds: false });
    expect(changed({ unit: "%" })).toMatchObject({ holds: false });
    expect(changed({ effect: "r-7f3a9c.1/e999" })).toBeNull();
  });

  test("U2 a criterion that the report leaves out stands in the table", () => {
    const events = reviewsRun();
    const before = events.findIndex(({ event }) => event.type === "report_submitted");
    expect(runOutcome(events.slice(0, before)).criteria.map((row) => row.status)).toEqual([
      "not_reported",
      "not_reported",
    ]);
  });

  test("before the end it is running or waiting, and files are what the receipts add up to", () => {
    const events = reviewsRun();
    const asked = events.findIndex(({ event }) => event.type === "ask_raised");
    expect(runOutcome(events.slice(0, asked))).toMatchObject({ status: "running", signedOff: false, changes: null });
    const waiting = runOutcome(events.slice(0, asked + 1));
    expect(waiting).toMatchObject({ status: "waiting", openAsks: [{ kind: "escalation" }] });
    expect(waiting.files).toEqual([
      { path: "reports/evaluation.json", before: null, after: hashOf("evaluation"), change: "added" },
    ]);
  });
});

describe("cost", () => {
  const priceOf: PriceOf = () => ({ prompt: 2, completion: 8, cached: 0.5, currency: "EUR" });

  test("tokens by role and by route add up to the run's", () => {
    const total = usageOf(real);
    expect(total).toMatchObject({
      calls: turns,
      counted: turns,
      promptTokens: turns * 1000,
      completionTokens: turns * 50,
    });
    for (const parts of [usageByRole(real), usageByRoute(real)]) {
      expect(parts.reduce((sum, part) => sum + part.usage.promptTokens, 0)).toBe(total.promptTokens);
      expect(parts.reduce((sum, part) => sum + part.usage.calls, 0)).toBe(turns);
    }
    expect(usageByRole(real).map((row) => row.role)).toEqual([
      "ai-ml-lead",
      "huggingface-specialist",
      "technical-architect",
      "project-manager",
    ]);
    expect(usageByRole(real)[0]?.models).toEqual(["Qwen/Qwen3-8B"]);
  });

  test("M1 a price is applied to fresh, cached and completion tokens apart", () => {
    const { money } = usageOf(real, priceOf);
    expect(money.unpriced).toBe(0);
    expect(money.sums["EUR"]).toBeCloseTo((turns * (600 * 2 + 400 * 0.5 + 50 * 8)) / 1e6, 12);
    expect(moneyText(money)).toBe("0.0306 EUR");
  });

  test("M1 an unknown price is unpriced, never zero, also in a sum", () => {
    expect(moneyText(usageOf(real).money)).toBe("unpriced");
    expect(moneyText({ sums: { EUR: 1 }, unpriced: 2 })).toBe("1.0000 EUR, 2 calls unpriced");
    expect(moneyText({ sums: { EUR: 1 }, unpriced: 1 })).toBe("1.0000 EUR, 1 call unpriced");
  });

  test("M2 what no server counted is not counted, and not priced", () => {
    const uncounted = reviewsRun({ rehearsal: false, model: "m" });
    expect(tokensText(usageOf(uncounted))).toBe("not counted");
    expect(usageOf(uncounted, priceOf).money).toEqual({ sums: {}, unpriced: turns });
    expect(usageOf(reviewsRun(), priceOf).money).toEqual({ sums: {}, unpriced: 0 });
  });
});
