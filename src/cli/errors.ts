/**
 * An error as a person or a program reads it: what, where (with the lines around it), why, what to do.
 *
 * X1. A user's mistake never shows a stack trace; a fault of ours shows one with `--verbose` only.
 * X2. The exit code comes from the table in src/errors.ts and from nowhere else.
 */
import { resolve } from "node:path";
import { CadreError, errorTable } from "../errors.ts";
import { machineError } from "../machine-errors.ts";
import { visible, visibleLines } from "../views/escape.ts";
import { codeFrame, readForFrame } from "./code-frame.ts";
import type { Output, Style } from "./output.ts";
import { labelled } from "./layout.ts";
import { respell } from "./respell.ts";
import type { Spell } from "./spelling.ts";

/** Gives what was thrown a code from the table. */
export function asCadreError(error: unknown): CadreError {
  if (error instanceof CadreError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if ((error as { syscall?: unknown } | null)?.syscall === "uv_cwd")
    return new CadreError("folder-missing", "the folder in which this was started is gone", {
      hint: "change to one that is there, or to the same one again if it was made anew",
      cause: error,
    });
  const known = machineError(error);
  if (known) return known;
  return new CadreError("internal", `something in cadre itself went wrong: ${message}`, {
    hint: "run it again with --verbose and report what it prints; `cadre verify` checks that stored runs are whole",
    cause: error,
  });
}

/** Where the command line was: what cited paths are relative to, and how a command is spelled that leads there. */
export type Standpoint = { readonly dir: string; readonly command: Spell };

/** Prints the error and returns the exit code. */
export function reportError(thrown: unknown, output: Output, { dir, command }: Standpoint): number {
  const error = spelled(asCadreError(thrown), command);
  output.live(null);
  if (output.json) {
    output.record(errorDocument(error));
  } else {
    for (const line of errorLines(error, output, dir)) output.complain(line);
  }
  if (error.code === "internal" && output.verbose) output.complain(stackOf(error));
  return errorTable[error.code].exit;
}

/** S1. */
function spelled(error: CadreError, command: Spell): CadreError {
  if (error.hint === undefined) return error;
  const hint = respell(error.hint, command);
  if (hint === error.hint) return error;
  const { code, message, data, place } = error;
  const same = new CadreError(code, message, { hint, data, cause: error.cause, ...(place ? { place } : {}) });
  if (error.stack !== undefined) same.stack = error.stack;
  return same;
}

/** cadre.error/1. */
export function errorDocument(error: CadreError): Record<string, unknown> {
  return {
    schema: "cadre.error/1",
    code: error.code,
    message: error.message,
    hint: error.hint ?? null,
    place: error.place ?? null,
    exit: errorTable[error.code].exit,
    move: errorTable[error.code].move,
    data: error.data,
  };
}

function errorLines(error: CadreError, output: Output, dir: string): string[] {
  const paint = output.paintNote;
  const width = output.width;
  const lines = part("error: ", ["red", "bold"], error.message, output);
  // A brief from words or stdin has no file that anybody could open.
  if (error.place && !error.place.file.startsWith("(")) {
    const { file, line, column } = error.place;
    const where = [file, line, line === undefined ? undefined : column].filter((part) => part !== undefined).join(":");
    lines.push(`  ${paint("dim", "at")} ${visible(where)}`);
    if (line !== undefined) {
      const frame = codeFrame(readForFrame(resolve(dir, file)), { line, column: column ?? 1 }, paint, width ?? 100);
      lines.push(...frame.map((text) => `  ${text}`));
    }
  }
  if (error.hint !== undefined) {
    lines.push(...part("hint: ", ["cyan", "bold"], error.hint, output));
  }
  return lines;
}

function part(label: string, style: Style, text: string, output: Output): string[] {
  const [first = "", ...others] = labelled(label, visibleLines(text).join("\n"), output.width);
  return [output.paintNote(style, label) + first.slice(label.length), ...others];
}

function stackOf(error: CadreError): string {
  const cause = error.cause;
  return cause instanceof Error ? (cause.stack ?? cause.message) : (error.stack ?? error.message);
}
