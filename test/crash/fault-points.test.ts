/**
 * D1 D2 D3, in SQLite's manner: a whole line (escalation, ask, approval, effect, sign-off) is failed at the nth named point of the write
 * paths, gone on with, and compared with an undisturbed one; n rises until a line completes without reaching it. Once failing there
 * once, and once failing from there on until the run gives up, as a full disk would.
 */
import { afterAll, expect, test } from "vitest";
import { z } from "zod";
import type { Event } from "../../src/events/event.ts";
import { verifyRun } from "../../src/run/verify-run.ts";
import type { FaultPoint } from "../../src/store/connection.ts";
import { openStore } from "../../src/store/open.ts";
import type { Tool } from "../../src/tools/tool.ts";
import { LineHarness, call, fullReport, modeText } from "../fixtures/line-harness.ts";

class Fault extends Error {}

const modes = [
  modeText("lead", "020-lead", { delegates: ["worker"], escalates: ["user"] }),
  modeText("worker", "030-worker", { escalates: ["lead"], reports: ["lead"], groups: ["edit", "completion"] }),
];
const question = { question: "which way?", topic: "ways", severity: "high", tried: "", options: ["left", "right"] };

/** What a role says follows from what it has said, and not from how often it was called: a repeated call is the same call. */
const script: Record<string, ReturnType<typeof call>[]> = {
  lead: [
    call("new_task", { mode: "worker", task: "make it", acceptance_criteria: ["it is there"] }),
    call("attempt_completion", fullReport()),
  ],
  worker: [
    call("escalate", { to: "lead", ...question }),
    call("write_to_file", { path: "a.md" }),
    call("attempt_completion", fullReport()),
  ],
  answering: [
    call("escalate", { to: "user", ...question }),
    call("attempt_completion", { decision: "left", reason: "said so" }),
  ],
};

const verbs: Record<string, readonly ["answer" | "approve", string]> = {
  escalation: ["answer", "1"],
  approval: ["approve", ""],
  sign_off: ["approve", ""],
};

type Kind = "once" | "for good";
type Told = { readonly events: readonly unknown[]; readonly ran: number; readonly reached: readonly FaultPoint[] };

/** Drives a line to its end, failing it at the `nth` point reached (1-based); `null`: undisturbed. */
async function lineWith(nth: number | null, kind: Kind): Promise<Told> {
  const reached: FaultPoint[] = [];
  let armed = nth !== null;
  const store = openStore({
    file: ":memory:",
    clock: { now: () => Date.parse("2026-01-01T00:00:00Z") },
    fault: (point) => {
      reached.push(point);
      if (!armed || reached.length < (nth ?? 0)) return;
      if (kind === "once") armed = false;
      throw new Fault(point);
    },
  });
  let ran = 0;
  const done = { ok: true, text: "written", receipt: { files: [], measurements: [], detail: {} } };
  const tool: Tool = {
    name: "write_to_file",
    description: "writes",
    schema: z.strictObject({ path: z.string() }),
    access: "effect",
    probe: async () => (ran > 0 ? { state: "done", outcome: done } : { state: "not-done" }),
    run: async () => {
      ran += 1;
      return done;
    },
  };
  const line = new LineHarness({
    modes,
    workflow: { entry: "lead", approvals: [{ tool: "write_to_file", reason: "looked at" }] },
    tools: [tool],
    store,
    say: (request, role) => {
      const asked = request.messages.findLastIndex(
        (message) => message.role === "user" && message.content.startsWith("# An escalation"),
      );
      const since = request.messages.slice(asked + 1).filter((message) => message.role === "assistant").length;
      return [(asked >= 0 ? script["answering"]! : script[role]!)[since]!];
    },
  });
  await line.create();
  try {
    for (let rounds = 0; rounds < 40; rounds += 1) {
      const stop = await line.advance().catch((error: unknown) => {
        if (!(error instanceof Fault)) throw error;
        armed = false; // somebody made room on the disk
        return "failed";
      });
      const [ask] = await store.asks({ run: line.run, state: "open" });
      if (stop === "ended") break;
      if (stop === "waiting" && ask) await line.decide(...verbs[ask.kind]!);
    }
    expect((await store.run(line.run))?.status).toBe("finished");
    expect((await verifyRun(store, line.run)).problems).toEqual([]);
    expect((await store.effects(line.run)).filter((effect) => effect.outcome === null)).toEqual([]);
    return { events: (await line.events()).map(plain), ran, reached };
  } finally {
    store.close();
  }
}

/** Without times, and without the word for how an outcome was come by: that one may differ, and says so. */
function plain(event: Event): unknown {
  return JSON.parse(
    JSON.stringify(event, (key, value: unknown) =>
      ["at", "deadline", "ms"].includes(key) || (key === "outcome" && typeof value === "string") ? undefined : value,
    ),
  );
}

const seen = new Set<FaultPoint>();

// Failing for good differs only in what is tried after the first failure, so every third point will do.
test.each([
  ["once", 1],
  ["for good", 3],
] as const)(
  "D1 D2 D3 a line that fails %s at any point of a write, and goes on, ends as an undisturbed one",
  async (kind, stride) => {
    const reference = await lineWith(null, kind);
    expect(reference.ran).toBe(1);
    let nth = 1;
    for (; ; nth += stride) {
      const told = await lineWith(nth, kind);
      if (told.reached.length < nth) break;
      seen.add(told.reached[nth - 1]!);
      expect({ nth, ran: told.ran, events: told.events }).toEqual({ nth, ran: 1, events: reference.events });
    }
    expect(nth).toBeGreaterThan(reference.reached.length);
  },
);

afterAll(() => {
  // Every point there is was failed at, or the test says less than it seems to.
  expect([...seen].toSorted()).toEqual([
    "commit:checkpoint",
    "commit:done",
    "commit:event",
    "commit:fenced",
    "commit:head",
    "commit:projected",
    "effect:begin-done",
    "effect:begun",
    "effect:finish-done",
    "effect:finished",
  ]);
});
