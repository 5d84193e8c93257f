/** Text in rows for a terminal; where the width is null (a pipe, a file) nothing is wrapped. */
import { columnsOf } from "../views/text-width.ts";

/** Narrower than this a column of words cannot be read. */
const narrowest = 24;

/** Plain, already visible text: its own lines, each wrapped at blanks, its indent kept. */
export function wrapText(text: string, width: number | null): string[] {
  const lines = text.split("\n");
  if (width === null) return lines;
  return lines.flatMap((line) => {
    const hang = /^\s*(?:[-*] |\d+\. )?/.exec(line)?.[0] ?? "";
    const indent = hang.length > width / 2 ? "" : hang;
    const rows = rowsOf(line.slice(indent.length), Math.max(narrowest, width - indent.length));
    return rows.map((row, at) => ((at === 0 ? indent : " ".repeat(indent.length)) + row).trimEnd());
  });
}

/** A word longer than a row stays whole, so that a path or a command can still be copied. */
function rowsOf(text: string, columns: number): string[] {
  const rows: string[] = [];
  let row = "";
  for (const word of text.split(" ").filter((part) => part !== "")) {
    const joined = row === "" ? word : `${row} ${word}`;
    if (row === "" || columnsOf(joined) <= columns) {
      row = joined;
      continue;
    }
    rows.push(row);
    row = word;
  }
  return [...rows, row];
}

/** A block after a label: the first row beside it, the others below the first. */
export function labelled(label: string, text: string, width: number | null): string[] {
  const rows = wrapText(text, width === null ? null : width - label.length);
  return rows.map((row, at) => (at === 0 ? label + row : `${" ".repeat(label.length)}${row}`.trimEnd()));
}
