/** What `verify` finds beside the chain: each case is one lie, told where somebody with the database in hand could tell it. */
import { expect, test } from "vitest";
import { z } from "zod";
import { hashOf } from "../../src/canonical.ts";
import type { Event } from "../../src/events/event.ts";
import { verifyAll } from "../../src/run/verify/verify-all.ts";
import { verifyRun } from "../../src/run/verify/verify-run.ts";
import type { Store } from "../../src/store/ports.ts";
import type { Tool } from "../../src/tools/tool.ts";
import { forgedStore } from "../fixtures/forged-store.ts";
import { LineHarness, call, fullReport, modeText } from "../fixtures/line-harness.ts";

const tool: Tool = {
  name: "write_to_file",
  description: "writes",
  schema: z.strictObject({ path: z.string() }),
  access: "effect",
  run: async () => ({ ok: true, text: "written", receipt: null }),
};

/** A finished run with an edited approval, an effect and a sign-off. */
async function finished(): Promise<LineHarness> {
  const line = new LineHarness({
    modes: [modeText("worker", "030-worker", { groups: ["edit", "completion"] })],
    workflow: { entry: "worker", approvals: [{ tool: "write_to_file", reason: "look" }] },
    tools: [tool],
    say: (_request, _role, turn) =>
      turn === 1 ? [call("write_to_file", { path: "a" })] : [call("attempt_completion", fullReport())],
  });
  await line.start();
  await line.decide("approve", "", { path: "b" });
  await line.advance();
  await line.decide("approve", "");
  await line.advance();
  return line;
}

test("verify finds nothing in an honest run", async () => {
  const line = await finished();
  expect(await verifyRun(line.store, line.run)).toMatchObject({ ok: true, problems: [] });
});

/** How often something else came to its turn while it was verified. */
async function turnsDuring(verified: Promise<unknown>): Promise<number> {
  let turns = 0;
  let timer = setImmediate(function count() {
    turns += 1;
    timer = setImmediate(count);
  });
  await verified.finally(() => clearImmediate(timer));
  return turns;
}

test("Y3 a long line, and a file of many runs, are verified with turns for what else goes on", async () => {
  const long = new LineHarness({
    modes: [modeText("worker", "030-worker", { groups: ["edit", "completion"] })],
    workflow: { entry: "worker", signOff: false },
    tools: [tool],
    say: (_request, _role, turn) =>
      turn < 60 ? [call("write_to_file", { path: `${turn}` })] : [call("attempt_completion", fullReport())],
  });
  await long.start();
  const { length } = (await long.store.lines(long.run))[0]!;
  expect(length).toBeGreaterThan(150);
  expect(await turnsDuring(verifyRun(long.store, long.run))).toBeGreaterThanOrEqual(Math.floor(length / 50));
  const runs = Array.from({ length: 5 }, () => long.run);
  const file = { runs, anchorsOf: async () => [], remembered: async () => [], hasWorkspace: () => false };
  const short = await finished();
  const said: boolean[] = [];
  const all = verifyAll(short.store, { ...file, onRun: ({ ok }) => said.push(ok) });
  expect(await turnsDuring(all)).toBeGreaterThanOrEqual(runs.length);
  expect(said).toEqual(runs.map(() => true));
});

const other = { path: "a", before: null, after: "1" };

const eventLies: Record<string, [(event: Event) => Event, string]> = {
  "R2 a tool that the role does not have": [
    (event) =>
      event.type === "action_proposed"
        ? { ...event, calls: event.calls.map((each) => ({ ...each, name: "execute_command" })) }
        : event,
    "has no tool execute_command",
  ],
  "R3 a proposal that skips the approval": [
    (event) => (event.type === "action_proposed" ? { ...event, needsApproval: false } : event),
    "without the approval",
  ],
  "R3 an edit with other arguments": [
    (event) => (event.type === "action_edited" ? { ...event, args: { path: "c" } } : event),
    "edited arguments",
  ],
  "R3 no decision on the sign-off": [
    (event) =>
      event.type === "ask_decided" && event.decision.args === undefined
        ? { type: "ask_withdrawn", at: event.at, ask: event.ask, reason: "" }
        : event,
    "without the sign-off",
  ],
  "R3 another change set at the end": [
    (event) => (event.type === "run_ended" ? { ...event, changes: { files: [other], hash: hashOf([other]) } } : event),
    "another change set",
  ],
  "R3 a change set that is not its hash": [
    (event) => (event.type === "report_submitted" ? { ...event, changes: { files: [other], hash: "0" } } : event),
    "does not match its own hash",
  ],
  "D3 another result than the ledger's": [
    (event) =>
      event.type === "action_done"
        ? { ...event, results: event.results.map((each) => ({ ...each, text: "better" })) }
        : event,
    "another outcome",
  ],
  "D3 another reply than the ledger's": [
    (event) => (event.type === "turn_taken" ? { ...event, text: "better" } : event),
    "another prompt or reply",
  ],
  "D3 a frame that goes by another name throughout": [
    (event) => JSON.parse(JSON.stringify(event).replaceAll('"f1"', '"f9"')) as Event,
    "is called f9, and stands where f1 belongs",
  ],
  "R1 a turn out of turn": [
    (event) => (event.type === "turn_taken" ? { ...event, role: "boss" } : event),
    "not its turn",
  ],
  "D6 an end that the row does not have": [
    (event) => (event.type === "run_ended" ? { ...event, status: "stopped" } : event),
    "do not agree",
  ],
};

test.each(Object.entries(eventLies))("verify finds %s", async (_name, [lie, words]) => {
  const line = await finished();
  const { problems } = await verifyRun(await forgedStore(line.store, line.run, lie), line.run);
  expect(problems.map((problem) => problem.what).join("; ")).toContain(words);
});

test("D3 verify finds a ledger with less, or more, than the log tells", async () => {
  const line = await finished();
  const less = await verifyRun({ ...line.store, effect: async () => undefined }, line.run);
  expect(less.problems.map((problem) => problem.what).join()).toContain("holds no reply");
  const [first] = await line.store.ledger(line.run, 0, 1);
  const extra = { ...first!, key: `${first!.line}/t77` as NonNullable<typeof first>["key"] };
  const ledger: Store["ledger"] = async (run, after, limit) => [...(await line.store.ledger(run, after, limit)), extra];
  const more = await verifyRun({ ...line.store, ledger }, line.run);
  expect(more.problems).toMatchObject([{ row: `effects ${extra.key}`, what: "the log does not tell of it (D3)" }]);
});

test("R4 verify finds a decision that was changed in its row", async () => {
  const line = await finished();
  const ask: Store["ask"] = async (id) => {
    const row = await line.store.ask(id);
    return row && { ...row, decision: row.decision && { ...row.decision, by: "somebody" } };
  };
  const { problems } = await verifyRun({ ...line.store, ask }, line.run);
  expect(problems.map((problem) => problem.what).join()).toContain("does not say what the log says");
});

test("Y1 verify reads the log and the ledger once, in pages, and never as a whole", async () => {
  const line = await finished();
  const whole = async (): Promise<never> => {
    throw new Error("the whole of it was asked for");
  };
  let pages = 0;
  const store: Store = {
    ...line.store,
    events: whole,
    runEvents: whole,
    effects: whole,
    asks: whole,
    storedBytes: async (of, from, limit) => {
      pages += 1;
      expect(limit).toBeLessThanOrEqual(500);
      return line.store.storedBytes(of, from, limit);
    },
  };
  expect((await verifyRun(store, line.run)).problems).toEqual([]);
  expect(pages).toBe(1);
});

test("D8 verify finds a head that somebody wrote down, and says where none fits", async () => {
  const line = await finished();
  const { heads } = await verifyRun(line.store, line.run);
  const head = heads[0]?.head ?? "";
  expect(await verifyRun(line.store, line.run, { head: head.slice(0, 16) })).toMatchObject({ ok: true });
  const { problems } = await verifyRun(line.store, line.run, { head: "0".repeat(64) });
  expect(problems).toMatchObject([{ what: `no event has the hash ${"0".repeat(64)} (D8)` }]);
});
