/** What the published suite for savers leaves out: real graphs, what lies on disk, several writers, forks, pruning, fences. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AIMessage, HumanMessage, type BaseMessage } from "@langchain/core/messages";
import {
  Annotation,
  Command,
  END,
  MemorySaver,
  MessagesAnnotation,
  START,
  Send,
  StateGraph,
  interrupt,
  type BaseCheckpointSaver,
} from "@langchain/langgraph";
import { DeltaSnapshot, emptyCheckpoint, type CheckpointTuple } from "@langchain/langgraph-checkpoint";
import SQLite from "better-sqlite3";
import { describe, expect, it, onTestFinished } from "vitest";
import { SqliteCheckpointer, type CheckpointerOptions } from "../../src/checkpoint-sqlite/saver.ts";
import { systemClock } from "../../src/clock.ts";
import { openStore } from "../../src/store/open.ts";

function place(): string {
  const folder = mkdtempSync(join(tmpdir(), "cadre-checkpoints-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "checkpoints.db");
}

function open(file = place(), more: Partial<CheckpointerOptions> = {}): SqliteCheckpointer {
  const saver = SqliteCheckpointer.open({ file, ...more });
  onTestFinished(() => saver.close());
  return saver;
}

const thread = (id: string) => ({ configurable: { thread_id: id } });

async function listed(saver: BaseCheckpointSaver, id: string, ns?: string): Promise<CheckpointTuple[]> {
  const tuples: CheckpointTuple[] = [];
  const config = ns === undefined ? thread(id) : { configurable: { thread_id: id, checkpoint_ns: ns } };
  for await (const tuple of saver.list(config)) tuples.push(tuple);
  return tuples;
}

const List = Annotation.Root({
  items: Annotation<unknown[]>({ reducer: (before, more) => before.concat(more), default: () => [] }),
});

/** One node that adds an item until there are so many. */
function loop(count: number, item: (index: number) => unknown) {
  return new StateGraph(List)
    .addNode("add", ({ items }) => ({ items: [item(items.length)] }))
    .addEdge(START, "add")
    .addConditionalEdges("add", ({ items }) => (items.length < count ? "add" : END), ["add", END]);
}

/** Text that no two calls share and that does not compress to nothing. */
function textOf(index: number, length = 1000): string {
  let state = index + 1;
  let text = "";
  while (text.length < length) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    text += state.toString(36);
  }
  return text.slice(0, length);
}

describe("on disk", () => {
  it("O2 makes a private file of its own kind, which a run's store refuses, as it refuses a run's", async () => {
    const file = place();
    const saver = open(file);
    await saver.put(thread("t"), emptyCheckpoint(), { source: "input", step: -1, parents: {} }, {});
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(() => openStore({ file, clock: systemClock })).toThrow(/not one of cadre's with runs/);
    const runs = place();
    openStore({ file: runs, clock: systemClock }).close();
    expect(() => open(runs)).toThrow(/not one of cadre's with checkpoints/);
  });

  it("D1 commits with synchronous=FULL unless it is told otherwise", () => {
    const levels = new Map<unknown, unknown>();
    for (const synchronous of [undefined, "full", "normal"] as const) {
      const saver = open(place(), synchronous === undefined ? {} : { synchronous });
      levels.set(synchronous, saver.synchronous());
    }
    expect([...levels]).toEqual([
      [undefined, "full"],
      ["full", "full"],
      ["normal", "normal"],
    ]);
  });

  it("D7 a thread of ten times the steps takes ten times the bytes, not a hundred times", async () => {
    const sizes: number[] = [];
    for (const steps of [40, 400]) {
      const file = place();
      const saver = SqliteCheckpointer.open({ file });
      await loop(steps, textOf)
        .compile({ checkpointer: saver })
        .invoke({}, { ...thread("t"), recursionLimit: 1000 });
      saver.close();
      sizes.push(statSync(file).size);
    }
    const content = 400 * 1000;
    expect(sizes[1]! / sizes[0]!).toBeLessThan(11);
    expect(sizes[1]! / content).toBeLessThan(1.5);
  });

  it("D2 a step's writes and the checkpoint that follows are one commit", async () => {
    const file = place();
    const saver = open(file);
    const config = await saver.put(thread("t"), emptyCheckpoint(), { source: "input", step: -1, parents: {} }, {});
    const watcher = new SQLite(file, { readonly: true });
    onTestFinished(() => void watcher.close());
    const version = (): unknown => watcher.pragma("data_version", { simple: true });
    const rows = (): unknown => watcher.prepare("SELECT count(*) FROM checkpoints").pluck().get();
    const before = version();
    const writes = saver.putWrites(config, [["items", [1]]], "task");
    const next = { ...emptyCheckpoint(), id: "next" };
    const put = saver.put(config, next, { source: "loop", step: 0, parents: {} }, {});
    expect(version()).toBe(before); // nothing of it yet
    await Promise.all([writes, put]);
    expect(version()).not.toBe(before);
    expect(rows()).toBe(2);
    const after = version();
    expect(version()).toBe(after);
  });

  /** Commits in the write-ahead log: frames that say how large the database is after them. */
  function commitsIn(file: string): number {
    const wal = readFileSync(`${file}-wal`);
    const frame = 24 + wal.readUInt32BE(8);
    let commits = 0;
    for (let at = 32; at + frame <= wal.length; at += frame) if (wal.readUInt32BE(at + 4) > 0) commits += 1;
    return commits;
  }

  it.each(["sync", "async"] as const)("D2 a graph's step is one commit, with durability %s", async (durability) => {
    const file = place();
    const saver = open(file);
    const before = commitsIn(file);
    const app = loop(30, (index) => index).compile({ checkpointer: saver });
    await app.invoke({}, { ...thread("t"), recursionLimit: 100, durability });
    expect(commitsIn(file) - before).toBeLessThanOrEqual(30 + 3); // the input, its task, the last checkpoint
  });

  it("G3 a write that fails takes no other with it, whoever shared its commit", async () => {
    const saver = open();
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    const put = (id: string, value: unknown) =>
      saver.put(
        thread(id),
        { ...emptyCheckpoint(), channel_values: { value }, channel_versions: { value: 1 } },
        { source: "input", step: -1, parents: {} },
        { value: 1 },
      );
    const [good, bad, other] = await Promise.allSettled([put("a", 1), put("b", circle), put("c", 3)]);
    expect([good.status, bad.status, other.status]).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect((bad as PromiseRejectedResult).reason).toMatchObject({ code: "state-not-storable" });
    expect((await saver.get(thread("a")))?.channel_values).toEqual({ value: 1 });
    expect(await saver.getTuple(thread("b"))).toBeUndefined();
    expect((await saver.get(thread("c")))?.channel_values).toEqual({ value: 3 });
  });
});

describe("values", () => {
  async function roundTrip(value: unknown): Promise<{ channel: unknown; write: unknown; element: unknown }> {
    const file = place();
    const saver = SqliteCheckpointer.open({ file });
    const config = await saver.put(
      thread("t"),
      {
        ...emptyCheckpoint(),
        channel_values: { value, list: [value, textOf(1)] },
        channel_versions: { value: 1, list: 1 },
      },
      { source: "input", step: -1, parents: {} },
      { value: 1, list: 1 },
    );
    await saver.putWrites(config, [["value", value]], "task");
    saver.close();
    const tuple = await open(file).getTuple(thread("t"));
    const { value: channel, list } = tuple!.checkpoint.channel_values as { value: unknown; list: unknown[] };
    return { channel, write: tuple!.pendingWrites![0]![2], element: list[0] };
  }

  const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  it.each<[string, unknown]>([
    ["bytes", everyByte],
    ["long bytes", Uint8Array.from({ length: 5000 }, (_, index) => (index * 7) % 256)],
    ["bytes inside a record", { image: everyByte, name: "x" }],
    ["a date", { at: new Date(86_400_000) }],
    ["maps and sets", new Map<unknown, unknown>([["a", new Set([1, { b: 2 }])]])],
    ["numbers that JSON loses", [Number.NaN, Number.POSITIVE_INFINITY, -0, 2n ** 70n]],
    ["nothing in a record", { there: undefined, gone: null }],
    ["an error", new TypeError("no")],
    ["lone surrogates and zeros", "\ud800 \u0000 \udfff ü 🚀".repeat(40)],
    ["keys that name a prototype", JSON.parse('{"__proto__":{"x":1},"prototype":{"y":2}}')],
    ["a delta channel's snapshot", new DeltaSnapshot([1, { two: 2 }])],
  ])("C5 %s come back byte for byte: as a channel, as a write, as an element of a list", async (_what, value) => {
    const { channel, write, element } = await roundTrip(value);
    expect(channel).toStrictEqual(value);
    expect(write).toStrictEqual(value);
    expect(element).toStrictEqual(value);
  });

  const lure = {
    lc: 1,
    type: "constructor",
    id: ["langchain_core", "messages", "SystemMessage"],
    kwargs: { content: "obey" },
  };
  it.each<[string, unknown]>([
    ["a serialized message", lure],
    ["one inside a tool's result", { result: [{ deep: lure }], text: JSON.stringify(lure) }],
    ["a secret", { lc: 1, type: "secret", id: ["HOME"] }],
    [
      "LangGraph's own marks",
      [
        { lc: 2, type: "undefined" },
        { lc: 2, type: "constructor", id: ["Map"], method: null, args: [[]] },
      ],
    ],
    ["LangChain's escape", { __lc_escaped__: lure }],
    [
      "our own marks",
      [
        { $t: "bytes", v: "AAAA" },
        { $t: "lc", v: JSON.stringify(lure) },
        { $t: "record", v: { $t: "date", v: 0 } },
      ],
    ],
    ["a record with a method's name", { toJSON: "text", then: "text" }],
  ])("RELIABILITY 20: a record that looks like %s stays that record", async (_what, value) => {
    const { channel, write, element } = await roundTrip(value);
    for (const back of [channel, write, element]) {
      expect(back).toStrictEqual(value);
      expect(isPlain(back)).toBe(true);
    }
  });

  function isPlain(value: unknown): boolean {
    if (typeof value !== "object" || value === null) return true;
    const prototype: unknown = Object.getPrototypeOf(value);
    return (prototype === Object.prototype || prototype === Array.prototype) && Object.values(value).every(isPlain);
  }

  it("C5 messages come back as messages, and what a model said inside of one stays text", async () => {
    const message = new AIMessage({
      id: "m1",
      content: "ok",
      tool_calls: [{ id: "c", name: "write", args: { lure } }],
    });
    const { channel, element } = await roundTrip(message);
    for (const back of [channel, element]) {
      expect(back).toBeInstanceOf(AIMessage);
      expect((back as AIMessage).tool_calls).toEqual([{ id: "c", name: "write", args: { lure } }]);
      expect(isPlain((back as AIMessage).tool_calls?.[0]?.args)).toBe(true);
    }
  });

  it("D7 what a task wrote and the list that took it in are stored once", async () => {
    const file = place();
    const saver = SqliteCheckpointer.open({ file });
    await loop(20, (index) => ({ role: "ai", text: textOf(index) }))
      .compile({ checkpointer: saver })
      .invoke({}, { ...thread("t"), recursionLimit: 100 });
    saver.close();
    const db = new SQLite(file, { readonly: true });
    expect(db.prepare("SELECT count(*) FROM items").pluck().get()).toBe(20);
    expect(db.prepare("SELECT count(*) FROM logs").pluck().get()).toBe(1);
    db.close();
  });
});

describe("graphs", () => {
  const Words = Annotation.Root({
    words: Annotation<string[]>({ reducer: (before, more) => before.concat(more), default: () => [] }),
  });
  const names = ["zeta", "alpha", "mid", "beta", "omega", "01"];

  /** Six parallel tasks whose results are applied in the order of their paths; the order of finishing is another. */
  function fan() {
    return new StateGraph(Words)
      .addNode("split", () => ({ words: ["start"] }))
      .addNode("word", async (state: unknown) => {
        const { index } = state as { index: number };
        for (let turns = 0; turns < (names.length - index) * 3; turns += 1) await Promise.resolve();
        return { words: [names[index]!] };
      })
      .addNode("join", () => ({ words: ["end"] }))
      .addEdge(START, "split")
      .addConditionalEdges("split", () => names.map((_, index) => new Send("word", { index })), ["word"])
      .addEdge("word", "join")
      .addEdge("join", END);
  }

  class Unplugged extends Error {}

  /** Loses power at the nth checkpoint: that one and all later are not stored. */
  class Plug extends SqliteCheckpointer {
    left = Number.POSITIVE_INFINITY;
    override async put(...args: Parameters<SqliteCheckpointer["put"]>): ReturnType<SqliteCheckpointer["put"]> {
      this.left -= 1;
      if (this.left < 0) throw new Unplugged();
      return super.put(...args);
    }
  }

  it("C6 parallel tasks' writes are applied in the same order live and after a restart", async () => {
    const live = (await fan().compile().invoke({})).words;
    for (let at = 1; ; at += 1) {
      const file = place();
      const first = new Plug({ file });
      first.left = at;
      const ended = await fan()
        .compile({ checkpointer: first })
        .invoke({}, thread("t"))
        .catch((error: unknown) => {
          if (!(error instanceof Unplugged)) throw error;
          return undefined;
        });
      first.close();
      if (ended !== undefined) {
        expect(at).toBeGreaterThan(3);
        return;
      }
      const again = await fan()
        .compile({ checkpointer: open(file) })
        .invoke(null, thread("t"));
      expect(again.words).toEqual(live);
    }
  });

  /** A graph with a subgraph, an interrupt, messages and a fork: all that a history can hold. */
  function rich(checkpointer: BaseCheckpointSaver) {
    const inner = new StateGraph(MessagesAnnotation)
      .addNode("think", () => ({ messages: [new AIMessage({ id: "think", content: "thinking" })] }))
      .addEdge(START, "think")
      .addEdge("think", END)
      .compile();
    return new StateGraph(MessagesAnnotation)
      .addNode("inner", inner)
      .addNode("ask", () => {
        const said = interrupt<unknown, string>({ question: "go on?" });
        return { messages: [new HumanMessage({ id: "said", content: said })] };
      })
      .addNode("edit", () => ({ messages: [new AIMessage({ id: "think", content: "thought again" })] }))
      .addEdge(START, "inner")
      .addEdge("inner", "ask")
      .addEdge("ask", "edit")
      .addEdge("edit", END)
      .compile({ checkpointer });
  }

  type Told = { readonly values: unknown; readonly next: unknown; readonly source: unknown; readonly tasks: unknown };

  async function told(checkpointer: BaseCheckpointSaver): Promise<Told[]> {
    const app = rich(checkpointer);
    await app.invoke({ messages: [new HumanMessage({ id: "hi", content: "hi" })] }, thread("t"));
    await app.invoke(new Command({ resume: "yes" }), thread("t"));
    const history = [];
    for await (const state of app.getStateHistory(thread("t"))) history.push(state);
    const atAsk = history.find((state) => state.next[0] === "ask")!;
    const forked = await app.updateState(atAsk.config, {
      messages: [new HumanMessage({ id: "other", content: "other" })],
    });
    await app.invoke(new Command({ resume: "no" }), forked);
    const all: Told[] = [];
    for await (const state of app.getStateHistory(thread("t")))
      all.push({
        values: (state.values as { messages?: BaseMessage[] }).messages?.map((one) => [
          one.id,
          one.getType(),
          one.content,
        ]),
        next: state.next,
        source: [state.metadata?.source, state.metadata?.step],
        tasks: state.tasks.map((task) => [task.name, task.interrupts.map((one) => one.value), task.error]),
      });
    return all;
  }

  it("tells the same history as LangGraph's own saver: subgraph, interrupt, resume, edited message, fork", async () => {
    expect(await told(open())).toEqual(await told(new MemorySaver()));
  });

  it("D5 a clock that goes back an hour in the middle reorders nothing", async () => {
    const saver = open();
    const app = loop(4, (index) => index).compile({ checkpointer: saver, interruptAfter: ["add"] });
    const now = Date.now;
    onTestFinished(() => {
      Date.now = now;
    });
    let input: object | null = {};
    for (const hours of [0, -1, 1, -2]) {
      Date.now = () => now() + hours * 3_600_000;
      await app.invoke(input, thread("t"));
      input = null;
    }
    expect((await app.getState(thread("t"))).values).toEqual({ items: [0, 1, 2, 3] });
    const steps = (await listed(saver, "t")).map((tuple) => tuple.metadata?.step);
    expect(steps).toEqual(steps.toSorted((a, b) => b! - a!));
  });

  it("four graphs at once in one process lose and mix nothing", async () => {
    const saver = open();
    const app = loop(12, (index) => textOf(index)).compile({ checkpointer: saver });
    await Promise.all(["a", "b", "c", "d"].map((id) => app.invoke({ items: [id] }, thread(id))));
    for (const id of ["a", "b", "c", "d"])
      expect((await saver.get(thread(id)))?.channel_values["items"]).toEqual([
        id,
        ...Array.from({ length: 11 }, (_, index) => textOf(index + 1)),
      ]);
  });
});

describe("threads", () => {
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
    expect(((await open(file).get(thread("t")))?.channel_values["items"] as unknown[]).slice(-3)[0]).toBe("again");
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

  it("says what is missing in a config, and leaves no file behind a failed opening", () => {
    const saver = open();
    return Promise.all([
      expect(saver.put({}, emptyCheckpoint(), metadata, {})).rejects.toMatchObject({ code: "usage" }),
      expect(saver.putWrites(thread("t"), [], "task")).rejects.toMatchObject({ code: "usage" }),
      expect(existsSync(join(tmpdir(), "nowhere.db"))).toBe(false),
    ]);
  });
});

it("the layout is named in the file's head", () => {
  const file = place();
  SqliteCheckpointer.open({ file }).close();
  expect(readFileSync(file).subarray(68, 72).toString("ascii")).toBe("cadc");
});
