/** The embedded store: everything durable in one SQLite file, behind the ports. */
import { existsSync, statSync } from "node:fs";
import { connect } from "./connection.ts";
import type { ConnectOptions, Connection } from "./connection.ts";
import type { Store } from "./ports.ts";
import { asks } from "./asks.ts";
import { checkpointRows } from "./checkpoint-rows.ts";
import { committing } from "./commit.ts";
import { effects } from "./effects.ts";
import { eventReads } from "./events.ts";
import { leases } from "./leases.ts";
import { runReads, runWrites } from "./runs.ts";

export type StoreOptions = ConnectOptions;

function health({ db, file, read }: Connection): Pick<Store, "health"> {
  const sizeOf = (path: string): number => (existsSync(path) ? statSync(path).size : 0);
  return {
    health: async () =>
      read(() => ({
        file,
        bytes: sizeOf(file),
        walBytes: sizeOf(`${file}-wal`),
        schema: db.pragma("user_version", { simple: true }) as number,
        integrity: String(db.pragma("integrity_check(1)", { simple: true })),
      })),
  };
}

/**
 * Opens or makes the file (`:memory:` for a store that is gone when it is closed). With `readOnly` an existing file is left
 * exactly as it is, a missing one is an empty store, and every write throws `data-read-only`.
 * Errors: store-newer, store-corrupt, data-read-only, disk-full, disk-failed, store-busy, file-unreadable.
 */
export function openStore(options: StoreOptions): Store {
  return storeOver(connect(options));
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
    ...health(connection),
    close: connection.close,
  };
}
