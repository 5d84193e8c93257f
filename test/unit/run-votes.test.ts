/** Approvals that several people give: who may, how many it takes, and what a vote is for. */
import { expect, test } from "vitest";
import { z } from "zod";
import type { Approvers } from "../../src/events/event.ts";
import type { WorkflowInput } from "../../src/org/workflow.ts";
import { checkWorkflow } from "../../src/org/workflow-check.ts";
import type { DecideInput } from "../../src/run/api.ts";
import { decideAsk } from "../../src/run/decide-ask.ts";
import { outOfReach } from "../../src/run/seats.ts";
import { verifyRun } from "../../src/run/verify/verify-run.ts";
import { hashNow } from "../../src/store/votes.ts";
import { renderJournal } from "../../src/views/journal/journal.ts";
import type { Tool } from "../../src/tools/tool.ts";
import { LineHarness, bind, call, fullReport, modeText } from "../fixtures/line-harness.ts";

const modes = [
  modeText("lead", "020-lead", { delegates: ["worker"] }),
  modeText("worker", "030-worker", { escalates: ["lead"], groups: ["edit", "communication", "completion"] }),
];
type Policy = NonNullable<WorkflowInput["approvals"]>[number];

function line(policy: Partial<Policy>, workflow: Partial<WorkflowInput> = {}) {
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
  const harness = new LineHarness({
    modes,
    workflow: {
      entry: "worker",
      signOff: false,
      approvals: [{ tool: "write_to_file", reason: "four eyes", ...policy }],
      ...workflow,
    },
    tools: [tool],
    say: (request) =>
      request.messages.some((message) => message.role === "tool")
        ? [call("attempt_completion", fullReport())]
        : [call("write_to_file", { path: "a" })],
  });
  const ask = async () => (await harness.store.asks({ run: harness.run })).at(-1)!;
  const say = async (by: string, verb: DecideInput["verb"] = "approve", more: Partial<DecideInput> = {}) =>
    decideAsk(
      {
        store: harness.store,
        clock: { now: () => Date.parse("2026-01-02T00:00:00Z") },
        argumentProblem: async () => null,
      },
      (await ask()).id,
      { verb, by, face: "test", ...more },
    );
  const whole = async (): Promise<unknown> => (await verifyRun(harness.store, harness.run)).problems;
  return { harness, ran, ask, say, whole };
}

test("R4 a quorum is reached by that many different people, the last of whom decides, and it runs once", async () => {
  const { harness, ran, ask, say, whole } = line({ quorum: 2 });
  await harness.start();
  expect((await ask()).approvers).toEqual({ by: null, quorum: 2, notBy: [] } satisfies Approvers);
  expect(await say("mai")).toMatchObject({ state: "open", decision: null, votes: [{ by: "mai", verb: "approve" }] });
  expect(await whole()).toEqual([]);
  expect(await harness.advance()).toBe("waiting");
  await expect(say("mai")).rejects.toMatchObject({ code: "already-voted" });
  expect(ran).toEqual([]);
  expect(await say("linh")).toMatchObject({ state: "decided", decision: { verb: "approve", by: "mai, linh" } });
  await expect(say("dana")).rejects.toMatchObject({ code: "ask-decided" });
  expect(await harness.advance()).toBe("ended");
  expect(ran).toEqual([{ path: "a" }]);
  expect((await harness.ofType("vote_cast")).map(({ vote }) => [vote.by, vote.hash])).toEqual([
    ["mai", (await ask()).hash],
    ["linh", (await ask()).hash],
  ]);
  expect(await whole()).toEqual([]);
});

test("R4 one rejection rejects, whoever approved before", async () => {
  const { harness, ran, say, whole } = line({ quorum: 3 });
  await harness.start();
  await say("mai");
  expect(await say("linh", "reject", { text: "not here" })).toMatchObject({
    state: "decided",
    decision: { verb: "reject", by: "linh", text: "not here" },
  });
  expect(await harness.advance()).toBe("ended");
  expect(ran).toEqual([]);
  expect(await whole()).toEqual([]);
});

test("R4 only those whom the workflow names decide; a role stands for the person who staffs it", async () => {
  const { harness, ran, ask, say } = line(
    { by: ["lead", "mai"] },
    { staffing: { lead: { by: "person", name: "linh" } } },
  );
  await harness.start();
  expect((await ask()).approvers?.by).toEqual(["linh", "mai"]);
  for (const verb of ["approve", "reject"] as const)
    await expect(say("dana", verb, { text: "no" })).rejects.toMatchObject({ code: "not-approver" });
  expect((await ask()).votes).toEqual([]);
  await say("linh");
  expect(await harness.advance()).toBe("ended");
  expect(ran).toHaveLength(1);
});

test("R4 whoever started the run may not approve it where the policy says so, not even with other arguments, and may reject it", async () => {
  const { harness, ran, say } = line({ notBy: "requester" });
  await harness.start();
  await expect(say("tester")).rejects.toMatchObject({ code: "not-approver" });
  await expect(say("tester", "approve", { args: { path: "b" } })).rejects.toMatchObject({ code: "not-approver" });
  expect(await say("tester", "reject", { text: "a slip" })).toMatchObject({ state: "decided" });
  await harness.advance();
  expect(ran).toEqual([]);
});

test("R3 an edit voids the votes for what stood before, and what runs is what the quorum approved", async () => {
  const { harness, ran, ask, say, whole } = line({ quorum: 2 });
  await harness.start();
  const before = (await ask()).hash;
  await say("mai");
  const edited = await say("linh", "approve", { args: { path: "b" } });
  expect(edited).toMatchObject({ state: "open", hash: before });
  const now = hashNow(edited);
  expect(now).not.toBe(before);
  // Who still looks at what stood before is told.
  await expect(say("dana", "approve", { hash: before })).rejects.toMatchObject({ code: "hash-stale" });
  expect(await whole()).toEqual([]);
  expect(await say("mai", "approve", { hash: now })).toMatchObject({ state: "decided" });
  expect(await harness.advance()).toBe("ended");
  expect(ran).toEqual([{ path: "b" }]);
  expect((await harness.ofType("action_edited"))[0]).toMatchObject({ hash: now, args: { path: "b" } });
  expect(await whole()).toEqual([]);
  const run = (await harness.store.run(harness.run))!;
  const events = await harness.store.runEvents(harness.run);
  const pages = [...renderJournal({ run, brief: run.brief, events, project: null }).values()].join("\n");
  expect(pages).toContain("It takes 2 of: anyone");
  expect(pages).toMatch(/mai .*approves .*void: the arguments were changed/);
});

test("R4 the sign-off takes several people as well, and an approval that ran out takes no more votes", async () => {
  const { harness, ask, say, whole } = line(
    { expiresMinutes: 60, quorum: 2 },
    { signOff: { by: ["mai", "linh"], quorum: 2, notBy: "requester" } },
  );
  await harness.start();
  await harness.store.decide(
    (await ask()).id,
    { verb: "approve", text: "", by: "mai", face: "test", at: "2026-01-01T00:10:00.000Z" },
    (await ask()).hash,
  );
  await expect(say("linh")).rejects.toMatchObject({ code: "ask-expired" });
  expect(await harness.advance()).toBe("waiting");
  expect(await ask()).toMatchObject({ kind: "sign_off", approvers: { by: ["mai", "linh"], notBy: ["tester"] } });
  expect(await whole()).toEqual([]);
  await say("mai");
  await say("linh");
  expect(await harness.advance()).toBe("ended");
  expect((await harness.store.run(harness.run))?.status).toBe("finished");
  expect(await whole()).toEqual([]);
});

test("R4 an approval that ran out after a vote had changed its arguments expires as well, and nothing runs", async () => {
  const { harness, ran, ask, say, whole } = line({ expiresMinutes: 60, quorum: 2 });
  await harness.start();
  const { id, hash } = await ask();
  const at = "2026-01-01T00:10:00.000Z";
  const vote = { verb: "approve", text: "", args: { path: "b" }, by: "mai", face: "test", at } as const;
  expect((await harness.store.decide(id, vote, hash)).ask).toMatchObject({ state: "open", votes: [{ by: "mai" }] });
  await expect(say("linh")).rejects.toMatchObject({ code: "ask-expired" });
  await harness.advance();
  expect((await harness.store.ask(id))?.decision).toMatchObject({ verb: "expire", face: "clock" });
  expect(ran).toEqual([]);
  expect(await whole()).toEqual([]);
});

test("R4 verify finds a vote that was forged, taken away, or counted for somebody who may not", async () => {
  const { harness, ask, say } = line({ quorum: 2, by: ["mai", "linh", "dana"] });
  await harness.start();
  await say("mai");
  await say("linh");
  await harness.advance();
  const { id, votes } = await ask();
  const { votesProblem } = await import("../../src/run/verify/votes.ts");
  const decided = (await harness.ofType("ask_decided"))[0]!;
  const row = (await harness.store.ask(id))!;
  const told = { seen: false, votes: votes! };
  expect(votesProblem(decided, row, told)).toBe(null);
  const strange = [votes![0]!, { ...votes![1]!, by: "eve" }];
  expect(votesProblem(decided, { ...row, votes: strange }, told)).toContain("other votes");
  expect(votesProblem(decided, { ...row, votes: strange }, { ...told, votes: strange })).toContain("eve");
  const one = [votes![0]!];
  expect(votesProblem(decided, { ...row, votes: one }, { ...told, votes: one })).toContain("not what its votes make");
  const twice = [votes![0]!, votes![0]!];
  expect(votesProblem(decided, { ...row, votes: twice }, { ...told, votes: twice })).toContain("voted");
  expect(votesProblem(decided, { ...row, acknowledged: { by: "eve", face: "cli", at: row.raisedAt } }, told)).toContain(
    "had seen it",
  );
});

test("a workflow whose approval nobody could give is refused, with what to mend", () => {
  const { chart } = bind(modes, { entry: "worker" });
  const faults = (workflow: Partial<WorkflowInput>): readonly string[] =>
    checkWorkflow({ name: "w", entry: "worker", ...workflow }, "graphs/w.ts", chart, []).problems.map(
      (each) => each.code,
    );
  const approval = { tool: "write_to_file", reason: "r" };
  expect(faults({ approvals: [{ ...approval, by: ["worker"] }] })).toEqual(["approver-is-no-person"]);
  expect(faults({ approvals: [{ ...approval, by: ["mai"], quorum: 2 }] })).toEqual(["quorum-out-of-reach"]);
  expect(faults({ signOff: { by: ["lead"] } })).toEqual(["approver-is-no-person"]);
  expect(faults({ signOff: { by: ["lead"], quorum: 1 }, staffing: { lead: { by: "person" } } })).toEqual([]);
});

test("R3 the hash of a chart whose workflow says nothing of approvers is what it was before there were any", () => {
  const plain = bind(modes, { entry: "worker", approvals: [{ tool: "write_to_file", reason: "r" }] }).workflow;
  expect(plain.approvals).toEqual([{ tool: "write_to_file", reason: "r" }]);
  expect(plain).toMatchObject({ signOff: true, deadlineMinutes: 1440 });
});

test("the operator's list bounds every approval, and no question", async () => {
  const { harness, ask, ran } = line({});
  await harness.start();
  const deps = {
    store: harness.store,
    clock: { now: () => Date.parse("2026-01-02T00:00:00Z") },
    argumentProblem: async () => null,
    approvers: async () => ["maya"],
  };
  const { id } = await ask();
  for (const verb of ["approve", "reject"] as const)
    await expect(decideAsk(deps, id, { verb, text: "so", by: "linh", face: "test" })).rejects.toMatchObject({
      code: "not-approver",
      message: expect.stringContaining("maya") as string,
    });
  await decideAsk(deps, id, { verb: "approve", by: "maya", face: "test" });
  expect(await harness.advance()).toBe("ended");
  expect(ran).toEqual([{ path: "a" }]);

  const asking = new LineHarness({
    modes,
    workflow: { entry: "lead", signOff: false },
    say: (request) =>
      request.messages.some((message) => message.role === "tool")
        ? [call("attempt_completion", fullReport())]
        : [call("ask_followup_question", { question: "which?", options: [] })],
  });
  await asking.start();
  const [question] = await asking.store.asks({ state: "open" });
  await decideAsk({ ...deps, store: asking.store }, question!.id, {
    verb: "answer",
    text: "that",
    by: "linh",
    face: "test",
  });
  expect(await asking.advance()).toBe("ended");
});

const policies: readonly (readonly [NonNullable<WorkflowInput["signOff"]>, string, RegExp | null])[] = [
  [{ by: ["ana"], notBy: "requester" }, "ana", /the sign-off takes 1, and without ana.*leaves nobody/],
  [{ by: ["ana", "lead"], quorum: 2, notBy: "requester" }, "linh", /takes 2, and without linh.*leaves ana/],
  [{ by: ["ana", "ben"], quorum: 2 }, "ana", null],
  [{ by: ["ana", "ben"], notBy: "requester" }, "ana", null],
  [{ quorum: 3, notBy: "requester" }, "ana", null],
];

test.each(policies)(
  "an approval that nobody could give in this run is known before it begins: %j, started by %s",
  (signOff, by, why) => {
    const bound = bind(modes, {
      entry: "worker",
      staffing: { lead: { by: "person", name: "linh" } },
      signOff,
    });
    const none = outOfReach(bound, by);
    if (why === null) expect(none).toBeNull();
    else expect(none).toMatchObject({ key: "signOff", why: expect.stringMatching(why) as string });
  },
);
