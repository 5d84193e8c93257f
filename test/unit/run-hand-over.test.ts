/** H1: a route whose purpose does not fit what is sent along it is questioned once; who insists has a person decide. */
import { expect, test } from "vitest";
import { verifyRun } from "../../src/run/verify/verify-run.ts";
import { LineHarness, call, fullReport } from "../fixtures/line-harness.ts";
import { tablesAndModels } from "../fixtures/tables-and-models.ts";

const modes = tablesAndModels();
const task = (to: string, text = "Train a machine learning classifier and measure it", id = "c1") =>
  call("new_task", { mode: to, task: text, acceptance_criteria: ["trained"] }, id);
const report = call("attempt_completion", fullReport(), "done");

/** The lead makes these calls, one a turn, then reports; whoever gets a task reports at once. */
function lineWith(...calls: readonly ReturnType<typeof task>[]): LineHarness {
  let turn = 0;
  return new LineHarness({
    modes,
    workflow: { entry: "lead", signOff: false },
    say: (_request, role) => {
      if (role !== "lead") return [report];
      turn += 1;
      return [calls[turn - 1] ?? report];
    },
  });
}

test("H1 a clear misfit is questioned with the route that fits, and nothing was handed over", async () => {
  const line = lineWith(task("tables"), task("models"));
  expect(await line.start()).toBe("ended");
  const [questioned] = await line.ofType("refused");
  expect(questioned).toMatchObject({ code: "route-questioned", kind: "delegation", to: "tables" });
  expect(questioned?.allowed.map((each) => each.to)).toEqual(["models", "tables"]);
  expect(questioned?.reason).toContain("Database tables");
  const opened = await line.ofType("frame_opened");
  expect(opened.map((each) => each.to)).toEqual(["lead", "models"]);
});

test("H1 R3 who insists has a person decide, who sees the route's own rule; approved, exactly that is handed over", async () => {
  const line = lineWith(task("tables"), task("tables", undefined, "c2"));
  expect(await line.start()).toBe("waiting");
  const [ask] = await line.store.asks({ run: line.run, state: "open" });
  expect(ask).toMatchObject({
    kind: "approval",
    action: { tool: "new_task", args: { mode: "tables" } },
    rule: { purpose: "Database tables, queries and indexes", file: "modes/m0.md" },
  });
  await line.decide("approve", "");
  expect(await line.advance()).toBe("ended");
  const opened = await line.ofType("frame_opened");
  expect(opened.map((each) => [each.to, each.callId])).toEqual([
    ["lead", null],
    ["tables", "c2"],
  ]);
  expect((await verifyRun(line.store, line.run)).problems).toEqual([]);
});

test("H1 rejected, nothing is handed over and the reason reaches the role", async () => {
  const line = lineWith(task("tables"), task("tables", undefined, "c2"), task("models", undefined, "c3"));
  await line.start();
  await line.decide("reject", "tables know nothing of training");
  expect(await line.advance()).toBe("ended");
  expect((await line.ofType("frame_opened")).map((each) => each.to)).toEqual(["lead", "models"]);
  const told = line.modelCalls.flatMap((request) => request.messages).map((message) => message.content);
  expect(told).toContain("Rejected by tester: tables know nothing of training");
});

test.each([
  ["in another language", "Huấn luyện bộ phân loại và đo kết quả"],
  ["that fits its purpose", "Write the database queries for the training data of machine learning models"],
  ["that fits no purpose", "Paint the fence"],
])("H1 a text %s is not questioned", async (_what, text) => {
  const line = lineWith(task("tables", text));
  expect(await line.start()).toBe("ended");
  expect(await line.ofType("refused")).toEqual([]);
  expect((await line.ofType("frame_opened")).map((each) => each.to)).toEqual(["lead", "tables"]);
});
