/** A person who staffs a role answers, gives on, or hands up: typed decisions, along that role's declared routes and no others. */
import { expect, test } from "vitest";
import type { DecideInput } from "../../src/run/api.ts";
import { acknowledgeAsk, decideAsk } from "../../src/run/decide-ask.ts";
import { verifyRun } from "../../src/run/verify/verify-run.ts";
import { escalationThreads, renderEscalations } from "../../src/views/escalations.ts";
import { renderTrace } from "../../src/views/trace/text.ts";
import { traceSteps } from "../../src/views/trace/trace.ts";
import { LineHarness, call, fullReport, modeText, type Say } from "../fixtures/line-harness.ts";

const modes = [
  modeText("director", "010-director", { delegates: ["lead"] }),
  modeText("lead", "020-lead", { delegates: ["worker", "helper"], escalates: ["director"] }),
  modeText("worker", "030-worker", { escalates: ["lead"] }),
  modeText("helper", "030-worker", { escalates: ["lead"] }),
];

const clock = { now: () => Date.parse("2026-01-01T00:30:00Z") };

function line(say: Say, entry: "worker" | "lead" | "director" = "worker") {
  const harness = new LineHarness({
    modes,
    workflow: { entry, signOff: false, staffing: { lead: { by: "person", name: "linh" } } },
    say,
  });
  const ask = async () => (await harness.store.asks({ run: harness.run, state: "open" }))[0]!;
  const decide = async (input: Pick<DecideInput, "verb"> & Partial<DecideInput>) =>
    decideAsk({ store: harness.store, clock, argumentProblem: async () => null }, (await ask()).id, {
      by: "linh",
      face: "test",
      ...input,
    });
  const whole = async (): Promise<unknown> => (await verifyRun(harness.store, harness.run)).problems;
  return { harness, ask, decide, whole };
}

const asking: Say = (request, role) => {
  if (role === "helper") return [call("attempt_completion", { ...fullReport(), summary: "there are twelve" })];
  if (role === "director") return [call("attempt_completion", { decision: "red", reason: "it is warmer" })];
  return request.messages.some((message) => message.content.startsWith("# Decision from"))
    ? [call("attempt_completion", fullReport())]
    : [
        call("escalate", {
          to: "lead",
          question: "Which colour for lead matters?",
          topic: "colour",
          severity: "high",
          tried: "",
          options: ["red", "blue"],
        }),
      ];
};

test("R1 an ask names the routes of the role that is asked, with purpose and place", async () => {
  const { harness, ask } = line(asking);
  await harness.start();
  expect((await ask()).seat).toEqual({
    role: "lead",
    delegations: [
      { to: "worker", rule: { purpose: "for worker matters", file: "modes/m1.md", line: 7 } },
      { to: "helper", rule: { purpose: "for helper matters", file: "modes/m1.md", line: 8 } },
    ],
    escalations: [{ to: "director", rule: { purpose: "for director matters", file: "modes/m1.md", line: 10 } }],
    bump: "director",
  });
});

test("a person gives a task on, is asked again with the report, and then answers", async () => {
  const { harness, ask, decide, whole } = line(asking);
  await harness.start();
  const first = await ask();
  await decide({ verb: "delegate", to: "helper", text: "count the red ones" });
  expect(await harness.advance()).toBe("waiting");
  expect(await harness.ofType("frame_opened")).toMatchObject([
    {},
    {},
    { kind: "delegation", from: "lead", to: "helper", rule: { purpose: "for helper matters" } },
  ]);
  const second = await ask();
  expect(second.id).not.toBe(first.id);
  expect(second.question).toContain("Report from helper on “count the red ones”: there are twelve");
  await decide({ verb: "answer", text: "1" });
  expect(await harness.advance()).toBe("ended");
  expect(harness.modelCalls.at(-1)?.messages.at(-1)?.content).toContain("Decision: red");
  expect(await whole()).toEqual([]);
  const events = await harness.store.runEvents(harness.run);
  expect(renderTrace(traceSteps(events), { width: null, verbose: false, colour: false })).toMatch(/given on/);
  const threads = renderEscalations(escalationThreads(events), { width: null, verbose: false, colour: false });
  expect(threads).toMatch(/moved on .*linh.*helper/);
  expect(threads).toContain("decided by linh");
});

test("a question that a person hands up is decided above, and goes down to who asked without asking them again", async () => {
  const { harness, decide, whole } = line(asking);
  await harness.start();
  await decide({ verb: "escalate", text: "not mine to say" }); // the one way up
  expect(await harness.advance()).toBe("ended");
  const put = (await harness.ofType("frame_opened")).at(-1)!;
  expect(put).toMatchObject({ kind: "escalation", from: "lead", to: "director", question: { severity: "high" } });
  expect(put.question?.tried).toContain("linh, as lead, hands it up: not mine to say");
  expect(put.question?.options).toEqual(["red", "blue"]);
  expect(harness.modelCalls.at(-1)?.messages.at(-1)?.content).toContain("Decision: red");
  expect(await whole()).toEqual([]);
});

test("an assignment shows its criteria, can be given on with them, and its person reports in the end", async () => {
  const { harness, ask, decide, whole } = line(
    (request, role) =>
      role === "director" && !request.messages.some((message) => message.content.startsWith("# Report from"))
        ? [call("new_task", { mode: "lead", task: "count for lead matters", acceptance_criteria: ["all counted"] })]
        : [call("attempt_completion", fullReport())],
    "director",
  );
  await harness.start();
  expect(await ask()).toMatchObject({ kind: "assignment", role: "lead", to: "linh" });
  expect((await ask()).question).toContain("[A1] all counted");
  await decide({ verb: "delegate", to: "worker", text: "count them for me" });
  await harness.advance();
  const given = (await harness.ofType("frame_opened")).at(-1)!;
  expect(given.assignment?.criteria).toEqual([{ id: "A1", text: "all counted" }]);
  await decide({ verb: "delegate", to: "helper", text: "once more", args: { criteria: ["twice"] } });
  await harness.advance();
  expect((await harness.ofType("frame_opened")).at(-1)?.assignment?.criteria).toEqual([{ id: "A1", text: "twice" }]);
  expect((await ask()).question.match(/Report from/g)).toHaveLength(2);
  await decide({ verb: "answer", text: "counted twice" });
  expect(await harness.advance()).toBe("ended");
  expect(await whole()).toEqual([]);
});

test("a person escalates out of an assignment, and is asked again with the decision", async () => {
  const { harness, ask, decide, whole } = line(
    (request, role) =>
      role !== "director"
        ? []
        : request.messages.at(-1)?.content.startsWith("# An escalation")
          ? [call("attempt_completion", { decision: "Half is enough.", reason: "time" })]
          : request.messages.some((message) => message.content.startsWith("# Report from"))
            ? [call("attempt_completion", fullReport())]
            : [call("new_task", { mode: "lead", task: "count for lead matters", acceptance_criteria: ["counted"] })],
    "director",
  );
  await harness.start();
  await decide({ verb: "escalate", to: "director", text: "All of them? That is a week." });
  expect(await harness.advance()).toBe("waiting");
  expect((await ask()).question).toContain("Decision from director: Half is enough. (time)");
  await decide({ verb: "answer", text: "half of them: six" });
  expect(await harness.advance()).toBe("ended");
  expect(await whole()).toEqual([]);
});

test.each<[Partial<DecideInput> & Pick<DecideInput, "verb">, string]>([
  [{ verb: "delegate", to: "director", text: "do it" }, "lead declares no delegation to director"],
  [{ verb: "delegate", to: "Worker", text: "do it" }, "lead declares no delegation to Worker"],
  [{ verb: "delegate", to: "lead", text: "do it" }, "lead declares no delegation to lead"],
  [{ verb: "delegate", text: "do it" }, "say to whom"],
  [{ verb: "escalate", to: "user", text: "why" }, "lead declares no escalation to user"],
  [{ verb: "escalate", to: "worker", text: "why" }, "lead declares no escalation to worker"],
  [{ verb: "delegate", to: "worker", text: " " }, "the task is missing"],
  [{ verb: "escalate", to: "director", text: "" }, "why it goes up is missing"],
  [{ verb: "escalate", to: "director", text: "why", args: { criteria: ["x"] } }, "only a task takes criteria"],
  [{ verb: "approve" }, "takes answer or reject or delegate or escalate"],
])("R1 %j is refused before it is recorded, with what is declared", async (input, why) => {
  const { harness, ask, decide } = line(asking);
  await harness.start();
  const error: unknown = await decide(input).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: "decision-invalid", message: expect.stringContaining(why) as string });
  expect(await ask()).toMatchObject({ state: "open", decision: null });
  if (input.to !== undefined && why.includes("declares")) {
    expect((error as Error).message).toContain(
      input.verb === "delegate" ? "for worker matters" : "for director matters",
    );
    expect((error as Error).message).toMatch(/modes\/m1\.md:\d+/);
  }
});

test("R1 an ask that no role's person is asked can be answered, and not handed on", async () => {
  const harness = new LineHarness({
    modes,
    workflow: { entry: "worker", signOff: false },
    say: () => [call("ask_followup_question", { question: "which?", options: [] })],
  });
  await harness.start();
  const [ask] = await harness.store.asks({ state: "open" });
  expect(ask?.seat).toBeUndefined();
  await expect(
    decideAsk({ store: harness.store, clock, argumentProblem: async () => null }, ask!.id, {
      verb: "delegate",
      to: "worker",
      text: "do it",
      by: "x",
      face: "test",
    }),
  ).rejects.toMatchObject({ code: "decision-invalid" });
});

test("R1 a hand-over that a face let through although nobody declares it is not made: the person is asked again", async () => {
  const { harness, ask, whole } = line(asking);
  await harness.start();
  const first = await ask();
  const forged = { verb: "delegate", to: "director", text: "x", by: "eve", face: "test", at: first.raisedAt } as const;
  expect((await harness.store.decide(first.id, forged, first.hash)).won).toBe(true);
  expect(await whole()).toMatchObject([{ row: `asks ${first.id}` }]);
  expect(await harness.advance()).toBe("waiting");
  expect((await harness.ofType("frame_opened")).map((event) => event.to)).toEqual(["worker", "lead"]);
  expect((await ask()).id).not.toBe(first.id);
});

test("an acknowledgement is the first one's, moves nothing, keeps the deadline, and is told with the decision", async () => {
  const { harness, ask, decide, whole } = line(asking);
  await harness.start();
  const { id, deadline } = await ask();
  const deps = { store: harness.store, clock };
  expect(await acknowledgeAsk(deps, id, { by: "linh", face: "cli" })).toMatchObject({
    state: "open",
    deadline,
    acknowledged: { by: "linh", face: "cli", at: "2026-01-01T00:30:00.000Z" },
  });
  await expect(acknowledgeAsk(deps, id, { by: "mai", face: "cli" })).rejects.toMatchObject({
    code: "ask-decided",
    message: expect.stringContaining("by linh") as string,
  });
  expect(await whole()).toEqual([]);
  expect(await harness.advance()).toBe("waiting");
  expect(await harness.ofType("ask_acknowledged")).toEqual([]);
  await decide({ verb: "answer", text: "1" });
  await harness.advance();
  const order = (await harness.events()).map((event) => event.type);
  expect(order.indexOf("ask_decided") - order.indexOf("ask_acknowledged")).toBe(1);
  await expect(acknowledgeAsk(deps, id, { by: "mai", face: "cli" })).rejects.toMatchObject({ code: "ask-decided" });
  expect(await whole()).toEqual([]);
});
