/**
 * What every RoleModel keeps, whatever answers behind it. A suite over a factory: each tier runs the same tests and says, with a
 * reason, which scenario it cannot be brought into.
 */
import { describe, expect, it } from "vitest";
import { isCadreError } from "../../src/errors.ts";
import type { ModelReply, RoleModel, Tier } from "../../src/models/model.ts";
import { canary, request } from "./model-request.ts";

/** The model is to … `text`: say "Hello there"; `calls`: read_file {path:"README.md"}; `cut`: a call that was cut off;
 * `ghost`: a call of a tool that was not offered; `hangs`: not answer at all; `fails`: fail for good. */
export type Scenario = "text" | "calls" | "cut" | "ghost" | "hangs" | "fails";

export type Subject = {
  readonly model: RoleModel;
  /** Resolves once a hanging call is under way. */
  readonly underWay?: () => Promise<unknown>;
  readonly close?: () => Promise<void>;
};

export type ConformanceSubject = {
  readonly name: string;
  readonly tier: Tier;
  readonly scenarios: Readonly<Record<Scenario, (() => Promise<Subject>) | { readonly skip: string }>>;
  /** False: the tier counts no tokens. */
  readonly countsTokens: boolean;
};

export function modelConformance(subject: ConformanceSubject): void {
  const scenario = (title: string, name: Scenario, test: (made: Subject) => Promise<void>): void => {
    const make = subject.scenarios[name];
    if (typeof make !== "function") {
      it.skip(`${title} (skipped: ${make.skip})`, () => {});
      return;
    }
    it(title, async () => {
      const made = await make();
      try {
        await test(made);
      } finally {
        await made.close?.();
      }
    });
  };

  describe(`every model: ${subject.name}`, () => {
    scenario("says what it is", "text", async ({ model }) => {
      expect(model.tier).toBe(subject.tier);
      expect(model.id).not.toBe("");
    });

    scenario("gives a complete reply in words, and the same words while they come", "text", async ({ model }) => {
      const heard: string[] = [];
      const reply = await model.call(request, { onText: (text) => heard.push(text) });
      expect(reply).toMatchObject({ text: "Hello there", calls: [], malformed: [], finish: "stop" });
      expect(heard.join("")).toBe("Hello there");
    });

    scenario("gives calls with plain arguments and ids of their own", "calls", async ({ model }) => {
      const reply = await model.call(request, {});
      expect(reply.calls).toMatchObject([{ name: "read_file", args: { path: "README.md" } }]);
      expect(["stop", "tool_calls"]).toContain(reply.finish);
      const used = request.messages.flatMap((message) => (message.role === "assistant" ? message.calls : []));
      expect(used.map((call) => call.id)).not.toContain(reply.calls[0]?.id);
      expectPlain(reply);
    });

    scenario("counts tokens, or says that nothing was counted", "calls", async ({ model }) => {
      const { usage } = await model.call(request, {});
      expect(usage.measured).toBe(subject.countsTokens);
      if (usage.measured) expect(usage.promptTokens).toBeGreaterThan(0);
      else expect(usage).toEqual({ promptTokens: 0, completionTokens: 0, cachedTokens: 0, measured: false });
      expect(usage.cachedTokens).toBeLessThanOrEqual(usage.promptTokens);
    });

    scenario("never lists a call that was cut off, and keeps its raw text", "cut", async ({ model }) => {
      const reply = await model.call(request, {});
      expect(reply.calls).toEqual([]);
      expect(reply.malformed).toMatchObject([{ name: "read_file", raw: '{"path":"/etc' }]);
      expect(reply.malformed[0]?.error).not.toBe("");
    });

    scenario("never lists a call of a tool that was not offered", "ghost", async ({ model }) => {
      const reply = await model.call(request, {});
      expect(reply.calls).toEqual([]);
      expect(reply.malformed).toMatchObject([{ name: "execute_command" }]);
    });

    scenario("ends when it is aborted under way", "hangs", async ({ model, underWay }) => {
      const leave = new AbortController();
      const call = settled(model.call(request, { signal: leave.signal }));
      await underWay?.();
      leave.abort();
      expectQuiet(await call, "interrupted");
    });

    scenario("does not start when it is already aborted", "text", async ({ model }) => {
      const heard: string[] = [];
      const signal = AbortSignal.abort();
      expectQuiet(await settled(model.call(request, { signal, onText: (text) => heard.push(text) })), "interrupted");
      expect(heard).toEqual([]);
    });

    scenario("fails with a model error that does not hold the prompt", "fails", async ({ model }) => {
      const error = await settled(model.call(request, {}));
      expectQuiet(error);
      expect(isCadreError(error) && error.code).toMatch(/^model-/);
    });
  });
}

/** The error that a call ends with; a call that succeeds fails the test. */
export async function settled(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => {
      throw new Error("the call succeeded");
    },
    (error: unknown) => error,
  );
}

/** R8: a CadreError whose every part is free of the prompt and of `secrets`. */
export function expectQuiet(error: unknown, code?: string, secrets: readonly string[] = []): void {
  expect(isCadreError(error), String(error)).toBe(true);
  if (!isCadreError(error)) return;
  if (code !== undefined) expect(error.code).toBe(code);
  const everything = everyString(error);
  for (const secret of [canary, ...secrets]) expect(everything).not.toContain(secret);
}

/** Every string that can be reached from a value: own properties, hidden ones too, causes, stacks. */
function everyString(root: unknown): string {
  const seen = new Set<unknown>();
  const parts: string[] = [];
  const open: unknown[] = [root];
  for (let at = open.pop(); open.length > 0 || at !== undefined; at = open.pop()) {
    if (typeof at === "string") parts.push(at);
    if (typeof at !== "object" || at === null || seen.has(at)) continue;
    seen.add(at);
    for (const key of Reflect.ownKeys(at)) open.push(String(key), Reflect.get(at, key));
  }
  return [...parts, String(root), JSON.stringify(root)].join("\n");
}

function expectPlain(reply: ModelReply): void {
  for (const call of reply.calls) expect(JSON.parse(JSON.stringify(call.args))).toEqual(call.args);
}
