/** Whole threads: branches, forks, copies, deletion, pruning, and who may write. */
import { Command, END, START, StateGraph, interrupt } from "@langchain/langgraph";
import { DeltaSnapshot, emptyCheckpoint } from "@langchain/langgraph-checkpoint";
import SQLite from "better-sqlite3";
import { expect, it } from "vitest";
import { SqliteCheckpointer } from "../../src/checkpoint-sqlite/saver.ts";
import { List, listed, loop, open, place, textOf, thread } from "../fixtures/checkpoint-files.ts";

const metadata = { source: "loop", step: 0, parents: {} } as const;

/** Appends a value to a thread's list, after its newest checkpoint or the one that is named. */
async function append(saver: SqliteCheckpointer, id: string, item: unknown, after?: string): Promise<string> {
  const config = { configurable: { thread_id: id, ...(after === undefined ? {} : { checkpoint_id: after }) } };
  const before = await saver.getTuple(config);
  const list = (before?.checkpoint.channel_values["list"] as unknown[] | undefined) ?? [];
  const version = ((before?.checkpoint.channel_versions["list"] as number | undefined) ?? 0) + 1;
  const checkpoint = {
    ...emptyCheckpoint(),
    id: `${id}-${version}-${String(item).slice(0, 8)}`,
    channel_values: { list: [...list, item] },
    channel_versions: { list: version },
  };
  await saver.put(before?.config ?? config, checkpoint, { ...metadata, step: version }, { list: version });
  return checkpoint.id;
}
const listAt = async (saver: SqliteCheckpointer, id: string, checkpoint?: string): Promise<unknown> =>
  (
    await saver.get({
      configurable: { thread_id: id, ...(checkpoint === undefined ? {} : { checkpoint_id: checkpoint }) },
    })
  )?.channel_values["list"];
const counts = (file: string): Record<string, unknown> => {
  const db = new SQLite(file, { readonly: true });
  const count = (table: string): unknown => db.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
  const found = Object.fromEntries(
    ["threads", "spaces", "checkpoints", "writes", "items", "logs", "entries"].map((table) => [table, count(table)]),
  );
  db.close();
  return found;
};
const none = { threads: 0, spaces: 0, checkpoints: 0, writes: 0, items: 0, logs: 0, entries: 0 };

it("a branch shares what came before it and keeps its own end, warm and cold", async () => {
  const file = place();
  const saver = SqliteCheckpointer.open({ file });
  const ids = [];
  for (let index = 0; index < 5; index += 1) ids.push(await append(saver, "t", textOf(index)));
  const left = await append(saver, "t", "left", ids[2]);
  const right = await append(saver, "t", "right", ids[2]);
  saver.close();
  const cold = open(file);
  const start = [0, 1, 2].map((index) => textOf(index));
  expect(await listAt(cold, "t", left)).toEqual([...start, "left"]);
  expect(await listAt(cold, "t", right)).toEqual([...start, "right"]);
  expect(await listAt(cold, "t", ids[4])).toEqual([...start, textOf(3), textOf(4)]);
  expect(counts(file)["items"]).toBe(7);
});

it("U5 a fork of a thread that waits inside a subgraph goes on in there: nothing is done twice, and its answer is taken", async () => {
  const did: string[] = [];
  const inner = new StateGraph(List)
    .addNode("act", () => {
      did.push("act");
      return { items: ["acted"] };
    })
    .addNode("ask", () => ({ items: [interrupt("which?")] }))
    .addEdge(START, "act")
    .addEdge("act", "ask");
  const graph = new StateGraph(List)
    .addNode("inner", inner.compile())
    .addEdge(START, "inner")
    .compile({ checkpointer: open() });
  const saver = graph.checkpointer as SqliteCheckpointer;
  await graph.invoke({}, thread("t"));
  await saver.fork(thread("t"), "fork");
  await saver.fork(thread("fork"), "again");
  await saver.prune("again", { last: 1 });
  for (const id of ["again", "fork", "t"]) {
    const { tasks } = await graph.getState(thread(id), { subgraphs: true });
    expect(tasks).toMatchObject([{ name: "inner", state: { values: { items: ["acted"] } } }]);
    expect(await graph.invoke(new Command({ resume: id }), thread(id))).toEqual({ items: ["acted", id] });
  }
  expect(did).toEqual(["act"]);
  // Of a step that is over, a fork before it has nothing: it does the step again.
  const [, first] = await listed(saver, "t", "");
  await saver.fork(first!.config, "before");
  expect((await listed(saver, "before")).map(({ config }) => config.configurable?.["checkpoint_ns"] as string)).toEqual(
    ["", ""],
  );
});

it("a fork and a copy go on by themselves, and outlive the thread that they came from", async () => {
  const file = place();
  const saver = open(file);
  const ids = [];
  for (let index = 0; index < 4; index += 1) ids.push(await append(saver, "t", textOf(index)));
  const config = await saver.fork({ configurable: { thread_id: "t", checkpoint_id: ids[1] } }, "fork");
  expect(config.configurable).toMatchObject({ thread_id: "fork", checkpoint_id: ids[1] });
  await saver.copyThread("t", "copy");
  expect((await listed(saver, "fork")).map((tuple) => tuple.checkpoint.id)).toEqual([ids[1], ids[0]]);
  expect(await listed(saver, "copy")).toHaveLength(4);
  await append(saver, "fork", "of the fork");
  await append(saver, "t", "of the first");
  expect(counts(file)["items"]).toBe(6);
  await saver.deleteThread("t");
  expect(await saver.getTuple(thread("t"))).toBeUndefined();
  expect(await listAt(saver, "fork")).toEqual([textOf(0), textOf(1), "of the fork"]);
  expect(await listAt(open(file), "copy")).toEqual([0, 1, 2, 3].map((index) => textOf(index)));
  await expect(saver.copyThread("copy", "fork")).rejects.toMatchObject({ code: "thread-exists" });
  await expect(saver.copyThread("t", "x")).rejects.toMatchObject({ code: "thread-unknown" });
  await expect(saver.fork(thread("none"), "x")).rejects.toMatchObject({ code: "thread-unknown" });
  await saver.deleteThread("copy");
  await saver.deleteThread("fork");
  expect(counts(file)).toEqual(none);
});

it("a thread that is made anew under a deleted one's id begins empty, for whoever had it open too", async () => {
  const file = place();
  const [one, other] = [open(file), open(file)];
  for (let index = 0; index < 3; index += 1) await append(one, "t", textOf(index));
  expect(await listAt(other, "t")).toHaveLength(3);
  await one.deleteThread("t");
  await append(one, "t", "new");
  await append(other, "t", "newer");
  expect(await listAt(one, "t")).toEqual(["new", "newer"]);
  expect(await listAt(open(file), "t")).toEqual(["new", "newer"]);
});

it("U2 pruning leaves the kept checkpoints as they were, and drops what only the others held", async () => {
  const file = place();
  const saver = open(file);
  for (let index = 0; index < 100; index += 1) await append(saver, "t", textOf(index));
  const before = await listed(saver, "t");
  expect(await saver.prune("t", { last: 3 })).toBe(97);
  const kept = await listed(open(file), "t");
  expect(kept.map((tuple) => tuple.checkpoint)).toEqual(before.slice(0, 3).map((tuple) => tuple.checkpoint));
  expect(kept.at(-1)?.parentConfig).toBeUndefined();
  expect(counts(file)["checkpoints"]).toBe(3);
  await append(saver, "t", "after");
  expect(((await listAt(open(file), "t")) as unknown[]).at(-1)).toBe("after");
  expect(await saver.prune("t", { last: 10 })).toBe(0);
});

it("U2 values that only pruned checkpoints held are gone from the file", async () => {
  const file = place();
  const saver = open(file);
  let config: object = thread("t");
  for (let version = 1; version <= 6; version += 1) {
    const checkpoint = {
      ...emptyCheckpoint(),
      id: `c${version}`,
      channel_values: { v: textOf(version) },
      channel_versions: { v: version },
    };
    config = await saver.put(config, checkpoint, metadata, { v: version });
    await saver.putWrites(config, [["v", textOf(version + 1)]], `task${version}`);
  }
  expect(counts(file)["items"]).toBe(7);
  await saver.prune("t", { last: 1 });
  expect(counts(file)).toMatchObject({ checkpoints: 1, writes: 1, items: 2 });
  expect((await open(file).getTuple(thread("t")))?.checkpoint.channel_values).toEqual({ v: textOf(6) });
});

it("U2 pruning keeps the ancestors that a delta channel is replayed from", async () => {
  const saver = open();
  let config: object = thread("t");
  for (let index = 0; index < 8; index += 1) {
    const values = index === 3 ? { log: new DeltaSnapshot(["0", "1", "2"]) } : {};
    const checkpoint = {
      ...emptyCheckpoint(),
      id: `c${index}`,
      channel_values: values,
      channel_versions: { log: index + 1 },
    };
    config = await saver.put(config, checkpoint, metadata, { log: index + 1 });
    await saver.putWrites(config, [["log", [String(index)]]], `task${index}`);
  }
  const options = { config: config as never, channels: ["log"] };
  const before = await saver.getDeltaChannelHistory(options);
  expect(before["log"]?.writes.map(([, , value]) => value)).toEqual([["3"], ["4"], ["5"], ["6"]]);
  expect(await saver.prune("t", { last: 1 })).toBe(3);
  expect(await saver.getDeltaChannelHistory(options)).toEqual(before);
});

it.each([0, -1, 1.5, Number.NaN, "3"])("pruning to %s checkpoints is refused, and nothing goes", async (last) => {
  const saver = open();
  await append(saver, "t", "one");
  await expect(saver.prune("t", { last: last as number })).rejects.toMatchObject({ code: "usage" });
  expect(await listAt(saver, "t")).toEqual(["one"]);
});

it("U3 subgraphs' checkpoints go with the checkpoint that they belong to", async () => {
  const file = place();
  const saver = open(file);
  const inner = new StateGraph(List)
    .addNode("one", () => ({ items: ["inner"] }))
    .addEdge(START, "one")
    .addEdge("one", END)
    .compile({ checkpointer: true });
  const app = new StateGraph(List)
    .addNode("outer", () => ({ items: ["outer"] }))
    .addNode("inner", inner)
    .addEdge(START, "outer")
    .addEdge("outer", "inner")
    .addEdge("inner", END)
    .compile({ checkpointer: saver });
  for (let turn = 0; turn < 4; turn += 1) await app.invoke({ items: [turn] }, thread("t"));
  const before = (await app.getState(thread("t"))).values;
  await saver.prune("t", { last: 1 });
  const roots = new Set((await listed(saver, "t", "")).map((tuple) => tuple.checkpoint.id));
  for (const tuple of await listed(saver, "t"))
    for (const [name, id] of Object.entries(tuple.metadata?.parents ?? {}))
      if (name === "") expect(roots).toContain(id);
  expect((await app.getState(thread("t"))).values).toEqual(before);
  await app.invoke({ items: ["again"] }, thread("t"));
  const cold = (await open(file).get(thread("t")))!;
  expect((cold.channel_values["items"] as unknown[]).slice(-3)[0]).toBe("again");
});

it("keepLast keeps a long thread's history short while it runs, and its state whole", async () => {
  const file = place();
  const saver = open(file, { keepLast: 5 });
  const app = loop(60, (index) => textOf(index)).compile({ checkpointer: saver });
  const { items } = await app.invoke({}, { ...thread("t"), recursionLimit: 100 });
  expect(items).toHaveLength(60);
  expect((await listed(saver, "t")).length).toBeLessThanOrEqual(10);
  expect((await open(file).get(thread("t")))?.channel_values["items"]).toEqual(items);
  expect(() => SqliteCheckpointer.open({ file, keepLast: 0 })).toThrow(/keepLast/);
});

it("D4 a thread that was taken over refuses who wrote it before, and nothing of it is stored", async () => {
  const file = place();
  const zombie = open(file);
  const owner = open(file);
  await append(zombie, "t", "one");
  await append(zombie, "free", "one");
  expect(await owner.takeOver("t")).toBe(1);
  await expect(append(zombie, "t", "two")).rejects.toMatchObject({ code: "lease-lost" });
  const config = (await zombie.getTuple(thread("t")))!.config;
  await expect(zombie.putWrites(config, [["list", ["x"]]], "task")).rejects.toMatchObject({ code: "lease-lost" });
  await expect(zombie.deleteThread("t")).rejects.toMatchObject({ code: "lease-lost" });
  await expect(zombie.prune("t", { last: 1 })).rejects.toMatchObject({ code: "lease-lost" });
  await append(owner, "t", "two");
  await append(zombie, "free", "two"); // other threads are nobody's business
  expect(await listAt(zombie, "t")).toEqual(["one", "two"]);
  await owner.deleteThread("t");
  await expect(append(zombie, "t", "three")).rejects.toMatchObject({ code: "lease-lost" });
  expect(await zombie.takeOver("t")).toBe(2);
  await append(zombie, "t", "three");
  await expect(append(owner, "t", "four")).rejects.toMatchObject({ code: "lease-lost" });
});

it("a checkpoint stored again under its id is the new one, and those after it stay what they were", async () => {
  const file = place();
  const saver = open(file);
  const first = await append(saver, "t", "one");
  await append(saver, "t", "two");
  const tuple = (await saver.getTuple({ configurable: { thread_id: "t", checkpoint_id: first } }))!;
  const again = { ...tuple.checkpoint, channel_values: { list: ["changed"] }, channel_versions: { list: 9 } };
  await saver.put(thread("t"), again, metadata, { list: 9 });
  const cold = open(file);
  expect(await listAt(cold, "t", first)).toEqual(["changed"]);
  expect(await listAt(cold, "t")).toEqual(["one", "two"]);
});

it("says what is missing in a config", async () => {
  const saver = open();
  await expect(saver.put({}, emptyCheckpoint(), metadata, {})).rejects.toMatchObject({ code: "usage" });
  await expect(saver.putWrites(thread("t"), [], "task")).rejects.toMatchObject({ code: "usage" });
});
