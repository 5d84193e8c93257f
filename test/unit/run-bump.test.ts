/** Escalations that nobody answers in time: they go up the next route by themselves, once, in order, whoever looks first. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { AskId, RunId } from "../../src/ids.ts";
import type { WorkflowInput } from "../../src/org/workflow.ts";
import { decideAsk } from "../../src/run/decide-ask.ts";
import { verifyRun } from "../../src/run/verify/verify-run.ts";
import { bumpsTo, clockDecides, decideByClock, inOrderOfDeadlines, passDeadlines } from "../../src/store/expiry.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/ports.ts";
import { renderJournal } from "../../src/views/journal/journal.ts";
import { renderEscalations, escalationThreads } from "../../src/views/escalations.ts";
import { LineHarness, call, fullReport, modeText, type Say } from "../fixtures/line-harness.ts";

const hour = 60 * 60_000;
const day = 24 * hour;
const start = Date.parse("2026-01-01T00:00:00Z");

const modes = [
  modeText("director", "010-director", { delegates: ["lead"] }),
  modeText("lead", "020-lead", { delegates: ["worker"], escalates: ["director"] }),
  modeText("worker", "030-worker", { escalates: ["lead"] }),
];
const people: NonNullable<WorkflowInput["staffing"]> = {
  lead: { by: "person", name: "linh" },
  director: { by: "person", name: "dana" },
};
const escalation = (more: Record<string, unknown> = {}) =>
  call("escalate", {
    to: "lead",
    question: "Which licence for lead matters?",
    topic: "licence",
    severity: "medium",
    tried: "read both",
    options: ["MIT", "Apache"],
    ...more,
  });

const worker: Say = (request) =>
  request.messages.some((message) => message.role === "tool" && message.content.includes("# Decision from"))
    ? [call("attempt_completion", fullReport())]
    : [escalation()];

type Options = { readonly store?: Store; readonly time?: number; readonly workflow?: object; readonly say?: Say };

function line({ store, time = start, workflow = {}, say = worker }: Options = {}) {
  const at = { time };
  const clock = { now: () => at.time };
  const harness = new LineHarness({
    modes,
    workflow: { entry: "worker", signOff: false, staffing: people, ...workflow },
    store: store ?? openStore({ file: ":memory:", clock }),
    clock,
    say,
  });
  const open = async () => (await harness.store.asks({ run: harness.run, state: "open" }))[0]!;
  const decide = (id: AskId, text: string, by = "linh") =>
    decideAsk({ store: harness.store, clock, argumentProblem: async () => null }, id, {
      verb: "answer",
      text,
      by,
      face: "test",
    });
  return { harness, at, clock, open, decide };
}

test("an escalation that nobody answers in time goes up the next declared route, and the answer comes back through it", async () => {
  const { harness, at, open, decide } = line();
  await harness.create();
  expect((await harness.move()).status).toBe("waiting");
  const first = await open();
  expect(first).toMatchObject({
    kind: "escalation",
    to: "linh",
    deadline: new Date(start + day).toISOString(),
    seat: { role: "lead", bump: "director" },
  });
  at.time = start + day;
  await harness.move();
  expect(await harness.store.ask(first.id)).toMatchObject({
    state: "decided",
    decision: { verb: "bump", to: "director", by: "the clock", face: "clock" },
  });
  const second = await open();
  expect(second).toMatchObject({ to: "dana", severity: "medium", deadline: new Date(start + 2 * day).toISOString() });
  expect(second.rule.file).toBe("modes/m1.md"); // the lead's own file declares it
  expect(second.question).toContain("It waited for lead (linh) until 2026-01-02T00:00:00.000Z");
  await decide(second.id, "2", "dana");
  expect((await harness.move()).status).toBe("finished");
  const answers = (await harness.ofType("frame_closed")).map(({ from, to, answer, by }) => [
    from,
    to,
    answer?.decision,
    by,
  ]);
  expect(answers.slice(0, 2)).toEqual([
    ["director", "lead", "Apache", "person"],
    ["lead", "worker", "Apache", "person"],
  ]);
  expect((await verifyRun(harness.store, harness.run)).problems).toEqual([]);
});

test("at the top an escalation stays open, is overdue, and is answered whenever somebody comes", async () => {
  const { harness, at, open, decide } = line();
  await harness.create();
  await harness.move();
  at.time += day;
  await harness.move();
  at.time += day;
  await harness.move();
  const top = await open();
  expect(top).toMatchObject({ to: "user", role: "director" });
  expect(top.seat).toBeUndefined();
  at.time += 1000 * day;
  expect(clockDecides(top, at.time)).toBe(false);
  await harness.move();
  expect((await open()).id).toBe(top.id);
  await decide(top.id, "1", "tester");
  expect((await harness.move()).status).toBe("finished");
});

test("D5 a run of three days, looked at by one process after another: every bump happens once, in order, by sequence", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cadre-days-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "cadre.db");
  const wall: { time: number } = { time: start };
  const seen: string[] = [];
  const inProcess = async (time: number, body: (of: ReturnType<typeof line>) => Promise<unknown>): Promise<void> => {
    wall.time = time;
    const store = openStore({ file, clock: { now: () => wall.time } });
    try {
      await body(line({ store, time, workflow: { deadlineMinutes: { medium: 8 * 60, critical: 60 } } }));
    } finally {
      store.close();
    }
  };
  const look = async ({ harness, open }: ReturnType<typeof line>): Promise<void> => {
    await harness.move();
    seen.push((await open()).to);
  };
  await inProcess(start, async (first) => {
    await first.harness.create();
    await look(first);
  });
  await inProcess(start + 7 * hour, look); // in time: nothing happens
  await inProcess(start + 20 * hour, look); // late: linh's 8 hours are over, dana's begin now
  await inProcess(start + 19 * hour, look); // a clock that was set back changes nothing
  // An inbox on another day decides for the clock; the line takes it up later still.
  await inProcess(start + 2 * day, async ({ harness, clock, open }) => {
    const late = await open();
    expect(await passDeadlines({ store: harness.store, clock })).toMatchObject([{ id: late.id, state: "decided" }]);
    expect(await passDeadlines({ store: harness.store, clock })).toEqual([]);
    expect((await decideByClock(harness.store, late, clock)).decision).toMatchObject({ verb: "bump", to: "user" });
  });
  await inProcess(start + 2 * day + hour, look);
  await inProcess(start + 3 * day, look);
  await inProcess(start + 3 * day, async ({ harness, open, decide }) => {
    await decide((await open()).id, "1", "tester");
    expect((await harness.move()).status).toBe("finished");
    const bumps = (await harness.ofType("ask_decided")).map(({ decision }) => [decision.verb, decision.to ?? null]);
    expect(bumps).toEqual([
      ["bump", "director"],
      ["bump", "user"],
      ["answer", null],
    ]);
    const opened = (await harness.ofType("frame_opened")).map(({ from, to }) => `${from} > ${to}`);
    expect(opened).toEqual(["user > worker", "worker > lead", "lead > director", "director > user"]);
    expect((await verifyRun(harness.store, harness.run)).problems).toEqual([]);
  });
  expect(seen).toEqual(["linh", "linh", "dana", "dana", "user", "user"]);
});

test("E1 of several deadlines that passed the earlier one comes first, and of equal ones what was raised first", () => {
  const ask = (name: string, deadline: string | null) => ({ name, deadline });
  const raised = [
    ask("a", "2026-01-03T00:00:00.000Z"),
    ask("b", null),
    ask("c", "2026-01-02T00:00:00.000Z"),
    ask("d", "2026-01-03T00:00:00.000Z"),
  ];
  expect(inOrderOfDeadlines(raised).map(({ name }) => name)).toEqual(["c", "a", "d", "b"]);
});

test("E1 deadlines of several runs that passed are decided in their order, whatever was raised first", async () => {
  const at = { time: start };
  const clock = { now: () => at.time };
  const store = openStore({ file: ":memory:", clock });
  const begin = async (run: string, minutes: number): Promise<void> => {
    const harness = new LineHarness({
      modes,
      workflow: { entry: "worker", signOff: false, staffing: people, deadlineMinutes: minutes },
      store,
      clock,
      run: run as RunId,
      say: worker,
    });
    await harness.create();
    await harness.move();
  };
  for (const [run, minutes] of [
    ["r-000001", 300],
    ["r-000002", 100],
    ["r-000003", 300],
    ["r-000004", 200],
  ] as const)
    await begin(run, minutes);
  at.time += 250 * 60_000;
  const decided: string[] = [];
  const decide: typeof store.decide = (id, ...rest) => {
    decided.push(id);
    return store.decide(id, ...rest);
  };
  const look = () => passDeadlines({ store: { asks: (filter) => store.asks(filter), decide }, clock });
  await look();
  expect(decided).toEqual(["a-000002-1-4", "a-000004-1-4"]);
  at.time += day;
  await look();
  expect(decided.slice(2)).toEqual(["a-000001-1-4", "a-000003-1-4"]);
});

test("R4 an answer after the deadline is refused, and told where it went", async () => {
  const { harness, at, open, decide } = line();
  await harness.create();
  await harness.move();
  const ask = await open();
  at.time += day;
  await expect(decide(ask.id, "1")).rejects.toMatchObject({
    code: "ask-expired",
    message: expect.stringContaining("went up to director") as string,
  });
  expect((await harness.store.ask(ask.id))?.decision).toMatchObject({ verb: "bump" });
});

test("R4 an answer in time stands, however late the line takes it up", async () => {
  const { harness, at, open, decide } = line();
  await harness.create();
  await harness.move();
  const ask = await open();
  at.time += day - 1;
  await decide(ask.id, "1");
  at.time += 10 * day;
  expect((await decideByClock(harness.store, ask, { now: () => at.time })).decision).toMatchObject({ verb: "answer" });
  expect((await harness.move()).status).toBe("finished");
});

test("a severity has its own deadline, and one that is not named has a day", async () => {
  const waits = async (severity: string): Promise<number> => {
    const { harness, open } = line({
      workflow: { deadlineMinutes: { critical: 15 } },
      say: () => [escalation({ severity })],
    });
    await harness.create();
    await harness.move();
    return Date.parse((await open()).deadline!) - start;
  };
  expect(await waits("critical")).toBe(15 * 60_000);
  expect(await waits("low")).toBe(day);
});

test("R1 a bump leads to nobody who was waited for already", async () => {
  const around = [
    modeText("one", "020-lead", { delegates: ["worker"], escalates: ["two"] }),
    modeText("two", "020-lead", { escalates: ["one", "three"] }),
    modeText("three", "020-lead", { escalates: ["one"] }),
    modeText("worker", "030-worker", { escalates: ["one"] }),
  ];
  const at = { time: start };
  const clock = { now: () => at.time };
  const harness = new LineHarness({
    modes: around,
    clock,
    store: openStore({ file: ":memory:", clock }),
    workflow: {
      entry: "worker",
      signOff: false,
      staffing: { one: { by: "person" }, two: { by: "person" }, three: { by: "person" } },
    },
    say: () => [escalation({ to: "one" })],
  });
  await harness.create();
  const roles: string[] = [];
  for (let days = 0; days < 5; days += 1) {
    await harness.move();
    const [ask] = await harness.store.asks({ state: "open" });
    roles.push(ask!.role);
    at.time += day;
  }
  expect(roles).toEqual(["one", "two", "three", "three", "three"]);
  const [ask] = await harness.store.asks({ state: "open" });
  expect(bumpsTo(ask!)).toBe(null);
});

test("a role that a model plays gets what its person-staffed subordinate did not answer", async () => {
  const { harness, at } = line({
    workflow: { staffing: { lead: { by: "person", name: "linh" } } },
    say: (request, role, turn) =>
      role === "director"
        ? [call("attempt_completion", { decision: "Take MIT.", reason: "it is shorter" })]
        : worker(request, role, turn),
  });
  await harness.create();
  await harness.move();
  at.time += day;
  expect((await harness.move()).status).toBe("finished");
  expect(harness.modelCalls.at(-1)?.messages.at(-1)?.content).toContain("Decision: Take MIT.");
  expect((await harness.ofType("frame_closed"))[1]).toMatchObject({ from: "lead", to: "worker", by: "model" });
});

test.each([
  ["Ask again.", 2],
  ["Close it as not done.", 1],
] as const)(
  "a task that a person did not take on goes up, and “%s” decides what becomes of it",
  async (decision, asked) => {
    const { harness, at } = line({
      workflow: { entry: "lead", staffing: { worker: { by: "person", name: "wim" } } },
      say: (request, role) => {
        if (role !== "lead") throw new Error("nobody else is asked");
        const last = request.messages.at(-1)!;
        if (last.content.startsWith("# A question") || last.content.includes("# An escalation"))
          return [call("attempt_completion", { decision, reason: "it is late" })];
        return request.messages.some((message) => message.role === "tool" && message.content.includes("# Report from"))
          ? [call("attempt_completion", fullReport())]
          : [call("new_task", { mode: "worker", task: "count for worker matters", acceptance_criteria: ["counted"] })];
      },
    });
    await harness.create();
    await harness.move();
    at.time += day;
    const moved = await harness.move();
    const raised = (await harness.ofType("ask_raised")).filter((ask) => ask.kind === "assignment");
    expect(raised).toHaveLength(asked);
    if (asked === 1) {
      expect(moved.status).toBe("finished");
      const closed = (await harness.ofType("frame_closed")).find((each) => each.from === "worker");
      expect(closed?.report).toMatchObject({ criteria: [{ id: "A1", status: "not_met" }] });
    } else expect(raised[1]?.question).toContain("Decision from lead: Ask again. (it is late)");
    expect((await verifyRun(harness.store, harness.run)).problems).toEqual([]);
  },
);

test("trace and journal tell a bump with its rule, and name nobody for it", async () => {
  const { harness, at, open, decide } = line();
  await harness.create();
  await harness.move();
  await harness.store.acknowledge((await open()).id, { by: "linh", face: "test", at: new Date(start).toISOString() });
  at.time += day;
  await harness.move();
  await decide((await open()).id, "1", "dana");
  await harness.move();
  const events = await harness.store.runEvents(harness.run);
  const run = (await harness.store.run(harness.run))!;
  const threads = renderEscalations(escalationThreads(events), { width: null, verbose: false, colour: false });
  expect(threads).toMatch(/seen .*linh/);
  expect(threads).toMatch(/moved on .*the clock.*director.*not answered in time/);
  expect(threads).toMatch(/decided by dana/);
  const pages = [...renderJournal({ run, brief: run.brief, events, project: null }).values()].join("\n");
  expect(pages).toMatch(/linh.*acknowledges|acknowledges/);
  expect(pages).toContain("nobody had answered by");
  expect((await verifyRun(harness.store, harness.run)).problems).toEqual([]);
});
