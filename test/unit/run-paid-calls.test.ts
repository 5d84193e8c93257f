/**
 * D3 for what a tool pays for while it runs: each call has its own row, so that a tool that was cut off goes on where it was.
 *
 * `npm test` kills at every third point of the ledger, `CADRE_CRASH=large|full` at every one.
 */
import { expect, test } from "vitest";
import { z } from "zod";
import { CadreError } from "../../src/errors.ts";
import { verifyRun } from "../../src/run/verify/verify-run.ts";
import type { Store } from "../../src/store/ports.ts";
import { paidSum, type PaidAnswer } from "../../src/tools/paid-calls.ts";
import type { Tool } from "../../src/tools/tool.ts";
import { atScale } from "../crash/scale.ts";
import { Died, dyingStore } from "../fixtures/dying-store.ts";
import { LineHarness, call, fullReport, modeText } from "../fixtures/line-harness.ts";

const modes = [modeText("worker", "030-worker", { groups: ["edit", "communication", "completion"] })];
const finish = [call("attempt_completion", fullReport())];
const many = 4;
/** From one point of the ledger at which it is killed to the next. */
const stride = atScale({ quick: 3, large: 1, full: 1 });

type Bench = {
  readonly line: LineHarness;
  /** How often each call reached the server. */
  readonly billed: Map<number, number>;
  readonly answers: PaidAnswer[];
};

type Server = (number: number, time: number) => void;

function bench(
  server: Server = () => undefined,
  options: {
    store?: Store;
    limits?: object;
    atOnce?: number;
    request?: (number: number) => string;
    /** What the tool says beforehand that it will take; default: all of it. */
    told?: number;
    /** What each call takes at most; default: 100. */
    tokens?: number;
    /** A tool that takes what it was refused for an answer. */
    swallows?: boolean;
  } = {},
): Bench {
  const billed = new Map<number, number>();
  const answers: PaidAnswer[] = [];
  const tool: Tool = {
    name: "write_to_file",
    description: "asks a model",
    schema: z.strictObject({ path: z.string() }),
    access: "effect",
    needs: async () => ({ modelCalls: options.told ?? many, tokens: (options.told ?? many) * 100 }),
    probe: async () => ({ state: "not-done" }),
    run: async ({ calls }) => {
      if (!calls) throw new TypeError("an effect can be paid for");
      const told: PaidAnswer[] = [];
      const one = async (number: number): Promise<void> => {
        told[number] = await calls.pay({
          number,
          model: "some/model",
          tier: "endpoint",
          request: options.request?.(number) ?? `hash of ${number}`,
          tokens: options.tokens ?? 100,
          make: async () => {
            billed.set(number, (billed.get(number) ?? 0) + 1);
            server(number, billed.get(number) as number);
            return {
              answer: { label: `answer ${number}` },
              usage: { promptTokens: 7, completionTokens: 1, cachedTokens: 0, measured: true },
            };
          },
        });
      };
      const atOnce = options.atOnce ?? 1;
      for (let from = 0; from < many; from += atOnce)
        await Promise.all(Array.from({ length: Math.min(atOnce, many - from) }, (_, index) => one(from + index))).catch(
          (error: unknown) => {
            if (!options.swallows) throw error;
          },
        );
      answers.splice(0, answers.length, ...told);
      return { ok: true, text: `asked ${told.length} times`, receipt: null };
    },
  };
  const line = new LineHarness({
    modes,
    workflow: { entry: "worker", signOff: false, limits: { tokens: 1_000_000, ...options.limits } },
    tools: [tool],
    ...(options.store ? { store: options.store } : {}),
    say: (request) =>
      request.messages.some((message) => message.role === "tool") ? finish : [call("write_to_file", { path: "a" })],
  });
  return { line, billed, answers };
}

async function toTheEnd(line: LineHarness, tries = 200): Promise<void> {
  await line.create();
  for (let left = tries; left > 0; left -= 1) {
    const stop = await line.advance().catch((error: unknown) => {
      if (!(error instanceof Died) && !(error instanceof CadreError)) throw error;
      return "died";
    });
    if (stop === "ended") return;
    expect(stop).toBe("died");
  }
  throw new Error("the run never ended");
}

const labels = (answers: readonly PaidAnswer[]): unknown[] => answers.map((each) => each.answer);
const all = Array.from({ length: many }, (_, number) => ({ label: `answer ${number}` }));

test("D3 calls that a tool pays for are on the ledger one by one, and on the run's counters", async () => {
  const { line, billed, answers } = bench();
  await toTheEnd(line);
  expect(labels(answers)).toEqual(all);
  expect([...billed.values()]).toEqual(Array.from({ length: many }, () => 1));
  const rows = (await line.store.effects(line.run)).filter((row) => row.key.includes("/c"));
  expect(rows.map((row) => [row.kind, row.attempts])).toEqual(all.map(() => ["model", 1]));
  // Two turns of 15 tokens each, and four calls of 8.
  expect((await line.store.run(line.run))?.counters).toMatchObject({ modelCalls: 2 + many, tokens: 30 + many * 8 });
  expect((await verifyRun(line.store, line.run)).problems).toEqual([]);
});

test.each([1, 2])(
  "D3 killed at points of the ledger in turn, %i at once: only calls in doubt are made again, and say so",
  { timeout: 120_000 },
  async (atOnce) => {
    let points = Infinity;
    for (let kill = Math.min(atOnce, stride); kill <= points; kill += stride) {
      const { store, reached } = dyingStore(kill);
      const { line, billed, answers } = bench(undefined, { store, atOnce });
      await toTheEnd(line);
      if (reached() < kill) {
        points = reached();
        continue;
      }
      expect(labels(answers)).toEqual(all);
      for (const [number, times] of billed) {
        expect(times).toBeLessThanOrEqual(2);
        if (times === 2) expect(answers[number]?.outcome).toBe("repeated");
      }
      // One death, so at most those that were under way are in doubt.
      expect([...billed.values()].filter((times) => times > 1).length).toBeLessThanOrEqual(atOnce);
      expect((await verifyRun(line.store, line.run)).problems).toEqual([]);
    }
    expect(points).toBeGreaterThan(15);
  },
);

test("D3 a call that is known to have failed is asked for again and is not in doubt; the others are replayed", async () => {
  const { line, billed, answers } = bench((number, time) => {
    if (number === 2 && time === 1) throw new CadreError("model-busy", "the server is busy");
  });
  await toTheEnd(line);
  expect([...billed.entries()]).toEqual([0, 1, 2, 3].map((number) => [number, number === 2 ? 2 : 1]));
  expect(answers.map((each) => each.outcome)).toEqual(["replayed", "replayed", "executed", "executed"]);
  expect((await verifyRun(line.store, line.run)).problems).toEqual([]);
});

test("P1 a number that would be another request now is neither sent nor answered from the ledger", async () => {
  let changed = false;
  const { line, billed } = bench(
    (number) => {
      if (number !== 2 || changed) return;
      changed = true;
      throw new Died();
    },
    { request: (number) => (changed && number === 1 ? "something else" : `hash of ${number}`) },
  );
  await line.create();
  await expect(line.advance()).rejects.toThrow(Died);
  await expect(line.advance()).rejects.toMatchObject({ code: "internal" });
  expect(billed.get(1)).toBe(1);
});

test("a limit asks before anything is spent, and what is raised is enough", async () => {
  const { line, billed } = bench(undefined, { limits: { modelCalls: 3 } });
  expect(await line.start()).toBe("waiting");
  expect(billed.size).toBe(0);
  const [ask] = await line.store.asks({ run: line.run, state: "open" });
  expect(ask?.limit).toEqual({ name: "modelCalls", value: 1 + many, ceiling: 3 });
  expect(ask?.question).toContain("write_to_file would bring the run to 5, beyond its limit of 3 for modelCalls");
  await line.decide("approve", "");
  expect(await line.advance()).toBe("ended");
  expect(billed.size).toBe(many);
  expect((await verifyRun(line.store, line.run)).problems).toEqual([]);
});

test("a run that is stopped over such a limit has spent nothing, and verifies", async () => {
  const { line, billed } = bench(undefined, { limits: { modelCalls: 3 } });
  await line.start();
  await line.decide("reject", "too dear");
  expect(await line.advance()).toBe("ended");
  expect(billed.size).toBe(0);
  expect((await verifyRun(line.store, line.run)).problems).toEqual([]);
});

test("a run that is stopped while a tool pays keeps what was paid on the ledger, and verifies", async () => {
  const { line } = bench((number) => {
    if (number === 2) throw new Died();
  });
  await line.create();
  await expect(line.advance()).rejects.toThrow(Died);
  line.stop = "linh";
  expect(await line.advance()).toBe("ended");
  const rows = (await line.store.effects(line.run)).filter((row) => row.key.includes("/c"));
  expect(rows).toHaveLength(3);
  expect((await verifyRun(line.store, line.run)).problems).toEqual([]);
});

test("what was paid sums to the same, whether calls were made now or taken from the ledger", async () => {
  const { line, answers } = bench((number, time) => {
    if (number === 3 && time === 1) throw new CadreError("model-busy", "the server is busy");
  });
  await toTheEnd(line);
  expect(paidSum("some/model", "endpoint", answers)).toMatchObject({
    calls: many,
    repeated: 0,
    counted: many,
    promptTokens: 7 * many,
    completionTokens: many,
  });
});

const oneEach = new Map(all.map((_answer, number) => [number, 1]));

test.each([
  ["one at a time", { atOnce: 1 }],
  ["all at once", { atOnce: many }],
  ["by a tool that takes a refusal for an answer", { atOnce: 2, swallows: true }],
])(
  "L2 a tool whose calls come to a limit is stopped between two of them, asks, and goes on without paying for one twice: %s",
  async (_how, options) => {
    const { line, billed, answers } = bench(undefined, { limits: { modelCalls: 3 }, told: 0, ...options });
    expect(await line.start()).toBe("waiting");
    // The role's own call, and two of the tool's.
    expect([...billed.values()]).toEqual([1, 1]);
    expect((await line.store.run(line.run))?.counters.modelCalls).toBe(3);
    const [ask, ...others] = await line.store.asks({ run: line.run });
    expect(others).toEqual([]);
    expect(ask).toMatchObject({ kind: "limit", limit: { name: "modelCalls", value: 4, ceiling: 3 } });
    expect(ask?.question).toBe(
      "write_to_file was stopped between two of the calls that it pays for, and those that ended are kept: the next would bring the run to 4, " +
        "beyond its limit of 3 for modelCalls. Approve to raise it, reject to stop the run.",
    );
    expect(await line.ofType("action_done")).toEqual([]);
    expect((await verifyRun(line.store, line.run)).problems).toEqual([]);
    await line.decide("approve", "", { to: 6 });
    expect(await line.advance()).toBe("ended");
    expect(billed).toEqual(oneEach);
    expect(labels(answers)).toEqual(all);
    expect(answers.map(({ outcome }) => outcome)).toEqual(["replayed", "replayed", "executed", "executed"]);
    expect(await line.ofType("action_done")).toMatchObject([{ outcome: "executed", results: [{ ok: true }] }]);
    expect((await line.store.run(line.run))?.counters.modelCalls).toBe(6);
    expect((await verifyRun(line.store, line.run)).problems).toEqual([]);
  },
);

test("L2 what is left of a stopped tool is asked about as a whole, and a person who says no ends the run with what was paid on the ledger", async () => {
  const { line, billed } = bench(undefined, { limits: { modelCalls: 3 }, told: 2 });
  let told = 0;
  const begin = line.store.begin.bind(line.store);
  // What another line takes while this tool is at it.
  line.store.begin = async (fence, key, ...rest) => {
    if (key.endsWith("/c1") && (told += 1) === 1) await begin(fence, key.replace("/c1", "/c9") as typeof key, ...rest);
    return begin(fence, key, ...rest);
  };
  expect(await line.start()).toBe("waiting");
  const [ask] = await line.store.asks({ run: line.run, state: "open" });
  expect(ask?.limit).toEqual({ name: "modelCalls", value: 4, ceiling: 3 });
  expect(ask?.question).toContain("the rest would bring the run to 4, beyond its limit of 3 for modelCalls");
  await line.decide("reject", "too dear");
  expect(await line.advance()).toBe("ended");
  expect([...billed.keys()]).toEqual([0]);
  expect((await line.store.run(line.run))?.reason).toBe("stopped at the limit of 3 for modelCalls: too dear");
  expect((await verifyRun(line.store, line.run)).problems).toEqual([]);
});

test("L2 what calls under way may take at most is set aside: the next one is refused although nothing of that has been used yet", async () => {
  const { line, billed } = bench(undefined, { limits: { tokens: 6000 }, told: 0, tokens: 3000, atOnce: 2 });
  expect(await line.start()).toBe("waiting");
  expect([...billed.keys()]).toEqual([0]);
  const [ask] = await line.store.asks({ run: line.run, state: "open" });
  expect(ask?.limit).toMatchObject({ name: "tokens", value: 15 + 2 * 3000, ceiling: 6000 });
  await line.decide("approve", "", { to: 20_000 });
  expect(await line.advance()).toBe("ended");
  expect(billed).toEqual(oneEach);
});

test(
  "L2 killed at points of the ledger in turn below a limit: it is gone beyond by one call of a role at most, and only calls in doubt are made again",
  { timeout: 120_000 },
  async () => {
    const atOnce = 2;
    let points = Infinity;
    for (let kill = 1; kill <= points; kill += stride) {
      const { store, reached } = dyingStore(kill, "effect:");
      const { line, billed, answers } = bench(undefined, { store, atOnce, limits: { modelCalls: 3 }, told: 0 });
      await line.create();
      for (let tries = 0, ceiling = 3; ; tries += 1) {
        expect(tries).toBeLessThan(12);
        const stop = await line.advance().catch((error: unknown) => {
          if (!(error instanceof Died) && !(error instanceof CadreError)) throw error;
          return "died";
        });
        if (stop === "ended") break;
        const run = await store.run(line.run);
        expect(run?.counters.modelCalls).toBeLessThanOrEqual(ceiling + 1);
        if (stop !== "waiting") continue;
        const [ask] = await store.asks({ run: line.run, state: "open" });
        expect(ask).toMatchObject({ kind: "limit", limit: { ceiling } });
        ceiling += 2;
        await line.decide("approve", "", { to: ceiling });
      }
      if (reached() < kill) {
        points = reached();
        continue;
      }
      expect(labels(answers)).toEqual(all);
      for (const [number, times] of billed) if (times === 2) expect(answers[number]?.outcome).toBe("repeated");
      expect([...billed.values()].filter((times) => times > 1).length).toBeLessThanOrEqual(atOnce);
      expect(Math.max(...billed.values())).toBeLessThanOrEqual(2);
      expect((await verifyRun(line.store, line.run)).problems).toEqual([]);
    }
    expect(points).toBeGreaterThan(15);
  },
);

test("L4 a tool does not go on beyond the run's wall time but for the calls under way, and what they brought is kept", async () => {
  let time = 0;
  const limits = { wallSeconds: 2 };
  const { line, billed, answers } = bench(
    () => {
      time += 1500;
    },
    { limits },
  );
  await line.create();
  const move = () => line.move({ monotonic: () => time, leaseTimes: { ttl: 30_000, renew: 3_600_000 } });
  const { asks } = await move();
  expect([...billed.keys()]).toEqual([0, 1]);
  expect(asks).toMatchObject([{ kind: "limit", limit: { name: "wallSeconds", value: 3, ceiling: 2 } }]);
  expect(asks[0]?.question).toBe(
    "write_to_file was stopped between two of the calls that it pays for, and those that ended are kept: the run came to 3, " +
      "beyond its limit of 2 for wallSeconds. Approve to raise it, reject to stop the run.",
  );
  await line.decide("approve", "", { to: 60 });
  expect((await move()).status).toBe("finished");
  expect(billed).toEqual(oneEach);
  expect(labels(answers)).toEqual(all);
  expect((await verifyRun(line.store, line.run)).problems).toEqual([]);
});
