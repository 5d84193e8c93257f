/** Several tasks at once (DESIGN §5): child lines beside each other, a parent that rests until they have ended, and what bounds them. */
import { expect, test } from "vitest";
import type { AskId } from "../../src/ids.ts";
import type { ModelRequest } from "../../src/models/model.ts";
import { verifyRun } from "../../src/run/verify/verify-run.ts";
import { LineHarness, call, fullReport, modeText, type HarnessOptions } from "../fixtures/line-harness.ts";

const modes = [
  modeText("lead", "020-lead", { delegates: ["one", "two", "three", "middle"] }),
  modeText("middle", "030-worker", { delegates: ["one", "two"], escalates: ["lead"] }),
  ...["one", "two", "three"].map((slug) =>
    modeText(slug, "040-assistant", {
      escalates: ["lead"],
      reports: ["lead"],
      groups: ["communication", "completion"],
    }),
  ),
];

type TaskArgs = { readonly mode: string; readonly writes?: readonly string[] };
const tasks = (given: readonly TaskArgs[], wait: "all" | "any" = "all", id = "several") =>
  call(
    "new_tasks",
    {
      tasks: given.map(({ mode, writes = [] }) => ({
        mode,
        task: `for ${mode} matters`,
        acceptance_criteria: ["it is done"],
        writes,
      })),
      wait,
    },
    id,
  );
const report = (summary = "done") => [call("attempt_completion", { ...fullReport(), summary })];
const said = (request: ModelRequest): string => request.messages.map((message) => message.content).join("\n");

function lineOf(options: Pick<HarnessOptions, "say"> & Partial<HarnessOptions>): LineHarness {
  return new LineHarness({ modes, workflow: { entry: "lead", signOff: false }, ...options });
}

async function created(options: Parameters<typeof lineOf>[0]): Promise<LineHarness> {
  const line = lineOf(options);
  await line.create();
  return line;
}

const slugs = ["one", "two", "three"] as const;

test("several tasks go out in one decision, run beside each other, and come back as one answer", async () => {
  let atWork = 0;
  let most = 0;
  const line = await created({
    say: async (request, role) => {
      if (role === "lead")
        return said(request).includes("# Report from") ? report("all of it") : [tasks(slugs.map((mode) => ({ mode })))];
      atWork += 1;
      most = Math.max(most, atWork);
      for (let turns = 0; turns < 50; turns += 1) await Promise.resolve();
      await new Promise((done) => setImmediate(done));
      atWork -= 1;
      return report(`${role} is done`);
    },
  });
  expect((await line.move()).status).toBe("finished");
  expect(most).toBe(3);
  const answer = line.modelCalls.at(-1)?.messages.findLast((message) => message.role === "tool");
  expect(answer).toMatchObject({ callId: "several", name: "new_tasks" });
  for (const slug of slugs) expect(answer?.content).toContain(`${slug} is done`);
  expect((await line.store.lines(line.run)).map(({ id, ended, closed }) => [id, ended, closed])).toEqual([
    ["r-000001.1", null, false],
    ["r-000001.1.3", "reported", true],
    ["r-000001.1.4", "reported", true],
    ["r-000001.1.5", "reported", true],
  ]);
  expect(await verifyRun(line.store, line.run)).toMatchObject({ ok: true, problems: [] });
});

test("D8 the run is one tree of chains: a child names the event that opened it, its parent the head that it ended with", async () => {
  const line = await created({
    say: (request, role) =>
      role === "lead" && !said(request).includes("# Report from")
        ? [tasks([{ mode: "one" }, { mode: "two" }])]
        : report(),
  });
  await line.move();
  const lines = await line.store.lines(line.run);
  const main = await line.store.events(lines[0]!.id);
  for (const child of lines.slice(1)) {
    const [started] = await line.store.events(child.id, 0, 1);
    expect(started?.event).toMatchObject({
      type: "child_started",
      parent: lines[0]!.id,
      index: child.openedAt,
      opened: main[child.openedAt!]?.hash,
    });
    const closed = main
      .map(({ event }) => event)
      .find((event) => event.type === "child_closed" && event.child === child.id);
    expect(closed).toMatchObject({ head: child.headHash, length: child.length, status: "reported" });
  }
});

test("P1 one child that waits for a person blocks none of the others, and its answer lets all of them go on", async () => {
  const line = await created({
    modes: [
      modeText("lead", "020-lead", { delegates: ["one", "two"] }),
      modeText("one", "030-worker", { escalates: ["user"] }),
      modeText("two", "030-worker", { escalates: ["user"] }),
    ],
    say: (request, role) => {
      if (role === "lead")
        return said(request).includes("# Report from") ? report() : [tasks([{ mode: "one" }, { mode: "two" }])];
      if (role === "two" || said(request).includes("# Decision from")) return report(`${role} is done`);
      return [
        call("escalate", { to: "user", topic: "t", question: "which?", severity: "low", tried: "", options: ["this"] }),
      ];
    },
  });
  const waiting = await line.move();
  expect(waiting).toMatchObject({
    status: "waiting",
    asks: [{ id: "a-000001-1-3-4", role: "one", path: ["user", "lead", "one"] }],
  });
  expect((await line.store.lines(line.run)).map(({ ended }) => ended)).toEqual([null, null, "reported"]);
  await line.decide("answer", "1");
  expect((await line.move()).status).toBe("finished");
  expect(await verifyRun(line.store, line.run)).toMatchObject({ ok: true, problems: [] });
});

test("P1 five tasks are all under way before any of them ends; while a sixth waits for a person, they end", async () => {
  const hands = ["h1", "h2", "h3", "h4", "h5"];
  const together = Promise.withResolvers<void>();
  const underWay = new Set<string>();
  const line = await created({
    modes: [
      modeText("lead", "020-lead", { delegates: [...hands, "asker"] }),
      ...[...hands, "asker"].map((slug) => modeText(slug, "030-worker", { escalates: ["user"] })),
    ],
    say: async (request, role) => {
      if (role === "lead")
        return said(request).includes("# Report from")
          ? report()
          : [tasks([...hands, "asker"].map((mode) => ({ mode })))];
      if (role !== "asker") {
        underWay.add(role);
        if (underWay.size === hands.length) together.resolve();
        await together.promise; // none of them can end before the last has begun
        return report(`${role} is done`);
      }
      if (said(request).includes("# Decision from")) return report("asked");
      return [
        call("escalate", { to: "user", topic: "t", question: "which?", severity: "low", tried: "", options: ["this"] }),
      ];
    },
  });
  expect(await line.move()).toMatchObject({ status: "waiting", asks: [{ role: "asker" }] });
  expect((await line.store.lines(line.run)).slice(1).map(({ ended }) => ended)).toEqual([
    ...hands.map(() => "reported"),
    null,
  ]);
  await line.decide("answer", "1");
  expect((await line.move()).status).toBe("finished");
  expect(await verifyRun(line.store, line.run)).toMatchObject({ ok: true, problems: [] });
});

test("of tasks of which one is enough, the first report lets the giver go on, and the others are stopped before it does", async () => {
  const line = await created({
    say: (request, role) => {
      if (role === "lead")
        return said(request).includes("# Report from")
          ? report()
          : [tasks([{ mode: "one" }, { mode: "two" }, { mode: "three" }], "any")];
      return role === "two" ? report("two was first") : new Promise(() => undefined);
    },
  });
  expect((await line.move()).status).toBe("finished");
  expect(line.aborted).toBeGreaterThan(1);
  const [stopped] = await line.ofType("children_stopped");
  expect(stopped?.reason).toContain("two has reported");
  const closed = await line.ofType("child_closed");
  expect(Object.fromEntries(closed.map(({ from, status }) => [from, status]))).toMatchObject({
    two: "reported",
    three: "stopped",
  });
  const events = await line.events();
  const goesOn = events.findLastIndex((event) => event.type === "turn_taken" && event.role === "lead");
  expect(goesOn).toBeGreaterThan(events.findLastIndex((event) => event.type === "child_ended"));
  expect(await verifyRun(line.store, line.run)).toMatchObject({ ok: true, problems: [] });
});

test.each([
  ["R1 an undeclared route", [{ mode: "one" }, { mode: "nobody" }], "role-unknown", /no role "nobody"/],
  [
    "one folder in another",
    [
      { mode: "one", writes: ["docs"] },
      { mode: "two", writes: ["docs/a.md"] },
    ],
    "writes-overlap",
    /tasks 1 and 2 would both write docs/,
  ],
  [
    "one file twice",
    [
      { mode: "one", writes: ["a.md"] },
      { mode: "two", writes: ["./a.md"] },
    ],
    "writes-overlap",
    /both write a\.md/,
  ],
  ["a protected path", [{ mode: "one", writes: ["modes"] }, { mode: "two" }], "call-malformed", /protected/],
  ["a path outside", [{ mode: "one", writes: ["../x"] }, { mode: "two" }], "call-malformed", /climbs/],
  [
    "more than the breadth",
    [{ mode: "one" }, { mode: "two" }, { mode: "three" }],
    "breadth-exceeded",
    /limit for breadth is 2, and 0 are at work/,
  ],
] as const)("of several tasks none is given out where one may not be: %s", async (_what, given, code, reason) => {
  const line = await created({
    workflow: { entry: "lead", signOff: false, limits: { breadth: 2 } },
    say: (request) => (said(request).includes("Refused:") ? report() : [tasks(given)]),
  });
  expect((await line.move()).status).toBe("finished");
  expect(await line.ofType("child_opened")).toEqual([]);
  const [refused] = await line.ofType("refused");
  expect(refused).toMatchObject({ code });
  expect(refused?.reason).toMatch(reason);
});

/** Gives out three at once until it hears that it may not, and then what `then` says. */
const insisting = (then: () => ReturnType<typeof report>, heard: string) =>
  created({
    workflow: { entry: "lead", signOff: false, limits: { breadth: 2 } },
    say: (request, role) => {
      const text = said(request);
      if (role !== "lead" || text.includes("# Report from")) return report();
      return text.includes(heard) ? then() : [tasks(slugs.map((mode) => ({ mode })))];
    },
  });

test("L3 who insists on more than the breadth asks a person; raised, the very tasks go out that were held", async () => {
  const line = await insisting(report, "never heard");
  expect((await line.move()).status).toBe("waiting");
  expect((await line.ofType("refused")).map(({ code }) => code)).toEqual(["breadth-exceeded"]);
  const [ask] = await line.store.asks({ state: "open" });
  expect(ask).toMatchObject({ kind: "limit", limit: { name: "breadth", value: 3, ceiling: 2 } });
  expect(ask?.question).toBe(
    "lead insists on 3 tasks at once, beyond the run's limit of 2 for breadth. Approve to raise it, reject to send the tasks back.",
  );
  const by = { by: "mai", face: "test", at: "2026-02-01T00:00:00.000Z" };
  await line.store.decide(ask!.id as AskId, { verb: "approve", text: "", args: { to: 3 }, ...by }, ask!.hash);
  expect((await line.move()).status).toBe("finished");
  expect(await line.ofType("limit_raised")).toMatchObject([{ limit: "breadth", from: 2, to: 3 }]);
  expect(await line.ofType("child_opened")).toHaveLength(3);
  expect(await line.ofType("refused")).toHaveLength(1);
  expect((await verifyRun(line.store, line.run)).problems).toEqual([]);
});

test("L3 a no to more breadth sends the tasks back with its reason, and the run goes on", async () => {
  const line = await insisting(() => [tasks([{ mode: "one" }, { mode: "two" }])], "two are plenty");
  expect((await line.move()).status).toBe("waiting");
  await line.decide("reject", "two are plenty");
  expect((await line.move()).status).toBe("finished");
  expect((await line.ofType("calls_returned")).map(({ reason }) => reason)).toEqual([
    "Rejected by tester: two are plenty",
  ]);
  expect(await line.ofType("child_opened")).toHaveLength(2);
});

test("R6 what a task may give to tasks of its own lies in what it may write itself", async () => {
  const line = await created({
    say: (request, role) => {
      const text = said(request);
      if (role === "lead")
        return text.includes("# Report from")
          ? report()
          : [
              tasks([
                { mode: "middle", writes: ["docs"] },
                { mode: "three", writes: ["src"] },
              ]),
            ];
      if (role !== "middle") return report();
      if (text.includes("# Report from")) return report();
      return [
        text.includes("Refused:")
          ? tasks([
              { mode: "one", writes: ["docs/a"] },
              { mode: "two", writes: ["docs/b"] },
            ])
          : tasks([
              { mode: "one", writes: ["docs/a"] },
              { mode: "two", writes: ["src/b"] },
            ]),
      ];
    },
  });
  expect((await line.move()).status).toBe("finished");
  const [refused] = await line.ofType("refused");
  expect(refused).toMatchObject({ code: "writes-overlap" });
  expect(refused?.reason).toContain("src/b is not yours to write, so not yours to give: this task may write docs.");
  expect((await line.store.lines(line.run)).map(({ id }) => id)).toContain("r-000001.1.3.6");
  expect(await verifyRun(line.store, line.run)).toMatchObject({ ok: true, problems: [] });
});

test("one ask for a limit, however many lines reach it; its decision lets all of them go on", async () => {
  const line = await created({
    workflow: { entry: "lead", signOff: false, limits: { modelCalls: 1 } },
    say: (request, role) =>
      role === "lead" && !said(request).includes("# Report from") ? [tasks(slugs.map((mode) => ({ mode })))] : report(),
  });
  const first = await line.move();
  expect(first.asks.map(({ kind, limit }) => [kind, limit])).toEqual([
    ["limit", { name: "modelCalls", value: 1, ceiling: 1 }],
  ]);
  expect(await line.ofType("ask_awaited")).toHaveLength(2);
  const [ask] = first.asks;
  const by = { by: "tester", face: "test", at: "2026-01-01T00:00:00.000Z" };
  await line.store.decide(ask!.id as AskId, { verb: "approve", text: "", args: { to: 20 }, ...by }, ask!.hash);
  expect((await line.move()).status).toBe("finished");
  expect((await line.store.run(line.run))?.limits.modelCalls).toBe(20);
  expect(await verifyRun(line.store, line.run)).toMatchObject({ ok: true, problems: [] });
});

test("a limit that a person does not raise stops the whole run, whichever line reached it", async () => {
  const line = await created({
    workflow: { entry: "lead", signOff: false, limits: { modelCalls: 1 } },
    say: (_request, role) => (role === "lead" ? [tasks(slugs.map((mode) => ({ mode })))] : report()),
  });
  await line.move();
  await line.decide("reject", "enough");
  expect(await line.move()).toMatchObject({ status: "stopped", run: { signalBy: "tester" } });
  expect((await line.store.lines(line.run)).slice(1).map(({ ended, closed }) => [ended, closed])).toEqual([
    ["stopped", true],
    ["stopped", true],
    ["stopped", true],
  ]);
  expect(line.modelCalls).toHaveLength(1);
  expect(await verifyRun(line.store, line.run)).toMatchObject({ ok: true, problems: [] });
});

test("P4 a stop reaches every child, aborts their calls, and the run ends after them", async () => {
  const line = await created({
    say: async (_request, role) => {
      if (role === "lead") return [tasks([{ mode: "one" }, { mode: "two" }])];
      if (role === "one") await line.store.setSignal(line.run, "stop", "linh");
      return role === "one" ? report() : new Promise(() => undefined);
    },
  });
  const moved = line.move({ leaseTimes: { ttl: 1000, renew: 5 } });
  await expect.poll(() => line.aborted).toBeGreaterThan(0);
  expect(await moved).toMatchObject({ status: "stopped", run: { reason: "stopped by linh" } });
  expect((await line.events()).at(-1)).toMatchObject({ type: "run_ended", status: "stopped", by: "linh" });
  expect(await verifyRun(line.store, line.run)).toMatchObject({ ok: true, problems: [] });
});

test("P3 a child whose model fails pauses alone: the others come to rest, and a resume goes on where it was", async () => {
  let broken = true;
  const line = await created({
    say: (request, role) => {
      if (role === "lead")
        return said(request).includes("# Report from") ? report() : [tasks([{ mode: "one" }, { mode: "two" }])];
      if (role === "one" && broken) throw new Error("the model is away");
      return report();
    },
  });
  await expect(line.move()).rejects.toThrow("the model is away");
  expect((await line.store.lines(line.run)).map(({ ended }) => ended)).toEqual([null, null, "reported"]);
  broken = false;
  expect((await line.move()).status).toBe("finished");
});

test.each([
  ["once", 1],
  ["each time", Number.POSITIVE_INFINITY],
] as const)("P3 a look at the lines that fails %s cuts off nothing that is under way", async (_how, times) => {
  let failing = 0;
  let failed = 0;
  const line = await created({
    say: async (request, role) => {
      if (role === "lead")
        return said(request).includes("# Report from") ? report() : [tasks([{ mode: "one" }, { mode: "two" }])];
      // The look that follows once the first has come to rest fails, and the other one is at work then.
      if (role === "one") failing = times;
      else await expect.poll(() => failed).toBeGreaterThan(0);
      return report();
    },
  });
  const lines = line.store.lines.bind(line.store);
  line.store.lines = async (run) => {
    if (failed >= failing) return lines(run);
    failed += 1;
    throw new Error("the store is busy");
  };
  const moved = line.move({ leaseTimes: { ttl: 1000, renew: 5 } });
  if (times === 1) expect((await moved).status).toBe("finished");
  else await expect(moved).rejects.toThrow("the store is busy");
  expect(failed).toBeGreaterThan(0);
  expect((await lines(line.run)).slice(1).map(({ ended }) => ended)).toEqual(["reported", "reported"]);
});

test("what a child sends in copy reaches its reader on the line above, once", async () => {
  const line = await created({
    modes: [
      modeText("boss", "010-director", { delegates: ["lead"] }),
      modeText("lead", "020-lead", { delegates: ["one", "two"], escalates: ["boss"] }),
      modeText("one", "030-worker", { escalates: ["lead"], reports: ["lead", "boss"] }),
      modeText("two", "030-worker", { escalates: ["lead"] }),
    ],
    workflow: { entry: "boss", signOff: false },
    say: (request, role) => {
      const answered = said(request).includes("# Report from");
      if (role === "boss" && !answered)
        return [call("new_task", { mode: "lead", task: "for lead matters", acceptance_criteria: ["done"] })];
      if (role === "lead" && !answered) return [tasks([{ mode: "one" }, { mode: "two" }])];
      return report(`${role} is done`);
    },
  });
  expect((await line.move()).status).toBe("finished");
  const last = line.modelCalls.at(-1)?.messages.filter((message) => message.content.startsWith("# Copy of a report"));
  expect(last?.map(({ content }) => content)).toEqual([expect.stringContaining("one is done")]);
  expect((await line.ofType("turn_taken")).at(-1)).toMatchObject({ role: "boss", copiesSeen: 1 });
});

test("L2 lines that look at one moment do not spend what is left once: the commit of the intent holds the ceiling", async () => {
  const looks = { waiting: 0, go: Promise.withResolvers<void>() };
  const line = await created({
    workflow: { entry: "lead", signOff: false, limits: { modelCalls: 2 } },
    say: (request, role) =>
      role === "lead" && !said(request).includes("# Report from") ? [tasks(slugs.map((mode) => ({ mode })))] : report(),
  });
  // All three children have read the run's counters before any of them begins its call.
  const effect = line.store.effect.bind(line.store);
  line.store.effect = async (key) => {
    const row = await effect(key);
    if (row === undefined && !key.startsWith("r-000001.1/")) {
      looks.waiting += 1;
      if (looks.waiting === 3) looks.go.resolve();
      await looks.go.promise;
    }
    return row;
  };
  const first = await line.move();
  expect(first.asks.map(({ kind, limit }) => [kind, limit?.name])).toEqual([["limit", "modelCalls"]]);
  expect((await line.store.run(line.run))?.counters.modelCalls).toBe(2);
  expect(line.modelCalls).toHaveLength(2);
  await line.store.decide(
    first.asks[0]!.id as AskId,
    { verb: "approve", text: "", args: { to: 20 }, by: "lead", face: "test", at: "2026-01-01T00:00:00.000Z" },
    first.asks[0]!.hash,
  );
  expect((await line.move()).status).toBe("finished");
  expect(await verifyRun(line.store, line.run)).toMatchObject({ ok: true, problems: [] });
});

test.each([
  ["money", { money: { amount: 0.5, currency: "EUR" } }, 0.5],
  ["tokens", { tokens: 9000 }, 9000],
] as const)("L1 lines that come to the limit of %s at one moment raise one question", async (name, limits, ceiling) => {
  const terms = {
    price: { promptPerMillion: 10, completionPerMillion: 100, currency: "EUR" },
    source: "models.it in cadre.yaml",
    gpus: null,
    longestMs: 20_000,
  };
  const looks = { waiting: 0, go: Promise.withResolvers<void>() };
  const line = await created({
    workflow: { entry: "lead", signOff: false, limits },
    terms,
    say: (_request, role) => (role === "lead" ? [tasks(slugs.map((mode) => ({ mode })))] : report()),
  });
  // All three children are under way or have looked for a question before any of them commits its own.
  const asks = line.store.asks.bind(line.store);
  line.store.asks = async (filter) => {
    const rows = await asks(filter);
    if (filter?.state === undefined && filter?.dueBy === undefined && rows.length === 0) {
      looks.waiting += 1;
      if (looks.waiting === 2) looks.go.resolve();
      await looks.go.promise;
    }
    return rows;
  };
  const first = await line.move();
  expect(first.asks.map(({ kind, limit }) => [kind, limit?.name, limit?.ceiling])).toEqual([["limit", name, ceiling]]);
  expect(looks.waiting).toBeGreaterThan(1);
});

test("L2 calls that a crash left in doubt on several lines are repeated beyond the ceiling by one at most", async () => {
  let dying = true;
  const looks = { waiting: 0, go: Promise.withResolvers<void>() };
  const line = await created({
    workflow: { entry: "lead", signOff: false, limits: { modelCalls: 4 } },
    say: (request, role) =>
      role === "lead" && !said(request).includes("# Report from") ? [tasks(slugs.map((mode) => ({ mode })))] : report(),
  });
  const finish = line.store.finish.bind(line.store);
  line.store.finish = async (fence, key, ...rest) => {
    if (dying && !key.startsWith("r-000001.1/")) throw new Error("died");
    return finish(fence, key, ...rest);
  };
  await expect(line.move()).rejects.toThrow("died");
  expect((await line.store.run(line.run))?.counters.modelCalls).toBe(4);
  dying = false;
  // All three have looked before any of them repeats its call.
  const effect = line.store.effect.bind(line.store);
  line.store.effect = async (key) => {
    const row = await effect(key);
    if (row?.outcome === null && (looks.waiting += 1) <= 3) {
      if (looks.waiting === 3) looks.go.resolve();
      await looks.go.promise;
    }
    return row;
  };
  const waiting = await line.move();
  expect(waiting.asks.map(({ kind, limit }) => [kind, limit?.name])).toEqual([["limit", "modelCalls"]]);
  expect((await line.store.run(line.run))?.counters.modelCalls).toBe(5);
  expect(line.modelCalls).toHaveLength(5);
  await line.store.decide(
    waiting.asks[0]!.id as AskId,
    { verb: "approve", text: "", args: { to: 20 }, by: "lead", face: "test", at: "2026-01-01T00:00:00.000Z" },
    waiting.asks[0]!.hash,
  );
  expect((await line.move()).status).toBe("finished");
  expect(await verifyRun(line.store, line.run)).toMatchObject({ ok: true, problems: [] });
});
