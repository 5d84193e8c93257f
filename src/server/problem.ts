/**
 * An error as the page reads it, and its status. Nothing of ours that has no code is told: no stack, no path, no cause (R8). A disk that is
 * full, fails or may not be written is no fault of ours: it has the code and the hint that the command line gives it.
 */
import { CadreError, errorTable, isCadreError, type ErrorCode } from "../errors.ts";
import { machineError } from "../machine-errors.ts";
import type { ErrorView } from "../views/control-room/session.ts";

/** In a message of its own: the machine's names a path. Any other word of the machine's (ENOENT) is as likely our mistake. */
const ofTheDisk: Partial<Record<ErrorCode, string>> = {
  "disk-full": "there is no space left where cadre writes",
  "disk-failed": "the disk refused to read or write",
  "data-read-only": "where cadre writes may not be written",
};

export function errorView(thrown: unknown): ErrorView {
  const { code, message, hint, place, data } = told(thrown);
  return { code, message, hint: hint ?? null, place: place ?? null, move: errorTable[code].move, data };
}

export function statusOf(thrown: unknown): number {
  return errorTable[told(thrown).code].http;
}

function told(thrown: unknown): CadreError {
  if (isCadreError(thrown)) return thrown;
  const machine = machineError(thrown);
  const message = machine === null ? undefined : ofTheDisk[machine.code];
  if (machine === null || message === undefined) return unknownError();
  const { code, hint } = machine;
  return new CadreError(code, `${message} (${String((thrown as NodeJS.ErrnoException).code)})`, hint ? { hint } : {});
}

/** What went wrong stands on the terminal of whoever runs the server. */
function unknownError(): CadreError {
  return new CadreError("internal", "something in cadre itself went wrong; the terminal of the server says what", {
    hint: "Try again; what was acknowledged is on disk.",
  });
}
