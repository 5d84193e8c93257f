/** Lists are read by queries of their own; they must say what the rows say. */
import { join } from "node:path";
import { beforeAll, afterAll, describe, expect, test } from "vitest";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { systemClock } from "../../src/clock.ts";
import { runs } from "../../src/cli/commands/runs.ts";
import { inbox } from "../../src/cli/commands/inbox.ts";
import { openContext } from "../../src/cli/context.ts";
import { openOutput, type OutputOptions } from "../../src/cli/output.ts";
import type { EventOf } from "../../src/events/event.ts";
import { mainLine, type AskId, type RunId } from "../../src/ids.ts";
import { clockDecides } from "../../src/store/expiry.ts";
import { openReader, type StoreReader } from "../../src/store/open-reader.ts";
import { openStore } from "../../src/store/open.ts";
import { PassThrough } from "node:stream";
import { append, at, boundChart, decision, newRun, raised, take } from "./store-fixtures.ts";

const many = 60;
let folder = "";
let store: StoreReader;

const idOf = (index: number): RunId => `r-${index.toString(16).padStart(6, "0")}` as RunId;

const questions = [
  "May “it” be deployed?",
  "One\r\nTwo",
  "\nAfter an empty line",
  "",
  "A NUL\0 in it\nand more",
] as const;

/** Nobody looks at these lists as late as that. */
const dueFrom = Date.parse("2999-01-01T00:00:00.000Z");

function askedIn(index: number): Partial<EventOf<"ask_raised">> {
  const bump = index % 3 === 0 ? "director" : null;
  return {
    kind: index % 2 === 0 ? "question" : "approval",
    question: questions[index % 7] ?? "Yes?",
    severity: index % 2 === 0 ? "low" : "critical",
    // With and without the seconds' fraction: both are times.
    deadline:
      index % 4 === 0
        ? null
        : new Date(dueFrom + index * 60_000).toISOString().replace(".000", index === 1 ? "" : ".000"),
    ...(index % 6 < 4 ? { seat: { role: "lead", delegations: [], escalations: [], bump } } : {}),
  };
}

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
    const ask = raised(0, { topic: `topic "${index}"`, role: `lead-${index}`, ...askedIn(index) }, line);
    await append(writing, fence, index === 10 ? [ask, raised(1, { topic: "another" }, line)] : [ask]);
    if (index % 7 === 0) await writing.acknowledge(ask.ask as AskId, { by: `“ana” ${index}`, face: "cli", at });
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

  test("L1 every open ask with what an inbox shows of it, oldest first", async () => {
    const all = (await store.asks({ state: "open" })).map(
      ({ id, run, kind, role, to, severity, raisedAt, deadline, state, question, acknowledged, seat }) => ({
        id,
        run,
        kind,
        role,
        to,
        severity,
        raisedAt,
        deadline,
        state,
        headline: question.split("\n")[0],
        acknowledged: acknowledged ?? null,
        seat: seat?.bump ? { bump: seat.bump } : null,
      }),
    );
    expect(new Set(all.map(({ headline }) => headline)).size).toBe(6); // of two questions it is empty
    expect(await store.listAsks({})).toEqual(all);
    for (const limit of [1, 7, all.length + 1]) expect(await store.listAsks({ limit })).toEqual(all.slice(0, limit));
    for (const { run } of all) expect(await store.listAsks({ run })).toEqual(all.filter((ask) => ask.run === run));
    expect(await store.listAsks({ run: idOf(3) })).toEqual([]); // it was decided
  });

  test("E1 asks by the time of the clock are those that it decides then, and what is due in the same second", async () => {
    const open = await store.asks({ state: "open" });
    for (const minutes of [-1, 0, 1, 29, 30, many]) {
      const now = dueFrom + minutes * 60_000;
      const late = open.filter((ask) => clockDecides(ask, now));
      const dueBy = new Date(now).toISOString();
      expect(await store.asks({ dueBy })).toEqual(late);
      expect(await store.asks({ dueBy: dueBy.replace(".000Z", "Z") })).toEqual(late);
      expect(await store.asks({ dueBy: dueBy.replace(".000Z", ".999Z") })).toEqual(late);
      expect(await store.asks({ dueBy, limit: 2 })).toEqual(late.slice(0, 2));
      for (const { run } of late)
        expect(await store.asks({ run, dueBy })).toEqual(late.filter((ask) => ask.run === run));
    }
    expect(open.filter((ask) => clockDecides(ask, dueFrom + many * 60_000)).length).toBeGreaterThan(5);
  });

  test("asks come by run and state, oldest first, and at most as many as asked for", async () => {
    const all = await store.asks();
    expect(all).toHaveLength(49);
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
  async function printed(command: typeof runs, said: Partial<OutputOptions>, terminal = false, options = {}) {
    const streams = [new PassThrough(), new PassThrough()] as const;
    const texts = ["", ""];
    for (const [at, stream] of streams.entries()) {
      stream.on("data", (piece: Buffer) => (texts[at] += piece.toString()));
      if (terminal) Object.assign(stream, { isTTY: true, columns: 200 });
    }
    const output = openOutput({ json: false, quiet: false, verbose: false, fields: null, ...said }, ...streams);
    const context = openContext({ dir: folder }, {}, output, () => process.stdin);
    expect(await command(context, { args: [], options })).toBe(0);
    return { text: texts[0] ?? "", note: texts[1] ?? "" };
  }

  async function shown(command: typeof runs, terminal: boolean, options: Record<string, string> = {}) {
    const { text, note } = await printed(command, { fields: ["id"] }, terminal, options);
    return { rows: text.split("\n").filter((row) => /^[ra]-/.test(row)).length, note };
  }

  test("L1 some fields of an inbox are the same as among all of them, in a document and in a pipe", async () => {
    type Rows = { readonly asks: readonly Readonly<Record<string, unknown>>[] };
    const documentOf = async (fields: string[] | null) =>
      (JSON.parse((await printed(inbox, { json: true, fields })).text) as Rows).asks;
    const whole = await documentOf(null);
    expect(whole).toHaveLength(37);
    const cells = async (fields: string[]) =>
      (await printed(inbox, { fields })).text.split("\n").map((row) => row.split("\t"));
    const light = ["id", "run", "kind", "role", "to", "severity", "raisedAt", "deadline", "acknowledged"];
    const all = await cells([...light, "rule"]);
    for (const fields of [light, ...light.map((name) => [name])]) {
      expect(await documentOf(fields)).toEqual(
        whole.map((row) => Object.fromEntries(fields.map((name) => [name, row[name]]))),
      );
      expect((await cells(fields)).slice(0, 37)).toEqual(
        all.slice(0, 37).map((row) => fields.map((name) => row[light.indexOf(name)])),
      );
    }
    await expect(printed(inbox, { json: true, fields: ["id", "no"] })).rejects.toMatchObject({ code: "usage" });
    expect((await documentOf(["id", "options"]))[0]?.["options"]).toHaveLength(1);
  });

  test("O2 on a terminal an inbox has the first line of each question", async () => {
    const { text } = await printed(inbox, {}, true);
    for (const words of ["May “it” be deployed?", "One", "A NUL"]) expect(text).toContain(words);
    for (const words of ["Two", "After an empty line", "and more"]) expect(text).not.toContain(words);
    expect(text).toContain("seen by “ana” 7");
  });

  test("O2 a pipe gets all of it, a terminal what a person can read and where the rest is", async () => {
    const left = expect.stringMatching(
      /^r-00003b was left in the middle: Run 59\n.* resume r-00003b\n[^]*and others: .*--status running\n$/,
    );
    expect(await shown(runs, false)).toEqual({ rows: many, note: left });
    expect(await shown(runs, true)).toEqual({ rows: 50, note: expect.stringContaining("runs --limit <n>") });
    expect(await shown(runs, true, { limit: "60" })).toEqual({ rows: many, note: left });
    expect(await shown(inbox, false)).toEqual({ rows: 37, note: left });
    expect((await shown(inbox, true, { limit: "9" })).rows).toBe(9);
    expect((await shown(inbox, true)).note).not.toContain("--limit");
  });
});
