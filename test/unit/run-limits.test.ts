/** RELIABILITY 17: limits of a run outlive twenty resumes and kills, and are overrun by one call at most. */
import { expect, test } from "vitest";
import { z } from "zod";
import type { LimitsAsked } from "../../src/briefs/brief.ts";
import type { LimitName } from "../../src/events/event.ts";
import type { Terms } from "../../src/models/terms.ts";
import { verifyRun } from "../../src/run/verify/verify-run.ts";
import { openStore } from "../../src/store/open.ts";
import type { Counters } from "../../src/store/rows.ts";
import type { ModelCall } from "../../src/models/model.ts";
import type { Tool } from "../../src/tools/tool.ts";
import { Died } from "../fixtures/dying-store.ts";
import { LineHarness, call, modeText, reply, type Say } from "../fixtures/line-harness.ts";

const modes = [modeText("worker", "030-worker", { groups: ["edit", "communication", "completion"] })];
/** Of 900 and 100 tokens, 0.012 EUR; what a call sets aside is ten times that. */
const terms: Terms = {
  price: { promptPerMillion: 10, completionPerMillion: 30, currency: "EUR" },
  source: "models.it in cadre.yaml",
  gpus: 1,
  longestMs: 20_000,
};
const loose = { steps: 9000, modelCalls: 9000, tokens: 90_000_000, refusals: 9000, repeats: 9000, pingPong: 9000 };

/** Says something new for ever: only a limit stops it. */
const working: Say = (request) => [
  call("write_to_file", { path: String(request.messages.filter((message) => message.role === "tool").length) }),
];
/** The same, at the price of a thousand tokens a call. */
const costly: Say = async (request, role, turn) => ({
  ...reply((await working(request, role, turn)) as ModelCall[]),
  usage: { promptTokens: 900, completionTokens: 100, cachedTokens: 0, measured: true, serverMs: 4000 },
});
const refusedForEver: Say = (request) => [call("no_such_tool", { n: request.messages.length })];
const repeating: Say = () => [call("write_to_file", { path: "same" })];

test.each<[LimitName, number, Say]>([
  ["steps", 14, working],
  ["modelCalls", 14, working],
  ["tokens", 30_000, costly],
  ["money", 0.4, costly],
  ["gpuSeconds", 60, costly],
  ["repeats", 5, repeating],
  ["refusals", 9, refusedForEver],
])(
  "L2 the limit of %s stands across 20 kills, raises one ask each time, and is overrun by one call",
  async (name, ceiling, say) => {
    let reached = 0;
    let next = 0;
    let kills = 0;
    const store = openStore({
      file: ":memory:",
      clock: { now: () => 0 },
      fault: (point) => {
        reached += 1;
        // Every so often, at another point each time.
        if (reached < next || kills >= 20) return;
        kills += 1;
        next = reached + 7 + ((kills * 5) % 11);
        throw new Died(point);
      },
    });
    const tool: Tool = {
      name: "write_to_file",
      description: "writes",
      schema: z.strictObject({ path: z.string() }),
      access: "effect",
      probe: async () => ({ state: "not-done" }),
      run: async () => ({ ok: true, text: "written", receipt: null }),
    };
    const line = new LineHarness({
      modes,
      workflow: { entry: "worker", signOff: false, limits: { ...loose, ...asked(name, ceiling) } },
      terms,
      tools: [tool],
      store,
      say,
    });
    await line.create();
    const toAsk = async (): Promise<void> => {
      for (let resumes = 0; resumes < 200; resumes += 1) {
        const stop = await line.advance().catch((error: unknown) => {
          if (!(error instanceof Died)) throw error;
          return "died";
        });
        if (stop === "waiting") return;
      }
      throw new Error("no limit was reached");
    };
    let present = ceiling;
    // Raised twice: kills before, between and after.
    for (let raises = 0; raises < 3; raises += 1) {
      const calls = line.modelCalls.length;
      await toAsk();
      const [ask] = await store.asks({ run: line.run, state: "open" });
      expect(ask).toMatchObject({ kind: "limit", limit: { name, ceiling: present } });
      // However often it is looked at, nothing more is called and nothing more is asked.
      const asked = line.modelCalls.length;
      for (let looks = 0; looks < 3; looks += 1) await line.advance().catch(() => undefined);
      expect(line.modelCalls).toHaveLength(asked);
      expect(await store.asks({ run: line.run, state: "open" })).toHaveLength(1);
      const { counters } = (await store.run(line.run))!;
      expectWithin(name, present, counters);
      if (name === "modelCalls") expect(asked).toBeLessThanOrEqual(present + 1);
      if (name === "tokens") expect(counters.tokens).toBeLessThanOrEqual(present + perCall(line));
      if (name === "steps" || name === "refusals" || name === "repeats")
        expect(ask!.limit!.value).toBeLessThanOrEqual(present + 1);
      expect(asked).toBeGreaterThan(calls);
      present = ask!.limit!.value + (name === "money" ? ceiling / 2 : Math.ceil(ceiling / 3));
      await line.decide("approve", "", { to: present });
    }
    await toAsk();
    await line.decide("reject", "enough");
    while ((await line.advance().catch(() => "died")) !== "ended");
    expect(kills).toBe(20);
    expect((await store.run(line.run))?.status).toBe("stopped");
    expect((await verifyRun(store, line.run)).problems).toEqual([]);
    store.close();
  },
);

/** At most. */
const oneCall = { money: 0.2, gpuSeconds: 20 };

/** What is set aside is in them: between calls nothing is, but for one that a kill left in doubt. */
function expectWithin(name: LimitName, ceiling: number, { money, gpuMs }: Counters): void {
  if (name === "money") expect(money / 1e6).toBeLessThanOrEqual(ceiling + oneCall.money);
  if (name === "gpuSeconds") expect(gpuMs / 1000).toBeLessThanOrEqual(ceiling + oneCall.gpuSeconds);
}

function asked(name: LimitName, ceiling: number): LimitsAsked {
  return name === "money" ? { money: { amount: ceiling, currency: "EUR" } } : { [name]: ceiling };
}

/** What one call reserves at most: its prompt, and the longest reply. */
function perCall(line: LineHarness): number {
  const request = line.modelCalls.at(-1)!;
  return Math.ceil((JSON.stringify(request.messages).length + JSON.stringify(request.tools).length) / 4) + 2 * 4096;
}

test.each([
  ["the brief sets it", { file: "briefs/b.md", limits: { modelCalls: 2 } }, "briefs/b.md"],
  ["the workflow sets it", { file: "briefs/b.md", limits: {} }, "graphs/"],
  ["a brief from words sets it", { file: null, limits: { modelCalls: 2 } }, "graphs/"],
])("a limit that is reached cites where it was set: %s", async (_who, brief, file) => {
  const workflow = { entry: "worker", signOff: false, limits: { ...loose, modelCalls: 2 } };
  const line = new LineHarness({ modes, workflow, brief, say: repeating, terms });
  expect(await line.start()).toBe("waiting");
  const [ask] = await line.store.asks({ run: line.run, state: "open" });
  expect(ask).toMatchObject({ kind: "limit", rule: { purpose: "modelCalls: 2", file: expect.stringContaining(file) } });
});
