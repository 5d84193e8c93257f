/** What `verify` finds beside the chain: each case is one lie, told where somebody with the database in hand could tell it. */
import { expect, test } from "vitest";
import { z } from "zod";
import type { Event } from "../../src/events/event.ts";
import { verifyRun } from "../../src/run/verify-run.ts";
import type { Store } from "../../src/store/ports.ts";
import type { Tool } from "../../src/tools/tool.ts";
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

/** The store as it would be if these events had been written; the chain is `verify-chain`'s business and is left whole. */
function withEvents(store: Store, change: (event: Event) => Event): Store {
  return {
    ...store,
    events: async (...args) =>
      (await store.events(...args)).map((stored) => ({ ...stored, event: change(stored.event) })),
  };
}

test("verify finds nothing in an honest run", async () => {
  const line = await finished();
  expect(await verifyRun(line.store, line.run)).toMatchObject({ ok: true, problems: [] });
});

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
    (event) => (event.type === "run_ended" ? { ...event, changes: { files: [], hash: "other" } } : event),
    "another change set",
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
  const { problems } = await verifyRun(withEvents(line.store, lie), line.run);
  expect(problems.map((problem) => problem.what).join("; ")).toContain(words);
});

test("verify finds a ledger with less, or more, than the log tells", async () => {
  const line = await finished();
  const rows = await line.store.effects(line.run);
  const less = await verifyRun({ ...line.store, effects: async () => rows.slice(1) }, line.run);
  expect(less.problems.map((problem) => problem.what).join()).toContain("holds no reply");
  const extra = { ...rows[0]!, key: `${rows[0]!.line}/t77` as (typeof rows)[0]["key"] };
  const more = await verifyRun({ ...line.store, effects: async () => [...rows, extra] }, line.run);
  expect(more.problems.map((problem) => problem.what).join()).toContain("which the log does not tell");
});

test("verify finds a decision that was changed in its row", async () => {
  const line = await finished();
  const asks = await line.store.asks({ run: line.run });
  const changed = asks.map((ask) => ({ ...ask, decision: ask.decision && { ...ask.decision, by: "somebody" } }));
  const { problems } = await verifyRun({ ...line.store, asks: async () => changed }, line.run);
  expect(problems.map((problem) => problem.what).join()).toContain("does not say what the log says");
});
