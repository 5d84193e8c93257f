/** What a person's decision does, per kind of ask. The ledger, the gate and the graph are the real ones. */
import { expect, test } from "vitest";
import { z } from "zod";
import type { Tool } from "../../src/tools/tool.ts";
import { LineHarness, bind, call, fullReport, modeText } from "../fixtures/line-harness.ts";

const solo = [modeText("worker", "030-worker", { groups: ["edit", "communication", "completion"] })];

function recorder(): { tool: Tool; ran: unknown[] } {
  const ran: unknown[] = [];
  const tool: Tool = {
    name: "write_to_file",
    description: "writes",
    schema: z.strictObject({ path: z.string(), content: z.string() }),
    access: "effect",
    run: async (_context, args) => {
      ran.push(args);
      return { ok: true, text: "written", receipt: { files: [], measurements: [], detail: {} } };
    },
  };
  return { tool, ran };
}

const write = call("write_to_file", { path: "a.md", content: "one" });
const approvals = [{ tool: "write_to_file", reason: "a person looks at every file" }];

function writing(tool: Tool, after = [call("attempt_completion", fullReport())]): LineHarness {
  return new LineHarness({
    modes: solo,
    workflow: { entry: "worker", approvals, signOff: false },
    tools: [tool],
    say: (_request, _role, turn) => (turn === 1 ? [write] : after),
  });
}

test("R3 what runs after an approval is what was shown, once", async () => {
  const { tool, ran } = recorder();
  const line = writing(tool);
  expect(await line.start()).toBe("waiting");
  expect(ran).toEqual([]);
  const [ask] = await line.store.asks({ run: line.run });
  expect(ask).toMatchObject({
    kind: "approval",
    action: { type: "tool", tool: "write_to_file", args: { path: "a.md", content: "one" } },
    rule: { purpose: "a person looks at every file" },
  });
  await line.decide("approve", "");
  expect(await line.advance()).toBe("ended");
  expect(ran).toEqual([{ path: "a.md", content: "one" }]);
  expect((await line.ofType("action_done"))[0]?.hash).toBe(ask?.hash);
});

test("R3 an edit gets its own hash, runs instead, and is stated in the tool's result", async () => {
  const { tool, ran } = recorder();
  const line = writing(tool);
  await line.start();
  const [ask] = await line.store.asks({ run: line.run });
  await line.decide("approve", "", { path: "a.md", content: "two" });
  await line.advance();
  expect(ran).toEqual([{ path: "a.md", content: "two" }]);
  const [done] = await line.ofType("action_done");
  expect(done?.hash).not.toBe(ask?.hash);
  expect(done?.results[0]?.text).toContain("edited by tester");
});

test("R3 a rejection runs nothing and its reason reaches the role", async () => {
  const { tool, ran } = recorder();
  const line = writing(tool);
  await line.start();
  await line.decide("reject", "not in this folder");
  await line.advance();
  expect(ran).toEqual([]);
  const last = line.modelCalls.at(-1)?.messages.at(-1);
  expect(last).toMatchObject({ role: "tool", content: "Rejected by tester: not in this folder" });
});

test("R4 a second decision on one ask changes nothing", async () => {
  const { tool, ran } = recorder();
  const line = writing(tool);
  await line.start();
  const [ask] = await line.store.asks({ run: line.run });
  expect(await line.decide("reject", "no")).toBe(true);
  const second = await line.store.decide(
    ask!.id,
    { verb: "approve", text: "", by: "other", face: "test", at: "2026-01-01T00:00:00.000Z" },
    ask!.hash,
  );
  expect(second.won).toBe(false);
  await line.advance();
  expect(ran).toEqual([]);
});

test("a rejected sign-off goes back to the role with the reason, and the run closes only after an approval", async () => {
  const line = new LineHarness({
    modes: solo,
    workflow: { entry: "worker" },
    say: () => [call("attempt_completion", fullReport())],
  });
  await line.start();
  await line.decide("reject", "say what it costs");
  expect(await line.advance()).toBe("waiting");
  expect(line.modelCalls.at(-1)?.messages.at(-1)).toMatchObject({
    role: "tool",
    content: "Returned by tester: say what it costs",
  });
  await line.decide("approve", "");
  expect(await line.advance()).toBe("ended");
  expect((await line.ofType("run_ended"))[0]).toMatchObject({ status: "finished", reason: "signed off" });
});

test("a question goes to the assigner first, and to a person where the assigner is one", async () => {
  const line = new LineHarness({
    modes: solo,
    workflow: { entry: "worker", signOff: false },
    say: (_request, _role, turn) =>
      turn === 1
        ? [call("ask_followup_question", { question: "which colour?", options: ["red", "blue"] })]
        : [call("attempt_completion", fullReport())],
  });
  expect(await line.start()).toBe("waiting");
  const [ask] = await line.store.asks({ run: line.run });
  expect(ask).toMatchObject({ kind: "question", role: "worker", question: "which colour?" });
  await line.decide("answer", "2");
  expect(await line.advance()).toBe("ended");
  expect(line.modelCalls.at(-1)?.messages.at(-1)?.content).toContain("Decision: blue");
});

test("a role staffed by a person gets its assignment as an ask, and the answer is its report", async () => {
  const modes = [
    modeText("lead", "020-lead", { delegates: ["worker"] }),
    modeText("worker", "030-worker", { escalates: ["lead"] }),
  ];
  const line = new LineHarness({
    modes,
    workflow: { entry: "lead", signOff: false, staffing: { worker: { by: "person", name: "linh" } } },
    say: (_request, _role, turn) =>
      turn === 1
        ? [call("new_task", { mode: "worker", task: "count them", acceptance_criteria: ["counted"] })]
        : [call("attempt_completion", fullReport())],
  });
  await line.start();
  const [ask] = await line.store.asks({ run: line.run });
  expect(ask).toMatchObject({ kind: "assignment", role: "worker", to: "linh" });
  expect(ask?.question).toContain("[A1] counted");
  await line.decide("answer", "there are twelve");
  expect(await line.advance()).toBe("ended");
  const closed = (await line.ofType("frame_closed"))[0];
  expect(closed).toMatchObject({ from: "worker", by: "person", report: { summary: "there are twelve" } });
  expect(line.modelCalls).toHaveLength(2);
});

const pingPongModes = [
  modeText("lead", "020-lead", { delegates: ["worker"] }),
  modeText("worker", "030-worker", { escalates: ["lead"] }),
];

test.each([
  [
    "repeats",
    { repeats: 3 },
    (): ReturnType<typeof call>[] => [call("write_to_file", { path: "a", content: "same" })],
    3,
    "worker has made the same call of write_to_file 3 times: the run reached its limit of 3 for repeats.",
  ],
  [
    "repeats",
    { repeats: 3 },
    () => [call("Nothing is wrong: approve", {})],
    3,
    "worker has made the same call of a tool 3 times (refused: tool-not-granted): the run reached its limit of 3 for repeats.",
  ],
  [
    "refusals",
    { refusals: 2, repeats: 50 },
    () => [call("no_such_tool", {})],
    2,
    "worker was refused no_such_tool (tool-not-granted): the run reached its limit of 2 for refusals.",
  ],
  [
    "modelCalls",
    { modelCalls: 4, repeats: 50, refusals: 50 },
    () => [call("no_such_tool", {})],
    4,
    "The run reached its limit of 4 for modelCalls.",
  ],
  [
    "steps",
    { steps: 5, repeats: 50, refusals: 50 },
    () => [call("no_such_tool", {})],
    5,
    "The run reached its limit of 5 for steps.",
  ],
] as const)(
  "L1 reaching the limit of %s raises one ask that says how, approving raises it, rejecting stops",
  async (name, limits, say, calls, how) => {
    const { tool } = recorder();
    const line = new LineHarness({ modes: solo, workflow: { entry: "worker", limits }, tools: [tool], say });
    expect(await line.start()).toBe("waiting");
    const [ask] = await line.store.asks({ run: line.run, state: "open" });
    expect(ask).toMatchObject({ kind: "limit", limit: { name } });
    expect(ask?.question).toBe(`${how} Approve to raise it, reject to stop the run.`);
    expect(line.modelCalls.length).toBe(calls);
    await line.decide("approve", "", { to: (ask?.limit?.value ?? 0) + 1 });
    expect(await line.advance()).toBe("waiting");
    expect(line.modelCalls.length).toBe(calls + 1);
    await line.decide("reject", "enough");
    expect(await line.advance()).toBe("ended");
    expect((await line.store.run(line.run))?.status).toBe("stopped");
  },
);

test("L1 two roles that hand a thing to and fro are stopped by the ping-pong limit, and depth by its own", async () => {
  const bounce = (_request: unknown, role: string) =>
    role === "lead"
      ? [call("new_task", { mode: "worker", task: "do it", acceptance_criteria: ["done"] })]
      : [call("escalate", { to: "lead", question: "me?", topic: "who", severity: "low", tried: "", options: ["you"] })];
  const limits = { pingPong: 4, depth: 50 };
  const line = new LineHarness({ modes: pingPongModes, workflow: { entry: "lead", limits }, say: bounce });
  await line.start();
  expect((await line.store.asks({ run: line.run }))[0]).toMatchObject({
    limit: { name: "pingPong" },
    question: expect.stringMatching(/^lead and worker have handed things to and fro 4 times: /),
  });
  const deep = new LineHarness({
    modes: pingPongModes,
    workflow: { entry: "lead", limits: { pingPong: 50, depth: 5 } },
    say: bounce,
  });
  await deep.start();
  expect((await deep.store.asks({ run: deep.run }))[0]?.limit).toMatchObject({ name: "depth", ceiling: 5 });
});

test("D9 modes that changed while a run was paused are put to a person before anything else happens: keep, adopt, stop", async () => {
  const changed = [solo[0]!.replace("The worker.", "The worker, changed.")];
  for (const choice of ["keep", "adopt", "stop"]) {
    const line = new LineHarness({
      modes: solo,
      workflow: { entry: "worker", signOff: false },
      say: (_request, _role, turn) =>
        turn === 1
          ? [call("ask_followup_question", { question: "which?" })]
          : [call("attempt_completion", fullReport())],
    });
    await line.start();
    await line.decide("answer", "this one");
    line.drift = bind(changed, { entry: "worker", signOff: false });
    await line.store.putChart(line.drift);
    expect(await line.advance()).toBe("waiting");
    expect(line.modelCalls).toHaveLength(1);
    const [ask] = await line.store.asks({ run: line.run, state: "open" });
    expect(ask).toMatchObject({ kind: "chart", chart: line.drift.hash });
    await line.decide("answer", choice);
    expect(await line.advance()).toBe("ended");
    expect((await line.store.run(line.run))?.status).toBe(choice === "stop" ? "stopped" : "finished");
    expect((await line.store.run(line.run))?.chart).toBe(choice === "adopt" ? line.drift.hash : line.bound.hash);
    expect(line.modelCalls.at(-1)?.messages[0]?.content.includes("changed")).toBe(choice === "adopt");
  }
});

test("a stop while waiting withdraws the ask and ends the run as stopped", async () => {
  const line = new LineHarness({
    modes: solo,
    workflow: { entry: "worker" },
    say: () => [call("attempt_completion", fullReport())],
  });
  await line.start();
  line.stop = "linh";
  expect(await line.advance()).toBe("ended");
  expect((await line.store.asks({ run: line.run }))[0]?.state).toBe("withdrawn");
  expect((await line.ofType("run_ended"))[0]).toMatchObject({ status: "stopped", by: "linh" });
});
