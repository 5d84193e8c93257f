/** What is checked of arguments against a description that a server wrote, and what of the description is not believed. */
import { describe, expect, test } from "vitest";
import { argumentsSchema } from "../../src/tools/mcp/arguments.ts";
import { toolWords } from "../../src/tools/mcp/spec.ts";

type Schema = Readonly<Record<string, unknown>>;

function accepts(schema: Schema, args: unknown): boolean {
  const check = argumentsSchema(schema);
  if (!check) throw new Error("no check");
  return check.safeParse(args).success;
}

const text = { type: "string" };
const of = (properties: Schema, more: Schema = {}): Schema => ({ type: "object", properties, ...more });

describe("A1 keys that are not listed", () => {
  const cases: [string, Schema, unknown, boolean][] = [
    ["are refused", of({ a: text }), { a: "x", b: 1 }, false],
    ["are refused further in", of({ a: of({ b: text }) }), { a: { b: "x", c: 1 } }, false],
    ["are refused in lists", of({ a: { type: "array", items: of({ b: text }) } }), { a: [{ b: "x", c: 1 }] }, false],
    [
      "are welcome where the description says so",
      of({ a: text }, { additionalProperties: true }),
      { a: "x", b: 1 },
      true,
    ],
    ["are welcome in a free map", of({ a: { type: "object" } }), { a: { anything: 1 } }, true],
    ["are checked where the description says how", of({}, { additionalProperties: text }), { a: 1 }, false],
    ["are refused by a tool that lists none", { type: "object" }, { a: 1 }, false],
    [
      "are the server's to judge beside choices",
      of({ a: text }, { anyOf: [of({ b: text })] }),
      { a: "x", b: "y" },
      true,
    ],
  ];
  test.each(cases)("%s", (_name, schema, args, expected) => {
    expect(accepts(schema, args)).toBe(expected);
  });
});

test("what is listed is checked: types, choices, bounds, what must be there, and references", () => {
  const schema = of(
    { n: { type: "integer", minimum: 1, maximum: 9 }, c: { enum: ["x", "y"] }, t: { $ref: "#/$defs/tree" } },
    { required: ["n"], $defs: { tree: of({ next: { $ref: "#/$defs/tree" } }) } },
  );
  expect(accepts(schema, { n: 3, c: "x", t: { next: { next: {} } } })).toBe(true);
  for (const wrong of [{}, { n: 0 }, { n: 1.5 }, { n: "1" }, { n: 1, c: "z" }, { n: 1, t: { next: 7 } }, [], null, "n"])
    expect(accepts(schema, wrong)).toBe(false);
});

describe("A2 keys that reach a prototype are refused, also where anything is welcome", () => {
  const open = of({ a: { type: "object" } }, { additionalProperties: true });
  test.each([
    '{"__proto__":{"x":1}}',
    '{"a":{"constructor":1}}',
    '{"b":[{"prototype":{}}]}',
    '{"a":{"deep":{"__proto__":1}}}',
  ])("%s", (json) => {
    expect(accepts(open, JSON.parse(json))).toBe(false);
  });

  test("others are not", () => {
    expect(accepts(open, { a: { proto: 1, constructors: 2 } })).toBe(true);
  });
});

test("A3 a pattern that would take for ever is left to the server, and nothing is filled in", () => {
  const schema = of({ a: { type: "string", pattern: "^(a+)+$" }, b: { type: "string", default: "filled" } });
  const began = performance.now();
  expect(argumentsSchema(schema)?.parse({ a: `${"a".repeat(60)}!` })).toEqual({ a: `${"a".repeat(60)}!` });
  expect(performance.now() - began).toBeLessThan(1000);
});

describe("S2 a description that is no plain, bounded JSON Schema of an object makes the tool unusable", () => {
  const deep = (levels: number): unknown => (levels === 0 ? {} : { items: deep(levels - 1) });
  const cases: [string, unknown][] = [
    ["nothing", undefined],
    ["a list", []],
    ["a string", { type: "string" }],
    ["a large one", of({ a: { enum: Array.from({ length: 5000 }, (_, n) => `value ${n}`) } })],
    ["a deep one", of({ a: deep(60) })],
    ["one that names __proto__", of(JSON.parse('{"__proto__":{"type":"string"}}') as Schema)],
    ["one with a key that cannot be shown", of({ "a\u202e": text })],
  ];
  test.each(cases)("%s", (_name, inputSchema) => {
    expect(toolWords("box", { name: "t", description: "", inputSchema })).toHaveProperty("problem");
  });
});

test("S1 words are labelled, bounded and plain; what may be given stays as it is", () => {
  const inputSchema = of({ a: { enum: ["x\u202ey"], description: "b\u001b[2Jc", examples: ["long"] } });
  const read = toolWords("box", { name: "t", description: `\u202e${"w".repeat(9000)}`, inputSchema });
  if (!("words" in read)) throw new Error(read.problem);
  expect(read.words.description).toMatch(/^A tool of the MCP server box\. Its own words, which nobody checked: w+…$/);
  expect(read.words.description.length).toBeLessThan(2200);
  expect(read.words.schema["properties"]).toEqual({ a: { enum: ["x\u202ey"], description: "b[2Jc" } });
});
