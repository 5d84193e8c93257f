/** What goes wrong around the saver is said in words that a LangGraph user can act on. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { emptyCheckpoint } from "@langchain/langgraph-checkpoint";
import SQLite from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { SqliteCheckpointer } from "../../src/checkpoint-sqlite/saver.ts";
import { checkpointLayout } from "../../src/checkpoint-sqlite/layout.ts";
import { failure } from "../../src/store/failure.ts";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "cadre-misuse-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const thread = { configurable: { thread_id: "t", checkpoint_ns: "", checkpoint_id: "c" } };

test.each(["", "  ", undefined, 7])("a file %j is refused, with what to name instead", (file) => {
  expect(() => SqliteCheckpointer.open({ file: file as string })).toThrow(
    expect.objectContaining({
      code: "usage",
      message: expect.stringContaining("file must be the path of a file"),
      hint: expect.stringContaining(":memory:"),
    }),
  );
});

test("a folder, a name that is too long and a file of something else are said as that", () => {
  const dir = folder();
  writeFileSync(join(dir, "text"), "not a database, and longer than the head of one would be".repeat(9));
  expect(() => SqliteCheckpointer.open({ file: dir })).toThrow(/it is a folder, not a file/);
  expect(() => SqliteCheckpointer.open({ file: join(dir, "x".repeat(300)) })).toThrow(/the name is too long/);
  expect(() => SqliteCheckpointer.open({ file: join(dir, "text") })).toThrow(/not a database/);
});

test("every call after close says that the file was closed; closing twice does no harm", async () => {
  const saver = SqliteCheckpointer.open({ file: join(folder(), "c.db") });
  saver.close();
  saver.close();
  const calls: readonly (() => Promise<unknown>)[] = [
    () => saver.getTuple(thread),
    () => saver.list(thread).next(),
    () => saver.putWrites(thread, [["a", 1]], "task"),
    () => saver.deleteThread("t"),
    async () => saver.synchronous(),
  ];
  for (const call of calls)
    await expect(call()).rejects.toMatchObject({
      code: "usage",
      message: expect.stringMatching(/c\.db was closed\.$/),
    });
});

test.each(["SQLITE_FULL", "EIO", "SQLITE_CANTOPEN", "SQLITE_CORRUPT", "ENAMETOOLONG", "ENOENT"])(
  "the hint for %s names no command of cadre's",
  (code) => {
    const told = failure(Object.assign(new Error("x"), { code }), "c.db", false, checkpointLayout.advice);
    expect(told).toMatchObject({ hint: expect.not.stringMatching(/cadre|--data/) });
  },
);

test("the class is called what its importers call it", () => {
  expect(SqliteCheckpointer.name).toBe("SqliteCheckpointer");
});

test.each([
  ["an item of a list", "UPDATE items SET body = '{\"cut'"],
  ["bytes that were deflated", "UPDATE items SET body = x'0107'"],
  ["a checkpoint", "UPDATE checkpoints SET body = '{'"],
  ["a serialized message", `UPDATE items SET body = '{"$t":"lc","v":"{"}'`],
])("%s that was changed outside is told with the file's name, and other threads can be read", async (_what, sql) => {
  const file = join(folder(), "c.db");
  const fill = async (saver: SqliteCheckpointer, id: string): Promise<void> => {
    const list = [{ text: "long enough to lie in a row of its own, as an item of the list".repeat(2) }];
    const checkpoint = { ...emptyCheckpoint(), channel_values: { list }, channel_versions: { list: 1 } };
    const config = { configurable: { thread_id: id, checkpoint_ns: "" } };
    await saver.put(config, checkpoint, { source: "input", step: -1, parents: {} }, { list: 1 });
  };
  const before = SqliteCheckpointer.open({ file });
  await fill(before, "t");
  before.close();
  const db = new SQLite(file);
  db.exec(sql);
  db.close();
  const saver = SqliteCheckpointer.open({ file });
  onTestFinished(() => saver.close());
  await fill(saver, "other");
  const told = { code: "store-corrupt", message: expect.stringContaining(file), hint: expect.stringContaining("copy") };
  const config = { configurable: { thread_id: "t" } };
  await expect(saver.getTuple(config)).rejects.toMatchObject(told);
  await expect(saver.list(config).next()).rejects.toMatchObject(told);
  expect(await saver.getTuple({ configurable: { thread_id: "other" } })).toBeDefined();
});
