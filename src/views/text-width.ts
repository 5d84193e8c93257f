/** Columns that plain, already visible text takes on a terminal, and wrapping by them. East Asian letters and emoji take two. */

/** Made at the first text that needs it: loading its data takes as long as all of `cadre --help` beside it. */
let segmenter: Intl.Segmenter | undefined;

const wide =
  /^(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\uFE0F|\p{Regional_Indicator}|[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF01-\uFF60\uFFE0-\uFFE6\u{20000}-\u{3FFFD}])/u;

function graphemes(text: string): string[] {
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  return Array.from(segmenter.segment(text), (part) => part.segment);
}

/** Columns of a text without colour codes. */
export function columnsOf(text: string): number {
  if (/^[\x20-\x7E]*$/.test(text)) return text.length;
  return graphemes(text).reduce((sum, part) => sum + (wide.test(part) ? 2 : 1), 0);
}

/** Blanks up to so many columns. */
export function padColumns(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - columnsOf(text)));
}

/** Cut to so many columns, with `…` in place of what is missing. */
export function clip(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let kept = "";
  let used = 0;
  for (const part of graphemes(text)) {
    const next = wide.test(part) ? 2 : 1;
    if (used + next > columns - 1) break;
    kept += part;
    used += next;
  }
  return `${kept.trimEnd()}…`;
}

/** Wrapped at blanks into rows of so many columns; `first` is what the first row has. A word longer than a row is broken. */
export function wrap(text: string, columns: number, first: number = columns): string[] {
  const rows: string[] = [];
  let row = "";
  const room = (): number => (rows.length === 0 ? first : columns);
  for (const word of text.split(" ").filter((part) => part !== "")) {
    for (const piece of piecesOf(word, columns)) {
      const joined = row === "" ? piece : `${row} ${piece}`;
      if (columnsOf(joined) <= room()) {
        row = joined;
        continue;
      }
      rows.push(row);
      row = piece;
    }
  }
  return [...rows, row];
}

function piecesOf(word: string, columns: number): string[] {
  if (columnsOf(word) <= columns) return [word];
  const pieces: string[] = [];
  let piece = "";
  for (const part of graphemes(word)) {
    if (columnsOf(piece + part) > columns) {
      pieces.push(piece);
      piece = "";
    }
    piece += part;
  }
  return [...pieces, piece];
}
