import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, onTestFinished, test } from "vitest";
import { reportError } from "../../src/cli/errors.ts";
import { openOutput, type OutputOptions } from "../../src/cli/output.ts";
import { CadreError, errorTable, type ErrorCode } from "../../src/errors.ts";

type Reported = { readonly code: number; readonly out: string; readonly err: string };

const plain = (rest: string): string => `npx cadre ${rest}`;

function report(error: unknown, more: Partial<OutputOptions> = {}, dir = "/", command = plain): Reported {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const output = openOutput({ json: false, quiet: false, verbose: false, fields: null, ...more }, stdout, stderr);
  const code = reportError(error, output, { dir, command });
  const text = (stream: PassThrough): string => String(stream.read() ?? "");
  return { code, out: text(stdout), err: text(stderr) };
}

function folderWith(file: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "cadre-errors-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, file), text);
  return folder;
}

describe("errors", () => {
  test.each(Object.keys(errorTable) as ErrorCode[])(
    "X2 %s exits with the code of the table, as text and as JSON",
    (code) => {
      const error = new CadreError(code, "what", { hint: "do this" });
      expect(report(error)).toEqual({ code: errorTable[code].exit, out: "", err: "error: what\nhint: do this\n" });
      const json = report(error, { json: true });
      expect([json.code, json.err]).toEqual([errorTable[code].exit, ""]);
      expect(JSON.parse(json.out)).toMatchObject({
        schema: "cadre.error/1",
        code,
        exit: errorTable[code].exit,
        hint: "do this",
      });
    },
  );

  test("a place is shown with the lines before it and a caret under its column", () => {
    const dir = folderWith("a.md", "one\ntwo\n\tthree four\nfive\n");
    const { err } = report(
      new CadreError("chart-invalid", "what", { place: { file: "a.md", line: 3, column: 8 } }),
      {},
      dir,
    );
    expect(err.split("\n")).toEqual([
      "error: what",
      "  at a.md:3:8",
      "    1 │ one",
      "    2 │ two",
      "  › 3 │   three four",
      "      │         ^",
      "",
    ]);
  });

  test("R8 a line of cadre.yaml, which may hold a secret, is never shown", () => {
    const dir = folderWith("cadre.yaml", "token: hf_secret\n");
    const { err } = report(
      new CadreError("config-invalid", "what", { place: { file: "cadre.yaml", line: 1, column: 1 } }),
      {},
      dir,
    );
    expect(err).toBe("error: what\n  at cadre.yaml:1:1\n");
  });

  test("S1 a hint of the engine's is spelled as this command line is, as text and as JSON", () => {
    const error = new CadreError("usage", "what", { hint: "See what waits: cadre show r-d4fd9b" });
    const there = (rest: string): string => `npx cadre --dir there ${rest}`;
    const hint = "See what waits: npx cadre --dir there show r-d4fd9b";
    expect(report(error, {}, "/", there).err).toBe(`error: what\nhint: ${hint}\n`);
    expect(JSON.parse(report(error, { json: true }, "/", there).out)).toMatchObject({ code: "usage", hint });
  });

  test("X1 a fault of ours is internal; its stack is there with --verbose and only then", () => {
    const fault = new TypeError("cannot read properties of undefined");
    const quiet = report(fault);
    expect([quiet.code, quiet.err.includes("went wrong"), /^ {4}at /m.test(quiet.err)]).toEqual([1, true, false]);
    expect(report(fault, { verbose: true }).err).toMatch(/^ {4}at /m);
    expect(report(new CadreError("usage", "what"), { verbose: true }).err).not.toMatch(/^ {4}at /m);
  });

  test.each([
    ["ENOSPC", "disk-full"],
    ["EFBIG", "disk-full"],
    ["EROFS", "data-read-only"],
    ["EACCES", "file-unreadable"],
  ])("what the machine calls %s is %s", (machine, code) => {
    const { out } = report(Object.assign(new Error(`${machine}: no`), { code: machine }), { json: true });
    expect(JSON.parse(out)).toMatchObject({ code });
  });

  test("what an error quotes cannot move the cursor", () => {
    const { err } = report(new CadreError("usage", 'there is no "\u001B[2J\u202E"', { hint: "a\u0007b\nsecond line" }));
    expect(err).toBe('error: there is no "\\x1b[2J\\u{202e}"\nhint: a\\x07b\n      second line\n');
  });
});
