/** What a tool gives back: text for the model, 64 KB at most (RELIABILITY 38), and a receipt where something was done. */
import type { Receipt } from "../events/event.ts";
import { isPathError } from "./safe-files.ts";
import { parsePath, type ParsedPath } from "./paths.ts";
import type { ToolContext, ToolOutcome } from "./tool.ts";

/** Bytes of UTF-8 that a model gets from one call. */
export const textLimit = 64 * 1024;

export function done(text: string, receipt: Receipt | null = null): ToolOutcome {
  return { ok: true, text: clip(text), receipt };
}

export function failed(text: string): ToolOutcome {
  return { ok: false, text: clip(text), receipt: null };
}

/** Cuts at a character, and says so. */
export function clip(text: string, limit: number = textLimit): string {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length <= limit) return text;
  const note = `\n[cut: ${(bytes.length - limit).toLocaleString("en")} more bytes or so]`;
  let end = limit - Buffer.byteLength(note);
  // A continuation byte (10xxxxxx) at the cut means that the cut is inside a character.
  while (end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end -= 1;
  return bytes.toString("utf8", 0, end) + note;
}

/** Runs a tool's body; a path that was refused or is not there becomes an answer, anything else stays a fault. */
export async function answering(
  context: ToolContext,
  body: () => ToolOutcome | Promise<ToolOutcome>,
): Promise<ToolOutcome> {
  context.signal.throwIfAborted();
  try {
    return await body();
  } catch (error) {
    if (isPathError(error)) return failed(error.hint === undefined ? error.message : `${error.message} ${error.hint}`);
    throw error;
  }
}

/** A parsed path, or the answer that says what is wrong with it. */
export function pathOr(text: string): Extract<ParsedPath, { ok: true }> | ToolOutcome {
  const parsed = parsePath(text);
  return parsed.ok ? parsed : failed(`\`${printable(text)}\` is refused: ${parsed.reason}.`);
}

export function isOutcome(value: object): value is ToolOutcome {
  return "text" in value;
}

/** A name as it can be shown: control characters escaped, long ones cut. */
export function printable(text: string): string {
  const short = text.length > 200 ? `${text.slice(0, 200)}…` : text;
  return short.replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, (char) => `\\u{${(char.codePointAt(0) as number).toString(16)}}`);
}

/** Gives the event loop a turn; work over many files calls this every so often. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
