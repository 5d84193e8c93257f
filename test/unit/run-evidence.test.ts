/** Reports that lie: a number is a fact only if the receipt that it cites holds exactly that (`src/run/evidence.ts`). */
import { expect, test } from "vitest";
import { z } from "zod";
import { mainLine, type EffectKey, type RunId } from "../../src/ids.ts";
import { verifyRun } from "../../src/run/verify/verify-run.ts";
import type { Measurement } from "../../src/events/event.ts";
import { openStore } from "../../src/store/open.ts";
import type { Tool } from "../../src/tools/tool.ts";
import { forgedStore } from "../fixtures/forged-store.ts";
import { LineHarness, call, fullReport, modeText, type Say } from "../fixtures/line-harness.ts";

const modes = [
  modeText("lead", "020-lead", {
    delegates: ["one", "two"],
    escalates: ["user"],
    groups: ["inference", "edit", "completion"],
  }),
  modeText("one", "030-worker", {
    escalates: ["lead"],
    reports: ["lead"],
    groups: ["inference", "edit", "completion"],
  }),
  modeText("two", "030-worker", {
    escalates: ["lead"],
    reports: ["lead"],
    groups: ["inference", "edit", "completion"],
  }),
];

const held = { name: "macro-F1 (some model)", value: 0.7013, unit: "score", n: 57 };

const measuring: Tool = {
  name: "evaluate_models",
  description: "measures",
  schema: z.strictObject({ dataset: z.string() }),
  access: "effect",
  probe: async () => ({ state: "not-done" }),
  run: async ({ calls }, args) => {
    await calls?.pay({
      number: 0,
      model: "m",
      tier: "endpoint",
      request: "hash",
      tokens: 1,
      make: async () => ({
        answer: "neutral",
        usage: { promptTokens: 1, completionTokens: 1, cachedTokens: 0, measured: true },
      }),
    });
    if ((args as { dataset: string }).dataset === "bad.csv") return { ok: false, text: "not read", receipt: null };
    return {
      ok: true,
      text: "measured",
      receipt: {
        files: [],
        measurements: [held, { name: "test rows", value: 57, unit: "rows" }],
        detail: {},
      },
    };
  },
};
const writing: Tool = {
  name: "write_to_file",
  description: "writes",
  schema: z.strictObject({ path: z.string() }),
  access: "effect",
  probe: async () => ({ state: "not-done" }),
  run: async () => ({ ok: true, text: "written", receipt: { files: [], measurements: [], detail: {} } }),
};

type Claim = Record<string, unknown>;
const report = (claims: readonly Claim[], id: string) => [
  // As it comes over a wire: what JSON cannot hold is null or gone.
  call("attempt_completion", JSON.parse(JSON.stringify({ ...fullReport(), measurements: claims })), id),
];
const task = (mode: string, id: string) =>
  call("new_task", { mode, task: `for ${mode} matters`, acceptance_criteria: ["it is done"] }, id);

type Keys = { readonly measured: string; readonly failed: string; readonly written: string; readonly own: string };

/** `one` measures and reports nothing of it; `two` measures, fails, writes, and reports what `claims` makes of that. */
async function reported(
  claims: (keys: Keys) => readonly Claim[],
  store = openStore({ file: ":memory:", clock: { now: () => 0 } }),
) {
  const keys: { one: string; two: string[] } = { one: "", two: [] };
  const turns = new Map<string, number>();
  const steps: Record<string, (() => ReturnType<Say>)[]> = {
    lead: [() => [task("one", "l1")], () => [task("two", "l2")], () => report([], "l3")],
    one: [() => [call("evaluate_models", { dataset: "a.csv" }, "o1")], () => report([], "o2")],
    two: [
      () => [call("evaluate_models", { dataset: "b.csv" }, "t1")],
      () => [call("evaluate_models", { dataset: "bad.csv" }, "t2")],
      () => [call("write_to_file", { path: "a" }, "t3")],
      () =>
        report(claims({ measured: keys.two[0]!, failed: keys.two[1]!, written: keys.two[2]!, own: keys.one }), "t4"),
      () => report([], "t5"),
    ],
  };
  const line: LineHarness = new LineHarness({
    modes,
    workflow: { entry: "lead", signOff: false },
    tools: [measuring, writing],
    store,
    run: "r-000001" as RunId,
    say: async (_request, role) => {
      const done = await line.ofType("action_done");
      keys.one = done.find((each) => each.role === "one")?.key ?? "";
      keys.two = done.filter((each) => each.role === "two").map((each) => each.key);
      const turn = turns.get(role) ?? 0;
      turns.set(role, turn + 1);
      return steps[role]?.[turn]?.() ?? [];
    },
  });
  expect(await line.start()).toBe("ended");
  expect((await verifyRun(line.store, line.run)).problems).toEqual([]);
  const refused = await line.ofType("refused");
  const closed = (await line.ofType("frame_closed")).find((event) => event.from === "two");
  return { line, refused, measurements: closed?.report?.measurements };
}

test("N3 N4 what the receipt holds, letter for letter and digit for digit, is accepted", async () => {
  const { refused, measurements } = await reported(({ measured }) => [
    { ...held, effect: measured },
    { name: "test rows", value: 57, unit: "rows", effect: measured },
  ]);
  expect(refused).toEqual([]);
  expect(measurements).toHaveLength(2);
});

test.each<[string, (keys: Keys) => Claim, string]>([
  [
    "N3 another value",
    (keys) => ({ ...held, value: 0.95, effect: keys.measured }),
    "says 0.95, its receipt r-000001.1/e",
  ],
  ["N3 a rounded value", (keys) => ({ ...held, value: 0.7, effect: keys.measured }), "says 0.7, its receipt"],
  ["N3 a value with the sign turned", (keys) => ({ ...held, value: -0.7013, effect: keys.measured }), "says -0.7013"],
  [
    "N3 another metric",
    (keys) => ({ ...held, name: "accuracy (some model)", effect: keys.measured }),
    'measurement "accuracy (some model)" is not in receipt',
  ],
  [
    "N3 another candidate",
    (keys) => ({ ...held, name: "macro-F1 (some modal)", effect: keys.measured }),
    'Did you mean "macro-F1 (some model)"?',
  ],
  ["N3 another unit", (keys) => ({ ...held, unit: "%", effect: keys.measured }), 'is in "%", its receipt'],
  ["N4 another n", (keys) => ({ ...held, n: 5700, effect: keys.measured }), "says n 5700, its receipt"],
  [
    "N4 no n where the receipt says one",
    (keys) => ({ ...held, n: undefined, effect: keys.measured }),
    "says no n; its receipt",
  ],
  [
    "N4 an n that no receipt says",
    (keys) => ({ name: "test rows", value: 57, unit: "rows", n: 57, effect: keys.measured }),
    "says of no n",
  ],
  ["N1 an effect that there never was", () => ({ ...held, effect: "r-000001.1/e999" }), "no receipt of this run"],
  [
    "N1 another run's effect, which holds the number",
    () => ({ ...held, effect: "r-000002.1/e9" }),
    "no receipt of this run",
  ],
  ["N1 a role's own words", () => ({ ...held, effect: "r-000001.1/t2" }), "a call to a model"],
  ["N1 an answer that a tool paid for", (keys) => ({ ...held, effect: `${keys.measured}/c0` }), "a call to a model"],
  ["N1 an effect that failed", (keys) => ({ ...held, effect: keys.failed }), "It holds none at all"],
  ["N1 an effect that measures nothing", (keys) => ({ ...held, effect: keys.written }), "It holds none at all"],
  ["N1 a person's waiver", () => ({ ...held, effect: "a-000001-1-4" }), "no receipt of this run"],
  [
    "N2 someone else's effect that nobody told of",
    (keys) => ({ ...held, effect: keys.own }),
    "which two neither did nor was told of",
  ],
  ["a value that is no number", (keys) => ({ ...held, value: Number.NaN, effect: keys.measured }), "value"],
  ["a number in words", (keys) => ({ ...held, value: "0.7013", effect: keys.measured }), "value"],
  ["an infinite value", (keys) => ({ ...held, value: Number.POSITIVE_INFINITY, effect: keys.measured }), "value"],
  ["an n that is no count", (keys) => ({ ...held, n: 56.5, effect: keys.measured }), "n"],
  ["no effect at all", () => ({ ...held, effect: "" }), "effect"],
])("a report that lies is returned: %s", async (_what, lie, reason) => {
  const store = openStore({ file: ":memory:", clock: { now: () => 0 } });
  await otherRun(store);
  const { refused, measurements } = await reported((keys) => [lie(keys)], store);
  expect(refused).toHaveLength(1);
  expect(refused[0]?.reason).toContain(reason);
  expect(measurements).toEqual([]);
});

/** A run beside it, whose ledger holds the very number. */
async function otherRun(store: ReturnType<typeof openStore>): Promise<void> {
  const other = new LineHarness({ modes, workflow: { entry: "lead" }, store, run: "r-000002" as RunId, say: () => [] });
  await other.create();
  const line = mainLine(other.run);
  const lease = await store.acquire(line, { host: "h", boot: "b", pid: 1, start: "s" }, 0, 60_000);
  if (!lease.held) throw new Error("nobody holds it");
  const key = "r-000002.1/e9" as EffectKey;
  await store.begin({ line, epoch: lease.epoch }, key, "tool", {});
  const receipt = { files: [], measurements: [held], detail: {} };
  await store.finish({ line, epoch: lease.epoch }, key, { callId: "c", tool: "t", ok: true, text: "", receipt });
}

test("N2 whoever got a report cites what it cites, and nothing else of that role", async () => {
  const turns = new Map<string, number>();
  let first = "";
  const line: LineHarness = new LineHarness({
    modes,
    workflow: { entry: "lead", signOff: false },
    tools: [measuring, writing],
    say: async (_request, role) => {
      const done = (await line.ofType("action_done")).map((each) => each.key);
      first = done[0] ?? "";
      const turn = turns.get(role) ?? 0;
      turns.set(role, turn + 1);
      if (role === "one") {
        if (turn < 2) return [call("evaluate_models", { dataset: `${turn}.csv` }, `o${turn}`)];
        return report([{ ...held, effect: done[0] }], "o2");
      }
      if (turn === 0) return [task("one", "l1")];
      // The second measurement was never reported to the lead.
      return report([{ ...held, effect: turn === 1 ? done[1] : done[0] }], `l${turn + 1}`);
    },
  });
  expect(await line.start()).toBe("ended");
  const refused = await line.ofType("refused");
  expect(refused.map((each) => each.reason)).toEqual([
    expect.stringContaining("which lead neither did nor was told of"),
  ]);
  const ended = (await line.ofType("run_ended"))[0];
  expect(ended?.report?.measurements).toEqual([{ ...held, effect: first }]);
});

type Forged = readonly [what: string, change: (claim: Measurement) => Measurement, words: string];

test.each<Forged>([
  ["another value", (claim) => ({ ...claim, value: 0.95 }), "says 0.95, its receipt"],
  ["another unit", (claim) => ({ ...claim, unit: "%" }), 'is in "%", its receipt'],
  ["another n", (claim) => ({ ...claim, n: 5700 }), "says n 5700, its receipt"],
  ["another name", (claim) => ({ ...claim, name: "accuracy" }), "is not in receipt"],
  ["an effect that measured nothing", (claim) => ({ ...claim, effect: "r-000001.1/e3" }), "no receipt of this run"],
  ["a model's words", (claim) => ({ ...claim, effect: "r-000001.1/t2" }), "proves no number"],
  ["another run's effect", (claim) => ({ ...claim, effect: "r-000002.1/e9" }), "no receipt of this run"],
])("D3 verify finds a number in a log that its receipt does not hold: %s", async (_what, change, words) => {
  const store = openStore({ file: ":memory:", clock: { now: () => 0 } });
  await otherRun(store);
  const { line } = await reported(({ measured }) => [{ ...held, effect: measured }], store);
  const forged = await forgedStore(line.store, line.run, (event) =>
    event.type === "frame_closed" && event.report?.measurements.length
      ? { ...event, report: { ...event.report, measurements: event.report.measurements.map(change) } }
      : event,
  );
  const { problems } = await verifyRun(forged, line.run);
  expect(problems.map(({ what }) => what).join("; ")).toContain(words);
});

test("D3 verify finds a number in a log that cites what had not ended when it was reported", async () => {
  const { line } = await reported(({ measured }) => [{ ...held, effect: measured }]);
  const first = (await line.ofType("frame_closed"))[0];
  const [later] = (await line.ofType("action_done")).filter(({ role }) => role === "two");
  const forged = await forgedStore(line.store, line.run, (event) =>
    event.type === "frame_closed" && event.frame === first?.frame && event.report
      ? { ...event, report: { ...event.report, measurements: [{ ...held, effect: later?.key ?? "" }] } }
      : event,
  );
  const { problems } = await verifyRun(forged, line.run);
  expect(problems.map(({ what }) => what).join("; ")).toContain("which had not ended then");
});

test("D3 verify finds a receipt that was changed after it was cited", async () => {
  const { line } = await reported(({ measured }) => [{ ...held, effect: measured }]);
  const better = { ...held, value: 0.95 };
  const changed: typeof line.store = {
    ...line.store,
    effect: async (key) => {
      const row = await line.store.effect(key);
      const outcome = row?.outcome as { receipt?: { measurements: object[] } } | null | undefined;
      if (!row || !outcome?.receipt?.measurements.length) return row;
      return { ...row, outcome: { ...outcome, receipt: { ...outcome.receipt, measurements: [better] } } };
    },
  };
  const { problems } = await verifyRun(changed, line.run);
  expect(problems.map(({ what }) => what).join("; ")).toContain("says 0.7013, its receipt");
});
