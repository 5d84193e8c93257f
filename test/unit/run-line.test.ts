import { expect, test } from "vitest";
import { LineHarness, call, fullReport, modeText } from "../fixtures/line-harness.ts";

const modes = [
  modeText("lead", "020-lead", { delegates: ["worker"], escalates: ["director"] }),
  modeText("worker", "030-worker", { escalates: ["lead", "director"], reports: ["lead", "director"] }),
  modeText("director", "010-director", { delegates: ["lead"], escalates: ["user"] }),
];
const task = { mode: "worker", task: "make it", acceptance_criteria: ["it is there"] };
const question = { question: "which way?", topic: "ways", severity: "high", tried: "both", options: ["left", "right"] };

test("a brief is delegated, escalated, handed up to a person, answered, reported with copies, signed off and finished", async () => {
  const said: Record<string, number> = {};
  const line = new LineHarness({
    modes,
    workflow: { entry: "lead" },
    say: (_request, role) => {
      said[role] = (said[role] ?? 0) + 1;
      if (role === "lead")
        return said[role] === 1 ? [call("new_task", task)] : [call("attempt_completion", fullReport())];
      if (role === "director")
        return said[role] === 1
          ? [call("escalate", { to: "user", ...question })]
          : [call("attempt_completion", { decision: "go left", reason: "the user said so" })];
      return said[role] === 1
        ? [call("escalate", { to: "director", ...question })]
        : [call("attempt_completion", fullReport())];
    },
  });
  expect(await line.start()).toBe("waiting");
  const [ask] = await line.store.asks({ run: line.run, state: "open" });
  expect(ask).toMatchObject({
    kind: "escalation",
    role: "director",
    to: "user",
    path: ["user", "lead", "worker", "director"],
  });
  expect(ask?.rule).toMatchObject({ purpose: "for user matters", file: "modes/m2.md" });
  expect(await line.decide("answer", "1")).toBe(true);
  expect(await line.advance()).toBe("waiting");
  const signOff = (await line.store.asks({ run: line.run, state: "open" }))[0];
  expect(signOff?.kind).toBe("sign_off");
  expect((await line.ofType("copy_sent")).map((copy) => [copy.from, copy.to])).toEqual([["worker", "director"]]);
  await line.decide("approve", "");
  expect(await line.advance()).toBe("ended");
  expect((await line.store.run(line.run))?.status).toBe("finished");
  const closed = await line.ofType("frame_closed");
  expect(closed.map((each) => [each.kind, each.from, each.to, each.by])).toEqual([
    ["escalation", "user", "director", "person"],
    ["escalation", "director", "worker", "model"],
    ["delegation", "worker", "lead", "model"],
    ["start", "lead", "user", "model"],
  ]);
  expect(closed[0]?.answer).toEqual({ decision: "left", reason: "chosen by tester" });
});
