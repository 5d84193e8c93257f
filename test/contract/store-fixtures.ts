/** Small valid data for the store's tests: one bound chart, one run, events of each kind that changes rows. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Clock } from "../../src/clock.ts";
import type { Decision, Event, EventOf } from "../../src/events/event.ts";
import { askId, mainLine } from "../../src/ids.ts";
import type { LineId, RunId } from "../../src/ids.ts";
import type { BoundChart } from "../../src/org/bound-chart.ts";
import { workflowSchema } from "../../src/org/workflow.ts";
import type { CommitUnit, NewRun, Store } from "../../src/store/ports.ts";
import type { Fence, Owner, StoredEvent } from "../../src/store/rows.ts";

export const at = "2026-01-02T03:04:05.000Z";
export const clock: Clock = { now: () => Date.parse(at) };
export const run = "r-00000a" as RunId;
export const line = mainLine(run);
export const owner: Owner = { host: "here", boot: "b1", pid: 100, start: "1" };
export const other: Owner = { host: "here", boot: "b1", pid: 200, start: "2" };
export const rule = { purpose: "For unclear requirements", file: "modes/a.md", line: 3 };

export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "cadre-store-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function boundChart(hash = "c1"): BoundChart {
  return {
    hash,
    chart: { hash: "o1", roles: [], routes: [] },
    rules: [],
    workflow: workflowSchema.parse({ name: "w", entry: "lead" }),
    toolHashes: {},
    places: {},
  };
}

export function newRun(id: RunId = run, more: Partial<NewRun> = {}): NewRun {
  return {
    id,
    title: "Select a model",
    brief: {
      title: "Select a model",
      task: "Select",
      why: "",
      where: "",
      when: "",
      acceptance: [],
      inputs: [],
      constraints: [],
      limits: {},
      to: null,
      file: null,
    },
    entry: "lead",
    workflow: "w",
    chart: "c1",
    rehearsal: true,
    model: null,
    startedBy: "ana",
    startedAt: at,
    limits: { steps: 10, modelCalls: 5, tokens: 100, depth: 3, breadth: 8, refusals: 3, repeats: 3, pingPong: 3 },
    currency: null,
    workspace: "/w",
    ...more,
  };
}

/** A run with its main line, taken by `owner`. */
export async function startedLine(store: Store, id: RunId = run): Promise<Fence> {
  await store.createRun(newRun(id), boundChart());
  return take(store, mainLine(id));
}

export async function take(store: Store, id: LineId = line, by = owner, now = 0, takeFrom?: Owner): Promise<Fence> {
  const lease = await store.acquire(id, by, now, 60_000, takeFrom);
  if (!lease.held) throw new Error(`${id} is held by ${lease.owner.pid}`);
  return { line: id, epoch: lease.epoch };
}

export function withdrawn(reason: string, ask = askId(line, 0)): Event {
  return { type: "ask_withdrawn", at, ask, reason };
}

/** An event that changes no row, with any text in it. */
export function note(text: string): Event {
  return { type: "copy_sent", at, frame: "f0", from: "lead", to: "writer", rule, summary: text };
}

export function raised(
  index: number,
  more: Partial<EventOf<"ask_raised">> = {},
  of: LineId = line,
): EventOf<"ask_raised"> {
  return {
    type: "ask_raised",
    at,
    ask: askId(of, index),
    kind: "approval",
    frame: "f0",
    role: "specialist",
    to: "user",
    topic: "deploy",
    question: "May it be deployed?",
    options: [{ id: "yes", text: "Yes" }],
    severity: "high",
    action: { type: "tool", role: "specialist", tool: "execute_command", args: { argv: ["deploy"] } },
    hash: `h${index}`,
    deadline: null,
    path: ["user", "lead", "specialist"],
    rule,
    limit: null,
    chart: null,
    ...more,
  };
}

export function decision(by: string, more: Partial<Decision> = {}): Decision {
  return { verb: "approve", text: "", by, face: "cli", at, ...more };
}

export function ended(status: EventOf<"run_ended">["status"] = "finished"): Event {
  return { type: "run_ended", at, status, reason: "all done", report: null, changes: null, by: "runtime" };
}

/** Commits events with the next checkpoint of the line. */
export async function append(store: Store, fence: Fence, events: readonly Event[]): Promise<readonly StoredEvent[]> {
  return store.commit(await nextUnit(store, fence, events));
}

export async function nextUnit(store: Store, fence: Fence, events: readonly Event[]): Promise<CommitUnit> {
  const row = await store.line(fence.line);
  if (row === undefined) throw new Error(`no line ${fence.line}`);
  const step = row.headCheckpoint === null ? 1 : Number(row.headCheckpoint.slice(2)) + 1;
  return {
    fence,
    expectHead: row.headCheckpoint,
    checkpoint: {
      id: `cp${step}`,
      logLength: row.length + events.length,
      checkpoint: JSON.stringify({ step }),
      metadata: "{}",
    },
    events,
  };
}
