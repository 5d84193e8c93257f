/** How a run ends before its work does. Only the holder of the lease makes these events; a face merely signals. */
import type { Desk } from "../events/desk.ts";
import type { Batch } from "./line-context.ts";

/** Withdraws what is open, then ends the run as stopped. */
export function endStopped(desk: Desk, batch: Batch, by: string, reason: string): void {
  if (desk.ask) batch.add({ type: "ask_withdrawn", at: batch.now(), ask: desk.ask.ask, reason });
  batch.add({ type: "run_ended", at: batch.now(), status: "stopped", reason, report: null, changes: null, by });
}
