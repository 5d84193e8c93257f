/** What the published suite for savers leaves out: what lies on disk, and real graphs. */
import { readFileSync, statSync } from "node:fs";
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
import { emptyCheckpoint } from "@langchain/langgraph-checkpoint";
import SQLite from "better-sqlite3";
import { describe, expect, it, onTestFinished } from "vitest";
import { SqliteCheckpointer } from "../../src/checkpoint-sqlite/saver.ts";
import { systemClock } from "../../src/clock.ts";
import { openStore } from "../../src/store/open.ts";
import { listed, loop, open, place, textOf, thread } from "../fixtures/checkpoint-files.ts";

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

  it("D7 a list whose last element was edited twenty thousand times as it grew is read, gone on with, pruned and forked", async () => {
    const file = place();
    const list = Array.from({ length: 20_000 }, (_, index) => `element ${index}`);
    const at = (id: string, values: readonly string[], version: number) => ({
      ...emptyCheckpoint(),
      id,
      channel_values: { list: values },
      channel_versions: { list: version },
    });
    const told = { source: "loop", step: 0, parents: {} } as const;
    const first = SqliteCheckpointer.open({ file });
    await first.put(thread("t"), at("1", list, 1), told, { list: 1 });
    first.close();
    // As such a thread lies there: each edit left a log of its own behind, which goes on with the one before it.
    const db = new SQLite(file);
    const tip = db.prepare<[], number>("SELECT seq FROM logs").pluck().get() ?? 0;
    db.exec(`WITH RECURSIVE edit(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM edit WHERE n < ${list.length - 2})
      INSERT INTO logs (seq, parent, cut) SELECT ${tip + 1} + n, CASE n WHEN 0 THEN NULL ELSE ${tip} + n END, n FROM edit`);
    db.exec(`UPDATE entries SET log = ${tip + 1} + idx WHERE idx < ${list.length - 1}`);
    db.exec(`UPDATE logs SET parent = ${tip + list.length - 1}, cut = ${list.length - 1} WHERE seq = ${tip}`);
    db.close();
    const saver = open(file);
    const held = async (id: string) => (await saver.getTuple(thread(id)))?.checkpoint.channel_values["list"];
    expect(await held("t")).toEqual(list);
    const edited = [...list.slice(0, 100), "edited"];
    const config = { configurable: { thread_id: "t", checkpoint_ns: "", checkpoint_id: "1" } };
    await saver.put(config, at("2", edited, 2), told, { list: 2 });
    await saver.fork(thread("t"), "fork");
    expect(await saver.prune("t", { last: 1 })).toBe(1);
    expect([await held("t"), await held("fork")]).toEqual([edited, edited]);
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

  it("A3 a message that was read, changed in place and put back is stored as it is now", async () => {
    for (const saver of [new MemorySaver(), open()]) {
      const paid: unknown[] = [];
      const app = new StateGraph(MessagesAnnotation)
        .addNode("propose", () => ({
          messages: [
            new AIMessage({ id: "p", content: "", tool_calls: [{ id: "c", name: "pay", args: { amount: 1000 } }] }),
          ],
        }))
        .addNode("pay", ({ messages }) => {
          paid.push((messages.at(-1) as AIMessage).tool_calls?.[0]?.args);
          return {};
        })
        .addEdge(START, "propose")
        .addEdge("propose", "pay")
        .compile({ checkpointer: saver, interruptBefore: ["pay"] });
      await app.invoke({ messages: [new HumanMessage({ id: "h", content: "pay" })] }, thread("t"));
      const message = (await app.getState(thread("t"))).values.messages.at(-1) as AIMessage;
      message.tool_calls![0]!.args = { amount: 10 };
      await app.updateState(thread("t"), { messages: [message] });
      await app.invoke(null, thread("t"));
      expect(paid).toEqual([{ amount: 10 }]);
    }
  });

  it("A2 a checkpoint holds the state as it was handed over, whatever the next node does to the object", async () => {
    const Counted = Annotation.Root({ acc: Annotation<{ n: number }>(), list: Annotation<{ done: boolean }[]>() });
    for (const saver of [new MemorySaver(), open()]) {
      const app = new StateGraph(Counted)
        .addNode("a", () => ({ acc: { n: 0 }, list: [{ done: false }, { done: false }] }))
        .addNode("b", ({ acc, list }) => {
          acc.n += 1;
          list[0]!.done = true;
          return { acc: { ...acc }, list: [...list, { done: false }] };
        })
        .addEdge(START, "a")
        .addEdge("a", "b")
        .compile({ checkpointer: saver });
      await app.invoke({}, thread("t"));
      const history: unknown[] = [];
      for await (const state of app.getStateHistory(thread("t"))) history.push(state.values);
      expect(history.slice(0, 2)).toEqual([
        { acc: { n: 1 }, list: [{ done: true }, { done: false }, { done: false }] },
        { acc: { n: 0 }, list: [{ done: false }, { done: false }] },
      ]);
    }
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

it("the layout is named in the file's head", () => {
  const file = place();
  SqliteCheckpointer.open({ file }).close();
  expect(readFileSync(file).subarray(68, 72).toString("ascii")).toBe("cadc");
});
