/** Threads made from others: a whole history under another id, or one that goes on from a checkpoint of it. Inside a write. */
import { CadreError } from "../errors.ts";
import type { Fences } from "./fences.ts";
import type { Position } from "./position.ts";
import type { CheckpointRow, Tables, ThreadRow } from "./tables.ts";
import type { Upkeep } from "./upkeep.ts";

type Parts = {
  readonly tables: Tables;
  readonly fences: Fences;
  readonly upkeep: Upkeep;
  readonly rowAt: (position: Position) => CheckpointRow | undefined;
};

export function threadCopies({ tables, fences, upkeep, rowAt }: Parts) {
  const source = (id: string): ThreadRow => {
    const row = tables.thread(id);
    if (row === undefined || tables.spaces(row.seq).length === 0)
      throw new CadreError("thread-unknown", `There is no thread ${id}.`, { data: { thread: id } });
    return row;
  };

  const target = (id: string): ThreadRow => {
    const row = fences.enter(id);
    if (tables.spaces(row.seq).length > 0)
      throw new CadreError("thread-exists", `There is already a thread ${id}.`, {
        hint: "Give another id, or delete it first.",
        data: { thread: id },
      });
    return row;
  };

  const copy = (from: ThreadRow, to: string, upTo: CheckpointRow | undefined): void => {
    upkeep.copy(from, target(to), upTo);
    fences.lookAgain(); // it has a family now
  };

  return {
    /** Errors: thread-unknown, thread-exists, lease-lost. */
    copy: (from: string, to: string): void => copy(source(from), to, undefined),
    /** The id of the checkpoint that the fork goes on from. Errors: as for `copy`. */
    fork: (at: Position, to: string): string => {
      const from = source(at.thread);
      const row = rowAt(at);
      if (row === undefined)
        throw new CadreError("thread-unknown", `The thread ${at.thread} has no checkpoint ${at.id ?? "at all"}.`, {
          data: { thread: at.thread, checkpoint: at.id ?? null },
        });
      copy(from, to, row);
      return row.id;
    },
  };
}
