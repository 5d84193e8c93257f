/** Someone other than the author verifies before a run closes (`src/run/verification.ts`). */
import { expect, test } from "vitest";
import { hashOf } from "../../src/canonical.ts";
import type { RunId } from "../../src/ids.ts";
import type { ModelCall, ModelRequest } from "../../src/models/model.ts";
import { rehearse } from "../../src/models/rehearsal/rehearsal.ts";
import { verifyRun } from "../../src/run/verify/verify-run.ts";
import { checkpointAtCut } from "../../src/store/checkpoints.ts";
import { executeCommandTool } from "../../src/tools/command-tools.ts";
import { noSandbox } from "../../src/tools/sandbox/sandbox.ts";
import type { Tool } from "../../src/tools/tool.ts";
import { renderJournal } from "../../src/views/journal/journal.ts";
import { traceSteps } from "../../src/views/trace/trace.ts";
import { LineHarness, call, fullReport, modeText, type HarnessOptions } from "../fixtures/line-harness.ts";

const command = ["npm", "test"];
const modes = [
  modeText("lead", "020-lead", { delegates: ["maker"], escalates: ["user"] }),
  modeText("maker", "030-worker", { escalates: ["lead"], groups: ["communication", "completion", "command", "edit"] }),
  modeText("reader", "020-lead", {
    escalates: ["user"],
    delegates: ["maker"],
    groups: ["communication", "completion", "edit"],
  }),
];

const spec = executeCommandTool(noSandbox);
/** A command tool whose programs end with these exit codes, in turn. */
function commands(...codes: readonly number[]): Tool & { runs: number } {
  const tool: Tool & { runs: number } = {
    name: spec.name,
    description: spec.description,
    schema: spec.schema,
    access: "effect",
    runs: 0,
    run: async (_context, args) => {
      const exitCode = codes[tool.runs] ?? 0;
      tool.runs += 1;
      const detail = { command: [...(args as { command: string[] }).command], exitCode };
      return { ok: exitCode === 0, text: `Exit code ${exitCode}.`, receipt: { files: [], measurements: [], detail } };
    },
  };
  return tool;
}

const judged = (verdict: "accept" | "return", of: "holds" | "fails" | "open", id = "v") => [
  call("attempt_completion", { verdict, summary: "looked", criteria: [{ id: "A1", verdict: of, reason: "seen" }] }, id),
];
const report = (id: string) => [call("attempt_completion", fullReport(), id)];

type Part = readonly (readonly ModelCall[])[];

async function created(parts: { lead?: Part; reader?: Part; maker?: Part }, more: Partial<HarnessOptions> = {}) {
  const turns = new Map<string, number>();
  const say = (_request: ModelRequest, role: string) => {
    const turn = turns.get(role) ?? 0;
    turns.set(role, turn + 1);
    return parts[role as keyof typeof parts]?.[turn] ?? report(`${role}${turn}`);
  };
  const line = new LineHarness({
    modes,
    say,
    ...more,
    workflow: { entry: "lead", signOff: false, verify: { by: "reader" }, ...more.workflow },
  });
  await line.create();
  return line;
}

const sound = async (line: LineHarness) =>
  expect(await verifyRun(line.store, line.run)).toMatchObject({ ok: true, problems: [] });

test("V4 the run closes when the verifying role accepts, and the verdict is part of its history", async () => {
  const line = await created({ reader: [judged("accept", "holds")] });
  expect((await line.move()).status).toBe("finished");
  expect(await line.ofType("report_verified")).toMatchObject([
    { role: "reader", verdict: "accept", check: null, by: "model" },
  ]);
  expect((await line.ofType("run_ended"))[0]?.reason).toBe("verified by reader");
  const seen = line.modelCalls[1]!;
  expect(seen.messages.at(-1)?.content).toContain("# The report to verify\n\n# Report from lead");
  expect(seen.tools.map((tool) => tool.name)).toEqual(["escalate", "attempt_completion"]);
  await sound(line);
});

test("V1 the check runs first, under the approval that any command needs, and its receipt is in the ledger", async () => {
  const tool = commands(0);
  const workflow = { entry: "lead", signOff: true, verify: { by: "reader", command } };
  const line = await created({ reader: [judged("accept", "open")] }, { workflow, tools: [tool] });
  expect(await line.move()).toMatchObject({
    status: "waiting",
    asks: [{ kind: "approval", topic: "check before the run closes" }],
  });
  expect(tool.runs).toBe(0);
  await line.decide("approve", "");
  const [ask] = (await line.move()).asks;
  expect(tool.runs).toBe(1);
  expect(line.modelCalls[1]!.messages.at(-1)?.content).toMatch(
    /^# The workspace's own check, run by the runtime\n\nExit code 0\.\n\(receipt r-000001\.1\/e\d+\)$/,
  );
  expect(ask).toMatchObject({ kind: "sign_off" });
  expect(ask?.question).toMatch(
    /Verified by reader, who accepts it: looked\nNot verified: A1 \(seen\)\.\nCheck: npm test: passed \(Exit code 0\.\), receipt r-000001\.1\/e\d+\./,
  );
  await line.decide("approve", "");
  expect((await line.move()).status).toBe("finished");
  await sound(line);
});

const allowed = { entry: "lead", signOff: false, verify: { by: "reader", command }, commands: { allow: [command] } };

test("V1 nobody accepts what the check failed; the report goes back, and is verified anew", async () => {
  const tool = commands(1, 0);
  const line = await created(
    { reader: [judged("accept", "holds", "v1"), judged("return", "open", "v2"), judged("accept", "holds", "v3")] },
    { workflow: allowed, tools: [tool] },
  );
  expect((await line.move()).status).toBe("finished");
  expect(tool.runs).toBe(2);
  const [refused] = await line.ofType("refused");
  expect(refused).toMatchObject({ role: "reader", code: "report-incomplete" });
  expect(refused?.reason).toContain("the check failed, so it cannot be accepted: npm test: failed (Exit code 1.)");
  expect((await line.ofType("report_verified")).map((event) => [event.verdict, event.check?.state])).toEqual([
    ["return", "failed"],
    ["accept", "passed"],
  ]);
  const returned = line.modelCalls.find((request) => request.messages.at(-1)?.content.startsWith("Returned by reader"));
  expect(returned?.messages.at(-1)?.content).toContain("The check: npm test: failed");
  await sound(line);
});

test("X2 without a sandbox the check is not verified, and never counts as passed", async () => {
  const line = await created(
    { reader: [judged("accept", "holds")] },
    { workflow: { ...allowed, signOff: true }, tools: [executeCommandTool(noSandbox) as Tool] },
  );
  const [ask] = (await line.move()).asks;
  expect((await line.ofType("report_verified"))[0]?.check).toMatchObject({ state: "not_run", effect: null });
  expect(ask?.question).toContain(
    "npm test: not run, so not verified (The check was not run: execute_command is not available: there is no sandbox here",
  );
  await line.decide("approve", "");
  await line.move();
  await sound(line);
});

test("X2 a check that a person does not let run is not verified", async () => {
  const workflow = { entry: "lead", signOff: false, verify: { by: "reader", command } };
  const tool = commands(0);
  const line = await created({ reader: [judged("accept", "holds")] }, { workflow, tools: [tool] });
  await line.move();
  await line.decide("reject", "not on this machine");
  expect((await line.move()).status).toBe("finished");
  expect(tool.runs).toBe(0);
  expect((await line.ofType("report_verified"))[0]?.check).toMatchObject({
    state: "not_run",
    reason: "Rejected by tester: not on this machine",
  });
  await sound(line);
});

test("X2 with arguments that a person put in its place, the check is not the workflow's, and not verified", async () => {
  const workflow = {
    entry: "lead",
    signOff: false,
    verify: { by: "reader", command },
    grants: { reader: ["command"] },
  };
  const tool = commands(0);
  const line = await created({ reader: [judged("accept", "holds")] }, { workflow, tools: [tool] });
  await line.move();
  await line.decide("approve", "", { command: ["true"], timeout_seconds: 60, network: false });
  expect((await line.move()).status).toBe("finished");
  expect(tool.runs).toBe(1);
  expect((await line.ofType("report_verified"))[0]?.check).toMatchObject({ command, state: "not_run" });
  await sound(line);
});

test("D3 X2 a check that was cut off is in doubt; that it ran is a person's word, and no receipt", async () => {
  const tool = commands(0);
  let cut = true;
  const died: Tool = {
    ...tool,
    run: async (context, args, prepared) => {
      const outcome = await tool.run(context, args, prepared);
      if (cut) throw new Error("the process is gone");
      return outcome;
    },
  };
  const line = await created({ reader: [judged("accept", "holds")] }, { workflow: allowed, tools: [died] });
  await expect(line.move()).rejects.toThrow("the process is gone");
  cut = false;
  expect((await line.move()).asks).toMatchObject([{ kind: "doubt" }]);
  await line.decide("answer", "ran");
  expect((await line.move()).status).toBe("finished");
  expect(tool.runs).toBe(1);
  expect((await line.ofType("report_verified"))[0]?.check).toMatchObject({ state: "not_run" });
  await sound(line);
});

test("V2 a role that ran a command for the work does not verify it: nothing is verified, and a person decides even without a sign-off", async () => {
  const task = call(
    "new_task",
    { mode: "maker", task: "for maker matters", acceptance_criteria: ["it is done"] },
    "l1",
  );
  const ran = [call("execute_command", { command: ["make"] }, "m1")];
  const workflow = { entry: "lead", signOff: false, verify: { by: "maker" }, commands: { allow: [["make"]] } };
  const line = await created({ lead: [[task]], maker: [ran] }, { workflow, tools: [commands(0)] });
  const [ask] = (await line.move()).asks;
  expect(ask).toMatchObject({ kind: "sign_off" });
  expect(ask?.question).toContain(
    "Not verified: maker ran a command that may have changed files, so it cannot verify its own work.",
  );
  expect(await line.ofType("report_verified")).toMatchObject([{ verdict: "not_verified", by: "runtime" }]);
  await line.decide("approve", "");
  expect((await line.move()).status).toBe("finished");
  await sound(line);
});

test("V2 a role that reported on a part of the work does not verify it", async () => {
  const task = call(
    "new_task",
    { mode: "maker", task: "for maker matters", acceptance_criteria: ["it is done"] },
    "l1",
  );
  const line = await created(
    { lead: [[task]] },
    { workflow: { entry: "lead", signOff: false, verify: { by: "maker" } } },
  );
  expect((await line.move()).asks[0]?.question).toContain("Not verified: maker reported on a part of it");
});

test("V2 what a role did beside others, before a run went on from there, counts in the run that goes on", async () => {
  const tasks = ["maker", "reader"].map((mode) => ({
    mode,
    task: `for ${mode} matters`,
    acceptance_criteria: ["done"],
  }));
  const asked = { to: "user", topic: "t", question: "which?", severity: "low", tried: "", options: ["this"] };
  const line = await created(
    { lead: [[call("new_tasks", { tasks, wait: "all" }, "l1")], [call("escalate", asked, "l2")]] },
    {
      modes: [modeText("lead", "020-lead", { delegates: ["maker", "reader"], escalates: ["user"] }), ...modes.slice(1)],
    },
  );
  expect(await line.move()).toMatchObject({ status: "waiting", asks: [{ kind: "escalation" }] });
  const main = (await line.store.lines(line.run))[0]!;
  const {
    past: _past,
    status: _status,
    endedAt: _ended,
    counters: _counters,
    ...row
  } = (await line.store.run(line.run))!;
  const fork = new LineHarness({
    modes: [],
    workflow: { entry: "lead" },
    store: line.store,
    run: "r-000002" as RunId,
    say: (_request, role) => report(`${role}-of-fork`),
  });
  await line.store.createRun({ ...row, id: fork.run }, line.bound, {
    line: main.id,
    length: main.length,
    head: main.headHash,
    checkpoint: checkpointAtCut(main.length),
  });
  expect(await fork.move()).toMatchObject({ status: "waiting", asks: [{ kind: "escalation" }] });
  await fork.decide("answer", "this");
  expect((await fork.move()).asks[0]?.question).toContain("Not verified: reader reported on a part of it");
  expect(await verifyRun(fork.store, fork.run)).toMatchObject({ ok: true, problems: [] });
});

test("V2 the role that made the report does not verify it", async () => {
  const workflow = { entry: "lead", signOff: false, verify: { by: "lead" } };
  const line = await created({}, { workflow });
  expect((await line.move()).asks[0]?.question).toContain("Not verified: lead made the report");
});

test("V3 whoever verifies changes nothing, runs nothing and gives nothing out", async () => {
  const tool = commands(0);
  const line = await created(
    {
      reader: [
        [call("execute_command", { command }, "r1")],
        [call("new_task", { mode: "maker", task: "for maker matters", acceptance_criteria: ["x"] }, "r2")],
        judged("accept", "holds"),
      ],
    },
    { workflow: { ...allowed, grants: { reader: ["command"] } }, tools: [tool] },
  );
  expect((await line.move()).status).toBe("finished");
  expect(tool.runs).toBe(1);
  expect((await line.ofType("refused")).map((event) => [event.verb, event.code])).toEqual([
    ["execute_command", "tool-not-granted"],
    ["new_task", "tool-not-granted"],
  ]);
  await sound(line);
});

test("V4 a verdict judges every criterion once, and says of none that it holds which the report itself misses", async () => {
  const missed = call(
    "attempt_completion",
    { ...fullReport(), criteria: [{ id: "A1", status: "not_met", evidence: "no" }] },
    "l1",
  );
  const none = call("attempt_completion", { verdict: "accept", summary: "fine", criteria: [] }, "r1");
  const line = await created({
    lead: [[missed]],
    reader: [[none], judged("accept", "holds", "r2"), judged("return", "open", "r3"), judged("accept", "open", "r4")],
  });
  expect((await line.move()).status).toBe("finished");
  expect((await line.ofType("refused")).map((event) => event.reason)).toEqual([
    'the verdict does not hold: criterion [A1] "the thing is there" is not judged.',
    "the verdict does not hold: the report itself says that criterion [A1] is not met.",
    "the verdict does not hold: nothing fails: judge a criterion as `fails`, with the reason, or accept.",
  ]);
});

test("V5 after the workflow's rounds a person judges what the verifying role still does not accept", async () => {
  const fails = judged("return", "fails");
  const line = await created(
    { reader: [fails, fails, fails] },
    { workflow: { entry: "lead", signOff: false, verify: { by: "reader" }, limits: { repeats: 9 } } },
  );
  const [ask] = (await line.move()).asks;
  expect(ask).toMatchObject({ kind: "sign_off" });
  expect(ask?.question).toContain("reader does not accept it, and the rounds are over: looked\nFails: A1 (seen).");
  expect((await line.ofType("report_verified")).length).toBe(3);
  await line.decide("approve", "");
  expect((await line.move()).status).toBe("finished");
  await sound(line);
});

test("a person who staffs the verifying role accepts in words, or returns with the reason", async () => {
  const workflow = {
    entry: "lead",
    signOff: false,
    verify: { by: "reader" },
    staffing: { reader: { by: "person" as const } },
  };
  const line = await created({}, { workflow });
  expect((await line.move()).asks).toMatchObject([{ kind: "assignment", role: "reader" }]);
  await line.decide("reject", "the table is missing");
  expect((await line.move()).asks).toMatchObject([{ kind: "assignment", role: "reader" }]);
  expect(line.modelCalls.at(-1)!.messages.at(-1)?.content).toBe("Returned by reader: the table is missing");
  await line.decide("answer", "good");
  expect((await line.move()).status).toBe("finished");
  expect((await line.ofType("report_verified")).map(({ verdict, by }) => [verdict, by])).toEqual([
    ["return", "person"],
    ["accept", "person"],
  ]);
  await sound(line);
});

test("V1 a person is shown the report and the check, and their answer accepts nothing that the check failed", async () => {
  const workflow = { ...allowed, staffing: { reader: { by: "person" as const } } };
  const line = await created({}, { workflow, tools: [commands(1, 0)] });
  const [ask] = (await line.move()).asks;
  expect(ask).toMatchObject({ kind: "assignment", topic: "verification" });
  expect(ask?.question).toMatch(/\n\nReported by lead: [^\n]+\n- \[A1\] not_measured: scripted/);
  expect(ask?.question).toMatch(/\n\nCheck: npm test: failed \(Exit code 1\.\)[^\n]*\n\nThe check failed.*returned/);
  await line.decide("answer", "good enough");
  const [again] = (await line.move()).asks;
  expect(again?.question).toMatch(/\n\nCheck: npm test: passed [^\n]*\n\nAn answer accepts the report.* returns it/);
  await line.decide("answer", "good");
  expect((await line.move()).status).toBe("finished");
  expect((await line.ofType("report_verified")).map(({ verdict, summary }) => [verdict, summary])).toEqual([
    ["return", "good enough (accepted in words; the check failed, so it goes back)"],
    ["accept", "good"],
  ]);
  await sound(line);
});

test("K1 the rehearsal verifies from what it is shown: no criterion in prose holds, and a failed check goes back", async () => {
  const line = await created({}, { workflow: allowed, tools: [commands(1, 0)], say: (request) => rehearse(request) });
  expect((await line.move()).status).toBe("finished");
  expect(
    (await line.ofType("report_verified")).map(({ verdict, criteria }) => [verdict, criteria[0]?.verdict]),
  ).toEqual([
    ["return", "open"],
    ["accept", "open"],
  ]);
  expect(await line.ofType("refused")).toEqual([]);
  await sound(line);
});

test("the journal tells the verdict on its own page and in the outcome, the trace in two steps", async () => {
  const line = await created({ reader: [judged("accept", "open")] }, { workflow: allowed, tools: [commands(0)] });
  await line.move();
  const events = (await line.store.runEvents(line.run)).map((stored, seq) => ({ ...stored, seq }));
  const row = (await line.store.run(line.run))!;
  const pages = renderJournal({ run: { ...row, status: "finished" }, brief: row.brief, events });
  const [path, page] = [...pages].find(([name]) => name.startsWith("tasks/02-reader"))!;
  expect(page).toContain('status: "accepted"');
  expect(page).toMatch(/## Verdict\n\nAccepted by \*\*reader\*\*\./);
  expect(page).toMatch(/Check `npm test`: passed \(Exit code 0\.\), receipt `r-000001\.1\/e\d+`/);
  expect(pages.get("README.md")).toContain("### Verification\n\nAccepted by **reader**.");
  expect(pages.get("README.md")).toContain(path);
  const steps = traceSteps(events).filter((step) => step.kind === "review");
  expect(steps.map(({ from, verb, to }) => [from, verb, to])).toEqual([
    ["lead", "has its report verified by", "reader"],
    ["reader", "accepts the report of", "lead"],
  ]);
});

test("C4 a workspace that changed after the report is reported and verified anew", async () => {
  const content = "x".repeat(64);
  let files: { path: string; before: null; after: string }[] = [];
  const line = await created(
    { reader: [judged("accept", "holds", "v1"), judged("accept", "holds", "v2")] },
    {
      workspaces: {
        create: async () => ({ path: "/nowhere", baseline: { source: { kind: "empty" }, files: {}, skipped: [] } }),
        path: () => "/nowhere",
        record: async () => null,
        changes: async () => {
          const now = { files, hash: hashOf(files) };
          if (line.modelCalls.length === 2) files = [{ path: "late.md", before: null, after: content }];
          return { files, hash: hashOf(files), ...(line.modelCalls.length < 2 ? now : {}) };
        },
        versions: async () => ({ before: null, after: null }),
        apply: async () => undefined,
      },
    },
  );
  expect((await line.move()).status).toBe("finished");
  expect((await line.ofType("report_submitted")).map((event) => event.changes.files.length)).toEqual([0, 1]);
  expect((await line.ofType("report_verified")).length).toBe(2);
  await sound(line);
});
