import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkCalls, strictObject } from "../../src/models/strict-calls.ts";

const one = (raw: string, finish: string | null = "tool_calls", offered = ["go"]) =>
  checkCalls([{ id: "1", name: "go", raw }], { offered, finish });

describe("S1 only a complete call counts", () => {
  it("accepts a complete object after a proper end", () => {
    for (const finish of ["stop", "tool_calls"]) {
      expect(one('{"a":{"b":[1,null]}}', finish)).toEqual({
        calls: [{ id: "1", name: "go", args: { a: { b: [1, null] } } }],
        malformed: [],
      });
    }
  });

  it("accepts no proper prefix of any call, however it ended", () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().filter((key) => strictObject(JSON.stringify({ [key]: 1 })).ok),
          fc.jsonValue({ maxDepth: 3 }).filter((value) => strictObject(JSON.stringify({ value })).ok),
        ),
        fc.constantFrom("stop", "tool_calls", "length", null),
        (args, finish) => {
          const raw = JSON.stringify(args);
          for (let length = 0; length < raw.length; length++) {
            const checked = one(raw.slice(0, length), finish);
            expect(checked.calls).toEqual([]);
            expect(checked.malformed[0]?.raw).toBe(raw.slice(0, length));
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it.each(["length", "content_filter", "", null])("accepts no call after the finish reason %o", (finish) => {
    expect(one("{}", finish).calls).toEqual([]);
  });

  it.each(["", " ", "[]", "null", '"go"', "1", "{}{}", "{},", "{'a':1}", '{"a":1}\u0000', "```json\n{}\n```", "{a:1}"])(
    "refuses %o",
    (raw) => {
      expect(one(raw).calls).toEqual([]);
    },
  );

  it("compares names exactly", () => {
    for (const name of ["Go", "go ", "gо", "g\u200bo", "__proto__", ""]) {
      expect(checkCalls([{ id: "1", name, raw: "{}" }], { offered: ["go"], finish: "stop" }).calls).toEqual([]);
    }
  });
});

describe("S3 no argument reaches a prototype or the bottom of the stack", () => {
  it.each(['{"__proto__":{"x":1}}', '{"a":[{"constructor":1}]}', '{"a":{"prototype":{}}}'])("refuses %s", (raw) => {
    expect(one(raw).malformed[0]?.error).toContain("key");
  });

  it("refuses what nests too deeply, without overflowing", () => {
    const deep = `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    expect(one(deep).calls).toEqual([]);
    expect(one(`{"a":${"[".repeat(60)}${"]".repeat(60)}}`).calls).toHaveLength(1);
  });

  it("accepts those words as values", () => {
    expect(one('{"a":"__proto__"}').calls).toHaveLength(1);
  });
});

describe("S4 every number can be written down again", () => {
  it.each(['{"a":1e400}', '{"a":[{"b":-1e999}]}'])("refuses %s, which would be null in the record", (raw) => {
    expect(one(raw).calls).toEqual([]);
    expect(one(raw).malformed[0]?.error).toContain("number");
  });
});
