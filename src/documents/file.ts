/**
 * Reads a text file that a user named. What is not a small UTF-8 text file is refused before or right after it is opened:
 * a mode or a brief that a model would read must be exactly what a person sees in an editor.
 */
import { constants, type Stats } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { CadreError } from "../errors.ts";
import type { Problem } from "./problem.ts";
import type { RuleCode } from "./rules.ts";

/** 256 KB; a mode is usually under 20. In bytes. */
export const fileLimit = 256 * 1024;

export type TextFile =
  | { readonly ok: true; readonly text: string }
  /** `code` is one of file-missing file-folder file-unreadable file-special file-too-large file-binary file-not-utf8. */
  | { readonly ok: false; readonly problem: Problem };

/**
 * @param shown the path as problems name it; `path` is what is opened. Never throws for what lies there.
 * Errors: disk-failed. A file that the disk does not give up now is not a broken file: nobody is to decide about it (D9).
 */
export async function readTextFile(path: string, shown: string): Promise<TextFile> {
  let handle: FileHandle;
  try {
    // O_NONBLOCK: opening a named pipe must not wait for a writer.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return { ok: false, problem: openFault(error, shown) };
  }
  try {
    const status = await handle.stat();
    const fault = kindFault(status, shown);
    if (fault) return { ok: false, problem: fault };
    return decode(await readUpTo(handle, fileLimit + 1, status.size), shown);
  } catch (error) {
    return { ok: false, problem: openFault(error, shown) };
  } finally {
    await handle.close();
  }
}

/** Like `readTextFile`, for a single file without which nothing can go on. Throws `file-unreadable`. */
export async function readTextOrThrow(path: string, shown: string): Promise<string> {
  const read = await readTextFile(path, shown);
  if (read.ok) return read.text;
  const { message, hint, code, file } = read.problem;
  throw new CadreError("file-unreadable", message, {
    place: { file },
    data: { reason: code },
    ...(hint === undefined ? {} : { hint }),
  });
}

/** `expected`: the file's size as it was said to be; room for the limit is made only where there turns out to be more. */
async function readUpTo(handle: FileHandle, limit: number, expected: number): Promise<Uint8Array> {
  let buffer = Buffer.alloc(Math.min(limit, expected + 1));
  let length = 0;
  for (;;) {
    if (length === buffer.length && length < limit) buffer = Buffer.concat([buffer], limit);
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, null);
    length += bytesRead;
    if (bytesRead === 0 || length === limit) return buffer.subarray(0, length);
  }
}

function decode(bytes: Uint8Array, shown: string): TextFile {
  if (bytes.length > fileLimit) return { ok: false, problem: tooLarge(shown, null) };
  const zero = bytes.indexOf(0);
  if (zero !== -1) {
    const hint = "Name a Markdown file; if it was saved as UTF-16, save it as UTF-8.";
    return fault("file-binary", `${shown} is a binary file: byte ${zero + 1} is zero.`, shown, hint);
  }
  try {
    return { ok: true, text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    const at = firstBadByte(bytes);
    const line = bytes.subarray(0, at).reduce((count, byte) => count + (byte === 10 ? 1 : 0), 1);
    const message = `${shown} is not UTF-8: byte ${at + 1} (line ${line}) belongs to no character.`;
    return fault("file-not-utf8", message, shown, "Save it as UTF-8.", line);
  }
}

/** The longest prefix that decodes ends where the fault is; found by halving. */
function firstBadByte(bytes: Uint8Array): number {
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    // `stream`: a character cut at the end of the prefix is no fault.
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, middle), { stream: true });
      good = middle;
    } catch {
      bad = middle;
    }
  }
  return bad - 1;
}

function kindFault(status: Stats, shown: string): Problem | null {
  if (status.isDirectory()) {
    return problem("file-folder", `${shown} is a folder, not a file.`, shown, "Name a file in it.");
  }
  if (!status.isFile()) {
    return problem(
      "file-special",
      `${shown} is not a regular file (a device, pipe or socket).`,
      shown,
      "Name a text file.",
    );
  }
  return status.size > fileLimit ? tooLarge(shown, status.size) : null;
}

function tooLarge(shown: string, size: number | null): Problem {
  const is = size === null ? "" : ` (${(size / 1024 / 1024).toFixed(1)} MB)`;
  const message = `${shown} is larger than ${fileLimit / 1024} KB${is}: that is no mode, rules pack or brief.`;
  return problem(
    "file-too-large",
    message,
    shown,
    "Is it the right file? Long material belongs in knowledge files or inputs.",
  );
}

function openFault(error: unknown, shown: string): Problem {
  const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
  if (code === "EIO") throw diskFault(error, shown);
  if (code === "ENOENT" || code === "ENOTDIR") {
    return problem(
      "file-missing",
      `There is no file ${shown}.`,
      shown,
      "Check the path; it is taken from the current folder.",
    );
  }
  if (code === "EACCES" || code === "EPERM") {
    return problem(
      "file-unreadable",
      `${shown} may not be read by this user (${code}).`,
      shown,
      "Give yourself the right to read it.",
    );
  }
  return problem("file-unreadable", `${shown} could not be read (${code}).`, shown, "Check the path and the disk.");
}

/** What a read error of the disk itself is to a user. */
export function diskFault(cause: unknown, shown: string): CadreError {
  return new CadreError("disk-failed", `${shown} could not be read: the disk refused (EIO).`, {
    hint: "Check the disk (`dmesg`), then try again.",
    place: { file: shown },
    cause,
  });
}

function problem(code: RuleCode, message: string, file: string, hint: string, line = 1): Problem {
  return { code, severity: "error", message, file, line, column: 1, hint };
}

function fault(code: RuleCode, message: string, file: string, hint: string, line = 1): TextFile {
  return { ok: false, problem: problem(code, message, file, hint, line) };
}
