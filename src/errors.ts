/**
 * Every error that a user can meet, in one table: what the process exits with, what HTTP says, and whose move it is.
 * Match on `code`, never on the message. Problems found in files are data (`documents/problem.ts`), not errors.
 */

type Row = {
  /** Process exit code (DESIGN §7). */
  readonly exit: 1 | 2 | 4 | 5 | 8 | 130;
  /** HTTP status. */
  readonly http: number;
  /** Who can do something about it. */
  readonly move: "fix-input" | "retry" | "person" | "bug";
};

/** By code: the exit code of the command, the status over HTTP, and whose move it is. */
export const errorTable = {
  usage: { exit: 2, http: 400, move: "fix-input" },
  "config-invalid": { exit: 2, http: 400, move: "fix-input" },
  "folder-missing": { exit: 2, http: 404, move: "fix-input" },
  "folder-empty": { exit: 2, http: 404, move: "fix-input" },
  "file-unreadable": { exit: 2, http: 400, move: "fix-input" },
  "chart-invalid": { exit: 1, http: 422, move: "fix-input" },
  "workflow-invalid": { exit: 2, http: 422, move: "fix-input" },
  "brief-invalid": { exit: 2, http: 422, move: "fix-input" },
  "role-unknown": { exit: 2, http: 404, move: "fix-input" },
  "run-unknown": { exit: 2, http: 404, move: "fix-input" },
  "ask-unknown": { exit: 2, http: 404, move: "fix-input" },
  "ask-ambiguous": { exit: 2, http: 409, move: "fix-input" },
  "decision-invalid": { exit: 2, http: 422, move: "fix-input" },
  "ask-decided": { exit: 5, http: 409, move: "person" },
  "ask-expired": { exit: 5, http: 409, move: "person" },
  "not-approver": { exit: 4, http: 403, move: "person" },
  "too-many-attempts": { exit: 4, http: 429, move: "retry" },
  "already-voted": { exit: 5, http: 409, move: "person" },
  "hash-stale": { exit: 5, http: 409, move: "person" },
  "ask-exists": { exit: 5, http: 409, move: "retry" },
  "run-owned": { exit: 5, http: 409, move: "retry" },
  "run-exists": { exit: 5, http: 409, move: "retry" },
  "limit-reached": { exit: 8, http: 409, move: "person" },
  "run-ended": { exit: 5, http: 409, move: "fix-input" },
  "fork-refused": { exit: 2, http: 409, move: "fix-input" },
  "lease-lost": { exit: 5, http: 409, move: "retry" },
  "head-moved": { exit: 5, http: 409, move: "retry" },
  "apply-conflict": { exit: 5, http: 409, move: "person" },
  "data-read-only": { exit: 2, http: 500, move: "fix-input" },
  "disk-full": { exit: 1, http: 507, move: "fix-input" },
  "disk-failed": { exit: 1, http: 500, move: "person" },
  "store-busy": { exit: 5, http: 503, move: "retry" },
  "store-newer": { exit: 2, http: 500, move: "fix-input" },
  "store-corrupt": { exit: 1, http: 500, move: "person" },
  "store-replaced": { exit: 1, http: 500, move: "person" },
  "state-not-storable": { exit: 1, http: 422, move: "fix-input" },
  "thread-unknown": { exit: 2, http: 404, move: "fix-input" },
  "thread-exists": { exit: 5, http: 409, move: "fix-input" },
  "chain-broken": { exit: 1, http: 500, move: "person" },
  "model-unknown": { exit: 2, http: 400, move: "fix-input" },
  "model-auth": { exit: 4, http: 502, move: "fix-input" },
  "model-unreachable": { exit: 1, http: 502, move: "retry" },
  "model-busy": { exit: 1, http: 503, move: "retry" },
  "model-queue-full": { exit: 1, http: 503, move: "retry" },
  "model-timeout": { exit: 1, http: 504, move: "retry" },
  "model-truncated": { exit: 1, http: 502, move: "retry" },
  "model-malformed": { exit: 1, http: 502, move: "retry" },
  "model-refused": { exit: 1, http: 502, move: "fix-input" },
  "hub-unreachable": { exit: 1, http: 502, move: "retry" },
  "hub-auth": { exit: 4, http: 502, move: "person" },
  "hub-missing": { exit: 2, http: 404, move: "fix-input" },
  "hub-busy": { exit: 1, http: 503, move: "retry" },
  "hub-refused": { exit: 1, http: 502, move: "fix-input" },
  "model-engine": { exit: 2, http: 501, move: "fix-input" },
  "model-file": { exit: 2, http: 422, move: "fix-input" },
  "mcp-unreachable": { exit: 1, http: 502, move: "fix-input" },
  "workspace-refused": { exit: 1, http: 403, move: "fix-input" },
  "tool-failed": { exit: 1, http: 500, move: "retry" },
  stopped: { exit: 1, http: 409, move: "person" },
  interrupted: { exit: 130, http: 499, move: "retry" },
  internal: { exit: 1, http: 500, move: "bug" },
} as const satisfies Record<string, Row>;

/** A key of `errorTable`. */
export type ErrorCode = keyof typeof errorTable;

/** A place in a file, 1-based. */
export type Place = { readonly file: string; readonly line?: number; readonly column?: number };

/**
 * An error with a code from the table. `message` says what, where and why; `hint` says what to do.
 * `data` is plain JSON for `--json` faces and never holds a prompt or a secret (R8).
 */
export class CadreError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly place: Place | undefined;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    more: { hint?: string; place?: Place; data?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = "CadreError";
    this.code = code;
    this.hint = more.hint;
    this.place = more.place;
    this.data = more.data ?? {};
  }
}

/** True for a CadreError, of this code if one is given. */
export function isCadreError(error: unknown, code?: ErrorCode): error is CadreError {
  return error instanceof CadreError && (code === undefined || error.code === code);
}
