import { join } from "node:path";
import { onTestFinished } from "vitest";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/ports.ts";
import { storeContract } from "./store-contract.ts";
import { clock, tempFolder } from "./store-fixtures.ts";

function closing(store: Store): Store {
  onTestFinished(() => store.close());
  return store;
}

storeContract("file", () => closing(openStore({ file: join(tempFolder(), "cadre.db"), clock })));
storeContract("memory", () => closing(openStore({ file: ":memory:", clock })));
