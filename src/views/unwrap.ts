/** Prose that an editor wrapped, as paragraphs again. Short lines, lists and everything that is laid out keep their line ends. */

/** A line at least this long was broken by a right margin, not by its author. */
const margin = 60;
const startsOwn = /^\s*(?:[-*+•|>#]|\d{1,9}[.)]|```|~~~|$)|^(?: {4}|\t)/;

export function unwrap(text: string): string {
  const lines = text.split(/\r\n|\n/);
  return lines.reduce((joined, line, at) => {
    if (at === 0) return line;
    const before = lines[at - 1] ?? "";
    const wrapped = before.trim().length >= margin && !startsOwn.test(line) && !/^(?: {4}|\t)|\|\s*$/.test(before);
    return wrapped ? `${joined.trimEnd()} ${line.trimStart()}` : `${joined}\n${line}`;
  }, "");
}

/** The whole of a text on one line, or its first paragraph with `…` for the rest: where a list has a line for each step. */
export function onOneLine(text: string, whole: boolean): string {
  const [first = "", ...rest] = unwrap(text.trim()).split(/\r?\n\s*\n|\r?\n(?=\s*(?:[-*+•]|\d{1,9}[.)])\s)/);
  const shown = whole ? [first, ...rest] : rest.length > 0 ? [first, "…"] : [first];
  return shown.join(" ").replaceAll(/[ \t]*\r?\n[ \t]*/g, " ");
}
