/** Lists are read by queries of their own; they must say what the rows say. */
import { join } from "node:path";
import { beforeAll, afterAll, describe, expect, test } from "vitest";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { systemClock } from "../../src/clock.ts";
import { runs } from "../../src/cli/commands/runs.ts";
import { inbox } from "../../src/cli/commands/inbox.ts";
import { openContext } from "../../src/cli/context.ts";
import { openOutput } from "../../src/cli/output.ts";
import { mainLine, type AskId, type RunId } from "../../src/ids.ts";
import { openReader, type StoreReader } from "../../src/store/open-reader.ts";
import { openStore } from "../../src/store/open.ts";
import { PassThrough } from "node:stream";
import { append, boundChart, decision, newRun, raised, take } from "./store-fixtures.ts";

const many = 60;
let folder = "";
let store: StoreReader;

const idOf = (index: number): RunId => `r-${index.toString(16).padStart(6, "0")}` as RunId;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "cadre-listings-"));
  const file = join(folder, ".cadre/cadre.db");
  const writing = openStore({ file, clock: systemClock, synchronous: "normal" });
  for (let index = 0; index < many; index += 1) {
    const id = idOf(index);
    await writing.createRun(newRun(id, { title: `Run ${index}`, rehearsal: index % 2 === 0 }), boundChart());
    if (index % 5 === 4) continue; // nothing has happened in it: it runs
    const line = mainLine(id);
    const fence = await take(writing, line);
    const ask = raised(0, { topic: `topic "${index}"`, role: `lead-${index}` }, line);
    await append(writing, fence, [ask]);
    if (index % 5 === 3) await writing.decide(ask.ask as AskId, decision("ana"), ask.hash);
  }
  writing.close();
  store = openReader({ file, clock: systemClock });
});

afterAll(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What `listRuns` must say, by the rows. */
async function expected(status?: "waiting" | "running") {
  const rows = await store.runs(status === undefined ? {} : { status });
  const open = await store.asks({ state: "open" });
  return rows.map(({ id, status: stands, title, entry, startedAt, rehearsal }) => ({
    id,
    status: stands,
    title,
    entry,
    startedAt,
    rehearsal,
    asks: open
      .filter((ask) => ask.run === id)
      .map((ask) => ({ id: ask.id, kind: ask.kind, role: ask.role, to: ask.to, topic: ask.topic })),
  }));
}

describe("lists", () => {
  test("L1 every run with what it waits for, newest first", async () => {
    const all = await expected();
    expect(all).toHaveLength(many);
    expect(await store.listRuns({})).toEqual(all);
    expect(await store.listRuns({ status: "waiting" })).toEqual(await expected("waiting"));
    expect(await store.listRuns({ status: "running" })).toEqual(await expected("running"));
  });

  test("L1 a page is the beginning of the whole", async () => {
    for (const limit of [1, 7, many, many + 1]) {
      expect(await store.listRuns({ limit })).toEqual((await expected()).slice(0, limit));
      expect(await store.listRuns({ status: "waiting", limit })).toEqual((await expected("waiting")).slice(0, limit));
    }
  });

  test("asks come by run and state, oldest first, and at most as many as asked for", async () => {
    const all = await store.asks();
    expect(all).toHaveLength(48);
    const open = all.filter((ask) => ask.state === "open");
    expect(await store.countOpenAsks()).toBe(open.length);
    expect(await store.asks({ state: "open" })).toEqual(open);
    expect(await store.asks({ state: "open", limit: 5 })).toEqual(open.slice(0, 5));
    expect(await store.asks({ state: "decided", limit: 2 })).toEqual(
      all.filter((ask) => ask.state === "decided").slice(0, 2),
    );
    expect(await store.asks({ run: idOf(3), state: "open" })).toEqual([]);
    expect(await store.asks({ run: idOf(3), limit: 1 })).toEqual(all.filter((ask) => ask.run === idOf(3)));
  });
});

describe("a long list", () => {
  async function shown(command: typeof runs, terminal: boolean, options: Record<string, string> = {}) {
    const streams = [new PassThrough(), new PassThrough()] as const;
    const texts = ["", ""];
    for (const [at, stream] of streams.entries()) {
      stream.on("data", (piece: Buffer) => (texts[at] += piece.toString()));
      if (terminal) Object.assign(stream, { isTTY: true, columns: 200 });
    }
    const output = openOutput({ json: false, quiet: false, verbose: false, fields: ["id"] }, streams[0], streams[1]);
    const context = openContext({ dir: folder }, {}, output, process.stdin);
    expect(await command(context, { args: [], options })).toBe(0);
    const rows = (texts[0] ?? "").split("\n").filter((row) => /^[ra]-/.test(row)).length;
    return { rows, note: texts[1] ?? "" };
  }

  test("O2 a pipe gets all of it, a terminal what a person can read and where the rest is", async () => {
    const left = expect.stringMatching(
      /^r-00003b was left in the middle: Run 59\n.* resume r-00003b\n[^]*and others: .*--status running\n$/,
    );
    expect(await shown(runs, false)).toEqual({ rows: many, note: left });
    expect(await shown(runs, true)).toEqual({ rows: 50, note: expect.stringContaining("runs --limit <n>") });
    expect(await shown(runs, true, { limit: "60" })).toEqual({ rows: many, note: left });
    expect(await shown(inbox, false)).toEqual({ rows: 36, note: left });
    expect((await shown(inbox, true, { limit: "9" })).rows).toBe(9);
    expect((await shown(inbox, true)).note).not.toContain("--limit");
  });
});
