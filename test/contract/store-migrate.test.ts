/** M1 M2: a file is brought up to date whole or not at all, by one process, and never where it may not be. */
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import SQLite from "better-sqlite3";
import { describe, expect, it, onTestFinished } from "vitest";
import { openStore } from "../../src/store/open.ts";
import { latestVersion, runLayout } from "../../src/store/schema.ts";
import { verifyLine } from "../../src/store/verify-chain.ts";
import { together } from "./store-children.ts";
import { append, clock, line, note, raised, run, startedLine, tempFolder } from "./store-fixtures.ts";

const nobody = "65534";
const refused = (code: string): object => expect.objectContaining({ code });

/** A file as the first layout had it, with one run, three events in two commits, and an ask. */
async function firstLayout(file: string): Promise<void> {
  const today = `${file}.today`;
  const store = openStore({ file: today, clock });
  const fence = await startedLine(store);
  await append(store, fence, [note("one"), note("two")]);
  await append(store, fence, [raised(2)]);
  store.close();
  const db = new SQLite(file);
  db.exec(runLayout.migrations[0]?.sql ?? "");
  db.pragma(`application_id = ${runLayout.applicationId}`);
  db.pragma("user_version = 1");
  db.exec(`INSERT INTO migrations VALUES (1, '2026-01-01T00:00:00.000Z'); ATTACH '${today}' AS today`);
  for (const table of ["charts", "runs", "lines", "events", "asks"]) {
    const columns = db
      .prepare<[string], string>("SELECT name FROM pragma_table_info(?, 'main')")
      .pluck()
      .all(table)
      .join();
    db.exec(`INSERT INTO ${table} (${columns}) SELECT ${columns} FROM today.${table}`);
  }
  db.exec(`INSERT INTO checkpoints (line, namespace, id, parent, log_length, body, metadata)
    SELECT lines.id, '', 'cp1', NULL, 2, '{}', '{}' FROM lines UNION ALL
    SELECT lines.id, '', today.checkpoints.id, 'cp1', log_length, body, metadata
      FROM today.checkpoints JOIN lines ON lines.seq = today.checkpoints.line;
    INSERT INTO writes SELECT id, 'cp1', 'task', -3, '__interrupt__', '[]' FROM lines`);
  db.close();
}

/** Everything that a file says, in words. */
function contents(file: string): unknown {
  const db = new SQLite(file, { readonly: true });
  try {
    const tables = db
      .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
      .pluck()
      .all();
    return [
      db.pragma("user_version"),
      db.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name").all(),
      tables.map((table) => [table, db.prepare(`SELECT * FROM ${table}`).all()]),
    ];
  } finally {
    db.close();
  }
}

/** As every file of the present layout that holds this. */
async function upToDate(file: string): Promise<void> {
  const store = openStore({ file, clock });
  onTestFinished(() => store.close());
  expect((await store.health()).schema).toBe(latestVersion);
  expect(await store.fileProblems()).toEqual([]);
  expect(await verifyLine(store, line)).toEqual([]);
  expect((await store.events(line)).map(({ event }) => event.type)).toEqual(["copy_sent", "copy_sent", "ask_raised"]);
  expect(await store.checkpoint(line)).toMatchObject({ id: "cp2", logLength: 3 });
  expect(await store.writes(line, "cp1")).toEqual([]);
  expect(await store.asks({ run, state: "open" })).toHaveLength(1);
}

describe("migrations", () => {
  it("M2 a file of the first layout is brought up to date and is whole", async () => {
    const file = join(tempFolder(), "cadre.db");
    await firstLayout(file);
    await upToDate(file);
  });

  it("M2 four processes bring one file up to date, once", async () => {
    const file = join(tempFolder(), "cadre.db");
    await firstLayout(file);
    const answers = await together(Array.from({ length: 4 }, () => ["open", file]));
    expect(answers).toEqual(Array.from({ length: 4 }, () => ({ schema: latestVersion })));
    await upToDate(file);
  });

  it("M2 a process killed inside a migration leaves the file as it was, and the next one brings it up to date", async () => {
    const file = join(tempFolder(), "cadre.db");
    await firstLayout(file);
    const before = contents(file);
    expect(await together([["migrate-and-die", file]])).toEqual([{ code: null, signal: "SIGKILL" }]);
    expect(contents(file)).toEqual(before);
    await upToDate(file);
  });

  it("M2 what throws inside a migration leaves the file as it was", async () => {
    const file = join(tempFolder(), "cadre.db");
    await firstLayout(file);
    const before = contents(file);
    const now = (): number => {
      throw new Error("stopped");
    };
    expect(() => openStore({ file, clock: { now } })).toThrow("stopped");
    expect(contents(file)).toEqual(before);
    await upToDate(file);
  });

  it("M2 a new file whose maker is killed is made by the next", async () => {
    const file = join(tempFolder(), "cadre.db");
    expect(await together([["migrate-and-die", file]])).toEqual([{ code: null, signal: "SIGKILL" }]);
    const store = openStore({ file, clock });
    onTestFinished(() => store.close());
    await append(store, await startedLine(store), [note("one")]);
    expect(await store.fileProblems()).toEqual([]);
  });

  it("O3 an older file is read as if it were a new one, and stays as it was; who may write it not is told so", async () => {
    const outer = tempFolder();
    chmodSync(outer, 0o755);
    const folder = join(outer, "copy");
    mkdirSync(folder);
    const file = join(folder, "cadre.db");
    await firstLayout(join(outer, "v1.db"));
    copyFileSync(join(outer, "v1.db"), file);
    const bytes = readFileSync(file);
    const reader = openStore({ file, clock, readOnly: true });
    expect((await reader.runs()).map((row) => row.id)).toEqual([run]);
    reader.close();
    chmodSync(file, 0o444);
    chmodSync(folder, 0o555);
    onTestFinished(() => chmodSync(folder, 0o755));
    const [list, write] = await together([
      ["list", file, nobody],
      ["write", file, nobody],
    ]);
    expect(list).not.toHaveProperty("error");
    expect(write).toMatchObject({ error: "data-read-only" });
    expect(readFileSync(file).equals(bytes)).toBe(true);
    expect(readdirSync(folder)).toEqual(["cadre.db"]);
  });

  it.each([
    ["a newer layout", `PRAGMA user_version = ${latestVersion + 1}`, "store-newer"],
    ["a layout from far ahead", "PRAGMA user_version = 2147483647", "store-newer"],
    ["somebody else's application", "PRAGMA application_id = 1", "store-corrupt"],
    ["no application and a table", "PRAGMA application_id = 0", "store-corrupt"],
  ])("M1 a file of %s is left untouched, for writing and for reading", async (_what, sql, code) => {
    const folder = tempFolder();
    const file = join(folder, "cadre.db");
    await firstLayout(file);
    const db = new SQLite(file);
    db.exec(sql);
    db.close();
    const before = readFileSync(file);
    const names = readdirSync(folder);
    expect(() => openStore({ file, clock })).toThrow(refused(code));
    expect(() => openStore({ file, clock, readOnly: true })).toThrow(refused(code));
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(readdirSync(folder)).toEqual(names);
  });
});
