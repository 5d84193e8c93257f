import { AIMessage, AIMessageChunk, ToolMessage } from "@langchain/core/messages";
import { fakeModel } from "@langchain/core/testing";
import { describe, expect, it } from "vitest";
import { chatRoleModel, langChainMessages, readReply, usageOf } from "../../src/models/chat-role-model.ts";
import { expectQuiet, settled } from "../contract/model-conformance.ts";
import { canary, request } from "../contract/model-request.ts";

const options = { id: "fake", tier: "endpoint" } as const;

describe("any LangChain model as a role's model", () => {
  it("gives words and calls of a model that does not stream", async () => {
    const model = fakeModel().respond(
      new AIMessage({
        content: "Reading.",
        tool_calls: [{ id: "c1", name: "read_file", args: { path: "a" } }],
        response_metadata: { finish_reason: "tool_calls" },
        usage_metadata: { input_tokens: 3, output_tokens: 2, total_tokens: 5 },
      }),
    );
    const heard: string[] = [];
    const reply = await chatRoleModel(model, options).call(request, { onText: (text) => heard.push(text) });
    expect(reply).toEqual({
      text: "Reading.",
      calls: [{ id: "c1", name: "read_file", args: { path: "a" } }],
      malformed: [],
      finish: "tool_calls",
      usage: { promptTokens: 3, completionTokens: 2, cachedTokens: 0, measured: true },
    });
    expect(heard).toEqual(["Reading."]);
  });

  it.each([
    [
      "the cache in the prompt",
      { input: 30, output: 2, cached: 20 },
      { promptTokens: 30, cachedTokens: 20, measured: true },
    ],
    [
      "no cache beyond the prompt",
      { input: 30, output: 2, cached: 31 },
      { promptTokens: 30, cachedTokens: 0, measured: true },
    ],
    ["no part of a token", { input: 30.5, output: 2, cached: 0 }, { promptTokens: 0, measured: false }],
    ["nothing below zero", { input: 30, output: -2, cached: 0 }, { completionTokens: 0, measured: false }],
    ["nothing that cannot be added up", { input: 1e300, output: 2, cached: 0 }, { promptTokens: 0, measured: false }],
  ])("C1 counts %s", (_what, { input, output, cached }, counted) => {
    const usage_metadata = {
      input_tokens: input,
      output_tokens: output,
      total_tokens: input + output,
      input_token_details: { cache_read: cached },
    };
    expect(usageOf(new AIMessage({ content: "", usage_metadata }))).toMatchObject(counted);
  });

  it("S1 takes no call without a finish reason", async () => {
    const model = fakeModel().respondWithTools([{ id: "c1", name: "read_file", args: { path: "a" } }]);
    const reply = await chatRoleModel(model, options).call(request, {});
    expect(reply).toMatchObject({ calls: [], malformed: [{ name: "read_file" }], finish: "other" });
  });

  it("S1 does not believe LangChain's repair of a call that was cut off", () => {
    const chunk = new AIMessageChunk({
      content: "",
      tool_call_chunks: [{ type: "tool_call_chunk", id: "c1", name: "read_file", args: '{"path":"/etc', index: 0 }],
      response_metadata: { finish_reason: "stop" },
    });
    expect(chunk.tool_calls, "LangChain repairs it").toHaveLength(1);
    const reply = readReply(chunk, request);
    expect(reply.calls).toEqual([]);
    expect(reply.malformed).toMatchObject([{ id: "c1", name: "read_file", raw: '{"path":"/etc' }]);
  });

  it("gives an id to a call that has none, and a new one to a call whose id is taken", () => {
    const message = new AIMessage({
      content: "",
      tool_calls: [
        { name: "read_file", args: { path: "a" } },
        { id: "call-1-1", name: "read_file", args: { path: "b" } },
        { name: "read_file", args: { path: "c" } },
      ],
      response_metadata: { finish_reason: "stop" },
    });
    expect(readReply(message, request).calls.map((call) => call.id)).toEqual(["call", "call-1-1-2", "call-2"]);
  });

  it("R8 keeps nothing of another class's error but its name and status", async () => {
    const failure = Object.assign(new Error(`400: ${canary}`), { status: 401, body: canary, cause: new Error(canary) });
    const model = fakeModel().alwaysThrow(failure);
    expectQuiet(await settled(chatRoleModel(model, options).call(request, {})), "model-auth");
  });

  it("maps every kind of message", () => {
    const mapped = langChainMessages(request.messages);
    expect(mapped.map((message) => message.type)).toEqual(["system", "human", "ai", "tool"]);
    expect(mapped[3]).toBeInstanceOf(ToolMessage);
    expect((mapped[2] as AIMessage).tool_calls).toMatchObject([
      { id: "call-1-1", name: "read_file", args: { path: "data.csv" } },
    ]);
  });
});
