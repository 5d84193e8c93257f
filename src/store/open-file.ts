/**
 * Opens the file: made private and brought up to date for writing, or left exactly as it is for reading.
 *
 * O1. WAL with synchronous=FULL: what a write has returned from survives a power loss (D1). NORMAL does not promise that.
 * O2. The file is 0600 and a folder made for it 0700: it holds briefs, answers and tool results.
 * O3. Opening for reading never changes the file, and works from a folder that cannot be written.
 */
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import SQLite from "better-sqlite3";
import type { Database } from "better-sqlite3";
import type { Clock } from "../clock.ts";
import { makeFolder } from "./make-folder.ts";
import { systemCode } from "./failure.ts";
import { checkLayout, migrate } from "./migrate.ts";
import { versionOf } from "./schema.ts";
import type { Layout, Synchronous } from "./schema.ts";

export const memory = ":memory:";
const busyTimeout = 5000;
/** The write-ahead log is cut to this when it is checkpointed, so that one large run does not keep its size for ever. */
const journalSizeLimit = 8 * 1024 * 1024;
/**
 * The log is brought into the file when it has grown to about this, in bytes, whatever the size of a page, and then written over from its
 * start. At FULL every commit waits for the log, and a page that is written over is on disk sooner, and for less CPU, than one that makes
 * the log longer: a short log pays for the two waits that bringing it in takes. At NORMAL those are the only waits there are.
 */
const checkpointAt: Readonly<Record<Synchronous, number>> = { full: 256 * 1024, normal: 4 * 1024 * 1024 };

/**
 * In KiB. Who reads goes through a list once: pages that are kept are memory that the system has to find and clear, and one that is needed
 * again lies in the system's own cache.
 */
const readingCache = 256;

export type Opened = { readonly db: Database; readonly dispose: () => void };

const nothing = (): void => {};

/** SQLite answers "busy" at once, without waiting, when two processes switch a new file to WAL together. */
function switchToWal(db: Database): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let attempt = 0; ; attempt += 1) {
    try {
      db.pragma("journal_mode = WAL");
      return;
    } catch (error) {
      if (attempt === 100 || systemCode(error)?.startsWith("SQLITE_BUSY") !== true) throw error;
      Atomics.wait(pause, 0, 0, 20);
    }
  }
}

function makePrivate(file: string): void {
  if ((statSync(file).mode & 0o077) === 0) return;
  try {
    chmodSync(file, 0o600);
  } catch (error) {
    // Someone else's file that we may write: its owner decided who reads it. File systems without modes say so too.
    if (systemCode(error) !== "EPERM") throw error;
  }
}

function prepareFile(file: string): void {
  makeFolder(dirname(file), 0o700);
  closeSync(openSync(file, constants.O_RDWR | constants.O_CREAT, 0o600)); // O2: SQLite itself would make it 0644
}

export function openForWriting(file: string, layout: Layout, clock: Clock, synchronous: Synchronous = "full"): Opened {
  if (file !== memory) prepareFile(file);
  const db = new SQLite(file, { timeout: busyTimeout });
  try {
    checkLayout(db, layout, file); // before anything is changed
    if (file !== memory) makePrivate(file); // before the log is made, which gets the same mode
    db.pragma(`page_size = ${layout.pageSize}`); // heeded by a new file only
    switchToWal(db);
    db.pragma(`wal_autocheckpoint = ${Math.ceil(checkpointAt[synchronous] / layout.pageSize)}`);
    db.pragma(`synchronous = ${synchronous.toUpperCase()}`); // O1
    db.pragma("foreign_keys = ON");
    db.pragma(`journal_size_limit = ${journalSizeLimit}`);
    migrate(db, layout, clock, file);
  } catch (error) {
    db.close();
    throw error;
  }
  return { db, dispose: nothing };
}

/** Which file bears the name at present; undefined: none. While it is open, its number is no other file's. */
export function fileAt(file: string): string | undefined {
  const found = file === memory ? undefined : statSync(file, { throwIfNoEntry: false });
  return found && `${found.dev}:${found.ino}`;
}

/** In bytes; 0 where there is none. Of a folder SQLite would say that the disk refuses (SQLITE_IOERR), where opening to write says EISDIR. */
function sizeOf(file: string): number {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) throw Object.assign(new Error(`EISDIR: ${file} is a folder`), { code: "EISDIR" });
  return found?.size ?? 0;
}

/**
 * A file in a folder where SQLite cannot put its shared memory (an archive, a read-only mount): a private copy is read, with
 * the write-ahead log beside it, where the newest commits may lie. Safe while nobody writes, and a live writer always has a
 * `-shm`. SQLite's `immutable` mode would spare the copy, but this driver takes no URIs, and it would not read the log.
 */
function openInReadOnlyFolder(file: string, cause: unknown): Opened {
  if (existsSync(`${file}-shm`)) throw cause;
  const folder = mkdtempSync(join(tmpdir(), "cadre-read-"));
  const dispose = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    for (const suffix of ["", "-wal"]) {
      if (!existsSync(file + suffix)) continue;
      const copy = join(folder, `copy.db${suffix}`);
      copyFileSync(file + suffix, copy);
      chmodSync(copy, 0o600);
    }
    return { db: new SQLite(join(folder, "copy.db"), { readonly: true }), dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

function openExisting(file: string): Opened {
  const db = new SQLite(file, { readonly: true, fileMustExist: true, timeout: busyTimeout });
  try {
    db.prepare("SELECT count(*) FROM sqlite_schema").get();
    return { db, dispose: nothing };
  } catch (error) {
    db.close();
    const code = systemCode(error);
    if (code?.startsWith("SQLITE_CANTOPEN") || code?.startsWith("SQLITE_READONLY"))
      return openInReadOnlyFolder(file, error);
    throw error;
  }
}

/**
 * A file of an older layout, read as the present one: a private copy is brought up to date. Whoever writes next migrates the file itself (O3).
 * `VACUUM INTO` reads one state of it, whoever else may be writing.
 */
function openMigratedCopy(from: Opened, layout: Layout, clock: Clock): Opened {
  const folder = mkdtempSync(join(tmpdir(), "cadre-read-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const file = join(folder, "copy.db");
  try {
    from.db.prepare("VACUUM INTO ?").run(file);
    const copy = openForWriting(file, layout, clock);
    return {
      db: copy.db,
      dispose: () => {
        copy.dispose();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  } finally {
    from.db.close();
    from.dispose();
  }
}

export function openForReading(file: string, layout: Layout, clock: Clock): Opened {
  // No file yet: an empty store, and no file is made.
  if (file === memory || sizeOf(file) === 0) return openForWriting(memory, layout, clock);
  const opened = openExisting(file);
  let version: number;
  try {
    version = checkLayout(opened.db, layout, file);
  } catch (error) {
    opened.db.close();
    opened.dispose();
    throw error;
  }
  if (version < versionOf(layout)) return openMigratedCopy(opened, layout, clock);
  opened.db.pragma(`cache_size = -${readingCache}`);
  return opened;
}
