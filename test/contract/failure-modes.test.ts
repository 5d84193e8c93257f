/**
 * The fourteen failure modes of agent teams (the MAST taxonomy), each committed by a scripted model, and what stops it.
 *
 * Nothing here relies on a model's good will: the scripts do what went wrong in recorded teams, and the runtime's own words and records
 * are looked at. `verify` finds nothing wrong with any of the histories.
 */
import { expect, test } from "vitest";
import type { Event } from "../../src/events/event.ts";
import type { ModelCall, ModelRequest } from "../../src/models/model.ts";
import { checkWorkflow } from "../../src/org/workflow-check.ts";
import { openStore } from "../../src/store/open.ts";
import {
  commands,
  dying,
  finishes,
  holding,
  holds,
  lineOf,
  modes,
  played,
  purposeful,
  question,
  refusals,
  report,
  task,
  verdict,
  writing,
} from "../fixtures/failing-team.ts";
import { LineHarness, call, fullReport, reply } from "../fixtures/line-harness.ts";

const closing: ReadonlySet<Event["type"]> = new Set(["report_submitted", "report_verified", "run_ended"]);

type FailureMode = { readonly mode: string; readonly does: string; readonly stopped: () => Promise<void> };

const failureModes: readonly FailureMode[] = [
  {
    mode: "1.1",
    does: "disobeys the task: what it reports on is not what it was given",
    stopped: async () => {
      const line = await lineOf({
        lead: [[task("maker", "l0", { acceptance_criteria: [] })], [task("maker", "l1")]],
        maker: [[report("m1", { criteria: [{ id: "B1", status: "met", evidence: "something else, very good" }] })]],
      });
      await finishes(line);
      const [vague, other] = await refusals(line);
      expect(vague).toMatchObject(["lead", "call-malformed", expect.stringContaining("acceptance_criteria")]);
      expect(other?.slice(0, 2)).toEqual(["maker", "report-incomplete"]);
      expect(other?.[2]).toContain('criterion [A1] "it is done" is not reported on; there is no criterion [B1]');
    },
  },
  {
    mode: "1.2",
    does: "disobeys its role: it hands on where it has no route and calls what it was not given",
    stopped: async () => {
      const tool = writing();
      const line = await lineOf(
        {
          lead: [[call("write_to_file", { path: "x" }, "l0")], [task("maker", "l1")]],
          maker: [[task("tester", "m0")], [call("escalate", { ...question, to: "user" }, "m1")]],
        },
        { tools: [tool] },
      );
      await finishes(line);
      expect((await refusals(line)).map((each) => each.slice(0, 2))).toEqual([
        ["lead", "tool-not-granted"],
        ["maker", "route-undeclared"],
        ["maker", "route-undeclared"],
      ]);
      expect(tool.runs).toBe(0);
      expect((await line.ofType("frame_opened")).map((event) => event.to)).toEqual(["lead", "maker"]);
    },
  },
  {
    mode: "1.3",
    does: "repeats a step that changes nothing any more",
    stopped: async () => {
      const tool = writing();
      const again = (n: number): ModelCall[] => [call("write_to_file", { path: "same" }, `w${n}`)];
      const line = await lineOf(
        { lead: [[task("maker", "l1")]], maker: Array.from({ length: 50 }, (_, n) => again(n)) },
        { tools: [tool] },
      );
      const { status, asks } = await line.move();
      expect([status, asks[0]?.limit]).toEqual(["waiting", { name: "repeats", value: 3, ceiling: 3 }]);
      expect(tool.runs).toBe(3);
      await holds(line);
    },
  },
  {
    mode: "1.4",
    does: "loses its history in the middle of the work",
    stopped: async () => {
      const store = openStore({ file: ":memory:", clock: { now: () => Date.parse("2026-01-01T00:00:00Z") } });
      const tool = writing();
      const line = await lineOf({}, { store, tools: [tool], say: dying });
      await expect(line.move()).rejects.toThrow("the process is gone");
      const asked: ModelRequest[] = [];
      const later = new LineHarness({
        modes,
        workflow: { entry: "lead", signOff: false },
        store,
        tools: [tool],
        say: (request, role) => {
          if (role === "maker") asked.push(request);
          return [report(`after-${asked.length}`)];
        },
      });
      await finishes(later);
      const [first] = asked;
      const texts = first?.messages.map((message) => [message.role, message.content.split("\n")[0]]);
      expect(texts?.slice(1)).toEqual([
        ["user", "# Brief: A thing"],
        ["user", "# Your assignment, from lead"],
        ["assistant", ""],
        ["tool", "written"],
      ]);
      expect(tool.runs).toBe(1);
    },
  },
  {
    mode: "1.5",
    does: "does not know when to stop, or says that it is done and goes on saying so",
    stopped: async () => {
      const says = await lineOf(
        {},
        { say: () => ({ ...reply([]), text: "All done! The run is finished.", finish: "stop" }) },
      );
      expect(await says.move()).toMatchObject({
        status: "waiting",
        asks: [{ kind: "limit", limit: { name: "refusals" } }],
      });
      expect(await says.ofType("run_ended")).toEqual([]);
      const tool = writing();
      const works = await lineOf(
        {
          lead: [[task("maker", "l1")]],
          maker: Array.from({ length: 50 }, (_, n) => [call("write_to_file", { path: `${n}` }, `w${n}`)]),
        },
        { tools: [tool], workflow: { entry: "lead", signOff: false, limits: { steps: 15 } } },
      );
      expect(await works.move()).toMatchObject({
        status: "waiting",
        asks: [{ kind: "limit", limit: { name: "steps" } }],
      });
      expect(tool.runs).toBeLessThan(15);
      await holds(says);
      await holds(works);
    },
  },
  {
    mode: "2.1",
    does: "resets the conversation: whoever gave the tasks out forgets them, and a child starts over",
    stopped: async () => {
      const store = openStore({ file: ":memory:", clock: { now: () => Date.parse("2026-01-01T00:00:00Z") } });
      const both = ["maker", "tester"].map((mode) => task(mode, "").args);
      const forgetful = await lineOf(
        {},
        {
          store,
          say: (request, role) => {
            const decided = request.messages.some((message) => message.content.startsWith("# Decision from"));
            if (role === "tester" || decided) throw new Error("the process is gone");
            if (role === "maker") return [call("ask_followup_question", { question: "which?", options: [] }, "m1")];
            return request.messages.some((message) => message.content.startsWith("# A question to you"))
              ? [call("attempt_completion", { decision: "the red one", reason: "it is there" }, "l2")]
              : [call("new_tasks", { tasks: both, wait: "all" }, "l1")];
          },
        },
      );
      await expect(forgetful.move()).rejects.toThrow("the process is gone");
      const line = new LineHarness({ modes, workflow: { entry: "lead", signOff: false }, store, say: played({}) });
      await finishes(line);
      const [main, ...children] = await store.lines(line.run);
      const above = await store.events(main!.id);
      expect(children.length).toBe(2);
      for (const child of children) {
        const [started] = await store.events(child.id, 0, 1);
        const opened = above[child.openedAt ?? -1];
        expect(started?.event).toMatchObject({ type: "child_started", parent: main!.id, opened: opened?.hash });
        expect(above.map(({ event }) => event)).toContainEqual(
          expect.objectContaining({
            type: "child_closed",
            child: child.id,
            head: child.headHash,
            length: child.length,
          }),
        );
      }
      const last = line.modelCalls.findLast((request) => request.messages[0]?.content.includes("`lead`"));
      const answer = last?.messages.at(-1);
      expect(answer).toMatchObject({ role: "tool", callId: "l1" });
      expect(answer?.content).toMatch(/# Report from maker[\s\S]*# Report from tester/);
      const maker = line.modelCalls.find((request) => request.messages[0]?.content.includes("`maker`"));
      expect(maker?.messages.at(-1)?.content).toContain("Decision: the red one");
    },
  },
  {
    mode: "2.2",
    does: "does not ask: it gives out a task on inputs that nobody has",
    stopped: async () => {
      const line = await lineOf(
        {
          lead: [
            [task("maker", "l1", { inputs: ["data/rows.csv", "notes/gone.md"] })],
            [
              call(
                "new_tasks",
                { tasks: ["maker", "tester"].map((mode) => task(mode, "", { inputs: ["gone"] }).args) },
                "l2",
              ),
            ],
            [call("ask_followup_question", { question: "where are the notes?", options: [] }, "l3")],
            [task("maker", "l4", { inputs: ["data/rows.csv: the sample", "data"] })],
          ],
        },
        { workspaces: holding("data/rows.csv") },
      );
      expect(await line.move()).toMatchObject({
        status: "waiting",
        asks: [{ kind: "question", question: "where are the notes?" }],
      });
      expect((await refusals(line)).map((each) => [each[1], each[2].split(". ")[0]])).toEqual([
        ["inputs-missing", "nothing was given out: the workspace does not hold `notes/gone.md`"],
        ["inputs-missing", "nothing was given out: the workspace does not hold `gone`"],
      ]);
      await line.decide("answer", "there are none");
      await finishes(line);
      expect((await line.ofType("frame_opened")).map((event) => event.to)).toEqual(["lead", "user", "maker"]);
    },
  },
  {
    mode: "2.3",
    does: "derails: it turns to a role about something that role is not for",
    stopped: async () => {
      const off = { task: "Please check whether tester matters are in order" };
      const line = await lineOf(
        { lead: [[task("maker", "l1", off)], [task("maker", "l2", off)]] },
        { modes: purposeful },
      );
      const { status, asks } = await line.move();
      expect((await refusals(line)).map((each) => each.slice(0, 2))).toEqual([["lead", "route-questioned"]]);
      expect([status, asks[0]?.kind, asks[0]?.topic]).toEqual(["waiting", "approval", "route to maker"]);
      expect((await line.ofType("frame_opened")).map((event) => event.to)).toEqual(["lead"]);
      await holds(line);
    },
  },
  {
    mode: "2.4",
    does: "withholds what the others need to know",
    stopped: async () => {
      const { criteria: _none, ...silent } = fullReport();
      const line = await lineOf(
        {
          lead: [[task("maker", "l1")]],
          maker: [
            [call("attempt_completion", silent, "m1")],
            [report("m2")],
            [report("m3", { sections: { risks: "none known" } })],
          ],
        },
        {
          rules: [
            {
              name: "care",
              title: "Care",
              reportSections: ["risks"],
              body: "Say the risks.",
              file: "modes/rules/care.md",
            },
          ],
          workflow: { entry: "lead", signOff: false, rules: [{ pack: "care", roles: ["maker"] }] },
        },
      );
      await finishes(line);
      expect(await refusals(line)).toEqual([
        ["maker", "call-malformed", expect.stringContaining("criteria: ")],
        ["maker", "report-incomplete", expect.stringContaining('section "risks" is missing or empty')],
      ]);
    },
  },
  {
    mode: "2.5",
    does: "ignores the decision that it asked for",
    stopped: async () => {
      const tool = writing();
      const decided = (id: string): ModelCall =>
        call("attempt_completion", { decision: "Stop", reason: "licence" }, id);
      const heeding = { decision_taken_up: { chosen: "none of the options", how: "nothing further is made" } };
      const line = await lineOf(
        {
          lead: [[task("maker", "l1")], [decided("l2")], [decided("l3")]],
          maker: [
            [call("escalate", question, "m1")],
            [call("write_to_file", { path: "x" }, "m2")],
            [report("m3")],
            [report("m4", heeding)],
          ],
        },
        { tools: [tool], takesUp: false },
      );
      await finishes(line);
      expect((await refusals(line)).map((each) => each.slice(0, 2))).toEqual([
        ["maker", "decision-not-taken-up"],
        ["maker", "decision-not-taken-up"],
      ]);
      expect(tool.runs).toBe(0);
      expect((await line.ofType("frame_opened")).map((event) => [event.kind, event.to])).toEqual([
        ["start", "lead"],
        ["delegation", "maker"],
        ["escalation", "lead"],
        ["escalation", "lead"],
      ]);
      expect(await line.ofType("decision_taken_up")).toMatchObject([{ role: "maker", how: "nothing further is made" }]);
    },
  },
  {
    mode: "2.6",
    does: "says one thing and does another: numbers that nobody measured, files that nobody wrote, acts that are only words",
    stopped: async () => {
      const tool = writing();
      const claim = (value: number, effect: string): Record<string, unknown> => ({
        measurements: [{ name: "macro-F1", value, unit: "score", effect }],
      });
      const line = await lineOf(
        {
          lead: [[task("maker", "l1")]],
          maker: [
            [],
            [call("write_to_file", { path: "x" }, "m1")],
            [report("m2", claim(0.99, "r-000001.1/e7"))],
            [report("m3", claim(0.5, "r-000001.1/e999"))],
            [report("m4", { artifacts: ["result.md"] })],
            [report("m5", claim(0.5, "r-000001.1/e7"))],
          ],
        },
        { tools: [tool] },
      );
      await finishes(line);
      expect((await line.ofType("action_done"))[0]?.key).toBe("r-000001.1/e7");
      expect((await refusals(line)).map((each) => each[2])).toEqual([
        expect.stringContaining("Your reply held no call"),
        expect.stringContaining("says 0.99, its receipt r-000001.1/e7 says 0.5"),
        expect.stringContaining("cites r-000001.1/e999, which is no receipt of this run"),
        expect.stringContaining("artifact result.md is not in the workspace"),
      ]);
    },
  },
  {
    mode: "3.1",
    does: "ends early: it reports before what was asked for is there",
    stopped: async () => {
      const two = { acceptance_criteria: ["it is done", "it is measured"] };
      const back = call("return_report", { reasons: [{ criterion: "A2", reason: "nothing was measured" }] }, "l2");
      const line = await lineOf({
        lead: [[task("maker", "l1", two)], [back]],
        maker: [
          [report("m1")],
          [
            report("m2", {
              criteria: [
                { id: "A1", status: "met", evidence: "" },
                { id: "A2", status: "met", evidence: "" },
              ],
            }),
          ],
          [report("m3", fullReport(["A1", "A2"]))],
          [report("m4", fullReport(["A1", "A2"]))],
        ],
      });
      await finishes(line);
      expect((await refusals(line)).map((each) => [each[1], each[2]])).toEqual([
        ["report-incomplete", expect.stringContaining('criterion [A2] "it is measured" is not reported on')],
        ["call-malformed", expect.stringContaining("evidence")],
      ]);
      expect(await line.ofType("report_returned")).toMatchObject([{ to: "maker", round: 1 }]);
      expect((await line.ofType("frame_opened")).map((event) => event.to)).toEqual(["lead", "maker", "maker"]);
    },
  },
  {
    mode: "3.2",
    does: "does not verify: the author of the work wants to close the run by itself",
    stopped: async () => {
      const verified = { entry: "lead", signOff: false, verify: { by: "tester" } };
      const line = await lineOf({ tester: [[verdict("accept", "holds")]] }, { workflow: verified });
      await finishes(line);
      const told = (await line.events()).filter((event) => closing.has(event.type)).map((event) => event.type);
      expect(told).toEqual(["report_submitted", "report_verified", "run_ended"]);
      expect(await line.ofType("report_verified")).toMatchObject([{ role: "tester", verdict: "accept" }]);
      // Who took part does not count as someone other: in the files that is an error, in the run a person decides.
      const self = { ...verified, name: "w", verify: { by: "lead" } };
      expect(checkWorkflow(self, "graphs/w.ts", line.bound.chart, []).problems).toMatchObject([
        { code: "verifier-is-author" },
      ]);
      const own = await lineOf({}, { workflow: self });
      expect(await own.move()).toMatchObject({ status: "waiting", asks: [{ kind: "sign_off" }] });
      expect(await own.ofType("report_verified")).toMatchObject([{ verdict: "not_verified", by: "runtime" }]);
    },
  },
  {
    mode: "3.3",
    does: "verifies wrongly: it accepts what the workspace's own tests fail",
    stopped: async () => {
      const command = ["npm", "test"];
      const line = await lineOf(
        {
          tester: [
            [verdict("accept", "holds", "t1")],
            [verdict("return", "fails", "t2")],
            [verdict("accept", "holds", "t3")],
          ],
        },
        {
          tools: [commands(1, 0)],
          workflow: {
            entry: "lead",
            signOff: false,
            verify: { by: "tester", command },
            commands: { allow: [command] },
          },
        },
      );
      await finishes(line);
      expect(await refusals(line)).toEqual([
        ["tester", "report-incomplete", expect.stringContaining("the check failed, so it cannot be accepted")],
      ]);
      expect((await line.ofType("report_verified")).map((event) => [event.verdict, event.check?.state])).toEqual([
        ["return", "failed"],
        ["accept", "passed"],
      ]);
    },
  },
];

test("all fourteen are here, each once", () => {
  expect(failureModes.map((each) => each.mode)).toEqual([
    "1.1",
    "1.2",
    "1.3",
    "1.4",
    "1.5",
    "2.1",
    "2.2",
    "2.3",
    "2.4",
    "2.5",
    "2.6",
    "3.1",
    "3.2",
    "3.3",
  ]);
});

test.each(failureModes)("$mode a model that $does", ({ stopped }) => stopped());
