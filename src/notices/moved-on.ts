/**
 * Runs that a deadline has moved on and that nobody has taken up: an escalation went up a route, an approval expired. What follows from it
 * (who is asked next, what the role proposes instead) is the line's to say, so somebody has to move the run.
 */
import { isoTime, type Clock } from "../clock.ts";
import type { RunId } from "../ids.ts";
import type { Store } from "../store/ports.ts";
import type { AskRow } from "../store/rows.ts";

/** In the order in which the clock decided; each once. */
export async function movedOn(store: Reads, clock: Clock): Promise<readonly RunId[]> {
  const runs = new Set<RunId>();
  for (const ask of await store.decidedByClock({ endedSince: isoTime(clock) }))
    if (!runs.has(ask.run) && !(await isTakenUp(store, ask))) runs.add(ask.run);
  return [...runs];
}

type Reads = Pick<Store, "decidedByClock" | "events" | "run">;

async function isTakenUp(store: Reads, { id, line, run }: AskRow): Promise<boolean> {
  if ((await store.run(run))?.endedAt !== null) return true;
  const events = await store.events(line);
  return events.some(({ event }) => event.type === "ask_decided" && event.ask === id);
}
