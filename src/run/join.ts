/**
 * `_join`: the parent takes up how its children ended, and goes on when all of them are closed.
 *
 * J1. A child is closed once, from its own last event, with the head of its chain (D8).
 * J2. Where one report was enough, the others are told to stop and waited for: nobody works on behind the back of a role that went on.
 * J3. What is to stop ends after its children.
 */
import { CadreError } from "../errors.ts";
import { deskOf, type DeskChild } from "../events/desk.ts";
import type { Event, EventOf } from "../events/event.ts";
import type { LineId } from "../ids.ts";
import type { LineRow } from "../store/rows.ts";
import { endStopped } from "./ending.ts";
import { Batch, type LineContext } from "./line-context.ts";

export async function join(context: LineContext, log: readonly Event[]): Promise<Event[]> {
  const batch = new Batch(log, context.clock);
  const desk = deskOf(log);
  const rows = new Map((await context.store.lines(context.run.id)).map((row) => [row.id as string, row]));
  for (const child of desk.children) {
    const row = rows.get(child.line);
    if (!child.closed && row && row.ended !== null) batch.add(await closing(context, child, row, batch));
  }
  const after = deskOf([...log, ...batch.events]);
  const stop = context.stopRequested();
  if (stop !== null && after.children.length === 0) endStopped(after, batch, stop, `stopped by ${stop}`); // J3
  else if (stop === null) stopTheRest(after.children, batch); // J2
  return batch.events;
}

/** J1. */
async function closing(
  { store }: LineContext,
  { opened }: DeskChild,
  row: LineRow,
  batch: Batch,
): Promise<EventOf<"child_closed">> {
  const events = (await store.events(row.id)).map((stored) => stored.event);
  const last = events.at(-1);
  if (last?.type !== "child_ended")
    throw new CadreError("internal", `${row.id} is said to have ended, and its last event does not say so`, {
      hint: "Run `cadre verify`.",
    });
  const sent = events.flatMap((event) =>
    event.type === "copy_sent" ? [event] : event.type === "child_closed" ? event.copies : [],
  );
  return {
    type: "child_closed",
    at: batch.now(),
    frame: opened.frame,
    role: opened.role,
    child: row.id,
    from: opened.to,
    status: last.status,
    reason: last.reason,
    report: last.report,
    copies: sent.map(({ from, to, rule, summary }) => ({ from, to, rule, summary })),
    length: row.length,
    head: row.headHash,
  };
}

function stopTheRest(children: readonly DeskChild[], batch: Batch): void {
  const [first] = children;
  const reported = children.find((child) => child.closed?.status === "reported")?.closed;
  const others = children.filter((child) => !child.closed && !child.stopped).map((child) => child.line as LineId);
  if (first?.opened.wait !== "any" || !reported || others.length === 0) return;
  batch.add({
    type: "children_stopped",
    at: batch.now(),
    frame: first.opened.frame,
    role: first.opened.role,
    children: others,
    reason: `${reported.from} has reported, and one report was enough`,
  });
}
