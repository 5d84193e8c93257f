/** What SQLite and the file system say, as errors that a user can act on. */
import { CadreError } from "../errors.ts";
import type { ErrorCode } from "../errors.ts";
import { runLayout, type Advice } from "./schema.ts";

type Told = { readonly code: ErrorCode; readonly why: string; readonly hint: (advice: Advice) => string };

const full: Told = {
  code: "disk-full",
  why: "there is no space left",
  hint: ({ goOn }) => `Nothing was half-written. Free some space, then ${goOn}.`,
};
const broken: Told = {
  code: "disk-failed",
  why: "the disk refused to read or write",
  hint: ({ goOn }) => `Nothing was half-written. Check the disk (\`dmesg\`), then ${goOn}.`,
};
const closed: Told = {
  code: "data-read-only",
  why: "it may not be written",
  hint: ({ elsewhere }) => `Make the file and its folder writable, or ${elsewhere}.`,
};
const homeless: Told = {
  code: "data-read-only",
  why: "its folder is not there, and cannot be made",
  hint: ({ elsewhere }) => `Make the folder first, or ${elsewhere}.`,
};
const nameless: Told = {
  code: "usage",
  why: "the name is too long for this file system",
  hint: ({ elsewhere }) => `Take a shorter one: ${elsewhere}.`,
};
const folder: Told = {
  code: "usage",
  why: "it is a folder, not a file",
  hint: ({ elsewhere }) => `Move it away, or ${elsewhere}.`,
};
const unreadable: Told = {
  code: "file-unreadable",
  why: "it cannot be read",
  hint: () => "Check who may read the file and its folder.",
};
const corrupt: Told = {
  code: "store-corrupt",
  why: "it is not a database, or it is damaged",
  hint: ({ look }) =>
    `Move it away with its -wal and -shm, which fit no other file, then put a copy in its place or start a new one.${look}`,
};
const busy: Told = {
  code: "store-busy",
  why: "another process kept it locked for more than 5 s",
  hint: () => "Try again; if it stays so, look for a process that holds the file (`fuser`).",
};

/** By SQLite's code or errno; the longest key that begins the code wins. */
const table: Readonly<Record<string, Told>> = {
  SQLITE_FULL: full,
  SQLITE_IOERR_SHMSIZE: full,
  SQLITE_IOERR: broken,
  SQLITE_READONLY: closed,
  SQLITE_CANTOPEN: closed,
  SQLITE_PERM: closed,
  SQLITE_AUTH: closed,
  SQLITE_CORRUPT: corrupt,
  SQLITE_NOTADB: corrupt,
  SQLITE_BUSY: busy,
  SQLITE_LOCKED: busy,
  ENOSPC: full,
  EDQUOT: full,
  EIO: broken,
  EACCES: closed,
  EPERM: closed,
  EROFS: closed,
  ENOTDIR: closed,
  EEXIST: closed,
  EISDIR: folder,
  ENOENT: homeless,
  ENAMETOOLONG: nameless,
};

const keys = Object.keys(table).toSorted((a, b) => b.length - a.length);

/** The code of an error that SQLite or the file system threw; undefined for anything else. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  return error.code;
}

/** As a CadreError where it is one that a user can meet; anything else comes back as it is. */
export function failure(error: unknown, file: string, reading = false, advice: Advice = runLayout.advice): unknown {
  const code = systemCode(error);
  if (!(error instanceof Error) || error instanceof CadreError || code === undefined) return error;
  const key = keys.find((candidate) => code.startsWith(candidate));
  const found = key === undefined ? undefined : table[key];
  if (found === undefined)
    return code.startsWith("SQLITE_") ? bug(`${file}: ${error.message}`, { cause: code }, error) : error;
  const told = reading && found === closed ? unreadable : found;
  const message = `${file}: ${told.why} (${code}).`;
  return new CadreError(told.code, message, { hint: told.hint(advice), data: { file, cause: code }, cause: error });
}

/** A mistake of the program, not of a user. */
export function bug(message: string, data: Record<string, unknown> = {}, cause?: unknown): CadreError {
  return new CadreError("internal", message, { data, cause });
}
