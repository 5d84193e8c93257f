import { describe, expect, test } from "vitest";
import { gpuText, moneyText, tokensText, usageByRole, usageByRoute, usageOf } from "../../src/views/cost.ts";
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
  const money = { micros: 1800, currency: "EUR", price: "models.it in cadre.yaml" };
  const charged = { attempts: 1, tokens: 1050, gpuMs: 1500, money };
  const priced = reviewsRun({ rehearsal: false, usage, model: "Qwen/Qwen3-8B", charged });

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

  test("M1 what the ledger charged adds up, by role and by route too", () => {
    const total = usageOf(priced);
    expect(total.money).toEqual({ sums: { EUR: (turns * 1800) / 1e6 }, unpriced: 0 });
    expect(moneyText(total.money)).toBe("0.0306 EUR");
    expect(gpuText(total)).toBe(`${(turns * 1.5).toFixed(1)} s`);
    for (const parts of [usageByRole(priced), usageByRoute(priced)])
      expect(parts.reduce((sum, part) => sum + (part.usage.money.sums["EUR"] ?? 0), 0)).toBeCloseTo(0.0306, 9);
  });

  test("M3 what a tool paid for is in the bill of its role", () => {
    const paid = [
      {
        model: "m",
        tier: "endpoint",
        calls: 3,
        counted: 2,
        repeated: 1,
        promptTokens: 7,
        completionTokens: 2,
        cachedTokens: 0,
        ms: 9,
        money: { EUR: 5 },
        unpriced: 1,
        gpuMs: 40,
      },
      {
        model: "n",
        tier: "endpoint",
        calls: 2,
        counted: 0,
        repeated: 0,
        promptTokens: 0,
        completionTokens: 0,
        cachedTokens: 0,
        ms: 1,
      },
      {
        model: "rehearsal",
        tier: "rehearsal",
        calls: 1,
        counted: 0,
        repeated: 0,
        promptTokens: 0,
        completionTokens: 0,
        cachedTokens: 0,
        ms: 0,
      },
      "nonsense",
    ];
    const events = priced.map((numbered) =>
      numbered.event.type === "action_done"
        ? {
            ...numbered,
            event: {
              ...numbered.event,
              results: numbered.event.results.map((result) => ({
                ...result,
                receipt: { files: [], measurements: [], detail: { paid } },
              })),
            },
          }
        : numbered,
    );
    const results = events.flatMap(({ event }) => (event.type === "action_done" ? event.results : [])).length;
    const total = usageOf(events);
    expect(results).toBeGreaterThan(0);
    expect(total).toMatchObject({ calls: turns + 6 * results, repeated: results, gpuMs: turns * 1500 + 40 * results });
    expect(total.money).toEqual({ sums: { EUR: (turns * 1800 + 5 * results) / 1e6 }, unpriced: 3 * results });
  });

  test("M1 an unknown price is unpriced, never zero, also in a sum", () => {
    expect(moneyText(usageOf(real).money)).toBe("unpriced");
    expect(moneyText({ sums: { EUR: 1 }, unpriced: 2 })).toBe("1.00 EUR, 2 calls unpriced");
    expect(moneyText({ sums: { EUR: 1 }, unpriced: 1 })).toBe("1.00 EUR, 1 call unpriced");
  });

  test("M2 what no server counted is not counted, and not priced", () => {
    const uncounted = reviewsRun({ rehearsal: false, model: "m" });
    expect(tokensText(usageOf(uncounted))).toBe("not counted");
    const partly = {
      ...usageOf(real),
      counted: turns - 1,
      rehearsed: 0,
      calls: turns,
      promptTokens: 5,
      completionTokens: 2,
    };
    expect(tokensText(partly, " tokens")).toMatch(/^5 \+ 2[^,]* tokens, 1 call not counted$/);
    expect(usageOf(uncounted).money).toEqual({ sums: {}, unpriced: turns });
    expect(usageOf(reviewsRun()).money).toEqual({ sums: {}, unpriced: 0 });
  });
});
