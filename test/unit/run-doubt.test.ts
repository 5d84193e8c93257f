/** Effects and model calls of which nobody recorded what became of them (D3, R4). */
import { expect, test } from "vitest";
import { z } from "zod";
import { decisionFor } from "../../src/cli/decision.ts";
import { commandsForAsk } from "../../src/cli/next-commands.ts";
import { CadreError } from "../../src/errors.ts";
import type { Terms } from "../../src/models/terms.ts";
import { decideAsk } from "../../src/run/decide-ask.ts";
import { verifyRun } from "../../src/run/verify/verify-run.ts";
import type { Store } from "../../src/store/ports.ts";
import type { AskRow } from "../../src/store/rows.ts";
import type { Tool } from "../../src/tools/tool.ts";
import { renderJournal } from "../../src/views/journal/journal.ts";
import { runOutcome } from "../../src/views/outcome.ts";
import { renderTrace } from "../../src/views/trace/text.ts";
import { traceSteps } from "../../src/views/trace/trace.ts";
import { Died } from "../fixtures/dying-store.ts";
import { LineHarness, call, fullReport, modeText, type Say } from "../fixtures/line-harness.ts";

const modes = [modeText("worker", "030-worker", { groups: ["edit", "communication", "completion"] })];
const finish = [call("attempt_completion", fullReport())];
const clock = { now: () => Date.parse("2026-01-01T00:00:00Z") };

/** A tool of which nobody can tell whether it ran; it dies as often as it is told to. */
function doubtful(deaths: number): { line: LineHarness; ran: unknown[] } {
  const ran: unknown[] = [];
  const tool: Tool = {
    name: "write_to_file",
    description: "writes",
    schema: z.strictObject({ path: z.string() }),
    access: "effect",
    run: async (_context, args) => {
      ran.push(args);
      if (ran.length <= deaths) throw new Died();
      return { ok: true, text: "written", receipt: null };
    },
  };
  const line = new LineHarness({
    modes,
    workflow: { entry: "worker", signOff: false },
    tools: [tool],
    say: (request) =>
      request.messages.some((message) => message.role === "tool") ? finish : [call("write_to_file", { path: "a" })],
  });
  return { line, ran };
}

async function openAsk({ store, run }: LineHarness): Promise<AskRow> {
  const [ask] = await store.asks({ run, state: "open" });
  if (!ask) throw new Error("nothing is asked");
  return ask;
}

/** As `cadre answer <ask> <words>` does. */
async function answer(line: LineHarness, words: string): Promise<void> {
  const ask = await openAsk(line);
  const decision = decisionFor(ask, { verb: "answer", text: words }, (rest) => `cadre ${rest}`);
  const deps = { store: line.store, clock, argumentProblem: async () => "not a tool call" };
  await decideAsk(deps, ask.id, { ...decision, by: "linh", face: "cli" });
}

test("D3 an effect in doubt offers four ways, each with a command that can be pasted", async () => {
  const { line } = doubtful(1);
  await expect(line.start()).rejects.toThrow(Died);
  await line.advance();
  const ask = await openAsk(line);
  expect(ask.options.map((option) => option.id)).toEqual(["ran", "again", "result", "stop"]);
  expect(commandsForAsk(ask, (rest) => `cadre ${rest}`).map((next) => next.command)).toEqual([
    `cadre answer ${ask.id} ran`,
    `cadre answer ${ask.id} again`,
    `cadre answer ${ask.id} result "<result>"`,
    `cadre answer ${ask.id} stop`,
  ]);
});

test.each([
  ["ran", 1, "finished", "linh says that it ran; its result is not known."],
  ["again", 2, "finished", "written"],
  ["result it wrote 3 rows", 1, "finished", "(On the word of linh, after a crash:) it wrote 3 rows"],
  ["stop", 1, "stopped", null],
] as const)("D3 R4 the answer `%s` does exactly that", async (words, runs, status, text) => {
  const { line, ran } = doubtful(1);
  await expect(line.start()).rejects.toThrow(Died);
  await line.advance();
  await answer(line, words);
  expect(await line.advance()).toBe("ended");
  expect(ran).toHaveLength(runs);
  expect((await line.store.run(line.run))?.status).toBe(status);
  const [done] = await line.ofType("action_done");
  if (text === null) expect(done).toBeUndefined();
  else expect(done?.results[0]?.text).toContain(text);
  expect((await verifyRun(line.store, line.run)).problems).toEqual([]);
});

test.each([
  ["result", "what came of it is missing"],
  ["result   ", "what came of it is missing"],
  ["perhaps", "none of the options"],
])("the words `%s` decide nothing, and the error says what would", async (words, message) => {
  const { line } = doubtful(1);
  await expect(line.start()).rejects.toThrow(Died);
  await line.advance();
  await expect(answer(line, words)).rejects.toThrow(message);
  expect((await openAsk(line)).decision).toBeNull();
});

test("a program that gives no result with `result` is told so", async () => {
  const { line } = doubtful(1);
  await expect(line.start()).rejects.toThrow(Died);
  await line.advance();
  const ask = await openAsk(line);
  const deps = { store: line.store, clock, argumentProblem: async () => null };
  const decide = (args: unknown) =>
    decideAsk(deps, ask.id, { verb: "answer", text: "result", args, by: "p", face: "api" });
  for (const args of [undefined, {}, { result: "  " }, { result: 3 }, { result: "a", more: 1 }])
    await expect(decide(args)).rejects.toMatchObject({ code: "decision-invalid" });
  await expect(
    decideAsk(deps, ask.id, { verb: "answer", text: "ran", args: { result: "a" }, by: "p", face: "api" }),
  ).rejects.toMatchObject({ code: "decision-invalid" });
  expect((await openAsk(line)).decision).toBeNull();
});

test("a choice with blanks around it is that choice", async () => {
  const { line, ran } = doubtful(1);
  await expect(line.start()).rejects.toThrow(Died);
  await line.advance();
  const ask = await openAsk(line);
  const deps = { store: line.store, clock, argumentProblem: async () => null };
  await decideAsk(deps, ask.id, { verb: "answer", text: " again ", by: "p", face: "api" });
  expect(await line.advance()).toBe("ended");
  expect(ran).toHaveLength(2);
});

test("R4 `again` authorises one attempt: however often it is cut off, each further one is asked for", async () => {
  const { line, ran } = doubtful(5);
  await expect(line.start()).rejects.toThrow(Died);
  for (let attempts = 1; attempts < 5; attempts += 1) {
    for (let looks = 0; looks < 3; looks += 1) expect(await line.advance()).toBe("waiting");
    expect(ran).toHaveLength(attempts);
    await answer(line, "again");
    await expect(line.advance()).rejects.toThrow(Died);
  }
  expect(await line.advance()).toBe("waiting");
  await answer(line, "again");
  expect(await line.advance()).toBe("ended");
  expect(ran).toHaveLength(6);
  expect(await line.ofType("action_done")).toMatchObject([{ outcome: "repeated" }]);
});

test("D3 an effect that was run again is shown as that, though the process ended before it could say so", async () => {
  const { line, ran } = doubtful(1);
  await expect(line.start()).rejects.toThrow(Died);
  await line.advance();
  await answer(line, "again");
  dyingAfterFinish(line, "/e");
  await expect(line.advance()).rejects.toThrow(Died);
  expect(await line.advance()).toBe("ended");
  expect(ran).toHaveLength(2);
  expect(await line.ofType("action_done")).toMatchObject([{ outcome: "repeated" }]);
});

/** The process ends once, after the outcome is in the ledger and before the step is committed. */
function dyingAfterFinish(line: LineHarness, key: string): void {
  const inner = { ...line.store };
  let dies = true;
  Object.assign(line.store, {
    finish: async (...args: Parameters<Store["finish"]>) => {
      await inner.finish(...args);
      if (!dies || !args[1].includes(key)) return;
      dies = false;
      throw new Died();
    },
  });
}

function talking(say: Say, more: { terms?: Terms } = {}): LineHarness {
  return new LineHarness({ modes, workflow: { entry: "worker", signOff: false }, say, ...more });
}

test.each(["failed in between", "recorded and not told"] as const)(
  "D3 a model call in doubt stays marked as possibly billed twice: %s",
  async (what) => {
    let calls = 0;
    const line = talking(() => {
      calls += 1;
      if (calls === 1) throw new Died();
      if (calls === 2 && what === "failed in between") throw new CadreError("model-timeout", "too slow");
      return finish;
    });
    await expect(line.start()).rejects.toThrow(Died);
    if (what === "recorded and not told") dyingAfterFinish(line, "/t");
    await expect(line.advance()).rejects.toThrow(what === "failed in between" ? "too slow" : Died);
    expect(await line.advance()).toBe("ended");
    expect(await line.ofType("turn_taken")).toMatchObject([{ outcome: "repeated" }]);
    // Each attempt that was made is charged.
    expect((await line.store.run(line.run))?.counters.modelCalls).toBe(calls);
  },
);

test("D3 a reply that the full disk did not take is no call that failed: it is made again, marked and charged as possibly billed twice", async () => {
  const line = talking(() => finish);
  const inner = { ...line.store };
  let reserved = 0;
  Object.assign(line.store, {
    finish: async (...args: Parameters<Store["finish"]>) => {
      if (reserved > 0) return inner.finish(...args);
      reserved = (await line.store.run(line.run))!.counters.tokens;
      throw new CadreError("disk-full", "no room");
    },
  });
  await expect(line.start()).rejects.toMatchObject({ code: "disk-full" });
  expect(await line.advance()).toBe("ended");
  expect(await line.ofType("turn_taken")).toMatchObject([{ outcome: "repeated" }]);
  expect((await line.store.run(line.run))?.counters).toMatchObject({ modelCalls: 2, tokens: reserved + 15 });
});

test("D3 a call that failed and was made again is not shown as billed twice", async () => {
  let calls = 0;
  const line = talking(() => {
    calls += 1;
    if (calls === 1) throw new CadreError("model-busy", "later");
    return finish;
  });
  await expect(line.start()).rejects.toMatchObject({ code: "model-busy" });
  expect(await line.advance()).toBe("ended");
  expect(await line.ofType("turn_taken")).toMatchObject([{ outcome: "executed" }]);
});

test("D3 trace, journal and counts name a call that may have been billed twice, and its reservation stays charged", async () => {
  let calls = 0;
  const line = talking(() => {
    calls += 1;
    if (calls === 1) throw new Died();
    return finish;
  });
  await expect(line.start()).rejects.toThrow(Died);
  const reserved = (await line.store.run(line.run))!.counters.tokens;
  expect(reserved).toBeGreaterThan(4096);
  expect(await line.advance()).toBe("ended");
  const run = (await line.store.run(line.run))!;
  // 15: what the second reply was counted as.
  expect(run.counters).toMatchObject({ modelCalls: 2, tokens: reserved + 15, money: 0, gpuMs: 0 });
  const events = await line.store.runEvents(line.run);
  const trace = renderTrace(traceSteps(events), { width: null, verbose: true, colour: false });
  expect(trace).toContain("made again after a crash: possibly billed twice");
  expect(renderJournal({ run, brief: run.brief, events, project: null }).get("README.md")).toContain(
    "1 call was made again after a crash and may be billed twice.",
  );
  expect(runOutcome(events).usage.repeated).toBe(1);
});

test("D3 the journal says that what was cut off is in the cost at its most, where there is a cost", async () => {
  const price = { promptPerMillion: 10, completionPerMillion: 30, currency: "EUR" };
  const terms = { price, source: "models.it in cadre.yaml", gpus: null, longestMs: 20_000 };
  for (const more of [{ terms }, {}]) {
    let calls = 0;
    const line = talking(() => {
      calls += 1;
      if (calls === 1) throw new Died();
      return finish;
    }, more);
    await expect(line.start()).rejects.toThrow(Died);
    const cutOff = (await line.store.run(line.run))!.counters.money;
    await line.advance();
    const run = (await line.store.run(line.run))!;
    const events = await line.store.runEvents(line.run);
    const page = renderJournal({ run, brief: run.brief, events, project: null }).get("README.md");
    const said = "may be billed twice. What was cut off is in the cost at the most that it can have been.";
    expect(page?.replaceAll(/\s+/g, " ").includes(said)).toBe("terms" in more);
    if ("terms" in more) expect(runOutcome(events).usage.money.sums["EUR"]! * 1e6).toBeGreaterThan(cutOff);
  }
});
