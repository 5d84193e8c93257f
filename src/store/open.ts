/** The embedded store: everything durable in one SQLite file, behind the ports. */
import { CadreError } from "../errors.ts";
import { connect } from "./connection.ts";
import type { ConnectOptions, Connection } from "./connection.ts";
import type { Store } from "./ports.ts";
import { asks } from "./asks.ts";
import { checkpointRows } from "./checkpoint-rows.ts";
import { committing } from "./commit.ts";
import { effects } from "./effects.ts";
import { eventReads } from "./events.ts";
import { systemCode } from "./failure.ts";
import { inspection } from "./inspection.ts";
import { leases } from "./leases.ts";
import { runReads, runWrites } from "./runs.ts";

export type StoreOptions = ConnectOptions;

/**
 * Opens or makes the file (`:memory:` for a store that is gone when it is closed). With `readOnly` an existing file is left
 * exactly as it is, a missing one is an empty store, and every write throws `data-read-only`.
 * Errors: store-newer, store-corrupt, data-read-only, disk-full, disk-failed, store-busy, file-unreadable.
 */
export function openStore(options: StoreOptions): Store {
  const connection = connect(options);
  try {
    return storeOver(connection);
  } catch (error) {
    connection.close();
    if (systemCode(error) !== "SQLITE_ERROR" || !(error instanceof Error)) throw error;
    // The statements are those of this layout, and so is the file by its own account: somebody took a table or a column away.
    throw new CadreError("store-corrupt", `${connection.file}: its layout was changed: ${error.message}.`, {
      hint: "Restore it from a backup (`cadre backup` makes them).",
      data: { file: connection.file },
      cause: error,
    });
  }
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
    ...inspection(connection),
    close: connection.close,
  };
}
