import { inspect } from "node:util";
import { AIMessage, HumanMessage, SystemMessage, ToolMessage } from "@langchain/core/messages";
import {
  langchainMatchers,
  openAITextOnlyChunksWithUsage,
  openAIToolCallChunks,
  sseResponseFromOpenAIChunks,
} from "@langchain/core/testing";
import { tool } from "@langchain/core/tools";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { ChatHuggingFace } from "../../src/models/chat-hugging-face.ts";
import { startChatServer, type Behaviour, type ChatServer } from "../fixtures/chat-server.ts";
import { settled } from "../contract/model-conformance.ts";

expect.extend(langchainMatchers);

const open: ChatServer[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function serve(...behaviours: Behaviour[]): Promise<{ server: ChatServer; model: ChatHuggingFace }> {
  const server = await startChatServer(behaviours);
  open.push(server);
  return { server, model: new ChatHuggingFace({ model: "scripted", endpointUrl: server.url, temperature: 0 }) };
}

const search = tool(async () => "found", {
  name: "web_search",
  description: "Searches the web.",
  schema: z.object({ query: z.string() }),
});

/** A model whose server is one canned response, with no network at all. */
function canned(response: () => Response): ChatHuggingFace {
  return new ChatHuggingFace({
    model: "scripted",
    endpointUrl: "http://127.0.0.1:9",
    transport: async () => response(),
  });
}

describe("ChatHuggingFace as a LangChain model", () => {
  it("invokes: text, usage, finish reason", async () => {
    const { server, model } = await serve({ kind: "reply", text: "Hello there" });
    const message = await model.invoke([new SystemMessage("Be brief."), new HumanMessage("Hello")]);
    expect(message).toBeAIMessage("Hello there");
    expect(message.text).toBe("Hello there");
    expect(message.usage_metadata).toMatchObject({
      input_tokens: 120,
      output_tokens: 8,
      total_tokens: 128,
      input_token_details: { cache_read: 100 },
    });
    expect(message.response_metadata).toMatchObject({ finish_reason: "stop", model_name: "scripted" });
    expect(server.requests[0]?.body).toMatchObject({ model: "scripted", temperature: 0 });
    expect(server.requests[0]?.body.stream).toBeUndefined();
  });

  it.each([
    "no address",
    "file:///etc/passwd",
    "https://me:canary@models.example/v1",
    "https://models.example/v1?key=canary",
  ])("refuses the address %j at once, and does not repeat it", (endpointUrl) => {
    const made = (): ChatHuggingFace => new ChatHuggingFace({ model: "m", endpointUrl });
    expect(made).toThrow(expect.objectContaining({ code: "usage" }));
    expect(made).not.toThrow(/canary|passwd/);
  });

  it("streams LangChain's own fixture of text with usage", async () => {
    const model = canned(() => sseResponseFromOpenAIChunks(openAITextOnlyChunksWithUsage()));
    const parts: string[] = [];
    let usage: unknown;
    for await (const part of await model.stream("Hello")) {
      if (part.text !== "") parts.push(part.text);
      usage = part.usage_metadata ?? usage;
    }
    expect(parts).toEqual(["Hello", " world"]);
    expect(usage).toMatchObject({ input_tokens: 10, output_tokens: 2 });
  });

  it("gives the calls of LangChain's own fixture, in a stream and as events", async () => {
    const make = (): ChatHuggingFace => canned(() => sseResponseFromOpenAIChunks(openAIToolCallChunks()));
    const options = { tools: [search] };
    const expected = [{ id: "call_abc", name: "web_search", args: { query: "weather" } }];
    const stream = await make().stream("Weather?", options);
    let whole;
    for await (const part of stream) whole = whole ? whole.concat(part) : part;
    expect(whole?.tool_calls).toMatchObject(expected);
    const message = await make().streamEvents("Weather?", options);
    expect(message.tool_calls).toMatchObject(expected);
  });

  it("binds tools and choices, and sends a conversation in the chat format", async () => {
    const { server, model } = await serve({ kind: "reply", calls: [{ name: "web_search", args: { query: "x" } }] });
    const message = await model.bindTools([search], { tool_choice: "any" }).invoke([
      new HumanMessage("Weather?"),
      new AIMessage({
        content: "",
        tool_calls: [{ id: "c1", name: "web_search", args: { query: "weather" } }],
        invalid_tool_calls: [{ id: "c2", name: "web_search", args: '{"que' }],
      }),
      new ToolMessage({ content: "rain", tool_call_id: "c1", name: "web_search" }),
    ]);
    expect(message.tool_calls).toMatchObject([{ name: "web_search", args: { query: "x" } }]);
    expect(server.requests[0]?.body).toMatchObject({
      tool_choice: "required",
      tools: [{ type: "function", function: { name: "web_search", parameters: { type: "object" } } }],
      messages: [
        { role: "user", content: "Weather?" },
        {
          role: "assistant",
          content: "",
          tool_calls: [
            { id: "c1", type: "function", function: { name: "web_search", arguments: '{"query":"weather"}' } },
          ],
        },
        { role: "tool", tool_call_id: "c1", content: "rain" },
      ],
    });
    expect(server.requests[0]?.body.messages[1]?.tool_calls).toHaveLength(1);
  });

  it("H2 keeps a truncated call out of tool_calls, invoked and streamed", async () => {
    const cut: Behaviour = {
      kind: "reply",
      calls: [{ id: "c1", name: "web_search", args: '{"query":"rm -rf /' }],
      finish: "length",
    };
    const { model } = await serve(cut);
    const bound = model.bindTools([search]);
    const invoked = await bound.invoke("Weather?");
    let streamed;
    for await (const part of await bound.stream("Weather?")) streamed = streamed ? streamed.concat(part) : part;
    for (const message of [invoked, streamed]) {
      expect(message?.tool_calls).toEqual([]);
      expect(message?.invalid_tool_calls).toMatchObject([{ id: "c1", name: "web_search", args: '{"query":"rm -rf /' }]);
    }
  });

  it("H2 also in the standard content of output version v1", async () => {
    const { model } = await serve({ kind: "reply", text: "So", calls: [{ name: "ghost", args: {} }] });
    let whole;
    for await (const part of await model.stream("Go", { outputVersion: "v1" }))
      whole = whole ? whole.concat(part) : part;
    expect(whole?.tool_calls).toEqual([]);
    expect(whole?.invalid_tool_calls).toMatchObject([{ name: "ghost", args: "{}" }]);
  });

  it("streams what a server answers whole, with its calls, tokens and reason", async () => {
    const message = {
      role: "assistant",
      content: "Looking.",
      tool_calls: [
        { type: "function", function: { name: "web_search", arguments: '{"query":"one"}' } },
        { type: "function", function: { name: "web_search", arguments: '{"query":"two"}' } },
      ],
    };
    const usage = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 };
    const model = canned(() => Response.json({ choices: [{ index: 0, message, finish_reason: "tool_calls" }], usage }));
    let whole;
    for await (const part of await model.bindTools([search]).stream("Go")) whole = whole ? whole.concat(part) : part;
    expect(whole?.text).toBe("Looking.");
    expect(whole?.tool_calls?.map(({ args }) => args)).toEqual([{ query: "one" }, { query: "two" }]);
    expect(whole?.usage_metadata).toMatchObject({ input_tokens: 7, output_tokens: 3 });
    expect(whole?.response_metadata).toMatchObject({ finish_reason: "tool_calls" });
  });

  it.each([{ error: "busy" }, { choices: [] }, "text", null])("refuses %j in place of a stream", async (body) => {
    const stream = async (): Promise<void> => {
      for await (const _part of await canned(() => Response.json(body)).stream("Go"));
    };
    await expect(stream()).rejects.toMatchObject({ code: "model-malformed" });
  });

  it("H4 breaking out of a stream ends the request", async () => {
    const { server, model } = await serve({ kind: "endless" });
    for await (const part of await model.stream("Hello")) if (part.text !== "") break;
    expect(await (await server.seen(1)).over).toBe("client");
  });

  it("H1 asks once: neither the client nor LangChain retries behind the transport's back", async () => {
    const { server } = await serve({ kind: "status", status: 503 });
    const model = new ChatHuggingFace({ model: "scripted", endpointUrl: server.url, limits: { retries: 0 } });
    await settled(model.invoke("Hello"));
    expect(server.requests).toHaveLength(1);
  });

  it("R8 does not keep the token where it can be seen", () => {
    const model = new ChatHuggingFace({ model: "m", endpointUrl: "https://x.example/v1", accessToken: "sk-SECRET-1" });
    expect(inspect(model, { depth: 10, showHidden: true })).not.toContain("SECRET");
    expect(JSON.stringify(model)).not.toContain("SECRET");
  });

  it("refuses to send a token over plain http", () => {
    const make = (): ChatHuggingFace =>
      new ChatHuggingFace({ model: "m", endpointUrl: "http://x.example/v1", accessToken: "sk-SECRET-1" });
    expect(make).toThrow(expect.objectContaining({ code: "config-invalid" }));
  });

  it.each(["provider", "billTo"])("refuses %s beside an endpointUrl, rather than leave it out", (astray) => {
    const make = (fields: object): ChatHuggingFace =>
      new ChatHuggingFace({ model: "m", [astray]: "together", ...fields });
    expect(() => make({ endpointUrl: "https://x.example/v1" })).toThrow(
      expect.objectContaining({
        code: "usage",
        message: expect.stringContaining(`both endpointUrl and ${astray}`),
        hint: expect.stringContaining(`Leave ${astray} out`),
      }),
    );
    expect(() => make({})).not.toThrow();
    expect(() => make({ endpointUrl: undefined })).not.toThrow();
  });

  it("R8 says nothing of a token that no header can hold", () => {
    const make = (): ChatHuggingFace =>
      new ChatHuggingFace({ model: "m", endpointUrl: "https://x.example/v1", accessToken: "sk-SECRET\n-1" });
    expect(make).toThrow(
      expect.objectContaining({ code: "model-auth", message: expect.not.stringContaining("SECRET") }),
    );
  });

  it("reaches Inference Providers at one origin, with the provider in the model's name", async () => {
    const asked: { url: string; init: RequestInit | undefined }[] = [];
    const transport: typeof fetch = async (input, init) => {
      asked.push({ url: new Request(input).url, init });
      return sseResponseFromOpenAIChunks(openAITextOnlyChunksWithUsage());
    };
    const model = new ChatHuggingFace({ model: "Qwen/Qwen3-8B", provider: "together", billTo: "shop", transport });
    for await (const _part of await model.stream("Hello"));
    expect(asked.map(({ url }) => url)).toEqual(["https://router.huggingface.co/v1/chat/completions"]);
    const body = asked[0]?.init?.body;
    expect(typeof body === "string" && JSON.parse(body)).toMatchObject({ model: "Qwen/Qwen3-8B:together" });
    expect(new Headers(asked[0]?.init?.headers).get("x-hf-bill-to")).toBe("shop");
  });
});

describe("structured output", () => {
  const shape = z.object({ model: z.string(), score: z.number() });

  it("asks for the schema and gives what the schema parses", async () => {
    const { server, model } = await serve({ kind: "reply", text: '{"model":"a","score":0.5}' });
    const output = await model.withStructuredOutput(shape, { name: "choice" }).invoke("Choose.");
    expect(output).toEqual({ model: "a", score: 0.5 });
    expect(server.requests[0]?.body.response_format).toMatchObject({
      type: "json_schema",
      json_schema: { name: "choice", schema: { type: "object", required: ["model", "score"] } },
    });
  });

  it("takes a JSON schema, and checks against it", async () => {
    const schema = {
      type: "object",
      properties: { n: { type: "integer" } },
      required: ["n"],
      additionalProperties: false,
    };
    const { model } = await serve({ kind: "reply", text: '{"n":1}' }, { kind: "reply", text: '{"n":"1"}' });
    const asked = model.withStructuredOutput(schema);
    expect(await asked.invoke("Count.")).toEqual({ n: 1 });
    expect(await settled(asked.invoke("Count."))).toMatchObject({ code: "model-malformed" });
  });

  it.each([
    ["another shape", { kind: "reply", text: '{"model":"a","score":"high"}' }, "model-malformed"],
    ["no JSON", { kind: "reply", text: "Sure: {}" }, "model-malformed"],
    ["a cut-off object", { kind: "reply", text: '{"model":"a","sc', finish: "length" }, "model-truncated"],
    [
      "a whole object after a cut",
      { kind: "reply", text: '{"model":"a","score":1}', finish: "length" },
      "model-truncated",
    ],
  ] as const)("refuses %s", async (_title, behaviour, code) => {
    const { model } = await serve(behaviour);
    expect(await settled(model.withStructuredOutput(shape).invoke("Choose."))).toMatchObject({ code });
  });

  it("includeRaw gives the message, and null for what does not parse", async () => {
    const { model } = await serve({ kind: "reply", text: "no" });
    const { raw, parsed } = await model.withStructuredOutput(shape, { includeRaw: true }).invoke("Choose.");
    expect(raw.text).toBe("no");
    expect(parsed).toBeNull();
  });
});
