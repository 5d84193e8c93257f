/** Who is asked about routes: the same question to words, to a server and to llama.cpp; what each may answer, and what it is told. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { parseConfig, type Config } from "../../src/config/config.ts";
import { guardedJudge } from "../../src/engine/guard.ts";
import { embeddedModels, type EmbeddedModels } from "../../src/models/embedded/embedded-models.ts";
import { openGates } from "../../src/models/gate.ts";
import { routeJudge, type RouteAsked, type RouteJudge } from "../../src/models/route-judge.ts";
import { routeQuestion } from "../../src/models/route-question.ts";
import { loadProjectModes } from "../../src/modes/project-modes.ts";
import { compile } from "../../src/org/compile.ts";
import { openSecrets } from "../../src/outside/secrets.ts";
import { startChatServer, type Behaviour } from "../fixtures/chat-server.ts";
import { writeTinyModel } from "../fixtures/tiny-model.ts";

let dir: string;
let embedded: EmbeddedModels;
let asked: RouteAsked;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "cadre-judge-"));
  writeTinyModel(join(dir, "tiny.gguf"), { chance: 4 });
  const { modes } = await loadProjectModes(resolve(import.meta.dirname, "../.."));
  const { chart } = compile(modes);
  const from = "backend-lead";
  asked = { chart, from, text: "Write the migration and the index", question: routeQuestion(chart, from) };
  embedded = embeddedModels({
    dir,
    data: dir,
    env: {},
    config: async () => parseConfig("").config,
    onProgress: () => {},
  });
});
afterAll(async () => {
  await embedded.close();
  rmSync(dir, { recursive: true, force: true });
});

function configured(model: string, models: object = {}): Config {
  const { config, problems } = parseConfig(JSON.stringify({ models, routing: { model, threshold: 0.5 } }));
  expect(problems).toEqual([]);
  return config;
}

function judgeOf(config: Config): RouteJudge {
  const judge = routeJudge(config, { env: {}, run: "r", gates: openGates(), embedded: async () => embedded });
  if (!judge) throw new TypeError("nobody to ask");
  return judge;
}

async function served(behaviour: Behaviour) {
  const server = await startChatServer([behaviour]);
  onTestFinished(() => server.close());
  const here = { tier: "endpoint", url: server.url, model: "org/m", maxTokens: 64 };
  return { server, judge: judgeOf(configured("here", { here })) };
}

test("without `routing` there is nobody to ask", () => {
  expect(routeJudge(parseConfig("").config, { env: {}, run: "r" })).toBeNull();
});

test("words name a declared route, call nothing, and count nothing", async () => {
  const judge = judgeOf(configured("lexical"));
  expect(judge).toMatchObject({ id: "lexical", tier: "words", replyTokens: 0 });
  const { choice, probabilities, usage } = await judge.judge(asked);
  expect(choice).toBe("delegation database-specialist");
  expect(Object.keys(probabilities)).toEqual(Object.keys(asked.question.criteria));
  expect(usage).toEqual({ promptTokens: 0, completionTokens: 0, cachedTokens: 0, measured: false });
});

test("J2 a server's answer comes with what the server counted, and without probabilities where it tells of none", async () => {
  const { judge, server } = await served({ kind: "reply", text: '{"answer":"A"}' });
  expect(judge).toMatchObject({ id: "org/m", tier: "endpoint", replyTokens: 64, terms: { price: null } });
  const { choice, probabilities, usage } = await judge.judge(asked);
  expect(choice).toBe(Object.keys(asked.question.criteria)[0]);
  expect(probabilities).toEqual({});
  expect(usage).toMatchObject({ promptTokens: 120, completionTokens: 8, cachedTokens: 100, measured: true });
  expect(usage.serverMs).toEqual(expect.any(Number));
  expect(server.requests[0]?.body).toMatchObject({ temperature: 0, max_tokens: 64 });
});

test.each(["{}", '{"answer":"ZZ"}', "A"])("J1 an answer that is no route is no opinion: %s", async (text) => {
  const { judge } = await served({ kind: "reply", text });
  expect(await judge.judge(asked)).toMatchObject({ choice: null, probabilities: {}, usage: { measured: false } });
});

test("J1 what the server refuses is an error, and no opinion", async () => {
  const { judge } = await served({ kind: "status", status: 401 });
  await expect(judge.judge(asked)).rejects.toMatchObject({ code: "model-auth" });
});

test("llama.cpp says how likely it finds each route, within the process", async () => {
  const tiny = { tier: "embedded", file: "tiny.gguf", gpu: false, threads: 1 };
  const judge = judgeOf(configured("tiny", { tiny }));
  expect(judge.tier).toBe("embedded");
  const { choice, probabilities, usage } = await judge.judge(asked);
  expect(Object.keys(probabilities).toSorted()).toEqual(Object.keys(asked.question.criteria).toSorted());
  expect(Object.values(probabilities).reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 3);
  expect(probabilities[choice ?? ""]).toBe(Math.max(...Object.values(probabilities)));
  expect(usage).toMatchObject({ measured: true });
  expect(usage.promptTokens).toBeGreaterThan(0);
});

test("R8 no secret that is known here is in the question, in its text or in a route's purpose", async () => {
  const secret = "sk-CANARY-judge-0123456789";
  const { judge, server } = await served({ kind: "reply", text: '{"answer":"A"}' });
  const secrets = openSecrets({ tokens: ["CANARY_TOKEN"], maybe: [] }, { CANARY_TOKEN: secret });
  const criteria = { ...asked.question.criteria, "delegation database-specialist": `Whatever ${secret} opens` };
  const question = { ...asked.question, criteria };
  await guardedJudge(judge, secrets).judge({ ...asked, text: `the key is ${secret}`, question });
  expect(server.requests).toHaveLength(1);
  expect(JSON.stringify(server.requests[0]?.body)).not.toContain(secret);
});
