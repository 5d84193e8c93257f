/** MAST 2.5: who asked takes the decision up in its next step, or it is raised again. */
import { expect, test } from "vitest";
import { z } from "zod";
import type { ModelCall } from "../../src/models/model.ts";
import { verifyRun } from "../../src/run/verify/verify-run.ts";
import { takingUp } from "../../src/models/rehearsal/taking-up.ts";
import type { Tool } from "../../src/tools/tool.ts";
import { LineHarness, call, fullReport, modeText, type Say } from "../fixtures/line-harness.ts";

const modes = [
  modeText("lead", "020-lead", { delegates: ["worker"] }),
  modeText("worker", "030-worker", { escalates: ["lead"], groups: ["edit", "communication", "completion"] }),
];
const ask = call("escalate", {
  to: "lead",
  question: "Which licence for lead matters?",
  topic: "licence",
  severity: "medium",
  tried: "",
  options: ["MIT", "Apache"],
});
const decide = [call("attempt_completion", { decision: "Apache", reason: "patents" })];
const done = call("attempt_completion", fullReport());
const took = (made: ModelCall, said: unknown): ModelCall => ({
  ...made,
  args: { ...(made.args as object), decision_taken_up: said },
});

/** `worker` starts, asks, and says these one after the other; `lead` decides. */
function line(replies: readonly (readonly ModelCall[])[], more: { tools?: readonly Tool[]; limits?: object } = {}) {
  let said = 0;
  const say: Say = (_request, role) => {
    if (role === "lead") return decide;
    said += 1;
    return said === 1 ? [ask] : (replies[said - 2] ?? replies.at(-1) ?? []);
  };
  const { tools = [], limits = {} } = more;
  return new LineHarness({
    modes,
    workflow: { entry: "worker", signOff: false, limits },
    takesUp: false,
    tools,
    say,
  });
}

test("U1 after a decision every tool asks for it, and the next reply that takes it up is carried out", async () => {
  const harness = line([[took(done, { chosen: "Apache", how: "the report says so" })]]);
  expect(await harness.start()).toBe("ended");
  const asked = harness.modelCalls.at(-1)!;
  for (const tool of asked.tools) expect(tool.schema["required"]).toContain("decision_taken_up");
  for (const tool of harness.modelCalls[0]!.tools)
    expect(tool.schema["required"] ?? []).not.toContain("decision_taken_up");
  expect(await harness.ofType("decision_taken_up")).toMatchObject([
    { role: "worker", chosen: "Apache", how: "the report says so" },
  ]);
  expect(await harness.ofType("refused")).toEqual([]);
  expect((await verifyRun(harness.store, harness.run)).problems).toEqual([]);
});

test.each([
  ["says nothing of it", done, "`decision_taken_up` is missing"],
  ["names another option", took(done, { chosen: "MIT", how: "shorter" }), "“MIT” is not what was decided"],
  ["does not say how", took(done, { chosen: "Apache", how: "  " }), "`decision_taken_up` is missing"],
])("U2 a reply that %s is not carried out, and the decision is repeated", async (_what, ignoring, reason) => {
  const harness = line([[ignoring], [took(done, { chosen: "Apache", how: "now" })]]);
  expect(await harness.start()).toBe("ended");
  const [refused] = await harness.ofType("refused");
  expect(refused).toMatchObject({ code: "decision-not-taken-up", reason: expect.stringContaining(reason) as string });
  expect(refused?.reason).toContain("lead decided: Apache (patents)");
  expect(harness.modelCalls.at(-1)?.messages.at(-1)?.content).toContain("Refused: ");
  expect(await harness.ofType("frame_opened")).toHaveLength(2);
});

test("U2 the second reply that goes past it raises the question again along its route, and the limit of refusals puts it to a person", async () => {
  const harness = line([[done]], { limits: { refusals: 4, repeats: 50 } });
  expect(await harness.start()).toBe("waiting");
  const opened = (await harness.ofType("frame_opened")).filter((event) => event.kind === "escalation");
  expect(opened.length).toBe(3);
  expect(opened[1]).toMatchObject({ from: "worker", to: "lead", rule: opened[0]!.rule, callId: null });
  expect(opened[1]?.question?.tried).toContain("It was decided already: Apache (patents)");
  expect(await harness.store.asks({ state: "open" })).toMatchObject([{ kind: "limit", limit: { name: "refusals" } }]);
  expect((await harness.ofType("frame_closed")).some((event) => event.from === "worker")).toBe(false);
  expect((await verifyRun(harness.store, harness.run)).problems).toEqual([]);
});

test("U2 what came of a question that was raised again is read by the role", async () => {
  const harness = line([[done], [done], [took(done, { chosen: "Apache", how: "at last" })]]);
  expect(await harness.start()).toBe("ended");
  const last = harness.modelCalls.at(-1)!.messages.at(-1)!;
  expect(last.role).toBe("user");
  expect(last.content).toContain("# Decision from lead");
});

test("R3 the word on the decision is no part of what is approved and run", async () => {
  const ran: unknown[] = [];
  const tool: Tool = {
    name: "write_to_file",
    description: "writes",
    schema: z.strictObject({ path: z.string() }),
    access: "effect",
    run: async (_context, args) => {
      ran.push(args);
      return { ok: true, text: "written", receipt: null };
    },
  };
  const write = took(call("write_to_file", { path: "a" }), { chosen: "Apache", how: "the file is the licence" });
  const harness = line([[write], [done]], { tools: [tool] });
  expect(await harness.start()).toBe("ended");
  expect(ran).toEqual([{ path: "a" }]);
  expect((await harness.ofType("decision_taken_up")).length).toBe(1);
  expect((await verifyRun(harness.store, harness.run)).problems).toEqual([]);
});

test("a person's answer in their own words has to be taken up as well, and is held against no option", async () => {
  const harness = new LineHarness({
    modes,
    workflow: { entry: "worker", signOff: false, staffing: { lead: { by: "person" } } },
    takesUp: false,
    say: (_request, _role, turn) =>
      turn === 1 ? [ask] : [turn === 2 ? done : took(done, { chosen: "none of the options", how: "BSD it is" })],
  });
  expect(await harness.start()).toBe("waiting");
  await harness.decide("answer", "neither: take BSD");
  expect(await harness.advance()).toBe("ended");
  expect((await harness.ofType("refused")).map((event) => event.code)).toEqual(["decision-not-taken-up"]);
});

test("a log from before there was such a rule goes on: what was let through then is not asked for now", async () => {
  const harness = line([[took(done, { chosen: "Apache", how: "so" })]]);
  await harness.start();
  const log = (await harness.events()).filter((event) => event.type !== "decision_taken_up");
  const { decisionDue } = await import("../../src/run/taking-up.ts");
  const worker = log.find((event) => event.type === "frame_opened")!;
  expect(worker.type === "frame_opened" && decisionDue(log, { id: worker.frame })).toBe(null);
});

test("the rehearsal names the option that was decided, and no other", () => {
  const tools = [
    {
      name: "attempt_completion",
      description: "",
      schema: {
        properties: {
          decision_taken_up: { properties: { chosen: { enum: ["MIT", "Apache", "none of the options"] } } },
        },
      },
    },
  ];
  const chosen = (decision: string): unknown =>
    takingUp(
      {
        messages: [
          { role: "user", content: `# Decision from lead\nDecision: ${decision}\nReason: r\nDecided by: lead` },
        ],
        tools,
      },
      [{ name: "attempt_completion", args: {} }],
    )[0]?.args;
  expect(chosen("Apache")).toMatchObject({ decision_taken_up: { chosen: "Apache" } });
  expect(chosen("wait")).toMatchObject({ decision_taken_up: { chosen: "none of the options" } });
});
