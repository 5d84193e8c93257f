/** An error as the page reads it, and its status. Nothing of ours that has no code is told: no stack, no path, no cause (R8). */
import { CadreError, errorTable, isCadreError } from "../errors.ts";
import type { ErrorView } from "../views/control-room/session.ts";

export function errorView(thrown: unknown): ErrorView {
  const error = isCadreError(thrown) ? thrown : unknownError();
  const { code, message, hint, place, data } = error;
  return { code, message, hint: hint ?? null, place: place ?? null, move: errorTable[code].move, data };
}

export function statusOf(thrown: unknown): number {
  return errorTable[isCadreError(thrown) ? thrown.code : "internal"].http;
}

/** What went wrong stands on the terminal of whoever runs the server. */
function unknownError(): CadreError {
  return new CadreError("internal", "something in cadre itself went wrong; the terminal of the server says what", {
    hint: "Try again; what was acknowledged is on disk.",
  });
}
