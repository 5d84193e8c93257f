/** The store for whoever only looks: the reading half of the ports, which starts without the events' schema and the writing statements. */
import { asks } from "./asks.ts";
import type { ConnectOptions } from "./connection.ts";
import { eventReads } from "./event-reads.ts";
import { openOver } from "./open-over.ts";
import { listings } from "./listings.ts";
import type { Listings } from "./listings.ts";
import type { Store } from "./ports.ts";
import { runReads } from "./runs.ts";

export type StoreReader = Pick<
  Store,
  "run" | "runs" | "lines" | "line" | "chart" | "runEvents" | "ask" | "asks" | "close"
> &
  Listings;

/** As `openStore` with `readOnly`: a missing file is an empty store, and none is made. Errors: store-newer, store-corrupt, data-read-only. */
export function openReader(options: Omit<ConnectOptions, "readOnly" | "fault">): StoreReader {
  return openOver({ ...options, readOnly: true }, (connection) => ({
    ...runReads(connection),
    ...eventReads(connection),
    ...asks(connection),
    ...listings(connection),
    close: connection.close,
  }));
}
