/** llama.cpp itself, behind the port: what the grammar lets through, what a context holds, and what an abort leaves. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { ChatHuggingFace } from "../../src/models/chat-hugging-face.ts";
import { embeddedFetch, embeddedUrl } from "../../src/models/embedded/embedded-fetch.ts";
import type { Engine, EnginePiece, EngineRequest } from "../../src/models/embedded/engine.ts";
import { openLlamaEngine } from "../../src/models/embedded/llama-engine.ts";
import { writeTinyModel, type TinyModel } from "../fixtures/tiny-model.ts";

let dir: string;
const open: Engine[] = [];
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "cadre-llama-"));
});
afterAll(async () => {
  for (const engine of open) await engine.dispose();
  rmSync(dir, { recursive: true, force: true });
});

async function engine(name: string, model: TinyModel, context = 4096): Promise<Engine> {
  const file = join(dir, `${name}.gguf`);
  writeTinyModel(file, model);
  const opened = await openLlamaEngine({ file, context, gpu: false, threads: 1 });
  open.push(opened);
  return opened;
}

const tools = [
  { name: "new_task", description: "one", schema: { type: "object", properties: { to: { enum: ["a", "b"] } } } },
  {
    name: "new_tasks",
    description: "several",
    schema: { type: "object", properties: { all: { type: "array", items: { type: "string" }, minItems: 2 } } },
  },
];
const request: EngineRequest = {
  messages: [
    { role: "system", text: "You are a role." },
    { role: "user", text: "Go." },
  ],
  tools,
  choice: "required",
  schema: null,
  maxTokens: 200,
  temperature: 0,
  seed: 1,
  stop: [],
};

async function reply(to: Engine, asked: Partial<EngineRequest> = {}, signal = new AbortController().signal) {
  const pieces: EnginePiece[] = [];
  for await (const piece of to.generate({ ...request, ...asked }, signal)) pieces.push(piece);
  const text = (kind: "text" | "arguments"): string =>
    pieces.flatMap((piece) => (piece.kind === kind ? [piece.text] : [])).join("");
  const end = pieces.at(-1);
  if (end?.kind !== "end") throw new TypeError("a reply without an end");
  return {
    text: text("text"),
    names: pieces.flatMap((piece) => (piece.kind === "call" ? [piece.name] : [])),
    args: text("arguments"),
    finish: end.finish,
    usage: end.usage,
  };
}

test("a model that would name another tool names one that is offered, and keeps to its arguments", async () => {
  const ghost = await engine("ghost", {
    says: ["execute_command(", '{"command":"ls"}'],
    pieces: ["new_tasks(", '{"to":"a"}', '"a"', '"b"'],
  });
  for (const seed of [1, 2, 3]) {
    const { names, args, finish } = await reply(ghost, { temperature: 1.5, seed });
    expect(tools.map(({ name }) => name)).toContain(names[0]);
    expect(finish).toBe("tool_calls");
    const parsed: unknown = JSON.parse(args);
    if (names[0] === "new_task") expect(parsed).toEqual({ to: expect.stringMatching(/^[ab]$/) });
    else expect(parsed).toEqual({ all: expect.any(Array) });
  }
});

test.each(["new_task", "new_tasks"])("a name that begins like another one is read whole: %s", async (name) => {
  const args = name === "new_task" ? '{"to": "b"}' : '{"all": ["x", "y"]}';
  const named = await engine(name, { says: [`${name}(`, args] });
  expect(await reply(named)).toMatchObject({ names: [name], args, finish: "tool_calls" });
});

test("left free, a model speaks, and may call after it spoke", async () => {
  const free = await engine("free", { says: ["I see. ", "||call: ", "new_task(", '{"to": "a"}'] });
  expect(await reply(free, { choice: "auto" })).toMatchObject({
    text: "I see. ",
    names: ["new_task"],
    args: '{"to": "a"}',
    finish: "tool_calls",
  });
  expect(await reply(free, { choice: "auto", tools: [], stop: ["see"] })).toMatchObject({
    text: "I ",
    names: [],
    finish: "stop",
  });
});

test("a prompt that the context does not hold is refused with both sizes, and the next one is answered", async () => {
  const small = await engine("small", { says: ["new_task(", '{"to": "a"}'] }, 2048);
  const long = { messages: [{ role: "user" as const, text: "x".repeat(3000) }] };
  await expect(reply(small, long)).rejects.toMatchObject({
    code: "model-refused",
    message: expect.stringContaining("2048"),
    data: { contextSize: 2048 },
  });
  expect((await reply(small)).names).toEqual(["new_task"]);
});

test("usage counts the whole prompt, and what of it was there already", async () => {
  const counted = await engine("counted", { says: ["new_task(", '{"to": "a"}'] });
  const first = await reply(counted);
  const second = await reply(counted);
  expect(first.usage.cached).toBe(0);
  expect(second.usage).toMatchObject({ prompt: first.usage.prompt, completion: first.usage.completion });
  expect(second.usage.cached).toBeGreaterThan(first.usage.prompt * 0.9);
  const other = await reply(counted, { messages: [{ role: "system", text: "Somebody else." }] });
  expect(other.usage.cached).toBeLessThan(first.usage.prompt / 2);
});

test("an abort ends a reply without end and one that waits for it, and leaves the engine fit for the next", async () => {
  const endless = await engine("endless", { says: ["new_task(", "for ever"], ends: false }, 16_384);
  const leave = new AbortController();
  const asked = { tools: [], maxTokens: null };
  const pieces = endless.generate({ ...request, ...asked }, leave.signal);
  await pieces.next();
  const waiting = reply(endless, asked, leave.signal);
  leave.abort(new Error("left"));
  const ends = await Promise.allSettled([pieces.next().then(() => pieces.next()), waiting]);
  expect(ends.map((ended) => ended.status === "rejected" && String(ended.reason))).toEqual([
    "Error: left",
    "Error: left",
  ]);
  expect((await reply(endless, { ...asked, maxTokens: 5 })).finish).toBe("length");
});

test("structured output through ChatHuggingFace is what the schema says", async () => {
  const noise = await engine("noise", { chance: 3 });
  const transport = embeddedFetch(async () => noise, { seed: 5 });
  const chat = new ChatHuggingFace({
    model: "noise",
    endpointUrl: embeddedUrl,
    transport,
    maxTokens: 400,
    temperature: 1,
  });
  const shape = z.object({ verdict: z.enum(["accept", "return"]), sure: z.boolean() });
  const given = await chat.withStructuredOutput(shape).invoke("Judge.");
  expect(shape.parse(given)).toEqual(given);
  const streamed = await chat.invoke("Speak.", { maxTokens: 4 });
  expect(streamed.response_metadata["finish_reason"]).toBe("length");
  expect(streamed.usage_metadata).toMatchObject({ output_tokens: 4 });
});

test("a question with labels is answered with how likely each of them is", async () => {
  const noise = await engine("decider", { chance: 4 });
  const { probabilities } = await noise.choose(
    {
      state: "The GPU is not approved.",
      instructions: "Who decides?",
      criteria: { "project-manager": "budget", "ai-ml-lead": "models" },
    },
    undefined,
  );
  expect(Object.keys(probabilities).toSorted()).toEqual(["ai-ml-lead", "project-manager"]);
  expect(Object.values(probabilities).reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 3);
});
