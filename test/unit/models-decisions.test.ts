/** Decision models over the shipped chart, and the labelled texts that they are measured on. */
import { resolve } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { LexicalDecisionModel, LlamaDecisionModel } from "../../src/models/decisions.ts";
import { routeQuestion } from "../../src/models/route-question.ts";
import type { Engine } from "../../src/models/embedded/engine.ts";
import { loadProjectModes } from "../../src/modes/project-modes.ts";
import type { OrgChart } from "../../src/org/chart.ts";
import { compile } from "../../src/org/compile.ts";
import { routingSet } from "../bench/routing.ts";

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
  const engine = {
    choose: async () => ({ probabilities: { "delegation nobody": 1 }, tokens: 1 }),
  } as unknown as Engine;
  const model = new LlamaDecisionModel(engine, "tiny");
  const questions = { route: routeQuestion(chart, "backend-lead") };
  await expect(model.invoke({ state: "go", questions })).rejects.toThrow();
});

test("what is no choice is not answered", async () => {
  const model = new LexicalDecisionModel(chart, "backend-lead");
  const questions = { urgent: { type: "noul", instructions: "Is it urgent?" } } as const;
  await expect(model.invoke({ state: "go", questions })).rejects.toMatchObject({ code: "usage" });
});
