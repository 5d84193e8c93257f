/**
 * Writes that are asked for in close succession share one transaction, and so one wait for the disk.
 *
 * G1. A promise is kept when its write is on disk, and not before (D1).
 * G2. Writes happen in the order in which they were asked for. LangGraph asks for a step's checkpoint before its tasks' writes are
 *     stored: in one transaction neither can be there without the other (D2).
 *     A little later means some turns of the microtask queue: a graph that never waits for anything else does not starve its saver.
 * G3. A write that fails takes no other with it: what shared its transaction is done again, each alone.
 */
import type { Connection } from "../store/connection.ts";

type Waiting = {
  readonly work: () => unknown;
  readonly done: (result: unknown) => void;
  readonly failed: (error: unknown) => void;
};

export type GroupCommit = {
  /** `work` runs inside an immediate transaction, at once or soon, perhaps twice (G3): it may change nothing but the database. */
  readonly write: <Result>(work: () => Result) => Promise<Result>;
  /** Everything asked for until now is done or has failed when this returns: a read sees what was written before it. */
  readonly flush: () => void;
};

/** In microtasks. LangGraph 1.7 takes between 10 and 20 from a task's writes to the checkpoint that follows them. */
const turns = 30;

function soon(work: () => void): void {
  let left = turns;
  const turn = (): void => {
    left -= 1;
    if (left > 0) queueMicrotask(turn);
    else work();
  };
  queueMicrotask(turn);
}

type Told = {
  /** A transaction begins: what others wrote until now is seen from here on, and nothing more until it ends. */
  readonly begun: () => void;
  /** A transaction was rolled back: whatever was remembered of it is void. */
  readonly undone: () => void;
};

export function groupCommit({ write }: Pick<Connection, "write">, { begun, undone }: Told): GroupCommit {
  let waiting: Waiting[] = [];

  const alone = ({ work, done, failed }: Waiting): void => {
    try {
      done(
        write(() => {
          begun();
          return work();
        }),
      );
    } catch (error) {
      undone();
      failed(error);
    }
  };

  const together = (group: readonly Waiting[]): boolean => {
    try {
      const results = write(() => {
        begun();
        return group.map(({ work }) => work());
      });
      group.forEach(({ done }, index) => done(results[index]));
      return true;
    } catch {
      undone();
      return false; // G3: whose fault it was shows when each is alone
    }
  };

  const flush = (): void => {
    const group = waiting;
    waiting = [];
    if (group.length > 1 && together(group)) return;
    group.forEach(alone);
  };

  return {
    flush,
    write: <Result>(work: () => Result) =>
      new Promise<Result>((done, failed) => {
        if (waiting.length === 0) soon(flush);
        waiting.push({ work, done: done as (result: unknown) => void, failed });
      }),
  };
}
