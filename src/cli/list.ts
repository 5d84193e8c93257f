/** A list in its three forms: a table on a terminal, tab-separated lines in a pipe, one document with `--json`; `--fields` narrows each. */
import { CadreError } from "../errors.ts";
import { didYouMean } from "../documents/nearest.ts";
import type { Context } from "./context.ts";
import type { Column, Style } from "./output.ts";

export type ListColumn<Row> = {
  /** The name for `--fields`, and in JSON. */
  readonly key: string;
  readonly title: string;
  /** As JSON has it. */
  readonly value: (row: Row) => unknown;
  /** Already visible; left out: the value as it is. */
  readonly text?: (row: Row) => string;
  /** On a terminal, in place of `text`. */
  readonly brief?: (row: Row) => string;
  readonly style?: (row: Row) => Style;
  readonly flexible?: boolean;
  /** Too much for a terminal's table unless `--fields` names it. */
  readonly onlyPiped?: boolean;
};

export type List<Row> = {
  readonly schema: string;
  /** Name of the list in the document. */
  readonly key: string;
  readonly rows: readonly Row[];
  readonly columns: readonly ListColumn<Row>[];
  /** A row of the document; left out: every column's value. */
  readonly record?: (row: Row) => Readonly<Record<string, unknown>>;
  /** Said on stderr where there are no rows. */
  readonly empty: string;
  /** Other members of the document. */
  readonly more?: Readonly<Record<string, unknown>>;
};

/** How many rows of a list that may grow for ever are shown where nobody said: what a person can read, and all of them to a program (O2). */
export function pageOf({ output }: Pick<Context, "output">): number | undefined {
  return output.terminal ? 50 : undefined;
}

/** Errors: usage (a field that is not there). */
export function showList<Row>(context: Context, list: List<Row>): void {
  const { output } = context;
  const record =
    list.record ?? ((row: Row) => Object.fromEntries(list.columns.map((column) => [column.key, column.value(row)])));
  if (output.json) {
    const records = list.rows.map(record);
    const known = [
      ...new Set([...list.columns.map((column) => column.key), ...records.flatMap((row) => Object.keys(row))]),
    ];
    const fields = checkedFields(output.fields, known);
    const rows =
      fields === null
        ? records
        : records.map((row) => Object.fromEntries(fields.map((name) => [name, row[name] ?? null])));
    output.document({ schema: list.schema, ...list.more, [list.key]: rows });
    return;
  }
  const fields = checkedFields(
    output.fields,
    list.columns.map((column) => column.key),
  );
  const chosen =
    fields === null
      ? list.columns.filter((column) => !(output.terminal && column.onlyPiped))
      : fields.flatMap((name) => list.columns.filter((column) => column.key === name));
  if (list.rows.length === 0) output.note(list.empty);
  else
    output.table(
      chosen.map((column) => asColumn(column, output.terminal)),
      list.rows,
    );
}

function asColumn<Row>(column: ListColumn<Row>, terminal: boolean): Column<Row> {
  const text = column.text ?? ((row: Row) => plain(column.value(row)));
  return {
    key: column.key,
    title: column.title,
    cell: terminal ? (column.brief ?? text) : text,
    ...(column.style ? { style: column.style } : {}),
    ...(column.flexible ? { flexible: true } : {}),
  };
}

function plain(value: unknown): string {
  if (typeof value === "string") return value;
  return value === null || value === undefined ? "" : JSON.stringify(value);
}

function checkedFields(asked: readonly string[] | null, known: readonly string[]): readonly string[] | null {
  const wrong = asked?.find((name) => !known.includes(name));
  if (wrong === undefined) return asked;
  throw new CadreError("usage", `there is no field "${wrong}"`, {
    hint: didYouMean(wrong, known, `there are: ${known.join(", ")}`),
  });
}
