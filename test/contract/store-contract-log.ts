/** What every store must do with runs, their rows and their event logs. `open` gives a new, empty store. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../src/canonical.ts";
import { askId } from "../../src/ids.ts";
import type { RunId } from "../../src/ids.ts";
import { genesisHash } from "../../src/store/ports.ts";
import type { Store } from "../../src/store/ports.ts";
import { verifyLine } from "../../src/store/verify-chain.ts";
import {
  append,
  boundChart,
  decision,
  ended,
  line,
  newRun,
  nextUnit,
  note,
  raised,
  run,
  startedLine,
  take,
} from "./store-fixtures.ts";

const refused = (code: string): object => expect.objectContaining({ code });

export function logContract(engine: string, open: () => Store): void {
  describe(`runs (${engine})`, () => {
    it("a created run is read back as it was given, with its line and chart", async () => {
      const store = open();
      await store.createRun(newRun(), boundChart());
      expect(await store.run(run)).toEqual({
        ...newRun(),
        status: "running",
        endedAt: null,
        signal: null,
        signalBy: null,
        counters: { modelCalls: 0, tokens: 0, money: 0, gpuMs: 0, movedMs: 0 },
        reason: null,
      });
      expect(await store.lines(run)).toEqual([
        {
          id: line,
          run,
          length: 0,
          headHash: genesisHash,
          headCheckpoint: null,
          epoch: 0,
          owner: null,
          leaseUntil: null,
          parent: null,
          openedAt: null,
          ended: null,
          closed: false,
          signal: null,
          signalBy: null,
          steps: 0,
          refusals: 0,
        },
      ]);
      expect(await store.chart("c1")).toEqual(boundChart());
      expect(await store.run("r-ffffff" as RunId)).toBeUndefined();
    });

    it("a second run under the same id is refused and changes nothing", async () => {
      const store = open();
      await store.createRun(newRun(), boundChart());
      await expect(store.createRun(newRun(run, { title: "Other" }), boundChart())).rejects.toEqual(
        refused("run-exists"),
      );
      expect((await store.runs()).map((row) => row.title)).toEqual(["Select a model"]);
    });

    it("D5 runs are listed newest first by arrival, whatever their times say", async () => {
      const store = open();
      const ids = ["r-000001", "r-000002", "r-000003"] as RunId[];
      for (const [index, id] of ids.entries())
        await store.createRun(newRun(id, { startedAt: `200${9 - index}-01-01T00:00:00.000Z` }), boundChart());
      expect((await store.runs()).map((row) => row.id)).toEqual(ids.toReversed());
      expect((await store.runs({ limit: 1 })).map((row) => row.id)).toEqual(["r-000003"]);
    });

    it("D6 a run waits while an ask of it is open, runs when it is decided, and has ended when an event says so", async () => {
      const store = open();
      const fence = await startedLine(store);
      const status = async () => (await store.run(run))?.status;
      expect(await status()).toBe("running");
      await append(store, fence, [raised(0)]);
      expect(await status()).toBe("waiting");
      expect((await store.runs({ status: "waiting" })).map((row) => row.id)).toEqual([run]);
      await store.decide(askId(line, 0), decision("ana"), "h0");
      expect(await status()).toBe("running");
      await append(store, fence, [
        { type: "ask_decided", at: decision("ana").at, ask: askId(line, 0), decision: decision("ana") },
        ended("failed"),
      ]);
      expect(await store.run(run)).toMatchObject({ status: "failed", reason: "all done", endedAt: decision("ana").at });
      expect(await store.runs({ status: "running" })).toEqual([]);
      expect(await store.runs({ status: "failed" })).toHaveLength(1);
    });

    it("D9 a raised limit and an adopted chart are on the run's row with the commit of their events", async () => {
      const store = open();
      const fence = await startedLine(store);
      await store.putChart(boundChart("c2"));
      await append(store, fence, [
        { type: "limit_raised", at: decision("a").at, ask: "a", limit: "steps", from: 10, to: 20, by: "ana" },
        { type: "chart_adopted", at: decision("a").at, ask: "a", from: "c1", to: "c2", by: "ana" },
      ]);
      expect(await store.run(run)).toMatchObject({ chart: "c2", limits: { ...newRun().limits, steps: 20 } });
    });

    it("D6 L1 a line that takes up an older decision late does not lower the limit that the run has come to", async () => {
      const store = open();
      const fence = await startedLine(store);
      const raised = { type: "limit_raised", at: decision("a").at, limit: "steps", from: 10, by: "ana" } as const;
      await append(store, fence, [{ ...raised, ask: "b", to: 100 }]);
      await append(store, fence, [{ ...raised, ask: "a", to: 20 }]);
      expect((await store.run(run))?.limits).toEqual({ ...newRun().limits, steps: 100 });
    });

    it("D9 a chart that is not stored cannot be adopted", async () => {
      const store = open();
      const fence = await startedLine(store);
      const adopt = { type: "chart_adopted", at: decision("a").at, ask: "a", from: "c1", to: "c9", by: "ana" } as const;
      await expect(append(store, fence, [adopt])).rejects.toEqual(refused("internal"));
      expect(await store.events(line)).toEqual([]);
    });

    it("a stop is seen at the next renewal and names who asked first", async () => {
      const store = open();
      const fence = await startedLine(store);
      expect(await store.renew(fence, 0, 1000)).toBeNull();
      await store.setSignal(run, "stop", "ana");
      await store.setSignal(run, "stop", "bob");
      expect(await store.renew(fence, 0, 1000)).toBe("stop");
      expect(await store.run(run)).toMatchObject({ signal: "stop", signalBy: "ana" });
      await expect(store.setSignal("r-ffffff" as RunId, "stop", "ana")).rejects.toEqual(refused("run-unknown"));
    });
  });

  describe(`commit (${engine})`, () => {
    it("D2 events come back in order with their checkpoint, as plain data", async () => {
      const store = open();
      const fence = await startedLine(store);
      const stored = await append(store, fence, [note("one"), note("two")]);
      await append(store, fence, [note("three")]);
      expect(stored.map((event) => event.index)).toEqual([0, 1]);
      expect(await store.events(line, 0, 2)).toEqual(stored);
      expect((await store.events(line, 1)).map((event) => event.event)).toEqual([note("two"), note("three")]);
      expect(await store.checkpoint(line)).toMatchObject({ id: "cp2", logLength: 3 });
    });

    it("D8 each hash is sha256 over the previous hash and the event's canonical JSON", async () => {
      const store = open();
      const fence = await startedLine(store);
      const events = [note("ä\u0000\ud800"), note("two")];
      const stored = await append(store, fence, events);
      let previous = genesisHash;
      for (const [index, event] of events.entries()) {
        previous = createHash("sha256")
          .update(previous + canonicalJson(event))
          .digest("hex");
        expect(stored[index]?.hash).toBe(previous);
      }
      expect((await store.line(line))?.headHash).toBe(previous);
      expect(await verifyLine(store, line)).toEqual([]);
    });

    it("D2 a step whose parent is no longer the head is refused", async () => {
      const store = open();
      const fence = await startedLine(store);
      const late = await nextUnit(store, fence, [note("late")]);
      await append(store, fence, [note("first")]);
      await expect(store.commit(late)).rejects.toEqual(refused("head-moved"));
      const next = await nextUnit(store, fence, [note("x")]);
      await expect(store.commit({ ...next, expectHead: null })).rejects.toEqual(refused("head-moved"));
      expect((await store.events(line)).map((event) => event.event)).toEqual([note("first")]);
    });

    it("D2 a checkpoint stands for exactly the events that are there", async () => {
      const store = open();
      const fence = await startedLine(store);
      const unit = await nextUnit(store, fence, [note("x")]);
      await expect(store.commit({ ...unit, events: [] })).rejects.toEqual(refused("internal"));
      expect(await store.checkpoint(line)).toBeUndefined();
    });

    it("E3 an event that breaks its schema is not written, and nothing beside it", async () => {
      const store = open();
      const fence = await startedLine(store);
      const bad = { ...note("x"), surprise: 1 };
      await expect(append(store, fence, [note("fine"), bad])).rejects.toEqual(refused("internal"));
      expect(await store.events(line)).toEqual([]);
      expect((await store.line(line))?.headCheckpoint).toBeNull();
    });

    it("D4 only the present owner's epoch may write", async () => {
      const store = open();
      await store.createRun(newRun(), boundChart());
      const unowned = { line, epoch: 0 };
      await expect(append(store, unowned, [note("x")])).rejects.toEqual(refused("lease-lost"));
      const fence = await take(store);
      await append(store, fence, [note("mine")]);
      await store.release(fence);
      await expect(append(store, fence, [note("after release")])).rejects.toEqual(refused("lease-lost"));
      expect(await store.events(line)).toHaveLength(1);
    });

    it("D5 events of several lines are followed in arrival order from a cursor", async () => {
      const store = open();
      const first = await startedLine(store);
      const foreign = await startedLine(store, "r-00000b" as RunId);
      const [one] = await append(store, first, [note("one")]);
      await append(store, foreign, [note("not mine")]);
      await append(store, first, [note("two"), note("three")]);
      const texts = async (after?: number) =>
        (await store.runEvents(run, after)).map(({ event }) => (event.type === "copy_sent" ? event.summary : ""));
      expect(await texts()).toEqual(["one", "two", "three"]);
      expect(await texts(one?.seq)).toEqual(["two", "three"]);
    });

    it("pending writes are kept per checkpoint, replaced by a second try, and dropped when the line moves on", async () => {
      const store = open();
      const fence = await startedLine(store);
      await append(store, fence, [note("x")]);
      const write = { task: "t1", index: -3, channel: "__interrupt__", value: '"ask"' } as const;
      await store.putWrites(fence, "cp1", [write]);
      await store.putWrites(fence, "cp1", [{ ...write, value: '"again"' }]);
      expect(await store.writes(line, "cp1")).toEqual([{ ...write, value: '"again"' }]);
      await append(store, fence, []);
      expect(await store.writes(line, "cp1")).toEqual([]);
      await store.release(fence);
      await expect(store.putWrites(fence, "cp2", [write])).rejects.toEqual(refused("lease-lost"));
    });
  });
}
