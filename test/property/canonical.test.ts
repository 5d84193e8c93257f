/** Canonical JSON is what chains, approvals and charts are hashed over: one text for one value, whatever order it was made in. */
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "../../src/canonical.ts";

/** Also what an object lists before all others (`10`), and what it does not make as a member of its own (`__proto__`). */
const key = fc.oneof(fc.string(), fc.constantFrom("10", "9", "1a", "__proto__", "constructor", "toJSON", "B", "a"));
const value = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: "binary" }),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    fc.constantFrom(null, true, false),
    fc.array(tie("any")),
    fc.dictionary(key, tie("any"), { noNullPrototype: false }),
  ),
})).any;

function turned(given: unknown): unknown {
  if (typeof given !== "object" || given === null) return given;
  if (Array.isArray(given)) return given.map(turned);
  return Object.fromEntries(
    Object.entries(given)
      .map(([name, member]) => [name, turned(member)] as const)
      .toReversed(),
  );
}

test("D8 R3 a value has one canonical text, whatever order its members were made in, and is read back from it", () => {
  fc.assert(
    fc.property(value, (given) => {
      const text = canonicalJson(given);
      expect(canonicalJson(turned(given))).toBe(text);
      expect(canonicalJson(JSON.parse(text))).toBe(text);
      expect(isDeepStrictEqual(JSON.parse(text), JSON.parse(JSON.stringify(given)))).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

test("D8 R3 keys stand by code unit at every depth, what is undefined is left out, and what JSON cannot hold is refused", () => {
  const made = { b: { é: 1, z: 2, Z: 3 }, gone: undefined, a: [undefined, { d: 1, c: null }] };
  expect(canonicalJson(made)).toBe('{"a":[null,{"c":null,"d":1}],"b":{"Z":3,"z":2,"é":1}}');
  expect(canonicalJson({ b: 1, 9: { z: 1 }, 10: { y: [], x: 2 } })).toBe('{"10":{"x":2,"y":[]},"9":{"z":1},"b":1}');
  expect(canonicalJson(JSON.parse('{"b":{"__proto__":{"y":1,"x":2},"A":0}}'))).toBe(
    '{"b":{"A":0,"__proto__":{"x":2,"y":1}}}',
  );
  expect(canonicalJson([new Date(0), { at: new URL("http://a.b"), toJSON: 1 }])).toBe('[{},{"at":{},"toJSON":1}]');
  for (const refused of [undefined, NaN, Infinity, 1n, Symbol("s"), () => 1]) {
    expect(() => canonicalJson(refused)).toThrow(TypeError);
    if (refused !== undefined) expect(() => canonicalJson({ a: [{ b: refused }] })).toThrow(TypeError);
  }
});
