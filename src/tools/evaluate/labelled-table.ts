/** A labelled sample: CSV or JSONL to texts with labels, or one sentence that says why it cannot be evaluated. Pure. */
import { didYouMean } from "../../documents/nearest.ts";
import { isNumber } from "../../models/text-question.ts";
import { readCsv } from "./csv.ts";
import type { AnswerKind } from "./metrics.ts";

export type Row = {
  readonly text: string;
  readonly label: string;
  /** Values of the slice columns, in their order; left out where none were asked for. */
  readonly slices?: readonly string[];
};

export type Sample = {
  readonly rows: readonly Row[];
  /** Labels in code-unit order; none where they are texts or numbers. */
  readonly labels: readonly string[];
  /** Rows in the file. */
  readonly read: number;
  /** Rows left out because the same text, but for case and white space, stands in an earlier row. */
  readonly duplicates: number;
  /** Rows left out because the same text stands in the file with another label as well. */
  readonly contradictory: number;
};

export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };
type Columns = {
  readonly text: string;
  readonly label: string;
  readonly slices?: readonly string[];
  /** Left out: labels. */
  readonly answers?: AnswerKind;
};
type Located = Row & { readonly line: number };

const no = (reason: string): { readonly ok: false; readonly reason: string } => ({ ok: false, reason });

/** Fewer say nothing that an interval would not swallow. */
const fewestRows = 20;
const fewestPerClass = 4;
const mostClasses = 100;

/** `path` decides the format by its extension and is named in reasons. */
export function readSample(path: string, content: string, columns: Columns): Result<Sample> {
  const rows = /\.(?:jsonl|ndjson)$/i.test(path)
    ? fromJsonl(path, content, columns)
    : fromTable(path, content, columns);
  if (!rows.ok) return rows;
  const empty = rows.value.find((row) => row.label.trim() === "" || row.text.trim() === "");
  if (empty) {
    const column = empty.label.trim() === "" ? columns.label : columns.text;
    return no(`${path}:${empty.line}: column "${column}" is empty; every row needs a text and a label`);
  }
  if (columns.answers === "number") {
    const odd = rows.value.find((row) => !isNumber(row.label));
    if (odd)
      return no(
        `${path}:${odd.line}: "${odd.label.slice(0, 40)}" in column "${columns.label}" is no number; write it in digits, with a point for decimals`,
      );
  }
  const numbers = columns.answers === "number";
  // `1.0` and `1` are one number, and no contradiction.
  const sample = deduplicated(
    numbers ? rows.value.map((row) => ({ ...row, label: String(Number(row.label)) })) : rows.value,
  );
  if (columns.answers === undefined || columns.answers === "label") return checked(path, columns, sample);
  return checkedRows(path, columns, { ...sample, labels: [] });
}

function fromTable(path: string, content: string, columns: Columns): Result<Located[]> {
  if (!/\.csv$/i.test(path)) return no(`${path} is neither .csv nor .jsonl; only these are read`);
  const parsed = readCsv(content);
  if (!parsed.ok) return no(`${path}:${parsed.line}: ${parsed.reason}`);
  const [head, ...records] = parsed.records;
  if (!head) return no(`${path} is empty`);
  const header = head.fields.map((name) => name.trim());
  const twice = header.find((name, index) => header.indexOf(name) !== index);
  if (twice !== undefined) return no(`${path}:${head.line}: the header names "${twice}" twice`);
  const problem = missingColumn(`${path}:${head.line}`, header, columns);
  if (problem !== null) return no(problem);
  const text = header.indexOf(columns.text);
  const label = header.indexOf(columns.label);
  const slices = columns.slices?.map((name) => header.indexOf(name));
  return {
    ok: true,
    value: records.map((record) => ({
      line: record.line,
      text: record.fields[text] as string,
      label: (record.fields[label] as string).trim(),
      ...(slices ? { slices: slices.map((column) => (record.fields[column] as string).trim()) } : {}),
    })),
  };
}

function missingColumn(place: string, header: readonly string[], columns: Columns): string | null {
  if (columns.text === columns.label) return `text_column and label_column are both "${columns.text}"`;
  const absent = [columns.text, columns.label, ...(columns.slices ?? [])].find((name) => !header.includes(name));
  if (absent === undefined) return null;
  const other = header.length === 1 && /[;\t]/.test(header[0] as string) ? " Fields must be separated by commas." : "";
  return `${place}: there is no column "${absent}"; there are ${header.map((name) => `"${name}"`).join(", ")}. ${didYouMean(absent, header, "Name one of them.")}${other}`;
}

function fromJsonl(path: string, content: string, columns: Columns): Result<Located[]> {
  const rows: Located[] = [];
  for (const [index, line] of content
    .replace(/^\uFEFF/, "")
    .split("\n")
    .entries()) {
    if (line.trim() === "") continue;
    const row = jsonRow(`${path}:${index + 1}`, line, columns);
    if (!row.ok) return row;
    rows.push({ ...row.value, line: index + 1 });
  }
  return { ok: true, value: rows };
}

function jsonRow(place: string, line: string, columns: Columns): Result<Row> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return no(`${place}: this line is not JSON; a .jsonl file has one object per line`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return no(`${place}: this line is not a JSON object`);
  const record = new Map(Object.entries(value));
  const problem = missingColumn(place, [...record.keys()], columns);
  if (problem !== null) return no(problem);
  const text = record.get(columns.text) as unknown;
  const label = record.get(columns.label) as unknown;
  if (typeof text !== "string") return no(`${place}: "${columns.text}" is not a string`);
  if (typeof label !== "string" && typeof label !== "number" && typeof label !== "boolean") {
    return no(`${place}: "${columns.label}" is neither a string nor a number nor a boolean`);
  }
  const slices = columns.slices?.map((name) => sliceValue(record.get(name)));
  return { ok: true, value: { text, label: String(label).trim(), ...(slices ? { slices } : {}) } };
}

function sliceValue(value: unknown): string {
  return typeof value === "string" ? value.trim() : JSON.stringify(value);
}

/**
 * A text that stands in the training part and in the test part would be known, not recognised. So each text is kept once, and
 * not at all where its rows disagree on the label.
 */
function deduplicated(rows: readonly Located[]): Sample {
  const byText = new Map<string, Located[]>();
  for (const row of rows) {
    const key = row.text.normalize("NFC").toLowerCase().replace(/\s+/g, " ").trim();
    const same = byText.get(key);
    if (same) same.push(row);
    else byText.set(key, [row]);
  }
  const kept: Row[] = [];
  let duplicates = 0;
  let contradictory = 0;
  for (const same of byText.values()) {
    const [first] = same as [Located, ...Located[]];
    if (same.some((row) => row.label !== first.label)) {
      contradictory += same.length;
    } else {
      const { line: _line, ...row } = first;
      kept.push(row);
      duplicates += same.length - 1;
    }
  }
  const labels = [...new Set(kept.map((row) => row.label))].toSorted();
  return { rows: kept, labels, read: rows.length, duplicates, contradictory };
}

/** Texts or numbers for labels. */
function checkedRows(path: string, columns: Columns, sample: Sample): Result<Sample> {
  const { rows } = sample;
  if (rows.length < fewestRows) return no(tooFew(path, rows.length));
  if (rows.every((row) => row.label === rows[0]?.label))
    return no(`${path}: column "${columns.label}" holds the same in every row; is it the right column?`);
  return { ok: true, value: sample };
}

function tooFew(path: string, rows: number): string {
  return `${path}: ${rows} different texts are too few; ${fewestRows} are the least`;
}

function checked(path: string, columns: Columns, sample: Sample): Result<Sample> {
  const { rows, labels } = sample;
  if (labels.length < 2) {
    return no(
      `${path}: column "${columns.label}" holds ${labels.length === 0 ? "no label" : `only the label "${labels[0]}"`}; two classes are the least`,
    );
  }
  if (labels.length > mostClasses || labels.length > rows.length / 2) {
    return no(
      `${path}: column "${columns.label}" holds ${labels.length} different labels in ${rows.length} rows; is it the right column? For labels that are ${rows.every((row) => isNumber(row.label)) ? "numbers" : "texts"} of their own, say so in \`answers\`.`,
    );
  }
  if (rows.length < fewestRows) return no(tooFew(path, rows.length));
  const rare = labels.find((label) => rows.filter((row) => row.label === label).length < fewestPerClass);
  if (rare !== undefined) {
    return no(
      `${path}: label "${rare}" has fewer than ${fewestPerClass} different texts; more are needed to train and test on it`,
    );
  }
  return { ok: true, value: sample };
}
