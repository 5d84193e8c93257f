/** A chat server as a decision model: over our transport, with constrained labels, and nothing but a declared route as its answer. */
import { afterEach, expect, test } from "vitest";
import { createDecisionModel } from "../../src/models/create-decision-model.ts";
import { openGates } from "../../src/models/gate.ts";
import { resolveModel } from "../../src/models/resolve.ts";
import { parseConfig } from "../../src/config/config.ts";
import { startChatServer, type Behaviour, type ChatServer } from "../fixtures/chat-server.ts";

const open: ChatServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

const question = {
  type: "choice",
  instructions: "backend-lead has this before it. Along which route does it go?",
  criteria: { "delegation db": "Schemas", "escalation user": "Money" },
} as const;

async function decide(behave: readonly Behaviour[], signal?: AbortSignal) {
  const server = await startChatServer(behave);
  open.push(server);
  const { config } = parseConfig(
    JSON.stringify({ models: { m: { tier: "endpoint", url: server.url, model: "org/m", token: "CANARY" } } }),
  );
  const spec = resolveModel(config, { role: "", rank: "", flag: "m" });
  if (spec.kind === "rehearsal") throw new TypeError("no model");
  const env = { CANARY: "sk-canary-decision" };
  const model = await createDecisionModel(spec, { env, run: "r", gates: openGates(), limits: { retries: 0 } });
  const answer = model.invoke({ state: "a text-canary", questions: { route: question } }, signal ? { signal } : {});
  return { server, answer };
}

const tokens = (...parts: (readonly [string, Readonly<Record<string, number>>])[]) => ({
  content: parts.map(([token, likely]) => ({
    token,
    logprob: Math.log(likely[token] ?? 1),
    top_logprobs: Object.entries(likely).map(([each, p]) => ({ token: each, logprob: Math.log(p) })),
  })),
});

test("E1 E2 the answer is a declared route, with the server's own probabilities, for one request", async () => {
  const logprobs = tokens(['{"answer": "', {}], ["B", { B: 0.7, A: 0.1, C: 0.2 }], ['"}', {}]);
  const { server, answer } = await decide([{ kind: "reply", text: '{"answer": "B"}', logprobs }]);
  const { choices } = await answer;
  expect(choices.route.choice).toBe("escalation user");
  expect(choices.route.confidence).toBeCloseTo(0.875);
  expect(choices.route.probabilities["delegation db"]).toBeCloseTo(0.125);
  expect(server.requests).toHaveLength(1);
  const [{ body, headers }] = server.requests as [ChatServer["requests"][number]];
  expect(body).toMatchObject({ model: "org/m", temperature: 0, logprobs: true, top_logprobs: 5 });
  expect(body.response_format).toMatchObject({
    type: "json_schema",
    json_schema: { schema: { properties: { answer: { enum: ["A", "B"] } } } },
  });
  expect(headers.authorization).toBe("Bearer sk-canary-decision");
});

test("E2 a server that tells of no probabilities has none put into its mouth", async () => {
  const { answer } = await decide([{ kind: "reply", text: '{"answer": "A"}' }]);
  const { choices } = await answer;
  expect(choices.route).toEqual({ type: "choice", choice: "delegation db", probabilities: {}, confidence: 0 });
});

test.each<readonly [string, Behaviour, string]>([
  ["a route that is not declared", { kind: "reply", text: '{"answer": "C"}' }, "model-malformed"],
  ["the route in words", { kind: "reply", text: "delegation db" }, "model-malformed"],
  ["a call of a tool that nobody offered", { kind: "reply", calls: [{ name: "go", args: {} }] }, "model-malformed"],
  ["an answer at its limit", { kind: "reply", text: '{"answer": "A"}', finish: "length" }, "model-malformed"],
  ["an answer without an end", { kind: "reply", text: '{"answer": "A"}', finish: null }, "model-truncated"],
  ["a page", { kind: "html" }, "model-malformed"],
  ["half an answer", { kind: "bad-json" }, "model-malformed"],
  ["a refusal", { kind: "status", status: 400 }, "model-refused"],
])("E1 %s is refused, and neither text nor token is in the error", async (_what, behaviour, code) => {
  const { answer } = await decide([behaviour]);
  const error = await answer.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code });
  expect(JSON.stringify(error) + String(error)).not.toMatch(/canary/);
});

test("whoever stops waiting leaves the server", async () => {
  const stop = new AbortController();
  const { server, answer } = await decide([{ kind: "silence" }], stop.signal);
  const ended = expect(answer).rejects.toThrow();
  const { over } = await server.seen(1);
  stop.abort(new Error("enough"));
  await ended;
  expect(await over).toBe("client");
});
