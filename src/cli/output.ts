/**
 * What goes where.
 *
 * O1. stdout is data, stderr is progress.
 * O2. On a terminal: tables, colour, one live line, wrapped to its width. Piped: plain lines, tabs between the cells of a
 *     list, nothing cut off.
 * O3. `--json`: one document with a `schema` field, or one JSON object per line while something runs.
 * O4. A reader that goes away (EPIPE) is not an error: what comes after it is dropped, the command ends as it would have.
 */
import { styleText } from "node:util";
import type { TextOptions } from "../views/paint.ts";
import { visibleJson } from "../views/escape.ts";
import { clip, columnsOf, padColumns } from "../views/text-width.ts";
import { wrapText } from "./layout.ts";

export type Style = Parameters<typeof styleText>[0];

/** The part of a tty or pipe that is needed here. */
export type Sink = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

export type OutputOptions = {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** Columns of a list or keys of its JSON rows to show, in this order; null: all. */
  readonly fields: readonly string[] | null;
};

export type Column<Row> = {
  readonly key: string;
  readonly title: string;
  readonly cell: (row: Row) => string;
  readonly style?: (row: Row) => Style;
  /** Takes what width is left, and wraps. */
  readonly flexible?: boolean;
};

export interface Output extends OutputOptions {
  /** stdout is a terminal and text was asked for. */
  readonly terminal: boolean;
  /** Columns to wrap at; null where nothing is wrapped. */
  readonly width: number | null;
  /** The same, as the views take it. */
  readonly text: TextOptions;
  /** True once whoever read stdout has gone. */
  readonly closed: boolean;
  readonly paint: (style: Style, text: string) => string;
  readonly paintNote: (style: Style, text: string) => string;
  /** A line of data. */
  line(text?: string): void;
  /** A line of progress; `--quiet` drops it. */
  note(text: string): void;
  /** A line on stderr that `--quiet` does not drop. */
  complain(text: string): void;
  /** The one live line; null clears it. Nothing where stderr is no terminal. */
  live(text: string | null): void;
  /** One JSON document. */
  document(value: Readonly<Record<string, unknown>>): void;
  /** One JSON object on one line. */
  record(value: unknown): void;
  table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): void;
}

export function openOutput(options: OutputOptions, stdout: Sink, stderr: Sink): Output {
  const terminal = stdout.isTTY === true && !options.json;
  const liveAllowed = stderr.isTTY === true && !options.quiet && !options.json && process.env["TERM"] !== "dumb";
  const width = terminal ? Math.max(40, stdout.columns || 80) : null;
  let closed = false;
  let liveText: string | null = null;

  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    closed = true;
  });
  stderr.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });

  const erase = (): void => {
    if (liveText !== null) stderr.write("\r\u001B[2K");
  };
  const draw = (): void => {
    if (liveText !== null) stderr.write(styleText("dim", clip(liveText, (stderr.columns || 80) - 1), toStream(stderr)));
  };
  const send = (sink: Sink, text: string): void => {
    erase();
    if (!(closed && sink === stdout)) sink.write(`${text}\n`);
    draw();
  };

  return {
    ...options,
    terminal,
    width,
    text: { colour: styleText("dim", "x", toStream(stdout)) !== "x", width, verbose: options.verbose },
    get closed() {
      return closed;
    },
    paint: (style, text) => styleText(style, text, toStream(stdout)),
    paintNote: (style, text) => styleText(style, text, toStream(stderr)),
    line: (text = "") => send(stdout, text),
    note: (text) => {
      if (!options.quiet) send(stderr, text);
    },
    complain: (text) => send(stderr, text),
    live: (text) => {
      if (!liveAllowed || text === liveText) return;
      erase();
      liveText = text;
      draw();
    },
    document: (value) => send(stdout, visibleJson(value, 2)),
    record: (value) => send(stdout, visibleJson(value)),
    table(columns, rows) {
      const lines = terminal
        ? terminalTable(columns, rows, width ?? 80, (style, text) => styleText(style, text, toStream(stdout)))
        : rows.map((row) => columns.map((column) => oneLine(column.cell(row))).join("\t"));
      for (const text of lines) send(stdout, text);
    },
  };
}

/** styleText looks at `isTTY`, NO_COLOR and FORCE_COLOR itself. */
function toStream(stream: Sink): { readonly stream: NodeJS.WritableStream } {
  return { stream };
}

/** Tabs and line ends would be read as cells and rows. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s*[\t\r\n\u2028\u2029]\s*/g, " ");
}

const gap = "  ";

/** Narrower than this a flexible column cannot be read (`wrapText`). */
const narrowest = 24;

/** Side by side; where that does not fit, row by row with a name before each cell. */
function terminalTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
  paint: (style: Style, text: string) => string,
): string[] {
  const cells = rows.map((row) => columns.map((column) => oneLine(column.cell(row))));
  const widths = fittedWidths(columns, cells, width);
  if (widths === null) return stacked(columns, rows, cells, width, paint);
  const header = columns.map((column, at) => padColumns(column.title.toUpperCase(), widths[at] ?? 0)).join(gap);
  const body = cells.flatMap((row, index) => {
    const source = rows[index] as Row;
    const wrapped = row.map((cell, at) => (columns[at]?.flexible ? wrapText(cell, widths[at] ?? narrowest) : [cell]));
    const height = Math.max(1, ...wrapped.map((cell) => cell.length));
    return Array.from({ length: height }, (_, depth) =>
      columns
        .map((column, at) => {
          const text = padColumns(wrapped[at]?.[depth] ?? "", widths[at] ?? 0);
          return column.style ? paint(column.style(source), text) : text;
        })
        .join(gap)
        .trimEnd(),
    );
  });
  return [paint("dim", header.trimEnd()), ...body];
}

/**
 * Flexible columns give way, the widest first; null where what is left of them could not be read, or could not hold a word (a path) for
 * which there is room when each cell has a row of its own.
 */
function fittedWidths<Row>(
  columns: readonly Column<Row>[],
  cells: readonly (readonly string[])[],
  width: number,
): number[] | null {
  const widths = columns.map((column, at) =>
    Math.max(columnsOf(column.title), ...cells.map((row) => columnsOf(row[at] ?? ""))),
  );
  const over = (): number => widths.reduce((sum, next) => sum + next + gap.length, -gap.length) - width;
  const alone = width - labelColumns(columns);
  const least = columns.map(({ flexible }, at) =>
    flexible && over() > 0
      ? cells.reduce((most, row) => Math.max(most, longestWord(row[at] ?? "", alone)), narrowest)
      : 0,
  );
  for (let most = over(); most > 0; most = over()) {
    const flexible = widths.map((own, at) => (columns[at]?.flexible && own > (least[at] ?? narrowest) ? own : 0));
    const widest = Math.max(...flexible);
    if (widest === 0) return null;
    const at = flexible.indexOf(widest);
    const next = Math.max(least[at] ?? narrowest, ...flexible.filter((own) => own < widest));
    widths[at] = Math.max(next, widest - most);
  }
  return widths;
}

/** In columns; of words longer than `most` none. */
function longestWord(text: string, most: number): number {
  return Math.max(0, ...text.split(" ").map(columnsOf).filter((own) => own <= most)); // prettier-ignore
}

/** What stands before each cell that has a row of its own. */
function labelColumns<Row>(columns: readonly Column<Row>[]): number {
  return Math.max(...columns.map(({ title }) => columnsOf(title))) + gap.length;
}

function stacked<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  cells: readonly (readonly string[])[],
  width: number,
  paint: (style: Style, text: string) => string,
): string[] {
  const label = labelColumns(columns);
  return cells.flatMap((row, index) => [
    ...(index === 0 ? [] : [""]),
    ...columns.flatMap(({ title, style }, at) => {
      const cell = row[at] ?? "";
      if (cell === "") return [];
      return wrapText(cell, width - label).map((text, depth) => {
        const name = paint("dim", padColumns(depth === 0 ? title.toUpperCase() : "", label));
        return name + (style ? paint(style(rows[index] as Row), text) : text);
      });
    }),
  ]);
}
