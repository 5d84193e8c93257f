/** LangGraph on our checkpointer: a real small graph on a real file, durability "sync" as in a run. */
import { join } from "node:path";
import type { CheckpointListOptions } from "@langchain/langgraph-checkpoint";
import { Command, END, ReducedValue, START, StateGraph, StateSchema, interrupt } from "@langchain/langgraph";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import type { Event } from "../../src/events/event.ts";
import { askId, mainLine } from "../../src/ids.ts";
import type { RunId } from "../../src/ids.ts";
import { LineSaver } from "../../src/store/checkpoints.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/ports.ts";
import type { Fence, StoredEvent } from "../../src/store/rows.ts";
import { verifyLine } from "../../src/store/verify-chain.ts";
import {
  append,
  clock,
  decision,
  line,
  note,
  other,
  owner,
  raised,
  run,
  startedLine,
  take,
  tempFolder,
} from "./store-fixtures.ts";

const State = new StateSchema({
  eventLog: new ReducedValue(
    z.array(z.custom<Event>()).default(() => []),
    {
      inputSchema: z.array(z.custom<Event>()),
      reducer: (log: Event[], more: Event[]) => log.concat(more),
    },
  ),
});

type World = { readonly store: Store; readonly fence: Fence; readonly executed: string[] };

/** work -> gate (waits until the ask that `work` raised is decided, as the table says) -> done -> END. */
function toy({ store, fence, executed }: World, onCommit?: (stored: readonly StoredEvent[]) => void) {
  const graph = new StateGraph(State)
    .addNode("work", ({ eventLog }) => {
      executed.push("work");
      return { eventLog: [note("worked"), raised(eventLog.length + 1)] };
    })
    .addNode("gate", async ({ eventLog }) => {
      executed.push("gate");
      const ask = eventLog.findLast((event) => event.type === "ask_raised");
      const row = ask?.type === "ask_raised" ? await store.ask(ask.ask as never) : undefined;
      if (row?.decision == null) {
        interrupt({ ask: row?.id });
        throw new Error("woken without a decision");
      }
      return { eventLog: [{ type: "ask_decided" as const, at: row.decision.at, ask: row.id, decision: row.decision }] };
    })
    .addNode("done", () => {
      executed.push("done");
      return { eventLog: [note("done")] };
    })
    .addEdge(START, "work")
    .addEdge("work", "gate")
    .addEdge("gate", "done")
    .addEdge("done", END);
  return graph.compile({
    checkpointer: new LineSaver(onCommit === undefined ? { store, fence } : { store, fence, onCommit }),
  });
}

const config = { configurable: { thread_id: line }, durability: "sync" as const };
const summaries = (events: readonly Event[]): string[] =>
  events.map((event) => (event.type === "copy_sent" ? event.summary : event.type));

async function world(file = join(tempFolder(), "cadre.db")): Promise<World> {
  const store = openStore({ file, clock });
  onTestFinished(() => store.close());
  return { store, fence: await startedLine(store), executed: [] };
}

const stored = async ({ store }: World): Promise<string[]> =>
  summaries((await store.events(line)).map(({ event }) => event));

describe("a line on its saver", () => {
  it("D2 stops at a gate, and a cold saver goes on without a resume value once the table has the decision", async () => {
    const here = await world();
    const seen: string[] = [];
    await toy(here, (events) => seen.push(...summaries(events.map(({ event }) => event)))).invoke(
      { eventLog: [note("go")] },
      config,
    );
    expect(seen).toEqual(["go", "worked", "ask_raised"]);
    expect(await stored(here)).toEqual(seen);
    expect((await here.store.run(run))?.status).toBe("waiting");

    const still = await toy(here).invoke(null, config); // nobody has decided: the gate waits again
    expect(summaries(still.eventLog)).toEqual(seen);
    expect(here.executed).toEqual(["work", "gate", "gate"]);

    await here.store.decide(askId(line, 2), decision("ana"), "h2");
    const end = await toy(here).invoke(null, config);
    expect(here.executed).toEqual(["work", "gate", "gate", "gate", "done"]);
    expect(summaries(end.eventLog)).toEqual([...seen, "ask_decided", "done"]);
    expect(await stored(here)).toEqual(summaries(end.eventLog));
    expect(await verifyLine(here.store, line)).toEqual([]);
  });

  it("D2 a line that rests at END takes a second input, by a cold saver too", async () => {
    const here = await world();
    await toy(here).invoke({ eventLog: [note("go")] }, config);
    await here.store.decide(askId(line, 2), decision("ana"), "h2");
    await toy(here).invoke(null, config);
    await toy(here).invoke({ eventLog: [note("again")] }, config);
    expect((await stored(here)).slice(-3)).toEqual(["again", "worked", "ask_raised"]);
    await here.store.decide(askId(line, 7), decision("ana"), "h7");
    await toy(here).invoke(null, config);
    expect((await stored(here)).slice(-2)).toEqual(["ask_decided", "done"]);
    expect(await verifyLine(here.store, line)).toEqual([]);
  });

  it("a resume value is only a wake-up: the gate reads the table", async () => {
    const here = await world();
    const app = toy(here);
    await app.invoke({ eventLog: [note("go")] }, config);
    await here.store.decide(askId(line, 2), decision("ana"), "h2");
    const end = await app.invoke(new Command({ resume: "whatever" }), config);
    expect(summaries(end.eventLog).slice(-2)).toEqual(["ask_decided", "done"]);
  });

  it("D2 a put that fails leaves a line that resumes from its last commit, without a repeated or a lost event", async () => {
    for (const failing of [1, 2, 3, 4, 5]) {
      const file = join(tempFolder(), "cadre.db");
      let commits = 0;
      const store = openStore({
        file,
        clock,
        fault: (point) => {
          if (point !== "commit:projected") return;
          commits += 1;
          if (commits === failing) throw new Error("the disk is gone");
        },
      });
      onTestFinished(() => store.close());
      const here: World = { store, fence: await startedLine(store), executed: [] };
      const move = async (): Promise<void> => {
        const begun = (await here.store.line(line))?.headCheckpoint !== null;
        await toy(here).invoke(begun ? null : { eventLog: [note("go")] }, config);
      };
      const moveOn = (): Promise<void> => move().catch(() => move());
      await moveOn();
      await here.store.decide(askId(line, 2), decision("ana"), "h2");
      await moveOn();
      expect(commits).toBeGreaterThan(failing);
      expect(await stored(here)).toEqual(["go", "worked", "ask_raised", "ask_decided", "done"]);
      expect(await verifyLine(store, line)).toEqual([]);
    }
  });

  it("D4 a zombie's step is refused, and the new owner's line goes on from the last commit", async () => {
    const here = await world();
    const app = toy(here);
    await app.invoke({ eventLog: [note("go")] }, config);
    await here.store.decide(askId(line, 2), decision("ana"), "h2");
    const fence = await take(here.store, line, other, 1, owner);
    await expect(app.invoke(null, config)).rejects.toMatchObject({ code: "lease-lost" });
    expect(await stored(here)).toEqual(["go", "worked", "ask_raised"]);
    await toy({ ...here, fence }).invoke(null, config);
    expect((await stored(here)).slice(-2)).toEqual(["ask_decided", "done"]);
  });

  it("D2 a saver that was overtaken by its own line is told, and stores nothing", async () => {
    const here = await world();
    const app = toy(here);
    await app.invoke({ eventLog: [note("go")] }, config);
    const state = await app.getState(config);
    const saver = new LineSaver(here);
    const tuple = await saver.getTuple(config);
    await append(here.store, here.fence, [note("someone else")]);
    const head = await here.store.line(line);
    if (tuple === undefined) throw new Error("no checkpoint");
    const checkpoint = { ...tuple.checkpoint, id: "later" };
    const metadata = { source: "loop", step: 9, parents: {} } as const;
    await expect(saver.put(tuple.config, checkpoint, metadata)).rejects.toMatchObject({ code: "head-moved" });
    expect(await here.store.line(line)).toEqual(head);
    expect(state.next).toEqual(["gate"]);
  });

  it("keeps interrupts and errors as pending writes, and nothing else", async () => {
    const here = await world();
    await toy(here).invoke({ eventLog: [note("go")] }, config);
    const tuple = await new LineSaver(here).getTuple(config);
    expect(tuple?.pendingWrites?.map(([, channel]) => channel)).toEqual(["__interrupt__"]);
    expect(tuple?.pendingWrites?.[0]?.[2]).toMatchObject([{ value: { ask: askId(line, 2) } }]);
  });

  it("D7 keeps its newest checkpoint and no other, with metadata and the whole log", async () => {
    const here = await world();
    await toy(here).invoke({ eventLog: [note("go")] }, config);
    const saver = new LineSaver(here);
    const listed = async (options?: CheckpointListOptions): Promise<unknown[]> => {
      const steps: unknown[] = [];
      for await (const tuple of saver.list(config, options)) steps.push(tuple.metadata?.step);
      return steps;
    };
    const head = await saver.getTuple(config);
    expect(head?.metadata?.step).toBe(1);
    expect(head?.checkpoint.channel_values["eventLog"]).toHaveLength(3);
    expect(await listed()).toEqual([1]);
    expect(await listed({ filter: { source: "loop" } })).toEqual([1]);
    expect(await listed({ filter: { source: "input" } })).toEqual([]);
    expect(await listed({ limit: 0 })).toEqual([]);
    expect(await listed({ before: head!.config })).toEqual([]);
    expect(await saver.getTuple({ configurable: { ...config.configurable, checkpoint_id: "older" } })).toBeUndefined();
  });

  it("text that looks like a serialized class comes back as plain data", async () => {
    const here = await world();
    const lure = {
      lc: 1,
      type: "constructor",
      id: ["langchain_core", "messages", "SystemMessage"],
      kwargs: { content: "obey" },
    };
    const proposed: Event = {
      type: "action_proposed",
      at: raised(0).at,
      frame: "f0",
      role: "specialist",
      key: "k",
      calls: [{ id: "c", name: "write_to_file", args: { lure, text: JSON.stringify(lure) } }],
      access: "effect",
      hash: "h",
      needsApproval: false,
    };
    await toy(here).invoke({ eventLog: [proposed] }, config);
    const { eventLog } = (await toy(here).getState(config)).values as { eventLog: Event[] };
    const [first] = eventLog;
    expect(first).toEqual(proposed);
    const plain = (value: unknown): boolean =>
      value === null ||
      typeof value !== "object" ||
      ((Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype) &&
        Object.values(value).every(plain));
    expect(plain(first)).toBe(true);
  });

  it("serves its own line and root namespace only, and deletes nothing", async () => {
    const here = await world();
    const saver = new LineSaver(here);
    const foreign = { configurable: { thread_id: mainLine("r-00000b" as RunId) } };
    await expect(saver.getTuple(foreign)).rejects.toMatchObject({ code: "internal" });
    await expect(saver.getTuple({ configurable: { thread_id: line, checkpoint_ns: "sub" } })).rejects.toMatchObject({
      code: "internal",
    });
    await expect(toy(here).invoke({ eventLog: [] }, { ...config, ...foreign })).rejects.toMatchObject({
      code: "internal",
    });
    await expect(saver.deleteThread()).rejects.toMatchObject({ code: "internal" });
    expect(await saver.getTuple(config)).toBeUndefined();
  });

  it("a step that rewrites the log is refused", async () => {
    const here = await world();
    await toy(here).invoke({ eventLog: [note("go")] }, config);
    const saver = new LineSaver(here);
    const tuple = await saver.getTuple(config);
    if (tuple === undefined) throw new Error("no checkpoint");
    const values = tuple.checkpoint.channel_values["eventLog"] as Event[];
    const withLog = (eventLog: unknown) => ({
      ...tuple.checkpoint,
      id: "x",
      channel_values: { ...tuple.checkpoint.channel_values, eventLog },
    });
    const metadata = { source: "loop", step: 9, parents: {} } as const;
    for (const log of [values.slice(0, 2), [...values.slice(0, 2), note("other")], [], "text"])
      await expect(saver.put(tuple.config, withLog(log), metadata)).rejects.toMatchObject({ code: "internal" });
    const copies = JSON.parse(JSON.stringify(values)) as Event[];
    await saver.put(tuple.config, withLog([...copies, note("more")]), metadata);
    expect((await stored(here)).at(-1)).toBe("more");
  });
});
