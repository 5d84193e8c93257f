/** Where each role of a run stands: a fold of the desks of its lines, for whoever draws the chart. */
import { deskOf } from "../events/desk.ts";
import type { Event } from "../events/event.ts";
import type { NumberedEvent } from "../events/numbered.ts";

/** `acting`: on top of a stack. `waits`: below somebody who works for it. `asks`: waits for a person. `done`: all that it began is closed. */
export type Standing = "acting" | "waits" | "asks" | "done" | "asked";

export function standingOf(events: readonly NumberedEvent[]): ReadonlyMap<string, Standing> {
  const standings = new Map<string, Standing>();
  for (const { event } of events) {
    if (event.type === "frame_opened" && event.to !== "user") standings.set(event.to, "done");
    if (event.type === "child_opened") standings.set(event.to, "done");
  }
  for (const own of Map.groupBy(events, ({ line }) => line).values()) {
    const desk = deskOf(own.map(({ event }): Event => event));
    if (desk.ended) continue;
    const people = new Set(["user"]);
    const stack = desk.frames.filter(({ role }) => !people.has(role));
    for (const { role } of stack) standings.set(role, "waits");
    const top = stack.at(-1);
    if (desk.ask) {
      standings.set(desk.ask.role, "asks");
      standings.set("user", "asked");
    } else if (top && desk.children.length === 0) standings.set(top.role, "acting");
  }
  return standings;
}
