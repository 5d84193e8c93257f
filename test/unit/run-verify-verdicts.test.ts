/** `verify` on reports that were judged: the history as it was made is right, and each thing changed in it is named. */
import { expect, test } from "vitest";
import { emptyDesk, step, type Desk } from "../../src/events/desk.ts";
import type { Event, EventOf, EventType } from "../../src/events/event.ts";
import { mainLine } from "../../src/ids.ts";
import { effectProblem } from "../../src/run/verify/effects.ts";
import { returnOrderProblem, verdictProblem } from "../../src/run/verify/verdicts.ts";
import { LineHarness, call, fullReport, modeText } from "../fixtures/line-harness.ts";

const modes = [
  modeText("lead", "020-lead", { delegates: ["worker"], escalates: ["user"] }),
  modeText("worker", "030-worker", { escalates: ["lead"], reports: ["lead"] }),
  modeText("reader", "020-lead", { escalates: ["user"] }),
];
const command = ["npm", "test"];

const line = new LineHarness({
  modes,
  workflow: { entry: "lead", signOff: false, verify: { by: "reader", command } },
  say: (request, role) => {
    const said = request.messages.filter((message) => message.role === "assistant").length;
    const reasons = [{ criterion: "A1", reason: "thin" }];
    const criteria = [{ id: "A1", verdict: "holds", reason: "seen" }];
    const report = call("attempt_completion", fullReport(), `r${said}`);
    const task = { mode: "worker", task: "for worker matters", acceptance_criteria: ["it is done"] };
    if (role === "lead")
      return [[call("new_task", task, "l1"), call("return_report", { reasons }, "l2")][said] ?? report];
    return role === "reader" ? [call("attempt_completion", { verdict: "accept", summary: "s", criteria })] : [report];
  },
});

type Met = { readonly event: Event; readonly before: Desk; readonly previous: Event | null; readonly index: number };

async function history(): Promise<readonly Met[]> {
  if ((await line.store.run(line.run)) === undefined) {
    await line.create();
    expect((await line.move()).status).toBe("finished");
  }
  let before = emptyDesk;
  return (await line.events()).map((event, index, all) => {
    const met = { event, before, previous: all[index - 1] ?? null, index };
    before = step(before, event);
    return met;
  });
}

function problem({ event, before, previous, index }: Met): string | null {
  return (
    verdictProblem(event, before, line.bound) ??
    returnOrderProblem(event, { before, previous, line: mainLine(line.run), index })
  );
}

test("a history of a report that was returned, and of one that was verified, is right as it was made", async () => {
  const met = await history();
  expect(met.map(problem).filter((each) => each !== null)).toEqual([]);
  expect(met.map(({ event }) => event.type)).toEqual(expect.arrayContaining(["report_returned", "report_verified"]));
});

type Forgery<Type extends EventType> = readonly [Type, (event: EventOf<Type>) => Partial<EventOf<Type>> | null, string];
const forged = <Type extends EventType>(...forgery: Forgery<Type>): Forgery<EventType> =>
  forgery as unknown as Forgery<EventType>;

test.each([
  forged("report_returned", () => ({ of: "f99" }), "no report of worker waited"),
  forged("report_returned", () => ({ to: "reader" }), "no report of reader waited"),
  forged("report_returned", () => ({ round: 7 }), "counts its rounds wrongly"),
  forged("report_returned", () => ({ reopened: "f1" }), "names another frame than the one that follows"),
  forged("report_verified", () => ({ role: "worker" }), "worker verified what was not its to verify"),
  forged("report_verified", () => ({ of: "f99" }), "reader verified what was not its to verify"),
  forged("report_verified", () => ({ verdict: "not_verified" }), "reader verified what was not its to verify"),
  forged(
    "report_verified",
    () => ({ check: { command, state: "failed", effect: null, reason: "Exit code 1." } }),
    "a report was accepted although the check failed",
  ),
  forged("frame_opened", (event) => (event.kind === "verification" ? { to: "lead" } : null), "is not its to verify"),
  forged(
    "frame_opened",
    (event) => (event.callId === "l2" ? { to: "reader" } : null),
    "does not follow from the return before it",
  ),
])("R1 R4 a changed %s is named (%#)", async (type, change, words) => {
  const found = (await history()).flatMap((met) => {
    const changed = met.event.type === type ? change(met.event as never) : null;
    return changed === null ? [] : [problem({ ...met, event: { ...met.event, ...changed } as Event })];
  });
  expect(found).toEqual([expect.stringContaining(words)]);
});

test("R2 an effect in the middle of a verification is named, but for the workflow's own check", async () => {
  const verdict = (await history()).find(({ event }) => event.type === "report_verified")!;
  const frame = verdict.before.frames.at(-1)!.id;
  const proposed = (words: readonly string[]): Event => ({
    type: "action_proposed",
    at: verdict.event.at,
    frame,
    role: "reader",
    key: "r-000001.1/e1",
    calls: [
      {
        id: `${frame}-check`,
        name: "execute_command",
        args: { command: [...words], timeout_seconds: 600, network: false },
      },
    ],
    access: "effect",
    hash: "h",
    needsApproval: true,
  });
  expect(problem({ ...verdict, event: proposed(command) })).toBeNull();
  expect(problem({ ...verdict, event: proposed(["true"]) })).toBe("reader changed something while it verified (R2)");
});

test("R3 a run that finished without its verification is named", async () => {
  const closed = (await history()).find(({ event }) => event.type === "frame_closed" && event.kind === "start")!;
  const met = { bound: line.bound, row: undefined, submitted: null, ledFromAbove: false };
  expect(effectProblem(closed.event, { ...met, before: closed.before })).toBeNull();
  const told = (verification: Desk["verification"]): string | null =>
    effectProblem(closed.event, { ...met, before: { ...closed.before, verification } });
  expect(told(null)).toContain("without the verification that the workflow asks for");
  expect(told({ ...closed.before.verification!, verdict: "return" })).toContain(
    "not accepted, and no person signed it off",
  );
});
