/** The suite that every store passes, whatever engine is behind it. `open` gives a new, empty store for each test. */
import type { Store } from "../../src/store/ports.ts";
import { ledgersContract } from "./store-contract-ledgers.ts";
import { logContract } from "./store-contract-log.ts";

export function storeContract(engine: string, open: () => Store): void {
  logContract(engine, open);
  ledgersContract(engine, open);
}
