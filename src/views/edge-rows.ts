/** Rows of a terminal for a route: whom it leads from and to, and what is said of it beside that, or below where the row would be too long. */
import { visible } from "./escape.ts";
import { columnsOf, padColumns, wrap } from "./text-width.ts";

type Edge = { readonly kind: string; readonly from: string; readonly to: string };
type Layout = {
  /** Null: everything in one row. */
  readonly width: number | null;
  /** Columns to which edges are filled up where something stands beside them. */
  readonly pad?: number;
  /** For what stands last: the rule. */
  readonly paint?: (text: string) => string;
};

export function edgeText({ kind, from, to }: Edge): string {
  return `${kind.padEnd(10)}  ${visible(from)} → ${visible(to)}`;
}

/** `said`: plain and visible, the rule last. */
export function edgeRows(edge: Edge, said: readonly string[], layout: Layout): string[] {
  const { width, pad = 0, paint = (text: string) => text } = layout;
  const painted = said.map((text, at) => (row: string) => (at === said.length - 1 ? paint(row) : row));
  const head = said.length === 0 ? `  ${edgeText(edge)}` : `  ${padColumns(edgeText(edge), pad)}`;
  if (width === null || columnsOf([head, ...said].join("  ")) <= width)
    return [[head, ...said.map((text, at) => painted[at]?.(text))].join("  ")];
  return [
    ...hanging(`  ${edge.kind.padEnd(10)}  `, `${visible(edge.from)} → ${visible(edge.to)}`, width),
    ...said.flatMap((text, at) => hanging("", text, width - 6).map((row) => `      ${painted[at]?.(row)}`)),
  ];
}

/** A text behind a label, its further rows below its first. */
export function hanging(label: string, text: string, width: number | null): string[] {
  if (width === null || columnsOf(label + text) <= width) return [label + text];
  const rows = wrap(text, Math.max(24, width - columnsOf(label)));
  return rows.map((row, at) => (at === 0 ? label : " ".repeat(columnsOf(label))) + row);
}
