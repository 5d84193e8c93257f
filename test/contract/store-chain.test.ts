/** D8: any change of the stored history is found, and the first bad event is named. */
import { join } from "node:path";
import SQLite from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { openStore } from "../../src/store/open.ts";
import { verifyLine } from "../../src/store/verify-chain.ts";
import { append, clock, line, note, startedLine, tempFolder } from "./store-fixtures.ts";

/** Four events in two commits, then `sql` on the closed file, then verify. */
async function problemsAfter(sql: string): Promise<readonly { index: number; what: string }[]> {
  const file = join(tempFolder(), "cadre.db");
  const writer = openStore({ file, clock });
  const fence = await startedLine(writer);
  await append(writer, fence, [note("one"), note("two")]);
  await append(writer, fence, [note("three"), note("four")]);
  writer.close();
  const db = new SQLite(file);
  db.pragma("foreign_keys = OFF");
  db.exec(sql);
  db.close();
  const store = openStore({ file, clock, readOnly: true });
  const problems = await verifyLine(store, line);
  store.close();
  return problems.map(({ index, what }) => ({ index, what }));
}

const said = (text: string): unknown => expect.stringContaining(text);
const swap = (column: string): string =>
  `CREATE TEMP TABLE t AS SELECT idx, ${column} AS v FROM events;
   UPDATE events SET ${column} = (SELECT v FROM t WHERE t.idx = 3 - events.idx) WHERE idx IN (1, 2)`;

describe("D8 verify", () => {
  it("finds nothing in an untouched line", async () => {
    expect(await problemsAfter("")).toEqual([]);
  });

  it.each([
    ["an edited event", "UPDATE events SET body = replace(body, 'two', 'TWO')", 1, "does not match its hash"],
    ["a space added", "UPDATE events SET body = body || ' ' WHERE idx = 2", 2, "does not match its hash"],
    ["an edited hash", "UPDATE events SET hash = zeroblob(32) WHERE idx = 0", 0, "does not match its hash"],
    ["a deleted event", "DELETE FROM events WHERE idx = 1", 1, "is missing; the next one there is 2"],
    ["a deleted first event", "DELETE FROM events WHERE idx = 0", 0, "is missing"],
    ["two bodies swapped", swap("body"), 1, "does not match its hash"],
    [
      "two indexes swapped",
      "UPDATE events SET idx = idx + 10 WHERE idx IN (1, 2); UPDATE events SET idx = 13 - idx WHERE idx > 9",
      1,
      "does not match its hash",
    ],
    ["an event moved to another place in the order", "UPDATE events SET seq = 100 WHERE idx = 0", 1, "lies before"],
    [
      "the last event cut off",
      "DELETE FROM events WHERE idx = 3",
      3,
      "the line says that it has 4 events; 3 are there",
    ],
    [
      "the tail cut off and the line's length with it",
      "DELETE FROM events WHERE idx >= 2; UPDATE lines SET length = 2, head_hash = (SELECT hash FROM events WHERE idx = 1)",
      2,
      "stands for 4 events of 2",
    ],
    ["another head hash", "UPDATE lines SET head_hash = zeroblob(32)", 4, "head hash"],
    [
      "an event added behind the checkpoint's back",
      "INSERT INTO events (line, idx, hash, body) SELECT line, 4, hash, body FROM events WHERE idx = 3",
      4,
      "does not match its hash",
    ],
    [
      "the newest checkpoint removed",
      "DELETE FROM checkpoints WHERE id = 'cp2'",
      4,
      "newest checkpoint is not the one",
    ],
  ])("names the first bad event after %s", async (_what, sql, index, what) => {
    expect((await problemsAfter(sql))[0]).toEqual({ index, what: said(what) });
  });

  it("names an event that holds together but is none", async () => {
    const { linkHash } = await import("../../src/store/events.ts");
    const body = '{"type":"unheard_of"}';
    const file = join(tempFolder(), "cadre.db");
    const store = openStore({ file, clock });
    const [first] = await append(store, await startedLine(store), [note("one")]);
    const hash = linkHash(Buffer.from(String(first?.hash), "hex"), body);
    const db = new SQLite(file);
    db.prepare("INSERT INTO events (line, idx, hash, body) VALUES (?, 1, ?, ?)").run(line, hash, body);
    db.prepare("UPDATE lines SET length = 2, head_hash = ?").run(hash);
    db.close();
    expect((await verifyLine(store, line))[0]).toEqual({ line, index: 1, what: said("breaks the schema at type") });
    store.close();
  });

  it("says so when there is no such line", async () => {
    const store = openStore({ file: ":memory:", clock });
    expect(await verifyLine(store, line)).toEqual([{ line, index: 0, what: "there is no such line" }]);
  });
});
