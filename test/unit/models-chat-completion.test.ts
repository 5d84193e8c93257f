import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addChunk, emptyCompletion, rawCalls, readCompletion } from "../../src/models/chat-completion.ts";

type Piece = { index?: number; id?: string; function?: { name?: string; arguments?: unknown } };

function joined(...pieces: Piece[]) {
  const completion = emptyCompletion();
  for (const piece of pieces) addChunk(completion, { choices: [{ index: 0, delta: { tool_calls: [piece] } }] });
  return rawCalls(completion).map(({ name, raw }) => `${name} ${raw}`);
}

describe("how long a server says that it took", () => {
  it("is llama.cpp's own count, the last one that came, and nothing where it makes no sense", () => {
    const completion = emptyCompletion();
    addChunk(completion, { choices: [{ delta: { content: "a" } }] });
    expect(completion.serverMs).toBeNull();
    addChunk(completion, { choices: [], timings: { prompt_ms: 12.5, predicted_ms: 30, prompt_n: 4 } });
    addChunk(completion, { choices: [], timings: "soon" });
    expect(completion.serverMs).toBe(42.5);
    const message = { choices: [{ message: { content: "a" }, finish_reason: "stop" }] };
    expect(readCompletion({ ...message, timings: { prompt_ms: 1, predicted_ms: 2 } }).serverMs).toBe(3);
    expect(readCompletion(message).serverMs).toBeNull();
  });
});

describe("a reply is put together from its pieces", () => {
  it("however it was cut", () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.json(), cuts, (text, raw, sizes) => {
        const pieces = (whole: string): string[] => {
          const parts: string[] = [];
          for (let at = 0, n = 0; at < whole.length; at += sizes[n++ % sizes.length] ?? 1) {
            parts.push(whole.slice(at, at + (sizes[n % sizes.length] ?? 1)));
          }
          return parts;
        };
        const completion = emptyCompletion();
        let heard = "";
        for (const content of pieces(text)) heard += addChunk(completion, { choices: [{ delta: { content } }] });
        addChunk(completion, {
          choices: [{ delta: { tool_calls: [{ index: 0, id: "a", function: { name: "go" } }] } }],
        });
        for (const part of pieces(raw)) {
          addChunk(completion, { choices: [{ delta: { tool_calls: [{ index: 0, function: { arguments: part } }] } }] });
        }
        addChunk(completion, { choices: [{ delta: {}, finish_reason: "tool_calls" }] });
        expect(heard).toBe(text);
        expect(completion).toMatchObject({ text, finish: "tool_calls", calls: [{ id: "a", name: "go", raw }] });
      }),
      { numRuns: 200 },
    );
  });

  it("with calls that come mixed, without an index, with the name each time, or whole as an object", () => {
    expect(
      joined(
        { index: 0, id: "a", function: { name: "x", arguments: "{" } },
        { index: 1, id: "b", function: { name: "y", arguments: "{" } },
        { index: 0, function: { arguments: "}" } },
        { index: 1, function: { arguments: "}" } },
      ),
    ).toEqual(["x {}", "y {}"]);
    expect(
      joined(
        { id: "a", function: { name: "x", arguments: '{"a"' } },
        { function: { arguments: ":1}" } },
        { id: "b", function: { name: "y", arguments: "{}" } },
      ),
    ).toEqual(['x {"a":1}', "y {}"]);
    expect(
      joined(
        { index: 0, id: "a", function: { name: "x", arguments: "{" } },
        { index: 0, id: "a", function: { name: "x", arguments: "}" } },
      ),
    ).toEqual(["x {}"]);
    expect(joined({ index: 0, id: "a", function: { name: "x", arguments: { a: 1 } } })).toEqual(['x {"a":1}']);
  });

  it("gives every call an id of its own", () => {
    const message = {
      tool_calls: [{ id: "a" }, { id: "a" }, {}].map((call) => ({ ...call, function: { name: "x" } })),
    };
    const ids = rawCalls(
      readCompletion({
        choices: [
          { message: { ...message, tool_calls: message.tool_calls.map((call, index) => ({ ...call, index })) } },
        ],
      }),
    ).map((call) => call.id);
    expect(new Set(ids).size).toBe(3);
    expect(ids[0]).toBe("a");
  });

  it("takes the last count of tokens", () => {
    const completion = emptyCompletion();
    for (const completion_tokens of [1, 2, 3])
      addChunk(completion, { choices: [], usage: { prompt_tokens: 9, completion_tokens } });
    expect(completion.usage).toEqual({ prompt: 9, completion: 3, cached: 0, reasoning: 0 });
  });

  it.each([
    null,
    "text",
    [],
    {},
    { choices: [] },
    { choices: [{}] },
    { choices: [{ message: { content: 3 } }] },
    { choices: [{ message: { tool_calls: [{ index: 1e9 }] } }] },
    { choices: [{ message: {} }], usage: { prompt_tokens: -1, completion_tokens: 0 } },
    { choices: [{ message: {} }], usage: { prompt_tokens: 1.5, completion_tokens: 0 } },
    { choices: [{ message: {} }], usage: { prompt_tokens: 1, completion_tokens: 1e300 } },
  ])("refuses %o", (data) => {
    expect(() => readCompletion(data)).toThrow();
  });
});
