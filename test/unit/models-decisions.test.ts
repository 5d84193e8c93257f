/** Decision models over the shipped chart, and the labelled texts that they are measured on. */
import { resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { LexicalDecisionModel, LlamaDecisionModel } from "../../src/models/decisions.ts";
import { routeQuestion } from "../../src/models/route-question.ts";
import type { Timing } from "../../src/models/timing.ts";
import { loadProjectModes } from "../../src/modes/project-modes.ts";
import type { OrgChart } from "../../src/org/chart.ts";
import { compile } from "../../src/org/compile.ts";
import { manualTiming } from "../fixtures/manual-timing.ts";
import { routingSet } from "../bench/routing.ts";

type Open = ConstructorParameters<typeof LlamaDecisionModel>[0];
const embedded = (open: Open, timing: Timing): LlamaDecisionModel =>
  new LlamaDecisionModel(open, {
    id: "tiny",
    name: "the embedded model tiny",
    limits: { firstTokenMs: 2000, totalMs: 5000 },
    timing,
  });

let chart: OrgChart;
beforeAll(async () => {
  const { modes } = await loadProjectModes(resolve(import.meta.dirname, "../.."));
  chart = compile(modes).chart;
});

const asked = async (text: string, from = "backend-lead") => {
  const { answers } = await new LexicalDecisionModel(chart, from).invoke({
    state: text,
    questions: { route: routeQuestion(chart, from) },
  });
  return answers["route"] as { choice: string; confidence: number; probabilities: Record<string, number> };
};

test("R1 every labelled text stands at a declared route, and there are 120 of them at least", () => {
  const rows = routingSet();
  expect(rows.length).toBeGreaterThanOrEqual(120);
  for (const { from, label } of rows) expect(Object.keys(routeQuestion(chart, from).criteria)).toContain(label);
  expect(new Set(rows.map(({ text }) => text)).size).toBe(rows.length);
});

test("R1 the lexical one answers with a declared route, and a share for each of them", async () => {
  const { choice, confidence, probabilities } = await asked("Write the migration and the index for the new table");
  expect(choice).toBe("delegation database-specialist");
  expect(Object.keys(probabilities)).toEqual(Object.keys(routeQuestion(chart, "backend-lead").criteria));
  expect(Object.values(probabilities).reduce((sum, each) => sum + each, 0)).toBeCloseTo(1);
  expect(confidence).toBe(probabilities[choice]);
});

test("a text that has nothing in common with any route is left undecided: all are as likely", async () => {
  const { confidence, probabilities } = await asked("xyzzy");
  expect(new Set(Object.values(probabilities)).size).toBe(1);
  expect(confidence).toBeCloseTo(1 / Object.keys(probabilities).length);
});

test("R1 an engine that names a route which is not declared is refused", async () => {
  const choose = async () => ({ probabilities: { "delegation nobody": 1 }, tokens: 1 });
  const model = embedded(async () => ({ choose }), manualTiming());
  const questions = { route: routeQuestion(chart, "backend-lead") };
  await expect(model.invoke({ state: "go", questions })).rejects.toThrow();
});

describe("an embedded opinion is within the limits of a call", () => {
  const never = (): Promise<never> => new Promise(() => {});
  const ask = (model: LlamaDecisionModel, signal?: AbortSignal): Promise<unknown> =>
    model.invoke(
      { state: "the secret plan", questions: { route: routeQuestion(chart, "backend-lead") } },
      signal ? { signal } : {},
    );

  test.each([
    ["an engine that never answers", async () => ({ choose: never })],
    ["a model that is never loaded", never],
  ])("W1 %s: each limit ends it, by a kind of its own, and no timer stays", async (_what, open) => {
    for (const [purpose, key, text] of [
      ["first-token", "firstToken", "the embedded model tiny sent nothing for 2 s."],
      ["total", "total", "The call to the embedded model tiny took more than 5 s."],
    ] as const) {
      const timing = manualTiming();
      const answer = ask(embedded(open, timing));
      const failed = expect(answer).rejects.toMatchObject({
        code: "model-timeout",
        message: text,
        hint: expect.stringContaining(`timeouts.${key}`),
        data: { limit: purpose },
      });
      await timing.running(purpose);
      timing.runOut(purpose);
      await failed;
      expect(timing.count()).toBe(0);
    }
  });

  test("W1 whoever asked may leave, and the engine is told", async () => {
    const timing = manualTiming();
    const leaving = new AbortController();
    let told: AbortSignal | undefined;
    const asked = Promise.withResolvers<void>();
    const choose = (_question: unknown, signal: AbortSignal | undefined): Promise<never> => {
      told = signal;
      asked.resolve();
      return never();
    };
    const answer = ask(
      embedded(async () => ({ choose }), timing),
      leaving.signal,
    );
    const failed = expect(answer).rejects.toThrow();
    await asked.promise;
    expect(told?.aborted).toBe(false);
    leaving.abort();
    await failed;
    expect(told?.aborted).toBe(true);
    expect(timing.count()).toBe(0);
  });

  test("W2 an answer leaves no timer behind", async () => {
    const timing = manualTiming();
    const [label] = Object.keys(routeQuestion(chart, "backend-lead").criteria);
    const choose = async () => ({ probabilities: { [label as string]: 1 }, tokens: 1 });
    await ask(embedded(async () => ({ choose }), timing));
    expect(timing.count()).toBe(0);
  });

  test("R8 what fails in the engine is told by its name alone", async () => {
    const choose = (): Promise<never> => Promise.reject(new RangeError("cannot tokenize: the secret plan"));
    const failed = await ask(embedded(async () => ({ choose }), manualTiming())).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: "model-engine", message: "llama.cpp failed at an opinion (RangeError)." });
    expect(JSON.stringify(failed, Object.getOwnPropertyNames(failed))).not.toContain("secret plan");
  });
});

test("what is no choice is not answered", async () => {
  const model = new LexicalDecisionModel(chart, "backend-lead");
  const questions = { urgent: { type: "noul", instructions: "Is it urgent?" } } as const;
  await expect(model.invoke({ state: "go", questions })).rejects.toMatchObject({ code: "usage" });
});
