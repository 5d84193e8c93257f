import type { Synchronous } from "../store/schema.ts";

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
