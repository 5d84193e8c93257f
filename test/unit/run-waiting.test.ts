/** What a line waits for, and what becomes of it where nobody will decide: no line waits for ever, and none keeps the process busy. */
import { expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { verifyRun } from "../../src/run/verify/verify-run.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/ports.ts";
import type { AskRow } from "../../src/store/rows.ts";
import { LineHarness, call, fullReport, modeText } from "../fixtures/line-harness.ts";

const tasks = (modes: readonly string[], wait: "all" | "any") => [
  call(
    "new_tasks",
    {
      tasks: modes.map((mode) => ({ mode, task: `for ${mode} matters`, acceptance_criteria: ["it is done"] })),
      wait,
    },
    `wait-for-${wait}`,
  ),
];
const report = [call("attempt_completion", fullReport())];

test("G4 what a line asked for all of them and withdrew when it was stopped, the next one asks for itself", async () => {
  const [asked, awaited] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const spoken = new Set<string>();
  const line = new LineHarness({
    modes: [
      modeText("lead", "020-lead", { delegates: ["middle", "three"] }),
      modeText("middle", "030-worker", { delegates: ["one", "two"] }),
      ...["one", "two", "three"].map((slug) => modeText(slug, "040-assistant")),
    ],
    workflow: { entry: "lead", signOff: false, limits: { modelCalls: 5 } },
    say: async ({ messages }, role) => {
      if (messages.some(({ content }) => content.includes("# Report from"))) return report;
      if (role === "lead") return tasks(["middle", "three"], "all");
      if (role === "middle") return tasks(["one", "two"], "any");
      if (role === "three") await asked.promise;
      if (role === "two") await awaited.promise;
      // A reply without a call leads to a further one, which is beyond the limit.
      const first = !spoken.has(role);
      spoken.add(role);
      return first && role !== "two" ? [] : report;
    },
  });
  await line.create();
  const waiting = await line.move({
    onEvent: ({ event }) => {
      if (event.type === "ask_raised") asked.resolve();
      if (event.type === "ask_awaited") awaited.resolve();
    },
  });
  expect(waiting).toMatchObject({ status: "waiting", asks: [{ kind: "limit", limit: { name: "modelCalls" } }] });
  expect((await line.store.asks({ run: line.run })).map(({ state }) => state)).toEqual(["withdrawn", "open"]);
  expect(await line.ofType("ask_withdrawn")).toMatchObject([
    { reason: expect.stringMatching(/^stopped by/) },
    { reason: "the task that asked it was stopped" },
  ]);
  await line.decide("approve", "", { to: 20 });
  expect((await line.move()).status).toBe("finished");
  expect(await verifyRun(line.store, line.run)).toMatchObject({ ok: true, problems: [] });
});

test("P4 J3 who was told to stop is not waited for through those that it gave tasks to: they stop as well, also while they wait for a person", async () => {
  const bothAsk = Promise.withResolvers<void>();
  const line = new LineHarness({
    modes: [
      modeText("lead", "020-lead", { delegates: ["middle", "three"] }),
      modeText("middle", "030-worker", { delegates: ["one", "two"] }),
      ...["one", "two", "three"].map((slug) => modeText(slug, "040-assistant", { escalates: ["user"] })),
    ],
    workflow: { entry: "lead", signOff: false },
    say: async ({ messages }, role) => {
      if (messages.some(({ content }) => content.includes("# Report from"))) return report;
      if (role === "lead") return tasks(["middle", "three"], "any");
      if (role === "middle") return tasks(["one", "two"], "all");
      if (role === "three") return bothAsk.promise.then(() => report);
      return [
        call("escalate", { to: "user", topic: "t", question: "which?", severity: "low", tried: "", options: ["this"] }),
      ];
    },
  });
  await line.create();
  let asked = 0;
  const ended = await line.move({
    onEvent: ({ event }) => {
      if (event.type === "ask_raised" && (asked += 1) === 2) bothAsk.resolve();
    },
  });
  expect(ended).toMatchObject({ status: "finished", asks: [] });
  expect((await line.store.asks({ run: line.run })).map(({ state }) => state)).toEqual(["withdrawn", "withdrawn"]);
  expect((await line.store.lines(line.run)).map((row) => row.ended)).toEqual([
    null,
    "stopped",
    "reported",
    "stopped",
    "stopped",
  ]);
  expect(await verifyRun(line.store, line.run)).toMatchObject({ ok: true, problems: [] });
});

test("P2 a line that comes to rest while the others are looked at is looked at once more: its report lets whoever waited for it go on", async () => {
  const kept = openStore({ file: ":memory:", clock: systemClock });
  const mayReport = Promise.withResolvers<void>();
  let speaks = false;
  const atRest = async (): Promise<void> => {
    const isHeld = async () => (await kept.lines(line.run)).some(({ owner }) => owner !== null);
    for (let looks = 0; looks < 1000 && (await isHeld()); looks += 1) await new Promise((done) => setImmediate(done));
    await new Promise((done) => setImmediate(done));
  };
  const store: Store = {
    ...kept,
    lines: async (run) => {
      const lines = await kept.lines(run);
      if (!speaks || (await kept.asks({ run })).length === 0) return lines;
      speaks = false;
      mayReport.resolve();
      await atRest();
      return lines; // as they were before
    },
  };
  const line = new LineHarness({
    modes: [
      modeText("lead", "020-lead", { delegates: ["one", "two"] }),
      ...["one", "two"].map((slug) => modeText(slug, "040-assistant", { escalates: ["user"] })),
    ],
    workflow: { entry: "lead", signOff: false },
    store,
    say: async ({ messages }, role) => {
      if (messages.some(({ content }) => content.includes("# Report from"))) return report;
      if (role === "lead") return tasks(["one", "two"], "any");
      if (role === "one")
        return [
          call("escalate", { to: "user", topic: "t", question: "which?", severity: "low", tried: "", options: ["a"] }),
        ];
      speaks = true;
      return mayReport.promise.then(() => report);
    },
  });
  await line.create();
  expect(await line.move()).toMatchObject({ status: "finished", asks: [] });
});

test.each([
  ["is not there any more", () => undefined, "store-corrupt"],
  ["is decided, and does not say how", (ask: AskRow) => ({ ...ask, state: "decided" as const }), "internal"],
] as const)("W3 a line whose ask %s ends with an error, and does not look for ever", async (_what, read, code) => {
  const kept = openStore({ file: ":memory:", clock: systemClock });
  let broken = false;
  const store: Store = {
    ...kept,
    ask: async (id) => {
      const ask = await kept.ask(id);
      return ask && broken ? read(ask) : ask;
    },
  };
  const line = new LineHarness({
    modes: [modeText("worker", "030-worker", { escalates: ["user"] })],
    workflow: { entry: "worker" },
    store,
    say: () => [
      call("escalate", { to: "user", topic: "t", question: "which?", severity: "low", tried: "", options: ["this"] }),
    ],
  });
  await line.create();
  expect((await line.move()).status).toBe("waiting");
  broken = true;
  await expect(line.move()).rejects.toMatchObject({ code });
});

test("W3 D5 a clock that is set back while a line looks whether its time is over fails no line: it waits on", async () => {
  const early = Date.parse("2026-01-01T00:00:00Z");
  const asked = { ofGate: 0 };
  const clock = { now: () => ((asked.ofGate += 1), early) };
  const line = new LineHarness({
    modes: [modeText("worker", "030-worker")],
    workflow: { entry: "worker", signOffExpiresMinutes: 10 },
    clock,
    say: () => [call("attempt_completion", fullReport())],
  });
  await line.create();
  expect((await line.move()).status).toBe("waiting");
  const [before, passes] = [asked.ofGate, 40];
  const late = { now: () => (asked.ofGate < before + passes ? early + 3_600_000 : early) };
  expect(await line.move({ clock: late })).toMatchObject({ status: "waiting", asks: [{ kind: "sign_off" }] });
  expect(asked.ofGate).toBeGreaterThanOrEqual(before + passes);
});
