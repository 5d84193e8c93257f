/** D3 for what a tool pays for while it runs: each call has its own row, so that a tool that was cut off goes on where it was. */
import { expect, test } from "vitest";
import { z } from "zod";
import { CadreError } from "../../src/errors.ts";
import { verifyRun } from "../../src/run/verify/verify-run.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/ports.ts";
import { paidSum, type PaidAnswer } from "../../src/tools/paid-calls.ts";
import type { Tool } from "../../src/tools/tool.ts";
import { LineHarness, call, fullReport, modeText } from "../fixtures/line-harness.ts";

class Died extends Error {}

const modes = [modeText("worker", "030-worker", { groups: ["edit", "communication", "completion"] })];
const finish = [call("attempt_completion", fullReport())];
const many = 4;

type Bench = {
  readonly line: LineHarness;
  /** How often each call reached the server. */
  readonly billed: Map<number, number>;
  readonly answers: PaidAnswer[];
};

type Server = (number: number, time: number) => void;

function bench(
  server: Server = () => undefined,
  options: { store?: Store; limits?: object; atOnce?: number; request?: (number: number) => string } = {},
): Bench {
  const billed = new Map<number, number>();
  const answers: PaidAnswer[] = [];
  const tool: Tool = {
    name: "write_to_file",
    description: "asks a model",
    schema: z.strictObject({ path: z.string() }),
    access: "effect",
    needs: async () => ({ modelCalls: many, tokens: many * 100 }),
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
          tokens: 100,
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
        await Promise.all(Array.from({ length: Math.min(atOnce, many - from) }, (_, index) => one(from + index)));
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
  "D3 killed at every point of the ledger in turn, %i at once: only calls in doubt are made again, and say so",
  { timeout: 120_000 },
  async (atOnce) => {
    let points = Infinity;
    for (let kill = 1; kill <= points; kill += 1) {
      let reached = 0;
      const store = openStore({
        file: ":memory:",
        clock: { now: () => 0 },
        fault: (point) => {
          reached += 1;
          if (reached === kill) throw new Died(point);
        },
      });
      const { line, billed, answers } = bench(undefined, { store, atOnce });
      await toTheEnd(line);
      if (reached < kill) {
        points = kill - 1;
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
