/** Money, the time of GPUs and wall time: over a whole run, its children, its restarts, and what is said where a limit cannot be held. */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { LimitsAsked } from "../../src/briefs/brief.ts";
import { CadreError } from "../../src/errors.ts";
import type { Terms } from "../../src/models/terms.ts";
import { requireHeld, type Costing } from "../../src/run/held.ts";
import { verifyRun } from "../../src/run/verify/verify-run.ts";
import type { Tool } from "../../src/tools/tool.ts";
import { usageOf } from "../../src/views/cost.ts";
import { LineHarness, call, fullReport, modeText, reply, type Say } from "../fixtures/line-harness.ts";

const price = { promptPerMillion: 10, completionPerMillion: 30, currency: "EUR" };
const terms: Terms = { price, source: "models.it in cadre.yaml", gpus: 1, longestMs: 20_000 };
const usage = { promptTokens: 900, completionTokens: 100, cachedTokens: 0, measured: true, serverMs: 4000 };
/** In millionths, by these prices. */
const oneCall = 900 * 10 + 100 * 30;

const worker = modeText("worker", "030-worker", { groups: ["edit", "communication", "completion"] });
const writes: Tool = {
  name: "write_to_file",
  description: "writes",
  schema: z.strictObject({ path: z.string() }),
  access: "effect",
  run: async () => ({ ok: true, text: "written", receipt: null }),
};

/** Writes another file each time, for ever, each call of the same use. */
const working: Say = (request) => ({
  ...reply([
    call("write_to_file", { path: String(request.messages.filter((message) => message.role === "tool").length) }),
  ]),
  usage,
});

function lineWith(limits: LimitsAsked, say: Say = working, more: { terms?: Terms } = { terms }): LineHarness {
  const workflow = { entry: "worker", signOff: false, limits };
  return new LineHarness({ modes: [worker], workflow, tools: [writes], say, ...more });
}

describe("L2 money and the time of GPUs", () => {
  test("are set aside with the intent, settled with the outcome, and told call by call", async () => {
    const seen: { money: number; gpuMs: number }[] = [];
    const line: LineHarness = lineWith({ money: { amount: 5, currency: "EUR" } }, async (request, role, turn) => {
      seen.push((await line.store.run(line.run))!.counters);
      return turn === 1
        ? ((await working(request, role, turn)) as ReturnType<typeof reply>)
        : { ...reply([call("attempt_completion", fullReport())]), usage };
    });
    await line.start();
    // During the first call: what it may cost at most; during the second: what the first one cost, and so on.
    expect(seen[0]!.money).toBeGreaterThan(4096 * 30);
    expect(seen[0]!.gpuMs).toBe(20_000);
    expect(seen[1]!.money - seen[0]!.money).toBeLessThan(2 * oneCall);
    expect(seen[1]!.gpuMs).toBe(24_000);
    const { counters, currency } = (await line.store.run(line.run))!;
    expect(counters).toMatchObject({ modelCalls: 2, money: 2 * oneCall, gpuMs: 8000 });
    expect(currency).toBe("EUR");
    const turns = await line.ofType("turn_taken");
    expect(turns.map(({ charged }) => charged)).toEqual([
      { attempts: 1, tokens: 1000, gpuMs: 4000, money: { micros: oneCall, currency: "EUR", price: terms.source } },
      { attempts: 1, tokens: 1000, gpuMs: 4000, money: { micros: oneCall, currency: "EUR", price: terms.source } },
    ]);
    const events = await line.store.runEvents(line.run);
    expect(usageOf(events).money).toEqual({ sums: { EUR: (2 * oneCall) / 1e6 }, unpriced: 0 });
    expect((await verifyRun(line.store, line.run)).problems).toEqual([]);
  });

  test("C1 a call that failed stays charged for what its server may have counted, and for the time that it took", async () => {
    let calls = 0;
    const line = lineWith({ money: { amount: 5, currency: "EUR" } }, async () => {
      calls += 1;
      if (calls === 1) throw new CadreError("model-timeout", "as told");
      return { ...reply([call("attempt_completion", fullReport())]), usage };
    });
    await expect(line.start()).rejects.toMatchObject({ code: "model-timeout" });
    const failed = (await line.store.run(line.run))!.counters;
    expect(failed.money).toBeGreaterThan(4096 * 30);
    expect(failed.gpuMs).toBeLessThan(20_000);
    await line.advance();
    const { counters } = (await line.store.run(line.run))!;
    expect(counters.money).toBe(failed.money + oneCall);
    expect(counters.gpuMs).toBe(failed.gpuMs + 4000);
    const [turn] = await line.ofType("turn_taken");
    expect(turn?.charged).toMatchObject({ attempts: 2, money: { micros: counters.money }, gpuMs: counters.gpuMs });
    expect((await verifyRun(line.store, line.run)).problems).toEqual([]);
  });

  test("a limit of money asks once, in its currency, and is raised by cents", async () => {
    const line = lineWith({ money: { amount: 0.2, currency: "EUR" } });
    await line.start();
    const [ask] = await line.store.asks({ run: line.run, state: "open" });
    expect(ask?.question).toMatch(
      /^The run reached its limit of 0\.20 EUR for money: with what its calls may take at most, it comes to 0\.2\d+ EUR\./,
    );
    expect((await line.store.run(line.run))!.counters.money).toBeLessThanOrEqual(200_000);
    const before = line.modelCalls.length;
    await line.decide("approve", "", { to: 0.25 });
    await line.advance();
    expect(line.modelCalls.length).toBeGreaterThan(before);
    expect((await line.store.run(line.run))!.limits.money).toBe(0.25);
    const [raised] = await line.ofType("limit_raised");
    expect(raised).toMatchObject({ limit: "money", from: 0.2, to: 0.25 });
    await line.decide("reject", "enough");
    await line.advance();
    expect((await verifyRun(line.store, line.run)).problems).toEqual([]);
  });

  test("a model that lost its price while the run was paused is not called under a limit of money", async () => {
    const line = lineWith({ money: { amount: 5, currency: "EUR" } }, working, {});
    await expect(line.start()).rejects.toMatchObject({
      code: "config-invalid",
      message: expect.stringContaining("5.00 EUR could not be held: scripted has no price"),
    });
    expect(line.modelCalls).toEqual([]);
    expect((await line.store.run(line.run))!.counters).toMatchObject({ modelCalls: 0, money: 0 });
  });
});

describe("L4 wall time", () => {
  test("counts while the run is moved, over restarts, and neither while it waits nor by the day's clock", async () => {
    let day = Date.parse("2026-01-01T00:00:00Z");
    let time = 0;
    const line = new LineHarness({
      modes: [worker],
      workflow: { entry: "worker", signOff: false, limits: { wallSeconds: 10, steps: 9000, modelCalls: 9000 } },
      tools: [writes],
      clock: { now: () => day },
      say: (request, role, turn) => {
        time += 1500;
        day -= 3_600_000; // the day's clock goes back an hour at every call
        return working(request, role, turn);
      },
    });
    await line.create();
    let ceiling = 10;
    // Three processes, and days between them in which a person thinks it over.
    for (let processes = 0; processes < 3; processes += 1) {
      time += 86_400_000;
      await line.move({ monotonic: () => time, leaseTimes: { ttl: 30_000, renew: 3_600_000 } });
      const [ask] = await line.store.asks({ run: line.run, state: "open" });
      expect(ask).toMatchObject({ kind: "limit", limit: { name: "wallSeconds", ceiling } });
      // Overrun by one call at most.
      expect(ask!.limit!.value).toBeLessThanOrEqual(ceiling + 2);
      const { movedMs } = (await line.store.run(line.run))!.counters;
      expect(movedMs).toBe(1500 * line.modelCalls.length);
      ceiling += 10;
      await line.decide("approve", "", { to: ceiling });
    }
    expect(line.modelCalls).toHaveLength(20);
    expect((await line.store.fileProblems()).map(({ what }) => what)).toEqual([]);
  });
});

describe("a limit that could not be held is refused before the run starts", () => {
  const priced: Costing = { id: "it", tier: "endpoint", terms };
  const open: Costing = { id: "other", tier: "endpoint" };
  const rehearsal: Costing = { id: "rehearsal", tier: "rehearsal" };
  const said = (run: () => void): string => {
    try {
      run();
      return "";
    } catch (error) {
      return (error as Error).message;
    }
  };

  test.each([
    ["every model has a price in it", { money: 1 }, "EUR", [priced, rehearsal], ""],
    ["one has none", { money: 1 }, "EUR", [priced, open], "other has no price"],
    ["one is priced in another", { money: 1 }, "USD", [priced], "it is priced in EUR"],
    ["nobody set a limit", {}, null, [open], ""],
    ["it is a rehearsal", { money: 1, gpuSeconds: 1 }, "EUR", [rehearsal], ""],
    ["no model holds a GPU", { gpuSeconds: 60 }, null, [open], "no model of this run holds a GPU"],
    ["one of them does", { gpuSeconds: 60 }, null, [open, priced], ""],
  ] as const)("%s", (_title, limits, currency, models, message) => {
    const found = said(() => requireHeld(limits, currency, models));
    if (message === "") expect(found).toBe("");
    else expect(found).toContain(message);
  });
});
