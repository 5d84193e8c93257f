/** What only a file can be: opened by others, private, damaged, too new, unwritable, full. */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import SQLite from "better-sqlite3";
import { describe, expect, it, onTestFinished } from "vitest";
import { askId } from "../../src/ids.ts";
import { connect } from "../../src/store/connection.ts";
import { latestVersion } from "../../src/store/schema.ts";
import { openStore, storeOver } from "../../src/store/open.ts";
import type { Store } from "../../src/store/ports.ts";
import { verifyLine } from "../../src/store/verify-chain.ts";
import { together } from "./store-children.ts";
import { append, clock, decision, line, note, raised, run, startedLine, take, tempFolder } from "./store-fixtures.ts";

const nobody = "65534";
const refused = (code: string): object => expect.objectContaining({ code });

function opened(file: string, more: { readOnly?: boolean } = {}): Store {
  const store = openStore({ file, clock, ...more });
  onTestFinished(() => store.close());
  return store;
}

/** A closed file with one run and two events. */
async function filled(file: string): Promise<void> {
  const store = openStore({ file, clock });
  await append(store, await startedLine(store), [note("one"), note("two")]);
  store.close();
}

function edit(file: string, sql: string): void {
  const db = new SQLite(file);
  db.pragma("foreign_keys = OFF");
  db.exec(sql);
  db.close();
}

describe("opening a store's file", () => {
  it("makes the folder and the files readable by their owner only", async () => {
    const folder = join(tempFolder(), "data", "deep");
    const store = opened(join(folder, "cadre.db"));
    await startedLine(store);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const modes = readdirSync(folder).map((name) => statSync(join(folder, name)).mode & 0o777);
    expect(modes.length).toBeGreaterThan(1);
    expect(new Set(modes)).toEqual(new Set([0o600]));
  });

  it("takes back a file that others could read", async () => {
    const file = join(tempFolder(), "cadre.db");
    await filled(file);
    chmodSync(file, 0o644);
    opened(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("D1 writes with WAL and synchronous=FULL", () => {
    const connection = connect({ file: join(tempFolder(), "cadre.db"), clock });
    onTestFinished(() => connection.close());
    expect(connection.db.pragma("journal_mode", { simple: true })).toBe("wal");
    expect(connection.db.pragma("synchronous", { simple: true })).toBe(2);
    expect(connection.db.pragma("foreign_keys", { simple: true })).toBe(1);
  });

  it.each([
    ["at FULL, where every commit waits for it, begins anew after some 256 KB", "full", 0, 512],
    ["at NORMAL, where bringing it in is the only wait, goes on to 4 MB", "normal", 1024, 4096],
  ] as const)("D7 the write-ahead log %s", (_, synchronous, atLeast, atMost) => {
    const file = join(tempFolder(), "cadre.db");
    const { db, write, close } = connect({ file, clock, synchronous });
    onTestFinished(close);
    const insert = db.prepare("INSERT INTO charts (hash, body) VALUES (?, ?)");
    for (let index = 0; index < 20; index += 1) write(() => insert.run(String(index), "x".repeat(64 * 1024)));
    const kilobytes = statSync(`${file}-wal`).size / 1024;
    expect(kilobytes).toBeGreaterThanOrEqual(atLeast);
    expect(kilobytes).toBeLessThanOrEqual(atMost);
  });

  it("refuses a file of a newer layout and leaves it as it was", async () => {
    const file = join(tempFolder(), "cadre.db");
    await filled(file);
    edit(file, "PRAGMA user_version = 99");
    const before = readFileSync(file);
    expect(() => openStore({ file, clock })).toThrow(refused("store-newer"));
    expect(() => openStore({ file, clock, readOnly: true })).toThrow(refused("store-newer"));
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it("refuses what is not a database, someone else's database, and leaves both as they were", () => {
    const folder = tempFolder();
    const text = join(folder, "notes.db");
    writeFileSync(text, "x".repeat(5000));
    expect(() => openStore({ file: text, clock })).toThrow(refused("store-corrupt"));
    expect(() => openStore({ file: text, clock, readOnly: true })).toThrow(refused("store-corrupt"));
    expect(readFileSync(text, "utf8")).toBe("x".repeat(5000));
    const foreign = join(folder, "foreign.db");
    edit(foreign, "CREATE TABLE theirs (a)");
    const before = readFileSync(foreign);
    expect(() => openStore({ file: foreign, clock })).toThrow(refused("store-corrupt"));
    expect(readFileSync(foreign).equals(before)).toBe(true);
  });

  it("says data-read-only where a file or folder cannot be made", () => {
    const folder = tempFolder();
    writeFileSync(join(folder, "a-file"), "");
    expect(() => openStore({ file: join(folder, "a-file", "cadre.db"), clock })).toThrow(refused("data-read-only"));
  });

  it.each([false, true])(
    "says of a folder in its place that it is one, whether to write or (%s) to read alone",
    (readOnly) => {
      const file = join(tempFolder(), "cadre.db");
      mkdirSync(file);
      expect(() => openStore({ file, clock, readOnly })).toThrow(
        expect.objectContaining({ code: "usage", message: `${file}: it is a folder, not a file (EISDIR).` }),
      );
      expect(readdirSync(file)).toEqual([]);
    },
  );

  it("M2 several processes may open a new file at once", async () => {
    const file = join(tempFolder(), "cadre.db");
    const answers = await together(Array.from({ length: 4 }, () => ["open", file]));
    expect(answers).toEqual(Array.from({ length: 4 }, () => ({ schema: latestVersion })));
  });

  it.each([
    ["removed", (file: string): void => rmSync(file)],
    ["moved away with its folder", (file: string): void => renameSync(dirname(file), `${dirname(file)}-away`)],
    [
      "replaced by a copy",
      (file: string): void => (copyFileSync(file, `${file}.copy`), renameSync(`${file}.copy`, file)),
    ],
  ])("D1 acknowledges nothing once its file was %s, and takes up nothing of another one", async (_, away) => {
    const file = join(tempFolder(), "data", "cadre.db");
    const store = opened(file);
    const fence = await startedLine(store);
    await append(store, fence, [note("one")]);
    away(file);
    await expect(append(store, fence, [note("two")])).rejects.toThrow(refused("store-replaced"));
    expect(await store.events(line)).toHaveLength(1);
  });

  it("tells its size, layout and state", async () => {
    const file = join(tempFolder(), "cadre.db");
    const store = opened(file);
    await startedLine(store);
    const health = await store.health();
    expect(health).toMatchObject({ file, schema: latestVersion, integrity: "ok" });
    expect(health.bytes).toBe(statSync(file).size);
    expect(health.walBytes).toBe(statSync(`${file}-wal`).size);
  });
});

describe("reading only", () => {
  it("a missing file is an empty store, and none is made", async () => {
    const file = join(tempFolder(), "none", "cadre.db");
    const store = opened(file, { readOnly: true });
    expect(await store.runs()).toEqual([]);
    await expect(startedLine(store)).rejects.toEqual(refused("data-read-only"));
    expect(existsSync(file)).toBe(false);
  });

  it("reads what a writer commits meanwhile, and writes nothing", async () => {
    const file = join(tempFolder(), "cadre.db");
    const writer = opened(file);
    const fence = await startedLine(writer);
    const reader = opened(file, { readOnly: true });
    await append(writer, fence, [note("one")]);
    expect(await reader.runEvents(run)).toHaveLength(1);
    for (const write of [
      append(reader, fence, [note("x")]),
      reader.setSignal(run, "stop", "ana"),
      reader.release(fence),
      reader.begin(fence, `${line}/e1` as never, "tool", {}),
    ])
      await expect(write).rejects.toEqual(refused("data-read-only"));
    expect(await writer.events(line)).toHaveLength(1);
  });

  it("two that hold still at one time see one state until the last of them is done, and the next sees what is new", async () => {
    const file = join(tempFolder(), "cadre.db");
    const writer = opened(file);
    const fence = await startedLine(writer);
    const reader = opened(file, { readOnly: true });
    const count = async (): Promise<number> => (await reader.runEvents(run)).length;
    const before = await count();
    const first = Promise.withResolvers<void>();
    const shorter = reader.frozen(() => first.promise);
    const seen = await reader.frozen(async () => {
      first.resolve();
      await shorter;
      await append(writer, fence, [note("one")]);
      return count();
    });
    expect([seen, await reader.frozen(count)]).toEqual([before, before + 1]);
  });

  /** A folder that another user may read and not write. */
  async function readOnlyFolder(prepare: (folder: string) => Promise<void>): Promise<string> {
    const outer = tempFolder();
    chmodSync(outer, 0o755);
    const folder = join(outer, "copy");
    mkdirSync(folder);
    await prepare(folder);
    for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o444);
    chmodSync(folder, 0o555);
    onTestFinished(() => chmodSync(folder, 0o755));
    return join(folder, "cadre.db");
  }

  it("a copy in a read-only folder is read, and opening it for writing says so", async () => {
    const file = await readOnlyFolder((folder) => filled(join(folder, "cadre.db")));
    const [answer, write] = await together([
      ["list", file, nobody],
      ["write", file, nobody],
    ]);
    expect(answer).toEqual({ runs: [run], events: 2 });
    expect(write).toMatchObject({ error: "data-read-only" });
    expect(readdirSync(join(file, ".."))).toEqual(["cadre.db"]);
  });

  it("a copy taken with its write-ahead log in a read-only folder shows the newest commits too", async () => {
    const source = join(tempFolder(), "cadre.db");
    const store = opened(source);
    await append(store, await startedLine(store), [note("one"), note("two")]);
    const file = await readOnlyFolder(async (folder) => {
      copyFileSync(source, join(folder, "cadre.db"));
      copyFileSync(`${source}-wal`, join(folder, "cadre.db-wal"));
    });
    expect(await together([["list", file, nobody]])).toEqual([{ runs: [run], events: 2 }]);
  });
});

describe("several processes on one file", () => {
  it("S3 of two processes that decide one ask, one wins and the other learns who did", async () => {
    const file = join(tempFolder(), "cadre.db");
    const store = opened(file);
    await append(store, await startedLine(store), [raised(0)]);
    const ask = askId(line, 0);
    const answers = await together([
      ["decide", file, ask, "h0", "ana"],
      ["decide", file, ask, "h0", "bob"],
    ]);
    const winner = (await store.ask(ask))?.decision?.by;
    expect(answers.filter((answer) => answer["won"] === true)).toEqual([{ won: true, by: winner }]);
    expect(answers.filter((answer) => answer["won"] === false)).toEqual([{ won: false, by: winner }]);
  });

  it("S1 four writers lose nothing", async () => {
    const file = join(tempFolder(), "cadre.db");
    const store = opened(file);
    const runs = ["r-000001", "r-000002", "r-000003", "r-000004"];
    for (const id of runs) await store.release(await startedLine(store, id as never));
    const answers = await together(runs.map((id) => ["append", file, id, "25"]));
    expect(answers).toEqual(runs.map(() => ({ done: 25 })));
    for (const id of runs) {
      expect(await verifyLine(store, `${id}.1` as never)).toEqual([]);
      expect(await store.events(`${id}.1` as never)).toHaveLength(25);
    }
  });

  it("D2 a process killed inside a commit leaves none of it, one killed after it all of it", async () => {
    const file = join(tempFolder(), "cadre.db");
    const store = opened(file);
    await store.release(await startedLine(store));
    const inside = ["commit:fenced", "commit:checkpoint", "commit:event", "commit:head", "commit:projected"];
    for (const point of inside) {
      const [answer] = await together([["commit-and-die", file, run, point, point]]);
      expect(answer).toEqual({ code: null, signal: "SIGKILL" });
      const owner = (await store.line(line))?.owner ?? undefined;
      await store.release(await take(store, line, undefined, 0, owner));
      expect([await store.events(line), await store.checkpoint(line)]).toEqual([[], undefined]);
    }
    await together([["commit-and-die", file, run, "commit:done", "kept"]]);
    expect((await store.events(line)).map(({ event }) => event)).toMatchObject([{ summary: "kept" }]);
    expect(await verifyLine(store, line)).toEqual([]);
  });
});

describe("when a write fails", () => {
  it("D2 a throw at any point of a commit leaves nothing, and the same commit then passes", async () => {
    let stopAt: string | undefined;
    const fault = (point: string): void => {
      if (point === stopAt) throw new Error(`stopped at ${point}`);
    };
    const store = openStore({ file: join(tempFolder(), "cadre.db"), clock, fault });
    onTestFinished(() => store.close());
    const fence = await startedLine(store);
    const before = await store.line(line);
    for (stopAt of ["commit:fenced", "commit:checkpoint", "commit:event", "commit:head", "commit:projected"]) {
      await expect(append(store, fence, [raised(0)])).rejects.toThrow(`stopped at ${stopAt}`);
      expect(await store.line(line)).toEqual(before);
      expect(await store.events(line)).toEqual([]);
      expect(await store.asks()).toEqual([]);
      expect(await store.checkpoint(line)).toBeUndefined();
    }
    stopAt = undefined;
    await append(store, fence, [raised(0)]);
    expect(await store.asks({ state: "open" })).toHaveLength(1);
  });

  it("D3 a throw inside begin or finish leaves the ledger and the counters as they were", async () => {
    let stopAt: string | undefined = "effect:begun";
    const fault = (point: string): void => {
      if (point === stopAt) throw new Error("stopped");
    };
    const store = openStore({ file: ":memory:", clock, fault });
    const fence = await startedLine(store);
    const key = `${line}/t1` as never;
    const reserve = { modelCalls: 1, tokens: 9 };
    await expect(store.begin(fence, key, "model", {}, reserve)).rejects.toThrow("stopped");
    expect(await store.effect(key)).toBeUndefined();
    expect((await store.run(run))?.counters).toMatchObject({ modelCalls: 0, tokens: 0 });
    stopAt = "effect:finished";
    await store.begin(fence, key, "model", {}, reserve);
    await expect(store.finish(fence, key, { ok: 1 }, { modelCalls: 1, tokens: 4 })).rejects.toThrow("stopped");
    expect((await store.effect(key))?.outcome).toBeNull();
    expect((await store.run(run))?.counters).toMatchObject(reserve);
  });

  it("D1 a full disk is said as such, nothing is half-written, and the step passes once there is space", async () => {
    const connection = connect({ file: join(tempFolder(), "cadre.db"), clock });
    const store = storeOver(connection);
    onTestFinished(() => store.close());
    const fence = await startedLine(store);
    const pages = connection.db.pragma("page_count", { simple: true }) as number;
    connection.db.pragma(`max_page_count = ${pages}`);
    const big = [note("x".repeat(200_000))];
    await expect(append(store, fence, big)).rejects.toEqual(refused("disk-full"));
    expect(await store.events(line)).toEqual([]);
    expect(await store.checkpoint(line)).toBeUndefined();
    connection.db.pragma("max_page_count = 100000");
    await append(store, fence, big);
    expect(await verifyLine(store, line)).toEqual([]);
  });

  it("a damaged page is store-corrupt, and verify reports it as a problem", async () => {
    const file = join(tempFolder(), "cadre.db");
    const writer = openStore({ file, clock });
    const fence = await startedLine(writer);
    for (let step = 0; step < 30; step += 1) await append(writer, fence, [note("y".repeat(3000))]);
    writer.close();
    const bytes = readFileSync(file);
    bytes.fill(0xff, Math.floor(bytes.length / 2));
    rmSync(file);
    writeFileSync(file, bytes);
    const store = opened(file, { readOnly: true });
    await expect(store.events(line)).rejects.toEqual(refused("store-corrupt"));
    expect(await verifyLine(store, line)).toMatchObject([{ line, what: expect.stringContaining("damaged") }]);
    expect((await store.health()).integrity).not.toBe("ok");
  });

  it("a decision that was acknowledged is there after the file is opened again", async () => {
    const file = join(tempFolder(), "cadre.db");
    const store = openStore({ file, clock });
    await append(store, await startedLine(store), [raised(0)]);
    await store.decide(askId(line, 0), decision("ana"), "h0");
    store.close();
    expect((await opened(file).ask(askId(line, 0)))?.decision).toEqual(decision("ana"));
  });
});
