/** What a run does when it was cut off, stopped, or its chart was changed at an awkward moment. The ledger, the gate and the graph are the real ones. */
import { RunControl } from "@langchain/langgraph";
import { expect, test } from "vitest";
import { z } from "zod";
import { startRun } from "../../src/run/start-run.ts";
import { openStore } from "../../src/store/open.ts";
import type { RunId } from "../../src/ids.ts";
import type { Store } from "../../src/store/ports.ts";
import type { Tool, ToolOutcome } from "../../src/tools/tool.ts";
import type { WorkflowInput } from "../../src/org/workflow.ts";
import { Died } from "../fixtures/dying-store.ts";
import { LineHarness, bind, call, fullReport, modeText, type HarnessOptions } from "../fixtures/line-harness.ts";

const editor = modeText("worker", "030-worker", { groups: ["edit", "communication", "completion"] });
const talker = modeText("worker", "030-worker");
const changed = editor.replace("The worker.", "The worker, changed.");
const written: ToolOutcome = { ok: true, text: "written", receipt: { files: [], measurements: [], detail: {} } };
const write = call("write_to_file", { path: "a" });
const finish = call("attempt_completion", fullReport());

type Writer = { tool: Tool; ran: unknown[]; run: (args: unknown, signal: AbortSignal) => Promise<ToolOutcome> };

function writer(probe?: Tool["probe"]): Writer {
  const state: Writer = {
    ran: [],
    run: async () => written,
    tool: {
      name: "write_to_file",
      description: "writes",
      schema: z.strictObject({ path: z.string() }),
      access: "effect",
      ...(probe ? { probe } : {}),
      run: async (context, args) => {
        state.ran.push(args);
        return state.run(args, context.signal);
      },
    },
  };
  return state;
}

const plain: Omit<WorkflowInput, "name"> = { entry: "worker", signOff: false };
const approving = { ...plain, approvals: [{ tool: "write_to_file", reason: "look at it" }] };

function writing(state: Writer, options: Partial<HarnessOptions> = {}): LineHarness {
  return new LineHarness({
    modes: [editor],
    workflow: plain,
    tools: [state.tool],
    say: (_request, _role, turn) => (turn === 1 ? [write] : [finish]),
    ...options,
  });
}

async function openAsk(line: LineHarness) {
  return (await line.store.asks({ run: line.run, state: "open" }))[0];
}

/** The files changed: the next step asks, and the person adopts. */
async function adopt(line: LineHarness, modes: readonly string[], workflow = plain): Promise<string> {
  line.drift = bind(modes, workflow);
  await line.store.putChart(line.drift);
  expect(await line.advance()).toBe("waiting");
  expect(await openAsk(line)).toMatchObject({ kind: "chart" });
  await line.decide("answer", "adopt");
  return line.advance();
}

test("R4 the answer `again` authorises one attempt: if that is cut off too, it is asked about again", async () => {
  const state = writer();
  state.run = async () => Promise.reject(new Died());
  const line = writing(state);
  await expect(line.start()).rejects.toThrow(Died);
  expect(await line.advance()).toBe("waiting");
  await line.decide("answer", "again");
  await expect(line.advance()).rejects.toThrow(Died);
  expect(state.ran).toHaveLength(2);
  expect(await line.advance()).toBe("waiting");
  expect(state.ran).toHaveLength(2);
  expect(await openAsk(line)).toMatchObject({ kind: "doubt" });
  state.run = async () => written;
  await line.decide("answer", "again");
  expect(await line.advance()).toBe("ended");
  expect(state.ran).toHaveLength(3);
});

test("D4 the probe of an effect whose owner was never ended is not believed, by whoever comes later either", async () => {
  const state = writer(async () => ({ state: "not-done" }));
  state.run = async () => Promise.reject(new Died());
  const line = writing(state);
  await expect(line.start()).rejects.toThrow(Died);
  const id = (await line.store.lines(line.run))[0]!.id;
  const far = { host: "far", boot: "b", pid: 1, start: "1" };
  const late = Date.parse("2027-01-01T00:00:00Z");
  expect(await line.store.acquire(id, far, 0, 10)).toMatchObject({ held: true });
  const next = await line.store.acquire(id, { ...far, host: "near" }, late, 10);
  if (!next.held) throw new Error("the lease had run out");
  await line.store.release({ line: id, epoch: next.epoch });
  state.run = async () => written;
  expect(await line.advance()).toBe("waiting");
  expect(await openAsk(line)).toMatchObject({ kind: "doubt" });
  expect(state.ran).toHaveLength(1);
});

test("D9 R2 an approved action whose tool the adopted chart takes away is refused, and the run goes on", async () => {
  const state = writer();
  const line = writing(state, { workflow: approving });
  await line.start();
  await line.decide("approve", "");
  expect(await adopt(line, [talker])).toBe("ended");
  expect(state.ran).toEqual([]);
  expect((await line.ofType("refused"))[0]).toMatchObject({ code: "tool-not-granted", callId: write.id });
});

test("D9 R3 an action that the adopted chart has approved first is not run without", async () => {
  const state = writer();
  const control = new RunControl();
  const line = writing(state, {
    say: (_request, _role, turn) => {
      if (turn === 1) control.requestDrain("before it is run");
      return turn < 3 ? [call("write_to_file", { path: "a" }, `write-${turn}`)] : [finish];
    },
  });
  expect(await line.start(control)).toBe("drained");
  expect(await adopt(line, [changed], approving)).toBe("waiting");
  expect(state.ran).toEqual([]);
  expect(await openAsk(line)).toMatchObject({ kind: "approval", action: { args: { path: "a" } } });
  await line.decide("approve", "");
  expect(await line.advance()).toBe("ended");
  expect(state.ran).toHaveLength(1);
});

test("D9 an answer goes back the way it came although the adopted chart no longer declares that route", async () => {
  const lead = (delegates: string[]) => modeText("lead", "020-lead", { delegates });
  const worker = modeText("worker", "030-worker", { escalates: ["other"] });
  const other = modeText("other", "020-lead", { delegates: ["worker"] });
  const control = new RunControl();
  const line = new LineHarness({
    modes: [lead(["worker"]), worker, other],
    workflow: { entry: "lead", signOff: false },
    say: (_request, role, turn) => {
      if (turn === 1) return [call("new_task", { mode: "worker", task: "do", acceptance_criteria: ["done"] })];
      if (turn === 2) control.requestDrain("with three frames open");
      if (role === "worker" && turn === 2)
        return [
          call("escalate", { to: "other", question: "?", topic: "t", severity: "low", tried: "", options: ["a"] }),
        ];
      if (role === "other")
        return turn === 3
          ? [call("ask_followup_question", { question: "what?" })]
          : [call("attempt_completion", { decision: "a", reason: "b" })];
      return turn === 4 ? [call("attempt_completion", { decision: "it", reason: "so" })] : [finish];
    },
  });
  expect(await line.start(control)).toBe("drained");
  expect(
    await adopt(line, [lead(["other"]), modeText("worker", "030-worker", { escalates: ["user"] }), other], {
      entry: "lead",
      signOff: false,
    }),
  ).toBe("ended");
  expect((await line.ofType("frame_closed")).map((each) => [each.from, each.to])).toEqual([
    ["worker", "other"],
    ["other", "worker"],
    ["worker", "lead"],
    ["lead", "user"],
  ]);
});

test.each([
  ["keep", "finished"],
  ["stop", "stopped"],
] as const)("D9 files that hold no valid chart are asked about once, and %s decides", async (choice, status) => {
  const line = new LineHarness({
    modes: [talker],
    workflow: plain,
    say: (_request, _role, turn) => (turn === 1 ? [call("ask_followup_question", { question: "which?" })] : [finish]),
  });
  await line.start();
  await line.decide("answer", "this");
  line.drift = { hash: "broken-1", broken: 'the chart has an error: there is no role "x" (modes/w.md:3)' };
  expect(await line.advance()).toBe("waiting");
  const ask = await openAsk(line);
  expect(ask).toMatchObject({ kind: "chart", chart: "broken-1" });
  expect(ask?.options.map((option) => option.id)).toEqual(["keep", "stop"]);
  expect(ask?.question).toContain("modes/w.md:3");
  await line.decide("answer", choice);
  expect(await line.advance()).toBe("ended");
  expect((await line.store.run(line.run))?.status).toBe(status);
});

test("D9 a reply that was paid for before the chart changed is told with what it answered", async () => {
  const state = writer();
  const line = writing(state, { workflow: plain });
  const inner = { ...line.store };
  let dies = true;
  Object.assign(line.store, {
    finish: async (...args: Parameters<Store["finish"]>) => {
      await inner.finish(...args);
      if (dies) throw new Died();
    },
  });
  await expect(line.start()).rejects.toThrow(Died);
  dies = false;
  const [row] = await line.store.effects(line.run);
  expect(await adopt(line, [changed])).toBe("ended");
  const [turn] = await line.ofType("turn_taken");
  expect(turn).toMatchObject({ outcome: "replayed", prompt: (row!.intent as { prompt: string }).prompt });
});

test("D9 a sign-off that the adopted workflow asks for is asked for", async () => {
  const control = new RunControl();
  const line = new LineHarness({
    modes: [talker],
    workflow: plain,
    say: () => {
      control.requestDrain("before it closes");
      return [finish];
    },
  });
  expect(await line.start(control)).toBe("drained");
  expect(await adopt(line, [talker], { entry: "worker" })).toBe("waiting");
  expect(await openAsk(line)).toMatchObject({ kind: "sign_off" });
});

test("R3 edited arguments that do not fit the tool are refused, and the run goes on", async () => {
  const state = writer();
  const line = writing(state, { workflow: approving });
  await line.start();
  await line.decide("approve", "", { path: 7 });
  expect(await line.advance()).toBe("ended");
  expect(state.ran).toEqual([]);
  expect((await line.ofType("refused"))[0]).toMatchObject({ code: "call-malformed" });
});

test("a person's report closes the run in the person's name", async () => {
  const line = new LineHarness({
    modes: [talker],
    workflow: { entry: "worker", staffing: { worker: { by: "person" } } },
    say: () => [finish],
  });
  await line.start();
  await line.decide("answer", "it is done");
  expect(await line.advance()).toBe("waiting");
  await line.decide("approve", "");
  expect(await line.advance()).toBe("ended");
  expect((await line.ofType("frame_closed"))[0]).toMatchObject({ by: "person", report: { summary: "it is done" } });
});

test("the entry role's report is copied to those whom it named, and to no one else", async () => {
  const modes = [
    modeText("lead", "020-lead", { reports: ["boss", "chief"] }),
    modeText("boss", "010-director", { delegates: ["lead"] }),
    modeText("chief", "010-director", { delegates: ["lead"] }),
  ];
  const line = new LineHarness({
    modes,
    workflow: { entry: "lead" },
    say: () => [call("attempt_completion", { ...fullReport(), report_to: ["chief"] })],
  });
  await line.start();
  await line.decide("approve", "");
  expect(await line.advance()).toBe("ended");
  expect((await line.ofType("copy_sent")).map((copy) => copy.to)).toEqual(["chief"]);
});

test("a role that is asked again while it waits sees what it saw before, once", async () => {
  const modes = [
    modeText("lead", "020-lead", { delegates: ["worker"] }),
    modeText("worker", "030-worker", { escalates: ["lead"], delegates: ["helper"] }),
    modeText("helper", "040-assistant", { reports: ["lead"] }),
  ];
  const line = new LineHarness({
    modes,
    workflow: { entry: "lead", signOff: false },
    say: (_request, role, turn) => {
      if (turn === 1) return [call("new_task", { mode: "worker", task: "do", acceptance_criteria: ["done"] })];
      if (turn === 2) return [call("new_task", { mode: "helper", task: "help", acceptance_criteria: ["done"] })];
      if (turn === 4)
        return [
          call("escalate", { to: "lead", question: "?", topic: "t", severity: "low", tried: "", options: ["a"] }),
        ];
      return role === "lead" && turn === 5 ? [call("attempt_completion", { decision: "a", reason: "b" })] : [finish];
    },
  });
  expect(await line.start()).toBe("ended");
  const asked = line.modelCalls[4]!.messages.map((message) => message.content);
  expect(asked.filter((text) => text.startsWith("# Copy of a report"))).toHaveLength(1);
  expect(asked.at(-1)).toContain("# An escalation to you, from worker");
});

test("L1 a call that fails at every resume is charged each time, and overruns the ceiling by one at most", async () => {
  let calls = 0;
  const line = new LineHarness({
    modes: [talker],
    workflow: { ...plain, limits: { modelCalls: 3 } },
    say: () => {
      calls += 1;
      throw new Died();
    },
  });
  await expect(line.start()).rejects.toThrow(Died);
  for (let resumes = 0; resumes < 20 && !(await openAsk(line)); resumes += 1)
    await line.advance().catch(() => undefined);
  expect(await openAsk(line)).toMatchObject({ kind: "limit", limit: { name: "modelCalls" } });
  expect(calls).toBeLessThanOrEqual(4);
});

test("L1 raising the ceiling for tokens to the value that is shown is enough to go on", async () => {
  const line = new LineHarness({
    modes: [talker],
    workflow: { ...plain, limits: { tokens: 10 } },
    say: () => [finish],
  });
  expect(await line.start()).toBe("waiting");
  const ask = await openAsk(line);
  await line.decide("approve", "", { to: ask!.limit!.value });
  expect(await line.advance()).toBe("ended");
});

test("a run that is stopped after an effect was recorded tells of the effect; one in doubt is named", async () => {
  for (const recorded of [true, false]) {
    const state = writer();
    const line = writing(state);
    const inner = { ...line.store };
    Object.assign(line.store, {
      finish: async (...args: Parameters<Store["finish"]>) => {
        const tool = args[1].includes("/e");
        if (!tool || recorded) await inner.finish(...args);
        if (tool) throw new Died();
      },
    });
    await expect(line.start()).rejects.toThrow(Died);
    line.stop = "linh";
    expect(await line.advance()).toBe("ended");
    expect((await line.ofType("action_done")).map((done) => done.outcome)).toEqual(recorded ? ["replayed"] : []);
    const reason = (await line.ofType("run_ended"))[0]?.reason;
    expect(reason).toBe(`stopped by linh${recorded ? "" : "; whether write_to_file ran is not known"}`);
  }
});

test("a stop that aborts a tool under way ends the run in the same advance", async () => {
  const state = writer();
  const line = writing(state);
  state.run = (_args, signal) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      void line.store.setSignal(line.run, "stop", "linh");
    });
  await line.create();
  const result = await line.move({ leaseTimes: { ttl: 60_000, renew: 5 } });
  expect(result.status).toBe("stopped");
  expect(result.run.reason).toContain("stopped by linh");
});

test.each(["decision", "stop"] as const)(
  "W1 a %s that arrives while the lease is given back is taken up",
  async (what) => {
    const line = new LineHarness({
      modes: [talker],
      workflow: plain,
      say: (_request, _role, turn) => (turn === 1 ? [call("ask_followup_question", { question: "which?" })] : [finish]),
    });
    const inner = { ...line.store };
    let first = true;
    Object.assign(line.store, {
      release: async (...args: Parameters<Store["release"]>) => {
        if (first && what === "decision") await line.decide("answer", "this");
        if (first && what === "stop") await line.store.setSignal(line.run, "stop", "linh");
        first = false;
        await inner.release(...args);
      },
    });
    await line.create();
    expect((await line.move()).status).toBe(what === "stop" ? "stopped" : "finished");
  },
);

test("L2 a store that is busy when the lease is renewed does not end what is under way", async () => {
  const state = writer();
  const line = writing(state);
  const inner = { ...line.store };
  let refused = 0;
  let go = (): void => undefined;
  Object.assign(line.store, {
    renew: async (...args: Parameters<Store["renew"]>) => {
      refused += 1;
      if (refused <= 2) throw new Error("busy");
      go();
      return inner.renew(...args);
    },
  });
  state.run = () => new Promise((resolve) => (go = () => resolve(written)));
  await line.create();
  expect((await line.move({ leaseTimes: { ttl: 60_000, renew: 5 } })).status).toBe("finished");
  expect(state.ran).toHaveLength(1);
});

test("M4 an interrupted line begins nothing more", async () => {
  const state = writer();
  const line = writing(state);
  const now = new AbortController();
  const inner = { ...line.store };
  Object.assign(line.store, {
    finish: async (...args: Parameters<Store["finish"]>) => {
      await inner.finish(...args);
      now.abort();
    },
  });
  await line.create();
  await expect(line.move({ signal: now.signal })).rejects.toMatchObject({ code: "interrupted" });
  expect(state.ran).toEqual([]);
});

test("a run id that is taken is not taken twice", async () => {
  const store = openStore({ file: ":memory:", clock: { now: () => 0 } });
  const drawn = ["r-00000a", "r-00000a", "r-00000b"] as RunId[];
  const made: string[] = [];
  const still = {
    changes: async () => ({ files: [], hash: "" }),
    versions: async () => ({ before: null, after: null }),
  };
  const workspaces = {
    ...still,
    create: async (run: string) => {
      made.push(run);
      return { path: `/nowhere/${run}`, baseline: { source: { kind: "empty" as const }, files: {}, skipped: [] } };
    },
    path: (run: string) => `/nowhere/${run}`,
    apply: async () => undefined,
  };
  const bound = bind([talker], plain);
  const deps = {
    store,
    clock: { now: () => 0 },
    ids: { runId: () => drawn.shift()! },
    workspaces,
    costing: () => ({ id: "rehearsal", tier: "rehearsal" as const }),
    asked: null,
    atHand: async () => {},
  };
  const brief = {
    title: "t",
    task: "t",
    why: "",
    where: "",
    when: "",
    acceptance: [],
    inputs: [],
    constraints: [],
    limits: {},
    to: null,
    file: null,
  };
  const first = await startRun(deps, bound, "test", brief, { by: "tester" });
  const second = await startRun(deps, bound, "test", brief, { by: "tester" });
  expect([first.id, second.id]).toEqual(["r-00000a", "r-00000b"]);
  expect(made).toEqual(["r-00000a", "r-00000b"]);
  store.close();
});
