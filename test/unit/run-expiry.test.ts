/** Approvals and sign-offs that run out: a decision like any other, made by whoever looks first after the time. */
import { expect, test } from "vitest";
import { z } from "zod";
import { decideAsk } from "../../src/run/decide-ask.ts";
import { verifyRun } from "../../src/run/verify/verify-run.ts";
import { decideByClock as expire, hasExpired } from "../../src/store/expiry.ts";
import { openStore } from "../../src/store/open.ts";
import { renderJournal } from "../../src/views/journal/journal.ts";
import { renderTrace } from "../../src/views/trace/text.ts";
import { traceSteps } from "../../src/views/trace/trace.ts";
import type { Tool } from "../../src/tools/tool.ts";
import { LineHarness, call, fullReport, modeText } from "../fixtures/line-harness.ts";

const minute = 60_000;
const start = Date.parse("2026-01-01T00:00:00Z");
const modes = [modeText("worker", "030-worker", { groups: ["edit", "communication", "completion"] })];

/** A line that proposes a file, and proposes it once more where it is told that nobody decided. */
function line(workflow: { expiresMinutes?: number; signOffExpiresMinutes?: number }) {
  const { expiresMinutes, ...signOff } = workflow;
  const at = { time: start };
  const clock = { now: () => at.time };
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
      signOff: "signOffExpiresMinutes" in signOff,
      ...signOff,
      approvals: [
        { tool: "write_to_file", reason: "looked at", ...(expiresMinutes === undefined ? {} : { expiresMinutes }) },
      ],
    },
    tools: [tool],
    store: openStore({ file: ":memory:", clock }),
    clock,
    say: (request) =>
      request.messages.some((message) => message.role === "tool" && message.content.includes("written"))
        ? [call("attempt_completion", fullReport())]
        : [call("write_to_file", { path: "a" })],
  });
  const openAsk = async () => (await harness.store.asks({ run: harness.run, state: "open" }))[0]!;
  const decide = (id: Awaited<ReturnType<typeof openAsk>>["id"]) =>
    decideAsk({ store: harness.store, clock, argumentProblem: async () => null }, id, {
      verb: "approve",
      by: "linh",
      face: "test",
    });
  return { harness, at, clock, ran, openAsk, decide };
}

test("R4 an approval that comes after its time is refused, nothing runs, and the role proposes again", async () => {
  const { harness, at, ran, openAsk, decide } = line({ expiresMinutes: 10 });
  await harness.start();
  const ask = await openAsk();
  expect(ask).toMatchObject({ kind: "approval", deadline: new Date(start + 10 * minute).toISOString() });
  at.time = start + 10 * minute;
  await expect(decide(ask.id)).rejects.toMatchObject({
    code: "ask-expired",
    message: `${ask.id} expired at ${ask.deadline}: nobody had decided it by then`,
    hint: expect.stringContaining(`cadre resume ${harness.run}`) as string,
  });
  await expect(decide(ask.id)).rejects.toMatchObject({ code: "ask-expired" });
  expect((await harness.store.ask(ask.id))?.decision).toMatchObject({ verb: "expire", by: "the clock", face: "clock" });
  expect(await harness.advance()).toBe("waiting");
  expect(ran).toEqual([]);
  expect(harness.modelCalls.at(-1)?.messages.at(-1)?.content).toContain(`Nobody decided by ${ask.deadline}`);
  const next = await openAsk();
  expect(next.id).not.toBe(ask.id);
  await decide(next.id);
  expect(await harness.advance()).toBe("ended");
  expect(ran).toEqual([{ path: "a" }]);
  expect((await verifyRun(harness.store, harness.run)).problems).toEqual([]);
});

test("R4 the gate lets an approval expire if it is the first to look after the time", async () => {
  const { harness, at, ran, openAsk } = line({ expiresMinutes: 10 });
  await harness.start();
  const ask = await openAsk();
  at.time = start + 10 * minute - 1;
  expect(await harness.advance()).toBe("waiting");
  expect((await openAsk()).id).toBe(ask.id);
  at.time += 1;
  expect(await harness.advance()).toBe("waiting");
  expect((await harness.store.ask(ask.id))?.state).toBe("decided");
  expect((await openAsk()).id).not.toBe(ask.id);
  expect(ran).toEqual([]);
});

test("R4 an approval in time stands, however late it is taken up", async () => {
  const { harness, at, ran, openAsk, decide } = line({ expiresMinutes: 10 });
  await harness.start();
  at.time = start + 9 * minute;
  await decide((await openAsk()).id);
  at.time = start + 60 * minute;
  expect(await harness.advance()).toBe("ended");
  expect(ran).toEqual([{ path: "a" }]);
});

test("S3 whoever lets an approval expire too late is told what stands", async () => {
  const { harness, clock, openAsk, decide } = line({ expiresMinutes: 10 });
  await harness.start();
  const ask = await openAsk();
  await decide(ask.id);
  expect((await expire(harness.store, ask, clock)).decision).toMatchObject({ verb: "approve", by: "linh" });
});

test("R3 a sign-off that expires goes back to its role, and the run does not close", async () => {
  const { harness, at, openAsk, decide } = line({ signOffExpiresMinutes: 5 });
  await harness.start();
  await decide((await openAsk()).id);
  expect(await harness.advance()).toBe("waiting");
  const ask = await openAsk();
  expect(ask.kind).toBe("sign_off");
  at.time += 5 * minute;
  expect(await harness.advance()).toBe("waiting");
  expect(harness.modelCalls.at(-1)?.messages.at(-1)?.content).toContain("Report again if it is still right");
  await decide((await openAsk()).id);
  expect(await harness.advance()).toBe("ended");
  expect((await harness.store.run(harness.run))?.status).toBe("finished");
});

test("an approval without a time waits for ever, and a question is overdue but never expires", async () => {
  const { harness, at, openAsk } = line({});
  await harness.start();
  at.time += 1000 * 24 * 60 * minute;
  expect(await openAsk()).toMatchObject({ deadline: null });
  expect(hasExpired(await openAsk(), at.time)).toBe(false);
  const overdue = { kind: "escalation" as const, state: "open" as const, deadline: "2026-01-01T00:00:00.000Z" };
  expect(hasExpired(overdue, at.time)).toBe(false);
});

test("R3 the hash of a chart without expiry is what it was before there was any", () => {
  const { harness } = line({});
  expect(harness.bound.workflow.approvals).toEqual([{ tool: "write_to_file", reason: "looked at" }]);
  expect("signOffExpiresMinutes" in harness.bound.workflow).toBe(false);
});

test("trace and journal show an expiry, and name no person for it", async () => {
  const { harness, at, openAsk, decide } = line({ expiresMinutes: 10 });
  await harness.start();
  at.time += 11 * minute;
  await harness.advance();
  await decide((await openAsk()).id);
  await harness.advance();
  const events = await harness.store.runEvents(harness.run);
  const run = (await harness.store.run(harness.run))!;
  const trace = renderTrace(traceSteps(events), { width: null, verbose: false, colour: false });
  expect(trace).toMatch(/the clock.*expired/);
  const pages = [...renderJournal({ run, brief: run.brief, events, project: null }).values()].join("\n");
  expect(pages).toContain("Expired: nobody had decided in time.");
});
