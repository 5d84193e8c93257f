/** The ledger around an effect: executed, replayed, or in doubt and put to a person (D3, R4). */
import { RunControl } from "@langchain/langgraph";
import { expect, test } from "vitest";
import { z } from "zod";
import type { Tool } from "../../src/tools/tool.ts";
import { Died } from "../fixtures/dying-store.ts";
import { LineHarness, call, fullReport, modeText } from "../fixtures/line-harness.ts";

const modes = [modeText("worker", "030-worker", { groups: ["edit", "communication", "completion"] })];

type Faulty = { tool: Tool; ran: number; diesAfter: boolean; diesBefore: boolean; happened: boolean };

/** A tool that can die, as a killed process would, before or after its effect. */
function faulty(probe: "none" | "hash"): Faulty {
  const state: Faulty = {
    ran: 0,
    diesAfter: false,
    diesBefore: false,
    happened: false,
    tool: undefined as unknown as Tool,
  };
  const outcome = { ok: true, text: "written", receipt: { files: [], measurements: [], detail: {} } };
  state.tool = {
    name: "write_to_file",
    description: "writes",
    schema: z.strictObject({ path: z.string() }),
    access: "effect",
    ...(probe === "hash"
      ? {
          probe: async () =>
            state.happened ? ({ state: "done", outcome } as const) : ({ state: "not-done" } as const),
        }
      : {}),
    run: async () => {
      if (state.diesBefore) throw new Died("before");
      state.ran += 1;
      state.happened = true;
      if (state.diesAfter) throw new Died("after");
      return outcome;
    },
  };
  return state;
}

function lineWith(tool: Tool): LineHarness {
  return new LineHarness({
    modes,
    workflow: { entry: "worker", signOff: false },
    tools: [tool],
    say: (_request, _role, turn) =>
      turn === 1 ? [call("write_to_file", { path: "a" })] : [call("attempt_completion", fullReport())],
  });
}

test("D3 an effect that happened before the crash is recognised by its probe and not run again", async () => {
  const state = faulty("hash");
  const line = lineWith(state.tool);
  state.diesAfter = true;
  await expect(line.start()).rejects.toThrow(Died);
  state.diesAfter = false;
  expect(await line.advance()).toBe("ended");
  expect(state.ran).toBe(1);
});

test("D3 an effect that had not happened is run once", async () => {
  const state = faulty("hash");
  const line = lineWith(state.tool);
  state.diesBefore = true;
  await expect(line.start()).rejects.toThrow(Died);
  state.diesBefore = false;
  expect(await line.advance()).toBe("ended");
  expect(state.ran).toBe(1);
});

test.each([
  ["ran", 1, "on the word"],
  ["again", 2, "written"],
  ["stop", 1, null],
] as const)(
  "D3 where no probe can tell, the effect is in doubt, and the answer %s authorises exactly that",
  async (answer, runs, text) => {
    const state = faulty("none");
    const line = lineWith(state.tool);
    state.diesAfter = true;
    await expect(line.start()).rejects.toThrow(Died);
    state.diesAfter = false;
    expect(await line.advance()).toBe("waiting");
    const [ask] = await line.store.asks({ run: line.run, state: "open" });
    expect(ask).toMatchObject({ kind: "doubt", action: { tool: "write_to_file", args: { path: "a" } } });
    expect(state.ran).toBe(1);
    await line.decide("answer", answer);
    expect(await line.advance()).toBe("ended");
    expect(state.ran).toBe(runs);
    const [done] = await line.ofType("action_done");
    if (text === null) expect(done).toBeUndefined();
    else expect(done?.results[0]?.text.toLowerCase()).toContain(text);
  },
);

test("D3 a model call that was begun and not recorded is made again and marked as possibly billed twice", async () => {
  let dies = true;
  const line = new LineHarness({
    modes,
    workflow: { entry: "worker", signOff: false },
    say: () => {
      if (dies) throw new Died("in the call");
      return [call("attempt_completion", fullReport())];
    },
  });
  await expect(line.start()).rejects.toThrow(Died);
  dies = false;
  expect(await line.advance()).toBe("ended");
  expect((await line.ofType("turn_taken")).map((turn) => turn.outcome)).toEqual(["repeated"]);
  expect((await line.store.run(line.run))?.counters.modelCalls).toBe(2);
});

test("D2 a line that is drained stops at a step's end, and resumes as if it had not", async () => {
  const state = faulty("hash");
  const line = lineWith(state.tool);
  const control = new RunControl();
  control.requestDrain("test");
  expect(await line.start(control)).toBe("drained");
  expect(await line.advance()).toBe("ended");
  expect(state.ran).toBe(1);
});

test("R2 a tool outside the role's groups is refused, and the refusal says what the role has", async () => {
  const state = faulty("hash");
  const line = new LineHarness({
    modes: [modeText("worker", "030-worker")],
    workflow: { entry: "worker", signOff: false },
    tools: [state.tool],
    say: (_request, _role, turn) =>
      turn === 1 ? [call("write_to_file", { path: "a" })] : [call("attempt_completion", fullReport())],
  });
  expect(await line.start()).toBe("ended");
  expect(state.ran).toBe(0);
  expect((await line.ofType("refused"))[0]).toMatchObject({ code: "tool-not-granted", verb: "write_to_file" });
});

test("I1 one decision a reply: what follows the first is handed back unexecuted", async () => {
  const state = faulty("hash");
  const both = new LineHarness({
    modes,
    workflow: { entry: "worker", signOff: false },
    tools: [state.tool],
    say: (_request, _role, turn) =>
      turn === 1
        ? [call("write_to_file", { path: "a" }, "one"), call("write_to_file", { path: "b" }, "two")]
        : [call("attempt_completion", fullReport())],
  });
  expect(await both.start()).toBe("ended");
  expect(state.ran).toBe(1);
  expect((await both.ofType("calls_returned"))[0]?.callIds).toEqual(["two"]);
});

test("I2 a malformed or cut-off reply is executed in no part", async () => {
  const state = faulty("hash");
  const usage = { promptTokens: 1, completionTokens: 1, cachedTokens: 0, measured: true };
  const replies = [
    {
      text: "",
      calls: [call("write_to_file", { path: "a" })],
      malformed: [{ id: "x", name: "new_task", raw: "{", error: "It is not JSON." }],
      finish: "tool_calls" as const,
      usage,
    },
    { text: "", calls: [call("write_to_file", { path: "a" })], malformed: [], finish: "length" as const, usage },
    { text: "I would say", calls: [], malformed: [], finish: "stop" as const, usage },
  ];
  const line = new LineHarness({
    modes,
    workflow: { entry: "worker", signOff: false },
    tools: [state.tool],
    say: (_request, _role, turn) => replies[turn - 1] ?? [call("attempt_completion", fullReport())],
  });
  expect(await line.start()).toBe("ended");
  expect(state.ran).toBe(0);
  expect((await line.ofType("refused")).map((event) => event.code)).toEqual([
    "call-malformed",
    "call-malformed",
    "no-call",
  ]);
  const [refused] = await line.ofType("refused");
  expect(refused?.reason).toBe("nothing of this reply was executed: new_task: It is not JSON");
});

test("C1 C2 a report without a criterion, or with a number that no receipt holds, is returned", async () => {
  const line = new LineHarness({
    modes,
    workflow: { entry: "worker", signOff: false },
    say: (_request, _role, turn) => {
      if (turn === 1) return [call("attempt_completion", fullReport([]))];
      if (turn === 2)
        return [
          call("attempt_completion", {
            ...fullReport(),
            measurements: [{ name: "macro-F1", value: 0.99, unit: "score", effect: "r-000001.1/e3" }],
          }),
        ];
      if (turn === 3) return [call("attempt_completion", { ...fullReport(), artifacts: ["not/there.md"] })];
      return [call("attempt_completion", fullReport())];
    },
  });
  expect(await line.start()).toBe("ended");
  const reasons = (await line.ofType("refused")).map((event) => event.reason);
  expect(reasons).toHaveLength(3);
  expect(reasons[0]).toContain("[A1]");
  expect(reasons[1]).toContain("no receipt of this run");
  expect(reasons[2]).toContain("not/there.md");
});
