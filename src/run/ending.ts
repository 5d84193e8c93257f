/** How a run, or one line of it, ends before its work does. Only the holder of the lease makes these events; a face merely signals. */
import type { Desk } from "../events/desk.ts";
import type { Batch, LineContext } from "./line-context.ts";

/** Withdraws what is open, then ends the line as stopped: the main line and with it the run, or a child line. */
export function endStopped(desk: Desk, batch: Batch, by: string, reason: string): void {
  // An ask that another line raised is that line's to withdraw.
  if (desk.ask?.type === "ask_raised") batch.add({ type: "ask_withdrawn", at: batch.now(), ask: desk.ask.ask, reason });
  if (desk.started?.type === "child_started") {
    batch.add({ type: "child_ended", at: batch.now(), status: "stopped", reason, report: null, by });
    return;
  }
  batch.add({ type: "run_ended", at: batch.now(), status: "stopped", reason, report: null, changes: null, by });
}

/** A person's decision ends the run: on a child line by a signal, which every line of the run heeds. */
export async function stopRun(
  { store, run }: Pick<LineContext, "store" | "run">,
  desk: Desk,
  batch: Batch,
  { by, reason }: { readonly by: string; readonly reason: string },
): Promise<void> {
  if (desk.started?.type === "child_started") await store.setSignal(run.id, "stop", by);
  endStopped({ ...desk, ask: null }, batch, by, reason);
}
