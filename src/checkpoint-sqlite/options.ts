/** What a checkpointer is opened with, and what is no such thing. */
import { CadreError } from "../errors.ts";
import type { Synchronous } from "../store/schema.ts";

/** How a checkpointer is opened. */
export type CheckpointerOptions = {
  /** Path of the file, or `:memory:`. A new file is made 0600, a folder for it 0700. */
  readonly file: string;
  /** `full` (default): an acknowledged step survives a power loss. `normal`: it survives the end of the process. */
  readonly synchronous?: Synchronous;
  /** How many checkpoints a thread keeps for each of its namespaces; left out: all of them. Older ones go a few steps later. */
  readonly keepLast?: number;
};

/** How many of the newest checkpoints of each namespace stay; at least 1. */
export type Kept = { readonly last: number };

/** SQLite takes an empty name for a file that is gone when it is closed. Errors: usage. */
export function requireName(file: unknown): void {
  if (typeof file === "string" && file.trim() !== "") return;
  throw new CadreError("usage", `file must be the path of a file, not ${JSON.stringify(file) ?? String(file)}.`, {
    hint: 'Name one, for example "checkpoints.db", or ":memory:" for one that is gone when it is closed.',
  });
}

/** Errors: usage. */
export function requireCount(name: string, count: unknown): void {
  if (typeof count !== "number" || !Number.isInteger(count) || count < 1)
    throw new CadreError(
      "usage",
      `${name} must be a whole number above 0, not ${JSON.stringify(count) ?? String(count)}.`,
    );
}
