/**
 * A copy of the file while others write to it.
 *
 * U1. It is one state of the file: what was committed when it was begun, and nothing of what came later (`VACUUM INTO` reads one snapshot,
 *     and keeps no writer waiting).
 * U2. It has its name only once it was checked, and never takes the place of a file that is there.
 * U3. It is private from its first byte (0600), and on disk before this returns.
 * U4. It has no write-ahead log: one file, which opens where nothing may be written.
 * U5. What it is made in bears no other's name: one that was killed leaves a file, and keeps nobody from making the next.
 */
import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import type { Clock } from "../clock.ts";
import { CadreError } from "../errors.ts";
import type { LineId } from "../ids.ts";
import { connect } from "./connection.ts";
import type { Connection } from "./connection.ts";
import { eventReads } from "./event-reads.ts";
import { failure, systemCode } from "./failure.ts";
import { openStore } from "./open.ts";
import { verifyLine } from "./verify-chain.ts";

export type BackupInput = {
  /** The store's file. */
  readonly file: string;
  /** Where the copy goes. Relative to the process. */
  readonly to: string;
  readonly clock: Clock;
};

export type Backup = {
  /** Absolute. */
  readonly file: string;
  readonly bytes: number;
  readonly runs: number;
  readonly events: number;
};

/**
 * Errors: usage (there is a file of this name, or nothing to copy), data-read-only (the folder may not be written), disk-full, disk-failed,
 * store-corrupt (the copy does not verify), store-newer, store-busy, file-unreadable. Then there is no copy.
 */
export async function backUp({ file, to, clock }: BackupInput): Promise<Backup> {
  const target = resolve(to);
  refuseTaken(target);
  const source = connect({ file, clock, readOnly: true });
  const partial = `${target}.${randomBytes(6).toString("hex")}.partial`; // in containers, everybody has the same number
  try {
    const before = headsOf(source);
    writing(source.file, target, () => {
      closeSync(openSync(partial, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600)); // U3
      source.db.prepare("VACUUM INTO ?").run(partial); // U1, U4
      sync(partial);
    });
    const counts = await checkCopy(partial, source, before, clock);
    writing(source.file, target, () => takeName(partial, target));
    return { file: target, bytes: statSync(target).size, ...counts };
  } finally {
    source.close();
    for (const left of [partial, `${partial}-journal`]) if (existsSync(left)) rmSync(left);
  }
}

function refuseTaken(target: string): void {
  if (statSync(target, { throwIfNoEntry: false }) === undefined) return;
  throw new CadreError("usage", `${target} is there already, and a backup overwrites nothing`, {
    hint: "Name a file that is not there.",
    data: { file: target },
  });
}

/** Errors in the words of whoever wanted the copy: they are about where it goes, not about the store. */
function writing<Result>(source: string, target: string, body: () => Result): Result {
  try {
    return body();
  } catch (error) {
    const code = systemCode(error);
    if (code === "EEXIST") refuseTaken(target);
    if (code === "ENOENT" && !existsSync(dirname(target)))
      throw new CadreError("folder-missing", `there is no folder ${dirname(target)} to write the backup to`, {
        hint: "Make it first.",
        cause: error,
      });
    const told = failure(error, target);
    if (!(told instanceof CadreError) || told.code === "store-corrupt") throw failure(error, source); // what is read, not what is written
    const hint = {
      "disk-full": "Free some space there, or name a file elsewhere.",
      "data-read-only": "Name a file where you may write.",
    };
    throw new CadreError(told.code, told.message, {
      hint: told.code in hint ? hint[told.code as keyof typeof hint] : (told.hint ?? ""),
      data: { file: target },
      cause: error,
    });
  }
}

function sync(path: string): void {
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** U2: a second name for the same file fails where the name is taken; a rename would not. */
function takeName(partial: string, target: string): void {
  try {
    linkSync(partial, target);
  } catch (error) {
    // File systems without hard links (FAT, some mounts).
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"].includes(systemCode(error) ?? "")) throw error;
    copyFileSync(partial, target, constants.COPYFILE_EXCL);
    sync(target);
  }
  sync(dirname(target));
}

type Heads = ReadonlyMap<LineId, number>;

/** Each line's length. */
function headsOf({ db, read }: Connection): Heads {
  type Row = { readonly id: LineId; readonly length: number };
  return new Map(
    read(() => db.prepare<[], Row>("SELECT id, length FROM lines").all()).map((row) => [row.id, row.length]),
  );
}

/** The copy opens, holds whole chains that are the store's own, and nothing that was there when it was begun is missing. */
async function checkCopy(
  copy: string,
  source: Connection,
  before: Heads,
  clock: Clock,
): Promise<{ readonly runs: number; readonly events: number }> {
  const store = openStore({ file: copy, clock, readOnly: true });
  const { storedBytes } = eventReads(source);
  const wrong = (what: string): CadreError =>
    new CadreError("store-corrupt", `the copy is not whole, and was thrown away: ${what}`, {
      hint: "`cadre verify` says what is wrong with the data itself.",
    });
  try {
    const [problem] = await store.fileProblems();
    if (problem) throw wrong(`${problem.row}: ${problem.what}`);
    const missing = new Map(before);
    for (const run of await store.runIds())
      for (const { id, length, headHash } of await store.lines(run)) {
        const [broken] = await verifyLine(store, id);
        if (broken) throw wrong(`${id}: ${broken.what}`);
        if (length < (missing.get(id) ?? 0)) throw wrong(`${id} lost events`);
        missing.delete(id);
        if (length > 0 && (await storedBytes(id, length - 1, 1))[0]?.hash !== headHash)
          throw wrong(`${id} ends otherwise than in the store`);
      }
    const [lost] = missing.keys();
    if (lost !== undefined) throw wrong(`${lost} is missing`);
    const { runs, events } = await store.counts();
    return { runs, events };
  } finally {
    store.close();
  }
}
