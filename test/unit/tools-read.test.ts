import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { openWorkbench } from "./tools-bench.ts";

describe("read_file", () => {
  test("numbers the lines and says size and sha256", async () => {
    const bench = openWorkbench({ "a.txt": "one\ntwo\nthree\n" });
    const outcome = await bench.call("read_file", { path: "a.txt" });
    const hash = createHash("sha256").update("one\ntwo\nthree\n").digest("hex");
    const text = `a.txt: 3 lines, lines 1–3 below, sha256 ${hash}\n1 | one\n2 | two\n3 | three`;
    expect(outcome).toEqual({ ok: true, text, receipt: null });
  });

  test("reads a range; a range outside the file is an answer that says so", async () => {
    const bench = openWorkbench({ "a.txt": "one\ntwo\nthree\nfour" });
    const middle = await bench.call("read_file", { path: "a.txt", start_line: 2, end_line: 3 });
    expect(middle.text.split("\n").slice(1)).toEqual(["2 | two", "3 | three"]);
    expect(await bench.call("read_file", { path: "a.txt", start_line: 9 })).toMatchObject({
      ok: false,
      text: expect.stringContaining("has 4 lines"),
    });
    expect(await bench.call("read_file", { path: "a.txt", start_line: 3, end_line: 2 })).toMatchObject({ ok: false });
  });

  test("RELIABILITY 38 a long file is cut at whole lines, and the rest can be read from where it says", async () => {
    const lines = Array.from({ length: 5000 }, (_, index) => `line ${index + 1} ${"x".repeat(40)}`);
    const bench = openWorkbench({ "long.txt": lines.join("\n") });
    const read: string[] = [];
    let start: number | undefined = 1;
    while (start !== undefined) {
      const outcome = await bench.call("read_file", { path: "long.txt", start_line: start });
      expect(Buffer.byteLength(outcome.text)).toBeLessThanOrEqual(64 * 1024);
      read.push(...[...outcome.text.matchAll(/^\d+ \| (.*)$/gm)].map((match) => match[1] as string));
      const next = /read on with start_line (\d+)\]$/.exec(outcome.text)?.[1];
      start = next === undefined ? undefined : Number(next);
    }
    expect(read).toEqual(lines);
  });

  test("characters on a chunk's edge are whole", async () => {
    // Chunks are 256 KiB: a character of three bytes begins before the edge and ends after it.
    const text = `${"a".repeat(256 * 1024 - 1)}\n${"ế".repeat(100)}\n`;
    const bench = openWorkbench({ "edge.txt": text.slice(1) });
    const outcome = await bench.call("read_file", { path: "edge.txt", start_line: 2 });
    expect(outcome.text).toContain(`2 | ${"ế".repeat(100)}`);
  });

  test("a binary file is described, not shown", async () => {
    const bench = openWorkbench({
      "a.png": Buffer.from([0x89, 0x50, 0x4e, 0x47, 1, 2]),
      "b.bin": Buffer.from([65, 0, 66]),
    });
    expect((await bench.call("read_file", { path: "a.png" })).text).toMatch(
      /^a\.png is not text: PNG image, 6 bytes, sha256 /,
    );
    expect((await bench.call("read_file", { path: "b.bin" })).text).toContain("binary data");
  });

  test("an empty file, a file without a last line break, CRLF", async () => {
    const bench = openWorkbench({ "empty.txt": "", "open.txt": "a\nb", "crlf.txt": "a\r\nb\r\n" });
    expect((await bench.call("read_file", { path: "empty.txt" })).text).toMatch(
      /^empty\.txt: 0 lines, sha256 e3b0c442/,
    );
    expect((await bench.call("read_file", { path: "open.txt" })).text).toContain("2 | b");
    const crlf = (await bench.call("read_file", { path: "crlf.txt" })).text;
    expect(crlf).toContain("lines end with CRLF");
    expect(crlf).not.toContain("\r");
  });

  test("what is not there, or is a folder, is an answer", async () => {
    const bench = openWorkbench({ "folder/a.txt": "" });
    expect(await bench.call("read_file", { path: "no.txt" })).toEqual({
      ok: false,
      text: "`no.txt` is not there.",
      receipt: null,
    });
    expect((await bench.call("read_file", { path: "folder" })).text).toContain("it is a folder");
    expect((await bench.call("read_file", { path: "folder/a.txt/b" })).text).toContain("not a folder");
  });
});

describe("list_files", () => {
  test("sorted, folders with a slash, files with their size", async () => {
    const bench = openWorkbench({ "b.txt": "12345", "a/c.txt": "1", "a/d/e.txt": "" });
    expect((await bench.call("list_files", {})).text).toBe(".: 2 entries\na/\nb.txt (5)");
    expect((await bench.call("list_files", { recursive: true })).text.split("\n").slice(1)).toEqual([
      "a/",
      "a/c.txt (1)",
      "a/d/",
      "a/d/e.txt (0)",
      "b.txt (5)",
    ]);
    expect((await bench.call("list_files", { path: "a" })).text).toBe("a: 2 entries\na/c.txt (1)\na/d/");
  });

  test("node_modules is named, and entered only when named", async () => {
    const bench = openWorkbench({ "node_modules/x/index.js": "1" });
    expect((await bench.call("list_files", { recursive: true })).text).toContain("node_modules/ (not entered");
    expect((await bench.call("list_files", { path: "node_modules", recursive: true })).text).toContain(
      "node_modules/x/index.js (1)",
    );
  });

  test("RELIABILITY 38 a huge folder is bounded, and a temporary file is not shown", async () => {
    const bench = openWorkbench(Object.fromEntries(Array.from({ length: 1200 }, (_, index) => [`f${index}`, ""])));
    const outcome = await bench.call("list_files", {});
    expect(outcome.text.split("\n")).toHaveLength(1002);
    expect(outcome.text).toContain("only the first 1000");
    const hidden = openWorkbench({ ".cadre-tmp-1-0123456789ab": "half" });
    expect((await hidden.call("list_files", {})).text).toBe(".: 0 entries");
  });
});
