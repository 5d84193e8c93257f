import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Price } from "../../src/config/config.ts";
import { costOfCall, mostFor, priceText, type Terms } from "../../src/models/terms.ts";
import { amountText, microsOf, unitsOf } from "../../src/money.ts";
import { needOf, settled, unusedAfter } from "../../src/run/charging.ts";
import { Stopwatch } from "../../src/run/stopwatch.ts";

const byTokens: Price = { promptPerMillion: 2, completionPerMillion: 8, cachedPerMillion: 0.5, currency: "EUR" };
const byHour: Price = { perGpuHour: 3.6, currency: "EUR" };
const terms = (price: Price | null, gpus: number | null = null): Terms => ({
  price,
  source: "models.it in cadre.yaml",
  gpus,
  longestMs: 60_000,
});
const usage = { promptTokens: 1000, completionTokens: 50, cachedTokens: 400, measured: true };

describe("money in whole millionths", () => {
  it("is exact where fractions are not", () => {
    expect(microsOf(0.1) + microsOf(0.2)).toBe(microsOf(0.3));
    expect(microsOf(0.000_000_1)).toBe(1);
    expect(microsOf(0)).toBe(0);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e12 }), (micros) => {
        expect(microsOf(unitsOf(micros))).toBe(micros);
      }),
    );
  });

  it("is written with cents at least and millionths at most", () => {
    expect([5, 0.5, 0.0123, 0.000_001, 12.25].map(amountText)).toEqual(["5.00", "0.50", "0.0123", "0.000001", "12.25"]);
  });
});

describe("C what a call costs", () => {
  it("fresh, cached and completion tokens have their own prices", () => {
    expect(costOfCall(terms(byTokens), usage, 900)).toEqual({ money: 600 * 2 + 400 * 0.5 + 50 * 8, gpuMs: null });
  });

  it("by the hour of a GPU: the server's own time goes before what was measured here", () => {
    expect(costOfCall(terms(byHour, 1), usage, 2000)).toEqual({ money: 2000, gpuMs: 2000 });
    expect(costOfCall(terms(byHour, 2), { ...usage, serverMs: 500 }, 2000)).toEqual({ money: 1000, gpuMs: 1000 });
    expect(costOfCall(terms(byHour, 1), { ...usage, measured: false }, 10)).toEqual({ money: 10, gpuMs: 10 });
  });

  it("C1 an unknown price is null, and so is the price of tokens that nobody counted", () => {
    expect(costOfCall(terms(null, 1), usage, 10)).toEqual({ money: null, gpuMs: 10 });
    expect(costOfCall(terms(byTokens), { ...usage, measured: false }, 10)).toEqual({ money: null, gpuMs: null });
  });

  it("C2 nothing that a call within its bounds uses costs more than what was set aside for it", () => {
    const price = fc.oneof(
      fc.record({ promptPerMillion: fc.nat(100), completionPerMillion: fc.nat(100), currency: fc.constant("EUR") }),
      fc.record({ perGpuHour: fc.nat(100), currency: fc.constant("EUR") }),
    );
    const counts = fc.record({ prompt: fc.nat(9000), reply: fc.nat(4096), ms: fc.nat(90_000), gpus: fc.nat(8) });
    fc.assert(
      fc.property(price, counts, (given, { prompt, reply, ms, gpus }) => {
        const own = terms(given, gpus);
        const most = mostFor(own, { prompt: prompt + 10, reply: 4096 });
        const used = { promptTokens: prompt, completionTokens: reply, cachedTokens: prompt >> 1, measured: true };
        const cost = costOfCall(own, used, ms);
        expect(cost.money ?? 0).toBeLessThanOrEqual(most.money ?? 0);
        expect(cost.gpuMs ?? 0).toBeLessThanOrEqual(most.gpuMs ?? 0);
      }),
    );
  });

  it("says where a price stands", () => {
    expect(priceText("models.it in cadre.yaml", byHour)).toBe("models.it in cadre.yaml: 3.6 EUR for a GPU's hour");
    expect(priceText("models.it in cadre.yaml", byTokens)).toContain("2 and 8 EUR for a million tokens");
  });
});

describe("C1 what the ledger charges", () => {
  const model = { tier: "endpoint" as const, terms: terms(byTokens) };
  const tokens = { prompt: 500, reply: 4096 };

  it("a first attempt is charged with what it used", () => {
    const need = needOf(model, "EUR", tokens);
    const row = { attempts: 1, charged: need.reserve };
    const { used, charged } = settled({ model, need, row, usage, ms: 10 });
    expect(used).toEqual({ modelCalls: 1, tokens: 1050, money: 1800, gpuMs: 0 });
    expect(charged).toEqual({
      attempts: 1,
      tokens: 1050,
      gpuMs: null,
      money: { micros: 1800, currency: "EUR", price: "models.it in cadre.yaml" },
    });
  });

  it("an attempt before it stays charged as reserved", () => {
    const need = needOf(model, "EUR", tokens);
    const { reserve } = need;
    const both = { modelCalls: 2, tokens: 2 * reserve.tokens, money: 2 * reserve.money, gpuMs: 0 };
    const { used, charged } = settled({ model, need, row: { attempts: 2, charged: both }, usage, ms: 10 });
    expect(used).toEqual({ modelCalls: 2, tokens: reserve.tokens + 1050, money: reserve.money + 1800, gpuMs: 0 });
    expect(charged?.money?.micros).toBe(reserve.money + 1800);
  });

  it("a failed attempt gives back the time that it did not take, and no tokens", () => {
    const timed = { tier: "endpoint" as const, terms: terms(byHour, 2) };
    const need = needOf(timed, "EUR", tokens);
    expect(need.reserve).toMatchObject({ gpuMs: 120_000, money: 120_000 });
    expect(unusedAfter(timed, need, 1000)).toEqual({ gpuMs: 118_000, money: 118_000 });
    expect(unusedAfter(model, needOf(model, "EUR", tokens), 1000)).toEqual({ gpuMs: 0, money: 0 });
  });

  it("another currency than the run's is told, and not counted among its money", () => {
    const need = needOf(model, "USD", tokens);
    expect(need.reserve.money).toBe(0);
    const { used, charged } = settled({ model, need, row: { attempts: 1, charged: need.reserve }, usage, ms: 1 });
    expect(used.money).toBe(0);
    expect(charged?.money).toMatchObject({ micros: 1800, currency: "EUR" });
  });

  it("the rehearsal is charged with nothing; a model of unknown terms is unpriced", () => {
    const rehearsed = { tier: "rehearsal" as const };
    const none = needOf(rehearsed, null, tokens);
    expect(
      settled({ model: rehearsed, need: none, row: { attempts: 1, charged: none.reserve }, usage, ms: 1 }),
    ).toEqual({ used: { modelCalls: 1, tokens: 1050, money: 0, gpuMs: 0 } });
    const open = { tier: "endpoint" as const };
    const need = needOf(open, null, tokens);
    expect(settled({ model: open, need, row: { attempts: 1, charged: need.reserve }, usage, ms: 1 }).charged).toEqual({
      attempts: 1,
      tokens: 1050,
      gpuMs: null,
      money: null,
    });
  });
});

describe("T for how long a run is being moved", () => {
  it("counts once, however many lines are held, and not while none is", () => {
    let now = 0;
    const watch = new Stopwatch(30_000, () => now);
    watch.hold();
    now = 400;
    watch.hold();
    now = 1000;
    watch.letGo();
    now = 1500;
    expect(watch.take()).toBe(1500);
    watch.letGo();
    now = 90_000;
    expect(watch.take()).toBe(0);
    watch.hold();
    now = 90_100;
    expect(watch.take()).toBe(100);
  });

  it("T2 what could not be written down is taken again", () => {
    let now = 0;
    const watch = new Stopwatch(30_000, () => now);
    watch.hold();
    now = 700;
    watch.giveBack(watch.take());
    now = 1000;
    expect(watch.take()).toBe(1000);
  });

  it("T1 T3 a clock that goes back counts nothing, and a halt counts for no more than a lease lives", () => {
    let now = 1_000_000;
    const watch = new Stopwatch(30_000, () => now);
    watch.hold();
    now = 0;
    expect(watch.take()).toBe(0);
    now = 5_000_000;
    expect(watch.take()).toBe(30_000);
  });
});
