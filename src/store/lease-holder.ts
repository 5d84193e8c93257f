/** Who moves a run at the moment, by the leases of its lines: the first of them, where several are at work. */
import type { RunId } from "../ids.ts";
import { ownerState } from "./owner.ts";
import type { Store } from "./ports.ts";
import type { Owner } from "./rows.ts";

/** Null: nobody, the lease has run out, or the process that held it has died. */
export async function leaseHolder(store: Pick<Store, "lines">, run: RunId, now: number): Promise<Owner | null> {
  for (const line of await store.lines(run)) {
    if (line.owner === null || (line.leaseUntil ?? 0) <= now) continue;
    if (ownerState(line.owner) !== "dead") return line.owner;
  }
  return null;
}
