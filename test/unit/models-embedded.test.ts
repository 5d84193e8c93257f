/** The parts of the embedded tier that hold no engine. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ggufName, ggufSource } from "../../src/config/gguf.ts";
import { emptyConfig, parseConfig } from "../../src/config/config.ts";
import { namesGrammar } from "../../src/models/embedded/call-names.ts";
import { readChatBody } from "../../src/models/embedded/chat-body.ts";
import { jsonEnd } from "../../src/models/embedded/json-end.ts";
import { openLlamaEngine } from "../../src/models/embedded/llama-engine.ts";
import { lowerArguments, lowerSchema } from "../../src/models/embedded/lower-schema.ts";
import { replyText, type ReplyMarks } from "../../src/models/embedded/reply-text.ts";
import { openTurnstile } from "../../src/models/embedded/turnstile.ts";
import { resolveModel } from "../../src/models/resolve.ts";

describe("a schema is lowered to what the grammar takes", () => {
  it("keeps names, kinds, choices and small bounds, and lets go of patterns and large bounds", () => {
    expect(
      lowerArguments({
        type: "object",
        properties: {
          to: { type: "string", enum: ["a", "b"], description: "who" },
          text: { type: "string", minLength: 1, maxLength: 4000, pattern: "^x" },
          list: { type: "array", items: { type: "string" }, minItems: 2, maxItems: 500 },
          line: { type: "integer", minimum: 1, maximum: 9007199254740991 },
          either: { anyOf: [{ type: "string" }, { type: "null" }] },
          both: { type: ["string", "null"] },
        },
        required: ["to"],
      }),
    ).toEqual({
      type: "object",
      additionalProperties: false,
      properties: {
        to: { enum: ["a", "b"], description: "who" },
        text: { type: "string", minLength: 1 },
        list: { type: "array", items: { type: "string" }, minItems: 2 },
        line: { type: "integer" },
        either: { oneOf: [{ type: "string" }, { type: "null" }] },
        both: { oneOf: [{ type: "string" }, { type: "null" }] },
      },
    });
  });

  it("keeps references, merges allOf, and gives a table its values", () => {
    const lowered = lowerSchema({
      $defs: { node: { type: "object", properties: { next: { $ref: "#/$defs/node" } } } },
      allOf: [{ type: "object", properties: { a: { const: 1 } } }, { properties: { b: { $ref: "#/$defs/node" } } }],
    });
    expect(lowered).toMatchObject({
      type: "object",
      properties: { a: { const: 1 }, b: { $ref: "#/$defs/node" } },
      $defs: { node: { properties: { next: { $ref: "#/$defs/node" } } } },
    });
    expect(lowerSchema({ type: "object", additionalProperties: { type: "number" } })).toMatchObject({
      additionalProperties: { type: "number" },
    });
  });

  it.each([[{}], [{ not: {} }], [{ type: "file" }], [{ items: 4 }], [{ enum: [] }], [{ oneOf: [] }]])(
    "does not fail on %o",
    (schema) => {
      expect(lowerArguments({ type: "object", properties: { x: schema } })["type"]).toBe("object");
      expect(lowerArguments(schema)["type"]).toBe("object");
    },
  );
});

describe("the end of a JSON value", () => {
  it("is found wherever the pieces are cut, and what follows is no part of it", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.array(fc.nat(40), { maxLength: 20 }),
        (value, cuts) => {
          const text = JSON.stringify(value);
          const end = jsonEnd();
          const rest = `${text}\n\n{"more":1}`;
          let at = 0;
          let taken = "";
          for (const cut of [...cuts, rest.length]) {
            const piece = rest.slice(at, at + cut);
            at += cut;
            const length = end.add(piece);
            taken += length === null ? piece : piece.slice(0, length);
            if (length !== null) break;
          }
          expect(taken).toBe(text);
        },
      ),
    );
  });
});

describe("what of a reply's words is passed on", () => {
  const marks: ReplyMarks = { call: "<call>", thought: { from: "<think>", to: "</think>" }, stops: ["<end>"] };
  const heard = (pieces: readonly string[]): { text: string; next: string } => {
    const reply = replyText(marks);
    let text = "";
    for (const piece of pieces) {
      const { text: said, next } = reply.add(piece);
      text += said;
      if (next !== "go on") return { text, next };
    }
    return { text: text + reply.rest(), next: "go on" };
  };

  it.each([
    ["Hello there", "Hello there", "go on"],
    ["<think>hm <end> hm</think>\n\nYes", "Yes", "go on"],
    ["<think>never done", "", "go on"],
    ["Well, <call>x", "Well, ", "call"],
    ["One<end>Two", "One", "stop"],
    ["a < b and <cal", "a < b and <cal", "go on"],
  ])("%s, wherever it is cut", (said, text, next) => {
    expect(heard(Array.from(said))).toEqual({ text, next });
    for (let at = 0; at <= said.length; at++)
      expect(heard([said.slice(0, at), said.slice(at)])).toEqual({ text, next });
  });
});

describe("a turnstile", () => {
  it("lets one in at a time, in order, and who leaves the queue holds nobody up", async () => {
    const stile = openTurnstile();
    const order: string[] = [];
    const leave = await stile.enter();
    const away = new AbortController();
    const gone = stile.enter(away.signal).catch(() => order.push("gone"));
    const second = stile.enter().then((next) => {
      order.push("second");
      next();
    });
    away.abort();
    await gone;
    expect(order).toEqual(["gone"]);
    leave();
    await second;
    expect(order).toEqual(["gone", "second"]);
  });
});

describe("which model file", () => {
  it.each([
    ["models/small.gguf", { kind: "file", path: "models/small.gguf" }, "small.gguf"],
    [
      "hf:Qwen/Qwen3-0.6B-GGUF:Q8_0",
      { kind: "hub", repo: "Qwen/Qwen3-0.6B-GGUF", quant: "Q8_0", file: null, revision: null },
      "Qwen/Qwen3-0.6B-GGUF:Q8_0",
    ],
    [
      "hf:a/b/sub/c.gguf",
      { kind: "hub", repo: "a/b", quant: null, file: "sub/c.gguf", revision: null },
      "a/b/sub/c.gguf",
    ],
    ["hf:a/b", { kind: "hub", repo: "a/b", quant: null, file: null, revision: null }, "a/b"],
  ])("%s", (text, source, name) => {
    expect(ggufSource(text)).toEqual(source);
    expect(ggufName(ggufSource(text) as never)).toBe(name);
    expect(resolveModel(emptyConfig, { role: "r", rank: "lead", flag: `embedded:${text}` })).toMatchObject({
      kind: "embedded",
      id: name,
      token: null,
    });
  });

  it.each(["", "small.bin", "hf:", "hf:a", "hf:a/b/../c.gguf", "hf:a/b:Q 8", "model.safetensors"])("not %o", (text) => {
    expect(ggufSource(text)).toBeNull();
    expect(() => resolveModel(emptyConfig, { role: "r", rank: "lead", flag: `embedded:${text}` })).toThrow(/GGUF file/);
  });

  it.each([
    ["{ tier: embedded }", "needs either `file` (a path) or `model` (hf:…)"],
    ["{ tier: embedded, file: a.gguf, model: 'hf:a/b' }", "needs either"],
    ["{ tier: embedded, file: a.bin }", "is not a GGUF file"],
    ["{ tier: embedded, file: a.gguf, revision: main }", "a file has no revisions"],
    ["{ tier: embedded, file: a.gguf, token: HF_TOKEN }", "is not a setting"],
    ["{ tier: embedded, model: a/b }", "is not a model file of the hub"],
  ])("cadre.yaml is told what is wrong with %s", (model, words) => {
    expect(
      parseConfig(`models:\n  m: ${model}\n`)
        .problems.map(({ message }) => message)
        .join(),
    ).toContain(words);
  });

  it("a hub that is not allowed is refused, for files of the hub alone", () => {
    const { config } = parseConfig("allowedHosts: [models.example.com]\n");
    const flag = (model: string) => () => resolveModel(config, { role: "r", rank: "lead", flag: `embedded:${model}` });
    expect(flag("hf:a/b:Q8_0")).toThrow(/huggingface.co is not among the allowed hosts/);
    expect(flag("a.gguf")).not.toThrow();
  });
});

describe("what the engine is sent", () => {
  it("is read with each call's result beside the call", () => {
    const { request, stream } = readChatBody(
      JSON.stringify({
        stream: true,
        messages: [
          { role: "user", content: [{ type: "text", text: "go" }] },
          {
            role: "assistant",
            content: null,
            tool_calls: [{ id: "c1", function: { name: "read", arguments: '{"a":1}' } }],
          },
          { role: "tool", tool_call_id: "c1", content: "done" },
        ],
        tools: [{ function: { name: "read" } }, { function: { name: "write" } }],
        tool_choice: { type: "function", function: { name: "read" } },
      }),
    );
    expect(stream).toBe(true);
    expect(request.messages).toEqual([
      { role: "user", text: "go" },
      { role: "assistant", text: "", calls: [{ name: "read", args: { a: 1 }, result: "done" }] },
    ]);
    expect(request.tools.map(({ name }) => name)).toEqual(["read"]);
    expect(request.choice).toBe("required");
  });

  it.each(["", "{}", '{"messages":[]}', '{"messages":[{"role":"user","content":[{"type":"image_url"}]}]}'])(
    "is refused where it is no request of words: %s",
    (body) => {
      expect(() => readChatBody(body)).toThrow(expect.objectContaining({ code: "model-refused" }));
    },
  );
});

it("a name is offered with what follows it, quoted for the grammar", () => {
  expect(namesGrammar(['a", "x": ', "b\n(", "c\\"])).toBe(String.raw`root ::= "a\", \"x\": " | "b\n(" | "c\\"`);
});

it("without node-llama-cpp the line that installs it is said", async () => {
  const missing = Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" });
  const opening = openLlamaEngine({ file: "/a.gguf", context: null, gpu: false, threads: null }, () =>
    Promise.reject(missing),
  );
  await expect(opening).rejects.toMatchObject({
    code: "model-engine",
    hint: expect.stringContaining("npm install node-llama-cpp"),
  });
});

describe("a machine whose memory is short for a while", () => {
  const options = { file: "/a.gguf", context: 4096, gpu: false, threads: null };

  function short(what: "createContext" | "createDecisionContext") {
    const error = Object.assign(new Error("no room"), { name: "InsufficientMemoryError" });
    let disposed = 0;
    let tries = 0;
    const decided = { answers: { route: { probabilities: { a: 1 } } }, tokenUsage: { input: 1, output: 1 } };
    const model = {
      createContext: async () => ({ contextSize: 4096, getSequence: () => ({}) }),
      createDecisionContext: async () => ({ decideWithMeta: async () => decided }),
      dispose: async () => void (disposed += 1),
    };
    const able = model[what];
    const first = async () => {
      if ((tries += 1) === 1) throw error;
      return able() as never;
    };
    const library = {
      getLlama: async () => ({ loadModel: async () => ({ ...model, [what]: first }) }),
      resolveChatWrapper: () => ({}),
    };
    return { open: () => openLlamaEngine(options, async () => library as never), disposed: () => disposed };
  }

  it("keeps no weights without a context, and says which context there is no memory for", async () => {
    const { open, disposed } = short("createContext");
    await expect(open()).rejects.toMatchObject({
      code: "model-file",
      message: "There is not enough memory for a context of 4096 tokens of a.gguf.",
      hint: expect.stringContaining("Lower `context`"),
    });
    expect(disposed()).toBe(1);
    await open();
    expect(disposed()).toBe(1);
  });

  it("decides again once there is room for it", async () => {
    const engine = await short("createDecisionContext").open();
    const question = { state: "s", instructions: "i", criteria: { a: "is it a" } };
    const { signal } = new AbortController();
    await expect(engine.choose(question, signal)).rejects.toThrow("no room");
    expect(await engine.choose(question, signal)).toMatchObject({ probabilities: { a: 1 } });
  });
});
