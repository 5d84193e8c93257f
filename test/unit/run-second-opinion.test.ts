/** A second opinion on a route inside a run: what it may do, what it costs, and what a crash makes of it. */
import { expect, test } from "vitest";
import { CadreError } from "../../src/errors.ts";
import type { Event } from "../../src/events/event.ts";
import { isBelow } from "../../src/events/opinion.ts";
import type { RouteAsked, RouteJudge, RouteOpinion } from "../../src/models/route-judge.ts";
import type { Terms } from "../../src/models/terms.ts";
import { verifyRun } from "../../src/run/verify/verify-run.ts";
import type { Store } from "../../src/store/ports.ts";
import { usageByRole, usageOf } from "../../src/views/cost.ts";
import { sentence } from "../../src/views/trace/step.ts";
import { traceSteps } from "../../src/views/trace/trace.ts";
import { Died } from "../fixtures/dying-store.ts";
import { forgedStore } from "../fixtures/forged-store.ts";
import { LineHarness, call, fullReport, type HarnessOptions } from "../fixtures/line-harness.ts";
import { tablesAndModels } from "../fixtures/tables-and-models.ts";

const modes = tablesAndModels("escalates_to:\n  - user # Whatever is unclear\n");
/** Fits no purpose by its words, so that words say nothing. */
const vague = "Paint the fence";
const task = (to: string, id = "c1", text = vague) =>
  call("new_task", { mode: to, task: text, acceptance_criteria: ["done"] }, id);
const report = call("attempt_completion", fullReport(), "done");

const price = { promptPerMillion: 10, completionPerMillion: 30, currency: "EUR" };
const terms: Terms = { price, source: "models.judge in cadre.yaml", gpus: null, longestMs: 20_000 };
const usage = { promptTokens: 90, completionTokens: 10, cachedTokens: 0, measured: true };
const oneCall = 90 * 10 + 10 * 30;

type Says = RouteOpinion | Error;
const likely = (tables: number): RouteOpinion => ({
  choice: tables >= 0.5 ? "delegation tables" : "delegation models",
  probabilities: { "delegation tables": tables, "delegation models": 1 - tables, "escalation user": 0 },
  usage,
});

class Judge implements RouteJudge {
  readonly id = "judge";
  readonly tier: RouteJudge["tier"] = "endpoint";
  readonly terms: Terms = terms;
  readonly threshold = 0.6;
  readonly replyTokens = 512;
  readonly asked: RouteAsked[] = [];
  readonly #says: readonly Says[];

  /** The last of them from then on. */
  constructor(...says: readonly Says[]) {
    this.#says = says;
  }

  async judge(asked: RouteAsked): Promise<RouteOpinion> {
    this.asked.push(asked);
    const said = this.#says[Math.min(this.asked.length, this.#says.length) - 1] as Says;
    if (said instanceof Error) throw said;
    return said;
  }
}

/** The lead makes these calls, one a turn, then reports; whoever gets a task reports at once. */
function lineWith(
  judge: Judge | null,
  calls: readonly ReturnType<typeof task>[],
  more: Partial<HarnessOptions> = {},
): LineHarness {
  let turn = 0;
  return new LineHarness({
    modes,
    workflow: { entry: "lead", signOff: false },
    say: (_request, role) => {
      if (role !== "lead") return [report];
      turn += 1;
      return [calls[turn - 1] ?? report];
    },
    routing: () => judge,
    ...more,
  });
}

const openedBy = async (line: LineHarness): Promise<string[]> =>
  (await line.ofType("frame_opened")).slice(1).map(({ to }) => to);

async function expectVerified(line: LineHarness): Promise<void> {
  expect((await verifyRun(line.store, line.run)).problems).toEqual([]);
}

test("O2 a route that is likely enough is taken; the opinion is told, charged and counted as a call", async () => {
  const judge = new Judge(likely(0.9));
  const line = lineWith(judge, [task("tables")], { terms });
  expect(await line.start()).toBe("ended");
  expect(await openedBy(line)).toEqual(["tables"]);
  expect(judge.asked).toMatchObject([
    {
      from: "lead",
      text: vague,
      question: { criteria: { "delegation tables": "Database tables, queries and indexes" } },
    },
  ]);
  const [given] = await line.ofType("opinion_given");
  expect(given).toMatchObject({
    key: "r-000001.1/t0/o0",
    role: "lead",
    to: "tables",
    rule: { purpose: "Database tables, queries and indexes", file: "modes/m0.md" },
    model: "judge",
    choice: { kind: "delegation", to: "tables" },
    likely: { wanted: 0.9, chosen: 0.9 },
    threshold: 0.6,
    outcome: "executed",
    charged: { attempts: 1, tokens: 100, money: { micros: oneCall, currency: "EUR" } },
  });
  // Three turns and one opinion, on the run's row and in the bill.
  expect((await line.store.run(line.run))?.counters.modelCalls).toBe(4);
  const events = await line.store.runEvents(line.run);
  expect(usageOf(events)).toMatchObject({ calls: 4, promptTokens: 3 * 10 + 90 });
  expect(usageByRole(events).find(({ role }) => role === "lead")?.models).toEqual(["scripted", "judge"]);
  const step = traceSteps(events).find(({ kind }) => kind === "opinion");
  expect(step).toMatchObject({ effect: given?.key, ok: true, rule: given?.rule });
  expect(step && sentence(step)).toBe(
    "lead has a route weighed: delegation to tables: judge finds it 0.90 likely, where 0.60 is asked for",
  );
  await expectVerified(line);
});

test("without `routing` nobody is asked, and the log is what it was", async () => {
  const line = lineWith(null, [task("tables")]);
  expect(await line.start()).toBe("ended");
  expect(await line.ofType("opinion_given")).toEqual([]);
  expect((await line.store.run(line.run))?.counters.modelCalls).toBe(3);
});

test("O1 R3 below the threshold the route is questioned, and on who insists a person decides on exactly that", async () => {
  const judge = new Judge(likely(0.2));
  const line = lineWith(judge, [task("tables"), task("tables", "c2")]);
  expect(await line.start()).toBe("waiting");
  const [questioned] = await line.ofType("refused");
  expect(questioned).toMatchObject({ code: "route-questioned", to: "tables" });
  expect(questioned?.allowed.map(({ to }) => to)).toEqual(["models", "tables"]);
  expect(questioned?.reason).toContain(
    "judge finds it 0.20 likely, where 0.60 is asked for, and the delegation to models the likeliest (0.80)",
  );
  const [ask] = await line.store.asks({ run: line.run, state: "open" });
  expect(ask).toMatchObject({ kind: "approval", topic: "route to tables", rule: { file: "modes/m0.md" } });
  expect(ask?.question).toContain("judge finds it 0.20 likely");
  await line.decide("approve", "");
  expect(await line.advance()).toBe("ended");
  expect(await openedBy(line)).toEqual(["tables"]);
  expect(judge.asked).toHaveLength(2); // the text might have been another one
  await expectVerified(line);
});

test("O1 a role that sends another text is judged by that one", async () => {
  const judge = new Judge(likely(0.2), likely(0.7));
  const line = lineWith(judge, [task("tables"), task("tables", "c2", "Paint the fence around the index")]);
  expect(await line.start()).toBe("ended");
  expect(judge.asked.map(({ text }) => text)).toEqual([vague, "Paint the fence around the index"]);
  expect(await openedBy(line)).toEqual(["tables"]);
  await expectVerified(line);
});

test.each<[string, RouteOpinion, string]>([
  ["no probabilities", { ...likely(1), probabilities: {} }, "chose it and does not say how likely that is"],
  ["an answer that is no route", { choice: null, probabilities: {}, usage }, "gave no answer that is a route"],
  ["less than asked for, of the same route", likely(0.55), "finds it 0.55 likely"],
])("O3 what is not known is below every threshold: %s", async (_what, opinion, words) => {
  const line = lineWith(new Judge(opinion), [task("tables")]);
  expect(await line.start()).toBe("ended");
  const [questioned] = await line.ofType("refused");
  expect(questioned?.reason).toContain(words);
  expect(questioned?.allowed.map(({ to }) => to)).toEqual(["tables"]);
  await expectVerified(line);
});

test("O1 what words question is questioned without asking a model", async () => {
  const judge = new Judge(likely(1));
  const line = lineWith(judge, [task("tables", "c1", "Train a machine learning classifier and measure it")]);
  expect(await line.start()).toBe("ended");
  expect(judge.asked).toEqual([]);
  expect((await line.ofType("refused"))[0]?.reason).toContain("nothing of what you send speaks of that");
});

const escalate = (to: string) =>
  call("escalate", { to, question: vague, topic: "fence", severity: "low", tried: "", options: ["wait"] }, "e1");

test.each<[string, Partial<HarnessOptions>]>([
  ["a person's", { say: () => [escalate("user")] }],
  [
    "the only one of a role",
    {
      workflow: { entry: "tables", signOff: false },
      say: (_request, role) => [role === "tables" ? escalate("lead") : report],
    },
  ],
  ["a rehearsed role's", { tier: "rehearsal" }],
])("O4 a route that is %s is not asked about", async (_what, more) => {
  const judge = new Judge(likely(0));
  const line = lineWith(judge, [task("tables")], more);
  await line.start();
  expect(judge.asked).toEqual([]);
  expect((await line.ofType("frame_opened")).length).toBeGreaterThan(1);
});

test("O4 words are compared for the rehearsal too: nothing is called, and nothing charged", async () => {
  const judge = Object.assign(new Judge({ ...likely(0.9), usage: { ...usage, measured: false } }), { tier: "words" });
  const line = lineWith(judge as Judge, [task("tables")], { tier: "rehearsal" });
  expect(await line.start()).toBe("ended");
  const [given] = await line.ofType("opinion_given");
  expect(given).toMatchObject({ key: null, tier: "words" });
  expect(given?.charged).toBeUndefined();
  expect((await line.store.run(line.run))?.counters.modelCalls).toBe(3);
  expect(usageOf(await line.store.runEvents(line.run)).calls).toBe(3);
  await expectVerified(line);
});

test("O2 of several tasks each is asked about, by a key of its own, and all go out or none", async () => {
  const several = call(
    "new_tasks",
    {
      tasks: ["tables", "models"].map((to) => ({ mode: to, task: vague, acceptance_criteria: ["done"], writes: [] })),
      wait: "all",
    },
    "s1",
  );
  const judge = new Judge(likely(0.9), likely(0.9));
  const line = lineWith(judge, [several, several]);
  await line.create();
  await line.move();
  const given = await line.ofType("opinion_given");
  expect(given.map(({ key, to }) => [key, to])).toEqual([
    ["r-000001.1/t0/o0", "tables"],
    ["r-000001.1/t0/o1", "models"],
    ["r-000001.1/t1/o0", "tables"],
    ["r-000001.1/t1/o1", "models"],
  ]);
  expect(await line.ofType("child_opened")).toEqual([]);
  await line.decide("approve", "");
  await line.move();
  expect((await line.ofType("child_opened")).map(({ to }) => to)).toEqual(["tables", "models"]);
  await expectVerified(line);
});

/** The process ends once, after the opinion is in the ledger and before the step is committed. */
function dyingAfterFinish(line: LineHarness): void {
  const inner = { ...line.store };
  let dies = true;
  Object.assign(line.store, {
    finish: async (...args: Parameters<Store["finish"]>) => {
      await inner.finish(...args);
      if (!dies || !args[1].endsWith("/o0")) return;
      dies = false;
      throw new Died();
    },
  });
}

test("D3 an opinion that was begun and not recorded is asked for again, marked as possibly billed twice, and charged twice", async () => {
  const judge = new Judge(new Died(), likely(0.9));
  const line = lineWith(judge, [task("tables")], { terms });
  await expect(line.start()).rejects.toThrow(Died);
  expect(await line.advance()).toBe("ended");
  const [given] = await line.ofType("opinion_given");
  expect(given).toMatchObject({ outcome: "repeated", charged: { attempts: 2 } });
  expect(given?.charged?.tokens).toBeGreaterThan(100 + 512);
  expect((await line.store.run(line.run))?.counters.modelCalls).toBe(5);
  expect(line.modelCalls).toHaveLength(3); // the lead's own call was replayed
  await expectVerified(line);
});

test.each(["as it was", "named by nobody any more", "only words"] as const)(
  "D3 a recorded opinion is replayed and not asked for again: `routing` is %s",
  async (now) => {
    const judge = new Judge(likely(0.2));
    let asked: RouteJudge | null = judge;
    const line = lineWith(judge, [task("tables")], { routing: () => asked });
    await line.create();
    dyingAfterFinish(line);
    await expect(line.advance()).rejects.toThrow(Died);
    if (now !== "as it was")
      asked = now === "only words" ? Object.assign(new Judge(likely(1)), { tier: "words" }) : null;
    expect(await line.advance()).toBe("ended");
    expect(judge.asked).toHaveLength(1);
    expect(await line.ofType("opinion_given")).toMatchObject([
      { outcome: "replayed", key: "r-000001.1/t0/o0", threshold: 0.6, likely: { wanted: 0.2 } },
    ]);
    expect((await line.ofType("refused"))[0]?.code).toBe("route-questioned");
    expect((await line.store.run(line.run))?.counters.modelCalls).toBe(3); // two turns, one opinion
    await expectVerified(line);
  },
);

test("D3 a server that failed ends the advance; what is asked for then is no repetition", async () => {
  const judge = new Judge(new CadreError("model-busy", "later"), likely(0.9));
  const line = lineWith(judge, [task("tables")]);
  await expect(line.start()).rejects.toMatchObject({ code: "model-busy" });
  expect(await line.ofType("turn_taken")).toEqual([]);
  expect(await line.advance()).toBe("ended");
  expect((await line.ofType("opinion_given")).map(({ outcome }) => outcome)).toEqual(["executed"]);
  await expectVerified(line);
});

test("L1 a limit that stands before an opinion is put to a person, and nothing is handed over meanwhile", async () => {
  const judge = new Judge(likely(0.9));
  const limits = { entry: "lead", signOff: false, limits: { modelCalls: 1 } };
  const line = lineWith(judge, [task("tables"), task("tables", "c2")], { workflow: limits });
  expect(await line.start()).toBe("waiting");
  expect(judge.asked).toEqual([]);
  const [ask] = await line.store.asks({ run: line.run, state: "open" });
  expect(ask).toMatchObject({ kind: "limit", limit: { name: "modelCalls", value: 1, ceiling: 1 } });
  expect(await line.ofType("calls_returned")).toMatchObject([{ callIds: ["c1"] }]);
  await line.decide("approve", "", { to: 20 });
  expect(await line.advance()).toBe("ended");
  expect(await openedBy(line)).toEqual(["tables"]);
  await expectVerified(line);
});

test("L2 an opinion without a price is not asked for under a limit of money", async () => {
  const judge = Object.assign(new Judge(likely(0.9)), { terms: { ...terms, price: null } });
  const limits = { entry: "lead", signOff: false, limits: { money: { amount: 5, currency: "EUR" } } };
  const line = lineWith(judge, [task("tables")], { workflow: limits, terms });
  await expect(line.start()).rejects.toMatchObject({ code: "config-invalid", message: /judge has no price/ });
  expect(judge.asked).toEqual([]);
});

const forgeries: Readonly<Record<string, readonly [change: (event: Event) => Event, words: string]>> = {
  "D3 another likelihood": [
    (event) => (event.type === "opinion_given" ? { ...event, likely: { wanted: 0.9, chosen: 0.9 } } : event),
    "another opinion",
  ],
  "D3 another threshold": [
    (event) => (event.type === "opinion_given" ? { ...event, threshold: 0.1 } : event),
    "another opinion",
  ],
  "D3 another charge": [
    (event) =>
      event.type === "opinion_given" && event.charged ? { ...event, charged: { ...event.charged, tokens: 1 } } : event,
    "charges something else",
  ],
  "D3 no opinion at all": [
    (event) =>
      event.type === "opinion_given"
        ? { type: "calls_returned", at: event.at, frame: event.frame, role: event.role, callIds: [], reason: "" }
        : event,
    "the log does not tell of it",
  ],
  "R1 an opinion on a route that is not declared": [
    (event) => (event.type === "opinion_given" ? { ...event, to: "nobody" } : event),
    "declares no delegation to nobody",
  ],
  "R1 a hand-over that was doubted, with no person's leave": [
    (event) => {
      if (event.type !== "ask_decided") return event;
      return { ...event, decision: { ...event.decision, verb: "reject" } };
    },
    "although an opinion doubted it",
  ],
};

test.each(Object.entries(forgeries))("verify finds %s", async (_name, [change, words]) => {
  const line = lineWith(new Judge(likely(0.2)), [task("tables"), task("tables", "c2")]);
  await line.start();
  await line.decide("approve", "");
  await line.advance();
  await expectVerified(line);
  const { problems } = await verifyRun(await forgedStore(line.store, line.run, change), line.run);
  expect(problems.map(({ what }) => what).join("; ")).toContain(words);
});

test("O3 the threshold itself is enough", () => {
  expect(isBelow({ likely: { wanted: 0.6, chosen: 0.6 }, threshold: 0.6 })).toBe(false);
  expect(isBelow({ likely: { wanted: 0.59, chosen: 0.6 }, threshold: 0.6 })).toBe(true);
  expect(isBelow({ likely: null, threshold: 0.01 })).toBe(true);
});
