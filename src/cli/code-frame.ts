/** The lines around a place in a file, with the place marked: what an error or a problem shows. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { Style } from "./output.ts";
import { visibleLines } from "../views/escape.ts";
import { clip, columnsOf } from "../views/text-width.ts";

type Paint = (style: Style, text: string) => string;

/** Files longer than this are not opened again for a frame. */
const largest = 1024 * 1024;

/** Two lines before the place, its line, and a caret under its column; none where the text cannot be had. */
export function codeFrame(
  source: string | null,
  place: { readonly line: number; readonly column: number },
  paint: Paint,
  width = 100,
): string[] {
  const lines = source?.split(/\r\n|\n|\r/) ?? [];
  if (place.line < 1 || place.line > lines.length) return [];
  const first = Math.max(1, place.line - 2);
  const gutter = String(place.line).length;
  const shown = lines.slice(first - 1, place.line).map((text, offset) => {
    const number = first + offset;
    const marked = number === place.line;
    const label = `${marked ? "›" : " "} ${String(number).padStart(gutter)} │ `;
    return `${paint(marked ? "bold" : "dim", label)}${clip(visibleLines(text).join(" "), width - gutter - 5)}`;
  });
  const before = visibleLines(lines[place.line - 1]?.slice(0, place.column - 1) ?? "").join(" ");
  if (columnsOf(before) > width - gutter - 6) return shown;
  return [
    ...shown,
    `${" ".repeat(gutter + 2)} ${paint("dim", "│")} ${" ".repeat(columnsOf(before))}${paint("red", "^")}`,
  ];
}

/** A file's text for a frame; null where it cannot be read, is too long, is not text, or may hold a secret (R8). */
export function readForFrame(file: string): string | null {
  if (basename(file) === "cadre.yaml") return null;
  try {
    const bytes = readFileSync(file);
    return bytes.length > largest || bytes.includes(0) ? null : bytes.toString("utf8");
  } catch {
    return null;
  }
}
