/** Tables in text: enough CSV (and TSV, and JSON lines) to see columns, classes and lengths. A broken table is no table. */

export type Table = { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] };

/** Null unless the text has a header and at least two rows that fit it. */
export function readTable(path: string, text: string): Table | null {
  if (/\.(?:jsonl|ndjson)$/i.test(path)) return readJsonLines(text);
  const separator = /\.tsv$/i.test(path) ? "\t" : ",";
  if (!/\.(?:csv|tsv)$/i.test(path)) return null;
  const [columns, ...rows] = cellsOf(text, separator).filter((row) => row.some((cell) => cell !== ""));
  if (!columns || columns.length < 2) return null;
  const fitting = rows.filter((row) => row.length === columns.length);
  return fitting.length >= 2
    ? { columns: columns.map((name) => name.replace(/^\ufeff/, "").trim()), rows: fitting }
    : null;
}

/** RFC 4180: quotes may hold separators, line ends and doubled quotes. */
function cellsOf(text: string, separator: string): string[][] {
  const rows: string[][] = [];
  for (const record of recordsOf(text)) {
    const cells: string[] = [];
    const pattern = new RegExp(`(?:^|${separator})(?:"((?:[^"]|"")*)"|([^${separator}]*))`, "g");
    for (const match of record.matchAll(pattern)) cells.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? "");
    rows.push(cells);
  }
  return rows;
}

/** Lines, except that a line end inside quotes does not end a record. */
function recordsOf(text: string): string[] {
  const records: string[] = [];
  let open = "";
  for (const line of text.split(/\r?\n/)) {
    const record = open === "" ? line : `${open}\n${line}`;
    const quotes = record.split('"').length - 1;
    if (quotes % 2 === 1) {
      open = record;
      continue;
    }
    open = "";
    records.push(record);
  }
  return records;
}

function readJsonLines(text: string): Table | null {
  const objects = text.split("\n").flatMap((line) => {
    try {
      const value: unknown = JSON.parse(line);
      return typeof value === "object" && value !== null && !Array.isArray(value)
        ? [value as Record<string, unknown>]
        : [];
    } catch {
      return [];
    }
  });
  const columns = Object.keys(objects[0] ?? {});
  if (objects.length < 2 || columns.length < 2) return null;
  return { columns, rows: objects.map((object) => columns.map((column) => cellOf(object[column]))) };
}

function cellOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

export type Labelled = {
  readonly text: string;
  readonly label: string;
  /** Label and how often, most frequent first. */
  readonly classes: readonly (readonly [string, number])[];
  /** Characters: shortest, median, longest. */
  readonly lengths: readonly [number, number, number];
  readonly duplicates: number;
  /** The first row. */
  readonly first: { readonly text: string; readonly label: string };
};

const labelNames = /^(?:label|class|category|target|sentiment|tag|y)s?$/i;
const textNames = /^(?:text|review|comment|content|sentence|message|body|input|x)s?$/i;

/** A column that reads like text beside one that reads like a label: few values, each several times. Null where there is no such pair. */
export function labelledColumns(table: Table): Labelled | null {
  const found = columnPair(table);
  if (!found) return null;
  const texts = columnOf(table, found.text);
  const labels = columnOf(table, found.label);
  const counts = new Map<string, number>();
  for (const value of labels) counts.set(value, (counts.get(value) ?? 0) + 1);
  const lengths = texts.map((each) => Array.from(each).length).toSorted((a, b) => a - b);
  return {
    text: table.columns[found.text] ?? "",
    label: table.columns[found.label] ?? "",
    classes: [...counts].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)),
    lengths: [lengths[0] ?? 0, lengths[Math.floor(lengths.length / 2)] ?? 0, lengths.at(-1) ?? 0],
    first: { text: texts[0] ?? "", label: labels[0] ?? "" },
    duplicates: texts.length - new Set(texts.map((each) => each.trim().toLowerCase())).size,
  };
}

function columnOf(table: Table, index: number): string[] {
  return table.rows.map((row) => row[index] ?? "");
}

/** By name if a name says it, else by what the cells look like. */
function columnPair(table: Table): { readonly text: number; readonly label: number } | null {
  const indexes = table.columns.map((_, index) => index);
  const named = (pattern: RegExp, index: number): boolean => pattern.test(table.columns[index] ?? "");
  const labels = indexes.filter((index) => repeats(columnOf(table, index)));
  const label = labels.find((index) => named(labelNames, index)) ?? labels.at(-1);
  const others = indexes.filter((index) => index !== label);
  const text =
    others.find((index) => named(textNames, index)) ??
    others.find((index) => averageWords(columnOf(table, index)) >= 3);
  return label === undefined || text === undefined ? null : { text, label };
}

/** Few values, short ones, each several times. */
function repeats(cells: readonly string[]): boolean {
  const distinct = new Set(cells).size;
  return (
    distinct >= 2 && distinct <= Math.max(2, Math.min(50, cells.length / 3)) && cells.every((cell) => cell.length <= 40)
  );
}

function averageWords(cells: readonly string[]): number {
  return cells.reduce((sum, cell) => sum + cell.split(/\s+/).length, 0) / Math.max(1, cells.length);
}
