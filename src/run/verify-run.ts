/**
 * `verify`: the chain of every line (D8), and the guarantees that can be read from the log alone, checked over all of it again.
 *
 * R1. Every hand-over was declared by the chart that the line worked under at that point; every answer went back along its edge.
 * R3. Every effect that ran has the hash that was proposed, or that a person's edit gave it; and an approval where one was due.
 */
import { emptyDesk, step, type Desk } from "../events/desk.ts";
import type { Event, EventOf } from "../events/event.ts";
import type { RunId } from "../ids.ts";
import { check, USER } from "../org/chart.ts";
import type { BoundChart } from "../org/bound-chart.ts";
import type { Store } from "../store/ports.ts";
import { verifyLine } from "../store/verify-chain.ts";
import type { Verification } from "./api.ts";

type Finding = Verification["problems"][number];

export async function verifyRun(store: Store, run: RunId): Promise<Verification> {
  const problems: Finding[] = [];
  let count = 0;
  for (const line of await store.lines(run)) {
    const chain = await verifyLine(store, line.id);
    problems.push(...chain.map((each) => ({ line: line.id, index: each.index, what: each.what })));
    if (chain.length > 0) continue;
    const log = (await store.events(line.id)).map((stored) => stored.event);
    count += log.length;
    problems.push(...(await guaranteeProblems(store, log)).map((each) => ({ line: line.id, ...each })));
  }
  return { run, ok: problems.length === 0, events: count, problems };
}

async function guaranteeProblems(
  store: Pick<Store, "chart">,
  log: readonly Event[],
): Promise<{ index: number; what: string }[]> {
  const found: { index: number; what: string }[] = [];
  let before = emptyDesk;
  for (const [index, event] of log.entries()) {
    const bound = await store.chart(index === 0 && event.type === "run_started" ? event.chart : before.chart);
    const what = bound ? problemOf(event, before, bound) : "works under a chart that the store does not hold";
    if (what !== null) found.push({ index, what });
    before = step(before, event);
  }
  return found;
}

function problemOf(event: Event, before: Desk, bound: BoundChart): string | null {
  if (event.type === "frame_opened") return handOverProblem(event, before, bound);
  if (event.type === "frame_closed") return answerProblem(event, before);
  if (event.type === "action_done") return effectProblem(event, before);
  if (event.type !== "copy_sent" || check(bound.chart, "report", event.from, event.to).allowed) return null;
  return `a copy went to ${event.to}, which ${event.from} does not report to (R1)`;
}

function answerProblem(event: EventOf<"frame_closed">, before: Desk): string | null {
  const frame = before.frames.find((each) => each.id === event.frame);
  if (frame && frame.from === event.to && frame.role === event.from) return null;
  return `the answer of ${event.from} did not go back along the edge it came by (R1)`;
}

function handOverProblem(event: EventOf<"frame_opened">, before: Desk, bound: BoundChart): string | null {
  const top = before.frames.at(-1);
  switch (event.kind) {
    case "start":
      return event.from === USER && !top ? null : "a start in the middle of a run (R1)";
    case "question":
      return top && top.from === event.to && top.role === event.from
        ? null
        : `a question by ${event.from} did not go to its assigner (R1)`;
    case "delegation":
    case "escalation": {
      if (top?.role !== event.from) return `${event.from} handed on although it was not its turn (R1)`;
      return check(bound.chart, event.kind, event.from, event.to).allowed
        ? null
        : `${event.from} declares no ${event.kind} to ${event.to} (R1)`;
    }
  }
}

function effectProblem(event: EventOf<"action_done">, before: Desk): string | null {
  const action = before.action;
  if (!action || action.proposed.key !== event.key) return "an action was done that was not proposed (R3)";
  if (!action.approved) return "an action was done without the approval it needed (R3)";
  const expected = action.edited?.hash ?? action.proposed.hash;
  return event.hash === expected ? null : "what was done is not what was approved (R3)";
}
