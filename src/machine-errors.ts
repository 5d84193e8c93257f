/** What the machine says, by its own code, as errors of the table: those that no module of ours has given a name yet. */
import { CadreError, type ErrorCode } from "./errors.ts";

type Known = { readonly code: ErrorCode; readonly hint: string };

const goesOn = "what was acknowledged is on disk, and the run resumes from there";
const full: Known = { code: "disk-full", hint: `free some space; ${goesOn}` };
const closed: Known = { code: "data-read-only", hint: "use --data for a folder that can be written" };
const unreadable: Known = { code: "file-unreadable", hint: "check who owns the file, and its permissions" };

const machineErrors: Readonly<Record<string, Known>> = {
  ENOSPC: full,
  SQLITE_FULL: full,
  EDQUOT: full,
  EFBIG: { code: "disk-full", hint: "a limit on the size of files was reached (`ulimit -f`): raise it" },
  EIO: { code: "disk-failed", hint: `check the disk (\`dmesg\`); ${goesOn}` },
  EROFS: closed,
  SQLITE_READONLY: closed,
  EACCES: unreadable,
  EPERM: unreadable,
  ENOENT: { code: "file-unreadable", hint: "check the path" },
  EISDIR: { code: "file-unreadable", hint: "name a file, not a folder" },
};

/** Null: nothing that the machine said, or nothing that a user can mend. The message is the machine's own, with its paths. */
export function machineError(error: unknown): CadreError | null {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const known = Object.hasOwn(machineErrors, code) ? machineErrors[code] : undefined;
  return known === undefined
    ? null
    : new CadreError(known.code, (error as Error).message, { hint: known.hint, cause: error });
}
