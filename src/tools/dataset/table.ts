/** A data set as it lies in a file: rows with their line, the columns that matter, and what is written of a row again. Pure. */
import { didYouMean } from "../../documents/nearest.ts";
import { readCsv } from "../evaluate/csv.ts";

export type DataRow = {
  /** 1-based, in its file. */
  readonly line: number;
  readonly text: string;
  /** Empty where there is no label column. */
  readonly label: string;
  /** Rows that belong together: a customer, a document. Null where no column says so. */
  readonly group: string | null;
  /** The row as it is written to a split. */
  readonly raw: string;
};

export type Columns = { readonly text: string; readonly label: string | null; readonly group: string | null };
export type DataTable = {
  readonly path: string;
  readonly format: "csv" | "jsonl";
  /** The first line of a CSV; null for JSONL. */
  readonly header: string | null;
  readonly rows: readonly DataRow[];
};
type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

const no = (reason: string): { readonly ok: false; readonly reason: string } => ({ ok: false, reason });

/** `path` decides the format by its extension and is named in reasons. */
export function readTable(path: string, content: string, columns: Columns): Result<DataTable> {
  if (/\.csv$/i.test(path)) return fromCsv(path, content, columns);
  if (/\.(?:jsonl|ndjson)$/i.test(path)) return fromJsonl(path, content, columns);
  return no(`${path} is neither .csv nor .jsonl; only these are read`);
}

function wanted({ text, label, group }: Columns): string[] {
  return [text, ...(label === null ? [] : [label]), ...(group === null ? [] : [group])];
}

function missing(place: string, there: readonly string[], columns: Columns): string | null {
  const all = wanted(columns);
  const twice = all.find((name, index) => all.indexOf(name) !== index);
  if (twice !== undefined) return `two of text_column, label_column and group_column are "${twice}"`;
  const absent = all.find((name) => !there.includes(name));
  if (absent === undefined) return null;
  return `${place}: there is no column "${absent}"; there are ${there.map((name) => `"${name}"`).join(", ")}. ${didYouMean(absent, there, "Name one of them.")}`;
}

function fromCsv(path: string, content: string, columns: Columns): Result<DataTable> {
  const parsed = readCsv(content);
  if (!parsed.ok) return no(`${path}:${parsed.line}: ${parsed.reason}`);
  const [head, ...records] = parsed.records;
  if (!head) return no(`${path} is empty`);
  const names = head.fields.map((name) => name.trim());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) return no(`${path}:${head.line}: the header names "${twice}" twice`);
  const problem = missing(`${path}:${head.line}`, names, columns);
  if (problem !== null) return no(problem);
  const at = (name: string | null): number => (name === null ? -1 : names.indexOf(name));
  const [text, label, group] = [at(columns.text), at(columns.label), at(columns.group)];
  const rows = records.map(({ line, fields }) => ({
    line,
    text: fields[text] as string,
    label: (fields[label] ?? "").trim(),
    group: group < 0 ? null : groupOf(fields[group] as string),
    raw: fields.map(field).join(","),
  }));
  return checked({ path, format: "csv", header: head.fields.map(field).join(","), rows }, columns);
}

function field(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function fromJsonl(path: string, content: string, columns: Columns): Result<DataTable> {
  const rows: DataRow[] = [];
  for (const [index, raw] of content
    .replace(/^\uFEFF/, "")
    .split("\n")
    .entries()) {
    if (raw.trim() === "") continue;
    const row = jsonRow(`${path}:${index + 1}`, raw.trim(), columns);
    if (!row.ok) return row;
    rows.push({ ...row.value, line: index + 1 });
  }
  return rows.length === 0 ? no(`${path} is empty`) : checked({ path, format: "jsonl", header: null, rows }, columns);
}

function jsonRow(place: string, raw: string, columns: Columns): Result<Omit<DataRow, "line">> {
  let value: unknown;
  try {
    value = JSON.parse(raw);
  } catch {
    return no(`${place}: this line is not JSON; a .jsonl file has one object per line`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return no(`${place}: this line is not a JSON object`);
  const record = new Map<string, unknown>(Object.entries(value));
  const problem = missing(place, [...record.keys()], columns);
  if (problem !== null) return no(problem);
  const text = record.get(columns.text);
  if (typeof text !== "string") return no(`${place}: "${columns.text}" is not a string`);
  const label = columns.label === null ? "" : labelOf(record.get(columns.label));
  if (label === null) return no(`${place}: "${columns.label}" is neither a string nor a number nor a boolean`);
  const group = columns.group === null ? null : record.get(columns.group);
  return { ok: true, value: { text, label, group: group === null ? null : groupOf(plain(group)), raw } };
}

function labelOf(value: unknown): string | null {
  if (typeof value === "string") return value.trim();
  return typeof value === "number" || typeof value === "boolean" ? String(value) : null;
}

/** Rows that name no group are none together. */
function groupOf(text: string): string | null {
  return text.trim() === "" ? null : text.trim();
}

function plain(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function checked(table: DataTable, columns: Columns): Result<DataTable> {
  const empty = table.rows.find((row) => row.text.trim() === "" || (columns.label !== null && row.label === ""));
  if (!empty) return { ok: true, value: table };
  const column = empty.text.trim() === "" ? columns.text : columns.label;
  return no(`${table.path}:${empty.line}: column "${column}" is empty`);
}
