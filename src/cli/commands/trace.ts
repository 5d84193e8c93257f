/** `cadre trace`: who turned to whom, why, by which rule, and what came back. */
import type { NumberedEvent } from "../../events/numbered.ts";
import type { RunRow } from "../../store/rows.ts";
import { escalationThreads, renderEscalations, type EscalationThread } from "../../views/escalations.ts";
import { renderTrace, stepRecord, traceSteps, type TraceStep } from "../../views/trace/trace.ts";
import type { Context } from "../context.ts";
import { findRun } from "../find-run.ts";
import { flag, word, type Input } from "../input.ts";
import { withReader } from "../open.ts";

export function trace(context: Context, input: Input): Promise<number> {
  return withReader(context, async (store) => {
    const run = await findRun(store, word(input, 0));
    const events = await store.runEvents(run.id);
    if (events.length === 0) context.output.note(`${run.id} has not taken a step yet`);
    if (flag(input, "escalations")) showThreads(context, run, events);
    else showSteps(context, run, events);
    return 0;
  });
}

function showSteps(context: Context, run: RunRow, events: readonly NumberedEvent[]): void {
  const { output } = context;
  const steps = traceSteps(events);
  if (output.json) output.document({ ...head(run), steps: steps.map(stepRecord) });
  else if (steps.length > 0) output.line(renderTrace(steps, output.text));
}

function showThreads(context: Context, run: RunRow, events: readonly NumberedEvent[]): void {
  const { output } = context;
  const threads = escalationThreads(events);
  if (output.json) output.document({ ...head(run), escalations: threads.map(threadRecord) });
  else output.line(renderEscalations(threads, output.text));
}

function head(run: RunRow): Record<string, unknown> {
  return { schema: "cadre.trace/1", run: run.id, rehearsal: run.rehearsal };
}

function threadRecord(thread: EscalationThread): Record<string, unknown> {
  const records = (steps: readonly TraceStep[]): unknown[] => steps.map(stepRecord);
  const { n, kind, question, raisedBy, state, decision } = thread;
  return {
    n,
    kind,
    question,
    raisedBy,
    state,
    hops: records(thread.hops),
    asks: records(thread.asks),
    decision: decision === null ? null : { ...decision, step: stepRecord(decision.step) },
    passedBack: records(thread.passedBack),
    followed: records(thread.followed),
  };
}
