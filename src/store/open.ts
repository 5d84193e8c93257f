/** The embedded store: everything durable in one SQLite file, behind the ports. */
import type { ConnectOptions, Connection } from "./connection.ts";
import type { Store } from "./ports.ts";
import { asks } from "./asks.ts";
import { checkpointRows } from "./checkpoint-rows.ts";
import { committing } from "./commit.ts";
import { effects } from "./effects.ts";
import { eventReads } from "./event-reads.ts";
import { inspection } from "./inspect-file.ts";
import { leases } from "./leases.ts";
import { notices } from "./notices.ts";
import { openOver } from "./open-over.ts";
import { runReads, runWrites } from "./runs.ts";

export type StoreOptions = ConnectOptions;

/**
 * Opens or makes the file (`:memory:` for a store that is gone when it is closed). With `readOnly` an existing file is left
 * exactly as it is, a missing one is an empty store, and every write throws `data-read-only`.
 * Errors: store-newer, store-corrupt, data-read-only, disk-full, disk-failed, store-busy, file-unreadable.
 */
export function openStore(options: StoreOptions): Store {
  return openOver(options, storeOver);
}

/** The ports over a connection that is already open. */
export function storeOver(connection: Connection): Store {
  return {
    ...checkpointRows(connection),
    ...committing(connection),
    ...eventReads(connection),
    ...runReads(connection),
    ...runWrites(connection),
    ...asks(connection),
    ...effects(connection),
    ...leases(connection),
    ...notices(connection),
    ...inspection(connection),
    close: connection.close,
  };
}
