/** RELIABILITY 29: no pattern blocks the process, and every search ends. `npm test` tries every third of the patterns, `CADRE_CRASH=large|full` all thirty. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { searchInThread } from "../../src/tools/search/search-thread.ts";
import { scale } from "../crash/scale.ts";
import type { Read } from "../fixtures/read-memory-child.ts";
import { openWorkbench } from "../unit/tools-bench.ts";

const evil = [
  "(a+)+$",
  "(a|a)*$",
  "(a|aa)+$",
  "(.*a){25}$",
  "(x+x+)+y",
  "^(([a-z])+.)+[A-Z]([a-z])+$",
  "((a{0,100}){0,100}){0,100}",
  "(a{1000}){1000}",
  "(.{0,1000})b",
  "(?:a?){500}a{500}",
  "[\\s\\S]*?[\\s\\S]*?x",
  "(a*)*b",
  "(.*)*x.*y.*z",
  ".*".repeat(300) + "q",
  "(?<=a)b",
  "(?=a+)a*$",
  "\\1(a)",
  "(((",
  "[[:alpha:]]{1000}",
  "(a{1,1000})$",
  "(((((a{1,10}){1,10}){1,10})))$",
  "(?:(?:.{1,30}){1,30})$",
  "(\\w+\\s?)*$",
  "^(a?){1000}$",
  "(?i)(A+)*B",
  "\\b(\\w*)*\\b!",
  "(a|b|ab)*c",
  "([a-zA-Z]+)*\\d",
  "\\x{10FFFF}*\\x{10FFFE}",
  "(.*?,){30}P",
];

/** Text that makes a backtracking engine despair: one long line, and many. */
const files = {
  "long.txt": `${"a".repeat(20_000)}!\n`,
  "many.txt": `${"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\n".repeat(500)}`,
};

test("row 29 evil patterns: each ends, and none holds up the event loop", { timeout: 240_000 }, async () => {
  const bench = openWorkbench(files);
  await bench.call("search_files", { regex: "warm" });
  const worst: string[] = [];
  for (const regex of evil.filter((_, at) => scale !== "quick" || at % 3 === 0)) {
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const started = performance.now();
    const outcome = await bench.call("search_files", { regex });
    const took = performance.now() - started;
    delay.disable();
    expect(took, regex).toBeLessThan(7000);
    expect(outcome.text, regex).toMatch(/match|not valid|stopped/);
    // The machine's own hiccups are not ours: what counts is that no pattern blocks for as long as it takes.
    if (delay.percentile(90) / 1e6 > 50) worst.push(`${regex}: ${Math.round(delay.percentile(90) / 1e6)} ms`);
  }
  expect(worst).toEqual([]);
});

test("row 29 a search whose time is over gives what it has and says so", async () => {
  const bench = openWorkbench(files);
  const request = {
    root: bench.workspace,
    path: "",
    isFile: false,
    regex: "a",
    filePattern: "**",
    matchLimit: 200,
    fileLimit: 1e6,
  };
  const found = await searchInThread(request, 1, bench.context.signal);
  expect(found).toMatchObject({ stopped: "time", tally: null });
});

test("row 29 an abort ends a search at once", async () => {
  const bench = openWorkbench(files);
  const control = new AbortController();
  const search = bench.call("search_files", { regex: "(?:(?:.{1,30}){1,30})$" }, { signal: control.signal });
  const failed = expect(search).rejects.toThrow("enough");
  setImmediate(() => control.abort(new Error("enough")));
  await failed;
});

test("row 38 a huge file costs bounded memory and a bounded answer", async () => {
  const bench = openWorkbench({ "huge.txt": "" });
  // Sparse: 3 GB of NUL; and 200 MB of text in one line.
  fs.truncateSync(`${bench.workspace}/huge.txt`, 3_000_000_000);
  const fd = fs.openSync(`${bench.workspace}/line.txt`, "w");
  const piece = Buffer.alloc(1024 * 1024, "y");
  for (let index = 0; index < 200; index += 1) fs.writeSync(fd, piece);
  fs.closeSync(fd);
  const child = fileURLToPath(new URL("../fixtures/read-memory-child.ts", import.meta.url));
  const said = execFileSync(process.execPath, [child, bench.workspace, "huge.txt", "line.txt"], { encoding: "utf8" });
  const { texts, grown } = JSON.parse(said) as Read;
  const [huge = "", line = ""] = texts;
  expect(huge).toContain("binary data");
  expect(line).toContain("more characters in this line");
  expect(Buffer.byteLength(line)).toBeLessThanOrEqual(64 * 1024);
  expect(grown).toBeLessThan(50 * 1024 * 1024);
  expect((await bench.call("search_files", { regex: "y" })).text).toContain("larger than 4 MB");
});
