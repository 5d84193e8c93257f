import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ModelRequest } from "../../src/models/model.ts";
import { fixedClock, reply, scriptedModel, temporaryFolder } from "../../src/testing.ts";

const ask = (role: string, replies = 0): ModelRequest => ({
  messages: [
    { role: "system", content: `You are Somebody (\`${role}\`, lead).` },
    { role: "user", content: "Go." },
    ...Array.from({ length: replies }, () => ({ role: "assistant" as const, content: "", calls: [] })),
  ],
  tools: [],
  maxTokens: 1,
  temperature: 0,
});

describe("scriptedModel", () => {
  it("plays a list for each role, and counts", async () => {
    const model = scriptedModel({
      a: [reply.text("one"), reply.text("two")],
      b: (_request, { turn }) => reply.text(`b${turn}`),
    });
    expect((await model.call(ask("a"), {})).text).toBe("one");
    expect((await model.call(ask("b", 4), {})).text).toBe("b4");
    expect((await model.call(ask("a", 1), {})).text).toBe("two");
    expect([model.calls(), model.calls("a"), model.calls("b"), model.calls("c")]).toEqual([3, 2, 1, 0]);
    expect(model.requests).toHaveLength(3);
  });

  it("gives calls ids that a restart would give again", async () => {
    const make = () => scriptedModel(() => reply.calls(["x", {}], ["y", { z: 1 }]));
    const first = await make().call(ask("a", 2), {});
    expect(first.calls).toEqual([
      { id: "call-3-1", name: "x", args: {} },
      { id: "call-3-2", name: "y", args: { z: 1 } },
    ]);
    expect(await make().call(ask("a", 2), {})).toEqual(first);
    expect(first.finish).toBe("tool_calls");
  });

  it("fails loudly when the script runs out or does not know the role", async () => {
    const model = scriptedModel({ a: [reply.text("one")] });
    await model.call(ask("a"), {});
    await expect(model.call(ask("a"), {})).rejects.toMatchObject({
      code: "internal",
      message: expect.stringContaining("a has 1"),
    });
    await expect(model.call(ask("b"), {})).rejects.toMatchObject({
      code: "internal",
      message: expect.stringContaining('"b"'),
    });
  });
});

it("fixedClock moves by its step at every look", () => {
  const clock = fixedClock("2026-11-01T09:00:00Z", 500);
  expect([clock.now(), clock.now()].map((at) => new Date(at).toISOString())).toEqual([
    "2026-11-01T09:00:00.000Z",
    "2026-11-01T09:00:00.500Z",
  ]);
  expect(() => fixedClock("soon")).toThrow(TypeError);
});

it("temporaryFolder is there until it is removed", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder.path, "a"), "b");
  await folder.remove();
  await expect(stat(folder.path)).rejects.toMatchObject({ code: "ENOENT" });
});
