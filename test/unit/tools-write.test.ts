import { createHash } from "node:crypto";
import fs from "node:fs";
import { describe, expect, test } from "vitest";
import { openWorkbench, snapshot, toolNamed, type Workbench } from "./tools-bench.ts";

const sha = (text: string): string => createHash("sha256").update(text).digest("hex");
const read = (bench: Workbench, path: string): string => fs.readFileSync(`${bench.workspace}/${path}`, "utf8");

describe("write_to_file", () => {
  test("makes folders, says the hashes before and after", async () => {
    const bench = openWorkbench({});
    const made = await bench.call("write_to_file", { path: "docs/new/a.md", content: "ä\n" });
    expect(made.receipt).toEqual({
      files: [{ path: "docs/new/a.md", before: null, after: sha("ä\n") }],
      measurements: [],
      detail: {},
    });
    const changed = await bench.call("write_to_file", { path: "docs/new/a.md", content: "b\n" });
    expect(changed.receipt?.files).toEqual([{ path: "docs/new/a.md", before: sha("ä\n"), after: sha("b\n") }]);
    expect(read(bench, "docs/new/a.md")).toBe("b\n");
  });

  test("W1 leaves no temporary file, and keeps an existing file's mode", async () => {
    const bench = openWorkbench({ "run.sh": "old" });
    fs.chmodSync(`${bench.workspace}/run.sh`, 0o755);
    await bench.call("write_to_file", { path: "run.sh", content: "new" });
    expect(fs.readdirSync(bench.workspace)).toEqual(["run.sh"]);
    expect(fs.statSync(`${bench.workspace}/run.sh`).mode & 0o777).toBe(0o755);
  });

  test("T1 a file that changed after it was prepared is not overwritten", async () => {
    const bench = openWorkbench({ "a.txt": "old" });
    const tool = toolNamed("write_to_file");
    const args = { path: "a.txt", content: "new" };
    const prepared = await tool.prepare?.(bench.context, args);
    fs.writeFileSync(`${bench.workspace}/a.txt`, "other");
    const outcome = await tool.run(bench.context, args, prepared);
    expect(outcome).toMatchObject({ ok: false, text: expect.stringContaining("changed since") });
    expect(read(bench, "a.txt")).toBe("other");
  });

  test("D3 a probe tells done, not done and unknown apart", async () => {
    const bench = openWorkbench({ "a.txt": "old" });
    const tool = toolNamed("write_to_file");
    const args = { path: "a.txt", content: "new" };
    const prepared = JSON.parse(JSON.stringify(await tool.prepare?.(bench.context, args))) as unknown;
    const probe = async (): Promise<unknown> => tool.probe?.(bench.context, args, prepared);
    expect(await probe()).toEqual({ state: "not-done" });
    const ran = await tool.run(bench.context, args, prepared);
    expect(await probe()).toEqual({ state: "done", outcome: ran });
    // To run again what was done is harmless and says the same.
    expect(await tool.run(bench.context, args, prepared)).toEqual(ran);
    fs.writeFileSync(`${bench.workspace}/a.txt`, "other");
    expect(await probe()).toEqual({ state: "unknown" });
    fs.rmSync(`${bench.workspace}/a.txt`);
    fs.mkdirSync(`${bench.workspace}/a.txt`);
    expect(await probe()).toEqual({ state: "unknown" });
  });

  test("what cannot be written is an answer, in prepare as well", async () => {
    const bench = openWorkbench({ "file.txt": "x" });
    const before = snapshot(bench.workspace);
    for (const path of ["", ".", "..", "/etc/x", "file.txt/below", "e\u0301.txt", "a\u202eb.txt", "modes/a.md"]) {
      const outcome = await bench.call("write_to_file", { path, content: "y" });
      expect(outcome, JSON.stringify(path)).toMatchObject({ ok: false, receipt: null });
    }
    expect((await bench.call("write_to_file", { path: "half.txt", content: "\ud83d" })).text).toContain(
      "not valid Unicode",
    );
    expect(snapshot(bench.workspace)).toEqual(before);
  });
});

describe("apply_diff", () => {
  const text = "one\ntwo\nthree\ntwo\n";

  test("replaces several blocks at once, matched against the file as it was", async () => {
    const bench = openWorkbench({ "a.txt": text });
    const outcome = await bench.call("apply_diff", {
      path: "a.txt",
      base: sha(text),
      blocks: [
        { search: "three", replace: "one" },
        { search: "one", replace: "three" },
      ],
    });
    expect(outcome.ok).toBe(true);
    expect(read(bench, "a.txt")).toBe("three\ntwo\none\ntwo\n");
    expect(outcome.receipt?.files).toEqual([
      { path: "a.txt", before: sha(text), after: sha("three\ntwo\none\ntwo\n") },
    ]);
  });

  test.each([
    ["twice", [{ search: "two", replace: "2" }], "there 2 times (lines 2, 4)"],
    ["nowhere", [{ search: "four", replace: "4" }], "not in the file"],
    [
      "nowhere but for white space",
      [{ search: "  three\n", replace: "3" }],
      "first line is line 3 but for white space",
    ],
    ["first line only", [{ search: "three\nfour", replace: "3" }], "first line is line 3, but what follows"],
    ["with line numbers", [{ search: "3 | three", replace: "3" }], "leave out `number | `"],
    [
      "overlapping",
      [
        { search: "one\ntwo", replace: "a" },
        { search: "two\nthree", replace: "b" },
      ],
      "Blocks 1 and 2 overlap",
    ],
    [
      "one right and one wrong",
      [
        { search: "one", replace: "1" },
        { search: "four", replace: "4" },
      ],
      "Block 2",
    ],
    ["to no effect", [{ search: "one", replace: "one" }], "change nothing"],
  ])("RELIABILITY 36 a block that matches %s changes nothing and says why", async (_what, blocks, reason) => {
    const bench = openWorkbench({ "a.txt": text });
    const outcome = await bench.call("apply_diff", { path: "a.txt", blocks });
    expect(outcome.ok).toBe(false);
    expect(outcome.text).toContain(reason);
    expect(read(bench, "a.txt")).toBe(text);
  });

  test("RELIABILITY 36 another base than the file changes nothing", async () => {
    const bench = openWorkbench({ "a.txt": text });
    const outcome = await bench.call("apply_diff", {
      path: "a.txt",
      base: sha("older"),
      blocks: [{ search: "one", replace: "1" }],
    });
    expect(outcome).toMatchObject({ ok: false, text: expect.stringContaining(sha(text)) });
    expect(read(bench, "a.txt")).toBe(text);
  });

  test("B3 CRLF stays CRLF, a byte order mark stays", async () => {
    const bench = openWorkbench({ "a.txt": "\uFEFFone\r\ntwo\r\n" });
    await bench.call("apply_diff", { path: "a.txt", blocks: [{ search: "one\ntwo", replace: "1\n2\n3" }] });
    expect(read(bench, "a.txt")).toBe("\uFEFF1\r\n2\r\n3\r\n");
  });

  test("`$&` in a replacement is text", async () => {
    const bench = openWorkbench({ "a.txt": "price" });
    await bench.call("apply_diff", { path: "a.txt", blocks: [{ search: "price", replace: "$& $1 $$" }] });
    expect(read(bench, "a.txt")).toBe("$& $1 $$");
  });

  test("a file that is not there or not text is an answer", async () => {
    const bench = openWorkbench({ "b.bin": Buffer.from([0, 1, 2]) });
    const blocks = [{ search: "a", replace: "b" }];
    expect((await bench.call("apply_diff", { path: "no.txt", blocks })).text).toContain("is not there");
    expect((await bench.call("apply_diff", { path: "b.bin", blocks })).text).toContain("not UTF-8");
  });
});
