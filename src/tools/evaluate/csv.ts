/**
 * A strict reader of RFC 4180 CSV: comma, double quotes, quotes doubled inside quotes, line breaks inside quotes. CRLF and LF are
 * both accepted, and a byte order mark. Nothing is guessed: a stray quote or a row of another width is an error with its line.
 */
export type CsvRecord = {
  /** 1-based line on which the record begins. */ readonly line: number;
  readonly fields: readonly string[];
};

export type CsvResult =
  | { readonly ok: true; readonly records: readonly CsvRecord[] }
  | { readonly ok: false; readonly line: number; readonly reason: string };

/** All records, the header among them. Empty lines are left out; all others have as many fields as the first. */
export function readCsv(text: string): CsvResult {
  const reader = new Reader(text.startsWith("\uFEFF") ? text.slice(1) : text);
  const records: CsvRecord[] = [];
  try {
    for (let record = reader.next(); record !== null; record = reader.next()) {
      if (record.fields.length === 1 && record.fields[0] === "") continue;
      const width = records[0]?.fields.length ?? record.fields.length;
      if (record.fields.length !== width) {
        throw new CsvProblem(
          record.line,
          `it has ${record.fields.length} fields, the header has ${width}; a field with a comma in it needs quotes`,
        );
      }
      records.push(record);
    }
  } catch (error) {
    if (error instanceof CsvProblem) return { ok: false, line: error.line, reason: error.message };
    throw error;
  }
  return { ok: true, records };
}

class CsvProblem extends Error {
  readonly line: number;
  constructor(line: number, reason: string) {
    super(reason);
    this.line = line;
  }
}

class Reader {
  private readonly text: string;
  private at = 0;
  private line = 1;

  constructor(text: string) {
    this.text = text;
  }

  next(): CsvRecord | null {
    if (this.at >= this.text.length) return null;
    const line = this.line;
    const fields: string[] = [];
    for (;;) {
      fields.push(this.text[this.at] === '"' ? this.quoted() : this.plain());
      const separator = this.text[this.at];
      this.at += 1;
      if (separator === ",") continue;
      if (separator === "\r") this.at += 1;
      if (separator !== undefined) this.line += 1;
      return { line, fields };
    }
  }

  /** Up to a comma or the end of the line; `at` stays on it. */
  private plain(): string {
    const start = this.at;
    while (this.at < this.text.length) {
      const char = this.text[this.at];
      if (char === "," || char === "\n") break;
      if (char === "\r") {
        if (this.text[this.at + 1] === "\n") break;
        throw new CsvProblem(this.line, "it holds a carriage return without a line feed");
      }
      if (char === '"')
        throw new CsvProblem(
          this.line,
          "it holds a quote inside an unquoted field; quote the field and double the quote",
        );
      this.at += 1;
    }
    return this.text.slice(start, this.at);
  }

  private quoted(): string {
    const opened = this.line;
    let value = "";
    this.at += 1;
    for (;;) {
      const end = this.text.indexOf('"', this.at);
      if (end === -1) throw new CsvProblem(opened, "a quote opens here and is never closed");
      const piece = this.text.slice(this.at, end);
      value += piece;
      this.line += piece.split("\n").length - 1;
      this.at = end + 1;
      if (this.text[this.at] !== '"') break;
      value += '"';
      this.at += 1;
    }
    if (!this.atSeparator())
      throw new CsvProblem(this.line, "it holds text after a closing quote; double the quotes inside a quoted field");
    return value;
  }

  private atSeparator(): boolean {
    const char = this.text[this.at];
    return char === undefined || char === "," || char === "\n" || (char === "\r" && this.text[this.at + 1] === "\n");
  }
}
