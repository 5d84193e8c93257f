/** Reports that are taken or returned by whoever gave the task out (`src/run/return-report.ts`). */
import { expect, test } from "vitest";
import type { ModelRequest } from "../../src/models/model.ts";
import { verifyRun } from "../../src/run/verify/verify-run.ts";
import { LineHarness, call, fullReport, modeText, type HarnessOptions } from "../fixtures/line-harness.ts";

const modes = [
  modeText("lead", "020-lead", { delegates: ["one", "two"], escalates: ["user"] }),
  modeText("one", "030-worker", { escalates: ["lead"], reports: ["lead"] }),
  modeText("two", "030-worker", { escalates: ["lead"], reports: ["lead"] }),
];

const given = (mode: string) => ({ mode, task: `for ${mode} matters`, acceptance_criteria: ["it is done"] });
const task = (mode: string, id: string) => call("new_task", given(mode), id);
const report = (summary: string, id = "done") => [call("attempt_completion", { ...fullReport(), summary }, id)];
const back = (reason: string, id: string, report?: string) =>
  call("return_report", { ...(report ? { report } : {}), reasons: [{ criterion: "A1", reason }] }, id);
const tools = (request: ModelRequest): string[] => request.tools.map((tool) => tool.name);

async function created(
  say: HarnessOptions["say"],
  more: Partial<HarnessOptions["workflow"]> = {},
): Promise<LineHarness> {
  const line = new LineHarness({ modes, workflow: { entry: "lead", signOff: false, ...more }, say });
  await line.create();
  return line;
}

/** The lead plays its list; a worker says how often it was asked. */
function played(list: readonly (readonly ReturnType<typeof call>[])[]) {
  const turns = new Map<string, number>();
  return (_request: ModelRequest, role: string) => {
    const turn = turns.get(role) ?? 0;
    turns.set(role, turn + 1);
    return role === "lead" ? (list[turn] ?? report("all")) : report(`${role}, version ${turn + 1}`, `w${turn}`);
  };
}

test("T1 T2 a report goes back with its reasons to the role that made it, which goes on with its own transcript", async () => {
  const line = await created(played([[task("one", "l1")], [back("the table is missing", "l2")], report("all", "l3")]));
  expect((await line.move()).status).toBe("finished");
  expect(await line.ofType("report_returned")).toMatchObject([
    { role: "lead", to: "one", round: 1, reasons: [{ criterion: "A1", reason: "the table is missing" }] },
  ]);
  const [, first, second] = (await line.ofType("frame_opened")).slice(0);
  expect(second).toMatchObject({
    kind: "delegation",
    to: "one",
    seededBy: first?.frame,
    assignment: first?.assignment,
  });
  const again = line.modelCalls[3]!.messages.slice(2);
  expect(again.map((message) => message.role)).toEqual(["user", "assistant", "tool"]);
  expect(again.at(-1)).toMatchObject({ callId: "w0", content: "Returned by lead:\n- [A1] the table is missing" });
  const taken = line.modelCalls.at(-1)!.messages.findLast((message) => message.role === "tool");
  expect(taken).toMatchObject({ callId: "l2", name: "return_report" });
  expect(taken?.content).toContain("one, version 2");
  expect(await verifyRun(line.store, line.run)).toMatchObject({ ok: true, problems: [] });
});

test("T1 a report can be returned exactly while it was not taken: after further work was given out it no longer can", async () => {
  const line = await created(
    played([[task("one", "l1")], [task("two", "l2")], [back("too late", "l3", "f3")], report("all", "l4")]),
  );
  expect((await line.move()).status).toBe("finished");
  const leads = line.modelCalls.filter((request) => tools(request).includes("new_task"));
  expect(leads.map((request) => tools(request).includes("return_report"))).toEqual([false, true, true, true]);
  const [refused] = await line.ofType("refused");
  expect(refused).toMatchObject({ verb: "return_report", code: "call-malformed" });
  expect(refused?.reason).toMatch(/^name one of these as `report`: f\d+ \(from two\)\.$/);
  expect(await line.ofType("report_returned")).toEqual([]);
});

test("a reason must be about a criterion of the task, and a report must be there", async () => {
  const line = await created(
    played([
      [back("of what?", "l1")],
      [task("one", "l2")],
      [call("return_report", { reasons: [{ criterion: "A9", reason: "?" }] }, "l3")],
      report("all", "l4"),
    ]),
  );
  expect((await line.move()).status).toBe("finished");
  expect((await line.ofType("refused")).map((event) => event.reason)).toEqual([
    "no report waits to be taken or returned here.",
    "the task has no criterion [A9]. Its criteria: A1.",
  ]);
});

const rounds = [[task("one", "l1")], [back("1", "l2")], [back("2", "l3")], [back("3", "l4")]];

test("T4 after the workflow's rounds the next return is a person's to allow, and goes on if they do", async () => {
  const line = await created(played([...rounds, report("all", "l5")]));
  expect(await line.move()).toMatchObject({
    status: "waiting",
    asks: [{ kind: "approval", topic: "return of a report" }],
  });
  expect((await line.ofType("report_returned")).map((event) => event.round)).toEqual([1, 2]);
  await line.decide("approve", "");
  expect((await line.move()).status).toBe("finished");
  expect((await line.ofType("report_returned")).map((event) => event.round)).toEqual([1, 2, 3]);
  expect(await verifyRun(line.store, line.run)).toMatchObject({ ok: true, problems: [] });
});

test("T4 a person who does not allow it has the giver go on with the report as it is", async () => {
  const line = await created(played([[task("one", "l1")], [back("1", "l2")], report("all", "l3")]), { returns: 0 });
  await line.move();
  await line.decide("reject", "take it");
  expect((await line.move()).status).toBe("finished");
  expect(await line.ofType("report_returned")).toEqual([]);
  expect(line.modelCalls.at(-1)!.messages.at(-1)?.content).toBe("Rejected by tester: take it");
  expect(await verifyRun(line.store, line.run)).toMatchObject({ ok: true, problems: [] });
});

test("T3 a report of a child line comes back on the line of its giver, while the others' can still be returned", async () => {
  const both = call("new_tasks", { tasks: [given("one"), given("two")], wait: "all" }, "l1");
  const line = await created(
    played([
      [both],
      [back("one is thin", "l2", "r-000001.1.3")],
      [back("two is thin", "l3", "r-000001.1.4")],
      report("all", "l4"),
    ]),
  );
  expect((await line.move()).status).toBe("finished");
  expect((await line.ofType("report_returned")).map(({ of, to, round }) => [of, to, round])).toEqual([
    ["r-000001.1.3", "one", 1],
    ["r-000001.1.4", "two", 1],
  ]);
  const reopened = (await line.store.events("r-000001.1" as never)).map(({ event }) => event);
  expect(reopened.filter((event) => event.type === "frame_opened").map((event) => event.seededBy)).toEqual([
    null,
    null,
    null,
  ]);
  const request = line.modelCalls.find((each) => each.messages.at(-1)?.content.includes("one is thin"));
  expect(request?.messages.at(-1)?.content).toMatch(
    /^# Report from one\n[\s\S]*version 1[\s\S]*\n\nReturned by lead:\n- \[A1\] one is thin$/,
  );
  expect(await verifyRun(line.store, line.run)).toMatchObject({ ok: true, problems: [] });
});
