/**
 * Who may write a thread (D4). A thread that nobody took over is open to every saver, as LangGraph's own are; `takeOver` closes it to all
 * but the taker, and a process that was thought dead is refused at its next write.
 */
import { CadreError } from "../errors.ts";
import type { Tables, ThreadRow } from "./tables.ts";

export type Fences = ReturnType<typeof threadFences>;

/** `stale` is called when rows of a thread were deleted since it was last looked at. */
export function threadFences(tables: Tables, stale: () => void) {
  /** Epochs that this saver may show; none shown is 0, a thread's first. */
  const shown = new Map<string, number>();
  const generations = new Map<number, number>();
  /** Whom the present transaction has let in: it holds the file, so nobody can take a thread over meanwhile. */
  const entered = new Map<string, ThreadRow>();

  const look = (row: ThreadRow): ThreadRow => {
    const before = generations.get(row.seq) ?? row.generation;
    generations.set(row.seq, row.generation);
    if (before !== row.generation) stale();
    return row;
  };

  /** A thread's row for a write, made if it is not there. Errors: lease-lost. */
  const enter = (id: string): ThreadRow => {
    const before = entered.get(id);
    if (before !== undefined) return before;
    const row = look(tables.thread(id) ?? tables.addThread(id));
    const epoch = shown.get(id) ?? 0;
    if (row.epoch === epoch) {
      entered.set(id, row);
      return row;
    }
    throw new CadreError("lease-lost", `The thread ${id} was taken over; this saver wrote nothing.`, {
      hint: "Whoever took it over goes on with it. To take it back: takeOver(threadId).",
      data: { thread: id, epoch, current: row.epoch },
    });
  };

  return {
    enter,
    look,
    /** A transaction begins, or threads were changed in it. */
    lookAgain: (): void => entered.clear(),
    /** Raises the epoch; call `show` once that is committed. */
    raise: (id: string): number => {
      const row = tables.thread(id) ?? tables.addThread(id);
      tables.raiseEpoch(row.seq);
      entered.clear();
      return row.epoch + 1;
    },
    show: (id: string, epoch: number): void => void shown.set(id, epoch),
  };
}
