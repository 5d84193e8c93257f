/** Opens what a command needs: the store for reading (light), or the engine. */
import { join } from "node:path";
import type { Cadre } from "../cadre/api.ts";
import { systemClock } from "../clock.ts";
import type { StoreReader } from "../store/open-reader.ts";
import type { Context } from "./context.ts";

/** Reading never makes a file: where there is no data yet, the store is empty. */
export async function withReader(context: Context, body: (store: StoreReader) => Promise<number>): Promise<number> {
  const { openReader } = await import("../store/open-reader.ts");
  const store = openReader({ file: join(context.data, "cadre.db"), clock: systemClock });
  try {
    return await body(store);
  } finally {
    store.close();
  }
}

export async function withCadre<Result = number>(
  context: Context,
  body: (cadre: Cadre) => Promise<Result>,
  options: { readonly readOnly?: boolean } = {},
): Promise<Result> {
  const [{ openCadre }, { keepHeapSmall }] = await Promise.all([import("../cadre/cadre.ts"), import("./heap.ts")]);
  const cadre = openCadre({ dir: context.dir, data: context.data, journal: context.journal, ...options });
  keepHeapSmall();
  try {
    return await body(cadre);
  } finally {
    await cadre.settled();
    cadre.close();
  }
}
