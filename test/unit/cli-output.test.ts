import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { openOutput, type Output, type OutputOptions, type Sink } from "../../src/cli/output.ts";

const quietly: OutputOptions = { json: false, quiet: false, verbose: false, fields: null };

type Captured = {
  readonly output: Output;
  readonly out: () => string;
  readonly err: () => string;
  readonly stdout: Sink;
};

function capture(options: Partial<OutputOptions> = {}, tty?: { readonly columns: number }): Captured {
  const streams = [new PassThrough(), new PassThrough()] as const;
  const texts = ["", ""];
  for (const [at, stream] of streams.entries()) {
    stream.on("data", (piece: Buffer) => (texts[at] += piece.toString()));
    if (tty) Object.assign(stream, { isTTY: true, columns: tty.columns });
  }
  const [stdout, stderr] = streams;
  return {
    output: openOutput({ ...quietly, ...options }, stdout, stderr),
    out: () => texts[0] ?? "",
    err: () => texts[1] ?? "",
    stdout,
  };
}

type Row = { readonly id: string; readonly text: string };
const columns = [
  { key: "id", title: "run", cell: (row: Row) => row.id },
  { key: "text", title: "brief", cell: (row: Row) => row.text, flexible: true },
];
const long = "one two three four five six seven eight nine ten eleven twelve";

describe("output", () => {
  test("O1 data goes to stdout, progress to stderr, and --quiet drops progress only", () => {
    const loud = capture();
    loud.output.line("data");
    loud.output.note("progress");
    loud.output.complain("trouble");
    expect([loud.out(), loud.err()]).toEqual(["data\n", "progress\ntrouble\n"]);
    const quiet = capture({ quiet: true });
    quiet.output.line("data");
    quiet.output.note("progress");
    quiet.output.complain("trouble");
    expect([quiet.out(), quiet.err()]).toEqual(["data\n", "trouble\n"]);
  });

  test("O2 a pipe gets whole cells between tabs, without a header, and a line end in a cell does not make a row", () => {
    const { output, out } = capture();
    output.table(columns, [{ id: "r-1", text: `${long}\nand\tmore` }]);
    expect(out()).toBe(`r-1\t${long} and more\n`);
    expect(output.width).toBeNull();
  });

  test("O2 a terminal gets a header and no row wider than it", () => {
    const { output, out } = capture({}, { columns: 50 });
    output.table(columns, [{ id: "r-1", text: long }]);
    const rows = out().trimEnd().split("\n");
    expect(rows[0]).toContain("BRIEF");
    expect(Math.max(...rows.map((row) => stripVTControlCharacters(row).length))).toBeLessThanOrEqual(50);
    expect(out().replaceAll(/\s+/g, " ")).toContain("eleven twelve");
  });

  test("O2 columns that give way share what there is; where even that is too little, each row stands below the other, with names", () => {
    const wide = {
      ...columns[0]!,
      key: "more",
      title: "waits for",
      cell: (row: Row) => `${row.text} more`,
      flexible: true,
    };
    const rows = [
      { id: "r-1", text: long },
      { id: "r-2", text: "" },
    ];
    const at = (width: number): string[] => {
      const { output, out } = capture({}, { columns: width });
      output.table([...columns, wide], rows);
      const lines = out()
        .trimEnd()
        .split("\n")
        .map((row) => stripVTControlCharacters(row).trimEnd());
      expect(Math.max(...lines.map((row) => row.length))).toBeLessThanOrEqual(width);
      expect(lines.join(" ").replaceAll(/\s+/g, " ")).toContain("twelve");
      return lines;
    };
    expect(at(60)[0]).toMatch(/^RUN +BRIEF +WAITS FOR$/);
    expect(at(40).filter((row) => !row.startsWith(" "))).toEqual([
      "RUN        r-1",
      expect.stringMatching(/^BRIEF {6}one two/),
      expect.stringMatching(/^WAITS FOR {2}one two/),
      "",
      "RUN        r-2",
      "WAITS FOR   more",
    ]);
  });

  test("O2 where a path would be wider than what is left for it, each cell has a row of its own, in which it fits", () => {
    const path = "evaluations/vietnamese-reviews/README.md";
    const at = (width: number): string[] => {
      const { output, out } = capture({}, { columns: width });
      output.table([{ ...columns[0]!, title: "what" }, columns[1]!], [{ id: "added-file", text: path }]);
      return stripVTControlCharacters(out()).trimEnd().split("\n");
    };
    expect(at(60)).toEqual(["WHAT        BRIEF", `added-file  ${path}`]);
    expect(at(50)).toEqual(["WHAT   added-file", `BRIEF  ${path}`]);
    // No row holds it: it stays whole, so that it can be copied, and the table stays a table.
    expect(at(40)).toEqual(["WHAT        BRIEF", `added-file  ${path}`]);
  });

  test("O3 with --json a terminal is not treated as one: no colour, no width, no live line", () => {
    const { output, out, err } = capture({ json: true }, { columns: 50 });
    output.live("working");
    output.document({ schema: "cadre.test/1" });
    expect(JSON.parse(out())).toEqual({ schema: "cadre.test/1" });
    expect([output.terminal, output.width, err()]).toEqual([false, null, ""]);
  });

  test("O2 the live line is erased before anything else is written, and only drawn on a terminal", () => {
    const piped = capture();
    piped.output.live("working");
    expect(piped.err()).toBe("");
    const { output, err } = capture({}, { columns: 50 });
    output.live("working");
    output.note("a step");
    output.live(null);
    const after = err().slice(err().indexOf("working") + "working".length);
    expect(after.indexOf("\r\u001B[2K")).toBeLessThan(after.indexOf("a step"));
    expect(err().endsWith("\r\u001B[2K")).toBe(true);
  });

  test("O4 a reader that goes away is no error, and what comes after it is dropped", () => {
    const { output, out, stdout } = capture();
    output.line("first");
    stdout.emit("error", Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
    output.line("second");
    expect([output.closed, out()]).toEqual([true, "first\n"]);
    expect(() => stdout.emit("error", Object.assign(new Error("no"), { code: "EIO" }))).toThrow("no");
  });
});
