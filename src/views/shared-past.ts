/**
 * What a run shares with the one that it goes on from, and what is its own. Pure.
 *
 * S1. What is shared happened, and was paid for, in the other run: whoever adds up over runs counts a run's own part.
 */
import type { EventOf } from "../events/event.ts";
import type { NumberedEvent } from "../events/numbered.ts";
import type { TraceStep } from "./trace/step.ts";

export type SharedPast = {
  readonly forked: EventOf<"run_forked">;
  readonly shared: readonly NumberedEvent[];
  /** From the event on that says what the run goes on from. */
  readonly own: readonly NumberedEvent[];
};

/** Null for a run that began with a brief. A run may go on from one that went on from another: the last cut is its own. */
export function sharedPast(events: readonly NumberedEvent[]): SharedPast | null {
  const at = events.findLastIndex(({ event }) => event.type === "run_forked");
  const forked = events[at]?.event;
  return forked?.type === "run_forked" ? { forked, shared: events.slice(0, at), own: events.slice(at) } : null;
}

export function ownEvents(events: readonly NumberedEvent[]): readonly NumberedEvent[] {
  return sharedPast(events)?.own ?? events;
}

export function ownSteps(steps: readonly TraceStep[]): readonly TraceStep[] {
  return steps.slice(
    Math.max(
      0,
      steps.findLastIndex((step) => step.kind === "fork"),
    ),
  );
}

/** Asks that were open where a run went on from another one: they are the other run's, and are put again where they still stand. */
export function asksLeftOpen(events: readonly NumberedEvent[]): ReadonlySet<string> {
  const left = new Set<string>();
  let open = new Set<string>();
  for (const { event } of events) {
    if (event.type === "ask_raised") open.add(event.ask);
    else if (event.type === "ask_decided" || event.type === "ask_withdrawn") open.delete(event.ask);
    else if (event.type === "run_forked") {
      for (const ask of open) left.add(ask);
      open = new Set();
    }
  }
  return left;
}
