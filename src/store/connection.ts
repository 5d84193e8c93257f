/**
 * One connection to one file, and the two ways to use it.
 *
 * C1. Every write is one immediate transaction: a deferred one fails under a second writer when it upgrades its lock.
 * C2. Bodies are synchronous. An async body would let another caller's statements into the transaction.
 * C3. Nothing is written to a file that is not under its name any more: nobody would find it there, and SQLite does not mind (D1).
 */
import { resolve } from "node:path";
import type { Database } from "better-sqlite3";
import type { Clock } from "../clock.ts";
import { CadreError } from "../errors.ts";
import { failure } from "./failure.ts";
import { fileAt, memory, openForReading, openForWriting } from "./open-file.ts";
import { runLayout } from "./schema.ts";
import type { Layout, Synchronous } from "./schema.ts";

/** Steps of the write paths, in order; a crash test stops the process at each in turn. */
export type FaultPoint =
  | "commit:fenced"
  | "commit:checkpoint"
  | "commit:event"
  | "commit:head"
  | "commit:projected"
  | "commit:done"
  | "effect:begun"
  | "effect:begin-done"
  | "effect:finished"
  | "effect:finish-done";

export type ConnectOptions = {
  /** Path of the file, or `:memory:`. */
  readonly file: string;
  readonly clock: Clock;
  /** What kind of file it is or is to be; default: runs. */
  readonly layout?: Layout;
  readonly readOnly?: boolean;
  /** Default: `full`. */
  readonly synchronous?: Synchronous;
  /** Called at each named point of a write; may throw or end the process. Off by default. */
  readonly fault?: (point: FaultPoint) => void;
};

export type Connection = {
  readonly db: Database;
  readonly file: string;
  readonly reach: (point: FaultPoint) => void;
  /** One statement, or several that need not agree with each other. */
  readonly read: <Result>(body: () => Result) => Result;
  /** Several statements that see one state of the file. */
  readonly snapshot: <Result>(body: () => Result) => Result;
  /** One immediate transaction (C1). Errors: data-read-only, disk-full, disk-failed, store-busy, store-corrupt, store-replaced (C3). */
  readonly write: <Result>(body: () => Result) => Result;
  readonly close: () => void;
};

const nothing = (): void => {};

/** Errors: store-newer, store-corrupt, data-read-only, disk-full, disk-failed, store-busy. */
export function connect(options: ConnectOptions): Connection {
  const { clock, layout = runLayout, readOnly = false, synchronous = "full", fault = nothing } = options;
  const file = options.file === memory ? memory : resolve(options.file);
  let closed = false;
  const guard = <Result>(body: () => Result): Result => {
    if (closed)
      throw new CadreError("usage", `${file} was closed.`, { hint: "Open it again to go on.", data: { file } });
    try {
      return body();
    } catch (error) {
      throw failure(error, file, readOnly, layout.advice);
    }
  };
  const { db, dispose } = guard(() =>
    readOnly ? openForReading(file, layout, clock) : openForWriting(file, layout, clock, synchronous),
  );
  const transaction = db.transaction((body: () => unknown) => body());
  const opened = fileAt(file);
  const requireThere = (): void => {
    if (fileAt(file) === opened) return;
    throw new CadreError(
      "store-replaced",
      `${file} was removed or replaced while it was in use; this was not written.`,
      {
        hint: "End whatever has it open, put the file or a copy of it there, and begin again.",
        data: { file },
      },
    );
  };
  return {
    db,
    file,
    reach: fault,
    read: guard,
    snapshot: <Result>(body: () => Result) => guard(() => transaction.deferred(body) as Result),
    write: <Result>(body: () => Result) => {
      if (readOnly)
        throw new CadreError("data-read-only", `${file} was opened for reading only.`, {
          hint: "Open it where it may be written.",
          data: { file },
        });
      return guard(() => {
        requireThere();
        return transaction.immediate(body) as Result;
      });
    },
    close: () => {
      if (closed) return;
      closed = true;
      db.close();
      dispose();
    },
  };
}
