/** What every store must do with asks, effects and leases. `open` gives a new, empty store. */
import { describe, expect, it } from "vitest";
import { askId, effectKey, mainLine, modelCallKey } from "../../src/ids.ts";
import type { AskId, RunId } from "../../src/ids.ts";
import type { Store } from "../../src/store/ports.ts";
import {
  append,
  decision,
  ended,
  line,
  nextUnit,
  note,
  other,
  owner,
  raised,
  run,
  startedLine,
  take,
  withdrawn,
} from "./store-fixtures.ts";

const refused = (code: string): object => expect.objectContaining({ code });

export function ledgersContract(engine: string, open: () => Store): void {
  describe(`asks (${engine})`, () => {
    const ask = askId(line, 0);

    it("R3 an ask shows what the event that raised it says", async () => {
      const store = open();
      const fence = await startedLine(store);
      const { type: _type, at: raisedAt, ask: id, frame: _frame, ...content } = raised(0);
      await append(store, fence, [raised(0)]);
      expect(await store.ask(ask)).toEqual({ ...content, id, raisedAt, run, line, state: "open", decision: null });
      expect(await store.ask("a-ffffff-1-0" as AskId)).toBeUndefined();
    });

    it("S3 the first decision wins and the second learns who decided", async () => {
      const store = open();
      const fence = await startedLine(store);
      await append(store, fence, [raised(0)]);
      expect((await store.decide(ask, decision("ana"), "h0")).won).toBe(true);
      const second = await store.decide(ask, decision("bob", { verb: "reject" }), "h0");
      expect(second).toMatchObject({ won: false, ask: { state: "decided", decision: decision("ana") } });
      expect(await store.asks({ run, state: "open" })).toEqual([]);
      expect(await store.asks({ run, state: "decided" })).toHaveLength(1);
    });

    it("R3 a decision on another hash than the ask's is refused and leaves it open", async () => {
      const store = open();
      const fence = await startedLine(store);
      await append(store, fence, [raised(0)]);
      await expect(store.decide(ask, decision("ana"), "h-old")).rejects.toEqual(refused("hash-stale"));
      expect((await store.ask(ask))?.state).toBe("open");
    });

    it("an ask that is not there, or whose run has ended, cannot be decided", async () => {
      const store = open();
      const fence = await startedLine(store);
      await append(store, fence, [raised(0)]);
      await append(store, fence, [ended("stopped")]);
      await expect(store.decide(ask, decision("ana"), "h0")).rejects.toEqual(refused("run-ended"));
      await expect(store.decide("a-ffffff-1-0" as AskId, decision("ana"), "h0")).rejects.toEqual(
        refused("ask-unknown"),
      );
    });

    it("S3 the event that takes a decision up must say the same", async () => {
      const store = open();
      const fence = await startedLine(store);
      await append(store, fence, [raised(0)]);
      await store.decide(ask, decision("ana"), "h0");
      const taken = { type: "ask_decided", at: decision("ana").at, ask, decision: decision("bob") } as const;
      const told = { code: "internal", hint: expect.stringMatching(/^`cadre verify r-/) };
      await expect(append(store, fence, [taken])).rejects.toMatchObject(told);
      await append(store, fence, [{ ...taken, decision: decision("ana") }]);
      expect((await store.ask(ask))?.decision).toEqual(decision("ana"));
    });

    it("a decision that only the event knows is on the ask with its commit", async () => {
      const store = open();
      const fence = await startedLine(store);
      const taken = {
        type: "ask_decided",
        at: decision("ana").at,
        ask,
        decision: decision("ana", { face: "answers-file" }),
      } as const;
      await append(store, fence, [raised(0), taken]);
      expect(await store.ask(ask)).toMatchObject({ state: "decided", decision: { face: "answers-file" } });
    });

    it("a withdrawn ask is closed to faces, and keeps a decision that came first", async () => {
      const store = open();
      const fence = await startedLine(store);
      await append(store, fence, [raised(0), raised(1)]);
      await store.decide(ask, decision("ana"), "h0");
      await append(store, fence, [withdrawn("stopped", ask), withdrawn("stopped", askId(line, 1))]);
      expect(await store.ask(ask)).toMatchObject({ state: "withdrawn", decision: decision("ana") });
      for (const hash of ["h1", "h-old"])
        expect((await store.decide(askId(line, 1), decision("bob"), hash)).won).toBe(false);
      expect((await store.ask(askId(line, 1)))?.decision).toBeNull();
      expect((await store.run(run))?.status).toBe("running");
    });

    it("D5 asks are listed oldest first over all runs", async () => {
      const store = open();
      const second = "r-00000b" as RunId;
      const one = await startedLine(store);
      const two = await startedLine(store, second);
      await append(store, two, [raised(0, { at: "2030-01-01T00:00:00.000Z" }, mainLine(second))]);
      await append(store, one, [raised(0)]);
      expect((await store.asks({ state: "open" })).map((row) => row.run)).toEqual([second, run]);
      expect((await store.asks()).map((row) => row.run)).toEqual([second, run]);
      expect((await store.asks({ run })).map((row) => row.run)).toEqual([run]);
    });
  });

  describe(`effects (${engine})`, () => {
    const key = effectKey(line, 3);
    const counters = async (store: Store) => (await store.run(run))?.counters;

    it("D3 an effect is new once, in doubt until it has an outcome, and replayed after", async () => {
      const store = open();
      const fence = await startedLine(store);
      expect(await store.begin(fence, key, "tool", { write: "a" })).toEqual({
        row: {
          key,
          line,
          kind: "tool",
          intent: { write: "a" },
          outcome: null,
          failed: null,
          attempts: 1,
          epoch: fence.epoch,
          charged: { modelCalls: 0, tokens: 0, money: 0, gpuMs: 0 },
        },
        begun: false,
      });
      expect(await store.begin(fence, key, "tool", { write: "b" })).toMatchObject({
        begun: true,
        row: { intent: { write: "a" }, outcome: null },
      });
      await store.finish(fence, key, { ok: true });
      expect(await store.begin(fence, key, "tool", {})).toMatchObject({ begun: true, row: { outcome: { ok: true } } });
      expect(await store.effects(run)).toHaveLength(1);
      expect((await store.effect(key))?.outcome).toEqual({ ok: true });
      expect(await store.effect(effectKey(line, 4))).toBeUndefined();
    });

    it("D3 an attempt that is known to have failed is not in doubt, and stays charged until a later one settles", async () => {
      const store = open();
      const fence = await startedLine(store);
      await store.begin(fence, key, "model", {}, { modelCalls: 1, tokens: 50 });
      await store.fail(fence, key, "model-timeout");
      expect(await store.begin(fence, key, "model", {})).toMatchObject({
        begun: true,
        row: { failed: "model-timeout" },
      });
      expect(await counters(store)).toMatchObject({ modelCalls: 1, tokens: 50 });
      expect(await store.retry(fence, key, { modelCalls: 1, tokens: 50 })).toMatchObject({ failed: null, attempts: 2 });
      await store.finish(fence, key, { ok: true }, { modelCalls: 2, tokens: 60 });
      expect(await counters(store)).toMatchObject({ modelCalls: 2, tokens: 60 });
      await expect(store.fail(fence, key, "late")).rejects.toThrow();
    });

    it("D3 money and the time of GPUs are counted as calls and tokens are; a failed attempt may give back what it did not use", async () => {
      const store = open();
      const fence = await startedLine(store);
      const reserve = { modelCalls: 1, tokens: 50, money: 900, gpuMs: 60_000 };
      await store.begin(fence, key, "model", {}, reserve);
      expect(await counters(store)).toEqual({ ...reserve, movedMs: 0 });
      await store.fail(fence, key, "model-timeout", { gpuMs: 55_000 });
      expect(await counters(store)).toEqual({ ...reserve, gpuMs: 5000, movedMs: 0 });
      const { charged } = await store.retry(fence, key, reserve);
      expect(charged).toEqual({ modelCalls: 2, tokens: 100, money: 1800, gpuMs: 65_000 });
      await store.finish(fence, key, { ok: true }, { modelCalls: 2, tokens: 70, money: 1000, gpuMs: 8000 });
      expect(await counters(store)).toEqual({ modelCalls: 2, tokens: 70, money: 1000, gpuMs: 8000, movedMs: 0 });
      expect((await store.effect(key))?.charged).toEqual({ modelCalls: 2, tokens: 70, money: 1000, gpuMs: 8000 });
    });

    it("D4 how long a run was moved is told with the lease, by its owner alone", async () => {
      const store = open();
      const fence = await startedLine(store);
      await store.renew(fence, 0, 1000, 700);
      await store.renew(fence, 0, 1000);
      const lease = await store.acquire(line, other, 60_000, 1000);
      expect(lease.held).toBe(true);
      await expect(store.renew(fence, 60_000, 1000, 5000)).rejects.toEqual(refused("lease-lost"));
      await store.release(fence, 5000);
      await store.release({ line, epoch: fence.epoch + 1 }, 50);
      await store.release({ line, epoch: fence.epoch + 1 }, 50);
      expect((await counters(store))?.movedMs).toBe(750);
    });

    it("D3 counters are reserved once per key and attempt, and replaced by what was used", async () => {
      const store = open();
      const fence = await startedLine(store);
      const call = modelCallKey(line, 1);
      await store.begin(fence, call, "model", {}, { modelCalls: 1, tokens: 50 });
      await store.begin(fence, call, "model", {}, { modelCalls: 1, tokens: 50 });
      expect(await counters(store)).toMatchObject({ modelCalls: 1, tokens: 50 });
      expect((await store.retry(fence, call, { modelCalls: 1, tokens: 50 })).attempts).toBe(2);
      expect(await counters(store)).toMatchObject({ modelCalls: 2, tokens: 100 });
      await store.finish(fence, call, { text: "hi" }, { modelCalls: 2, tokens: 37 });
      expect(await counters(store)).toMatchObject({ modelCalls: 2, tokens: 37 });
      const aborted = modelCallKey(line, 2);
      await store.begin(fence, aborted, "model", {}, { modelCalls: 1, tokens: 10 });
      await store.finish(fence, aborted, { aborted: true });
      expect(await counters(store)).toMatchObject({ modelCalls: 3, tokens: 47 });
    });

    it("F4 what would go beyond a limit is refused in the commit that reserves it, and leaves nothing; a repeated call may go beyond it once", async () => {
      const store = open();
      const fence = await startedLine(store);
      const ceiling = (await store.run(run))?.limits.modelCalls ?? 0;
      const one = { modelCalls: 1, tokens: 0 };
      await store.begin(fence, modelCallKey(line, 1), "model", {}, { modelCalls: ceiling - 1, tokens: 0 });
      await store.begin(fence, modelCallKey(line, 2), "model", {}, one, "limits");
      const beyond = { name: "modelCalls", value: ceiling + 1, ceiling };
      await expect(store.begin(fence, modelCallKey(line, 3), "model", {}, one, "limits")).rejects.toMatchObject({
        code: "limit-reached",
        data: beyond,
      });
      expect(await store.effect(modelCallKey(line, 3))).toBeUndefined();
      const again = (within: "limits" | "limits-and-one") =>
        store.retry(fence, modelCallKey(line, 2), one, { again: true }, within);
      await expect(again("limits")).rejects.toMatchObject({ code: "limit-reached", data: beyond });
      expect(await store.effect(modelCallKey(line, 2))).toMatchObject({ attempts: 1, intent: {} });
      expect(await counters(store)).toMatchObject({ modelCalls: ceiling });
      expect((await again("limits-and-one")).attempts).toBe(2);
      await expect(again("limits-and-one")).rejects.toEqual(refused("limit-reached"));
      expect(await counters(store)).toMatchObject({ modelCalls: ceiling + 1 });
    });

    it("R4 an outcome is final: it cannot be replaced, nor its effect retried", async () => {
      const store = open();
      const fence = await startedLine(store);
      await store.begin(fence, key, "tool", {});
      await store.finish(fence, key, { first: true });
      await expect(store.finish(fence, key, { second: true })).rejects.toEqual(refused("internal"));
      await expect(store.retry(fence, key)).rejects.toEqual(refused("internal"));
      await expect(store.finish(fence, effectKey(line, 9), {})).rejects.toEqual(refused("internal"));
      expect((await store.effect(key))?.outcome).toEqual({ first: true });
    });

    it("D4 a process that lost its line can neither begin, retry nor finish an effect", async () => {
      const store = open();
      const zombie = await startedLine(store);
      await store.begin(zombie, key, "tool", {}, { modelCalls: 0, tokens: 5 });
      const fence = await take(store, line, other, 100_000);
      await expect(store.begin(zombie, effectKey(line, 4), "tool", {})).rejects.toEqual(refused("lease-lost"));
      await expect(store.retry(zombie, key)).rejects.toEqual(refused("lease-lost"));
      await expect(store.finish(zombie, key, { ok: true })).rejects.toEqual(refused("lease-lost"));
      expect(await store.begin(fence, key, "tool", {})).toMatchObject({
        begun: true,
        row: { outcome: null, epoch: 0 }, // its owner was not ended: it may still be under way
      });
      expect((await store.retry(fence, key)).epoch).toBe(fence.epoch);
    });

    it("an effect of another line is refused", async () => {
      const store = open();
      const fence = await startedLine(store);
      const foreign = await startedLine(store, "r-00000b" as RunId);
      await store.begin(fence, key, "tool", {});
      await expect(store.begin(foreign, key, "tool", {})).rejects.toEqual(refused("internal"));
      await expect(store.finish(foreign, key, {})).rejects.toEqual(refused("internal"));
    });
  });

  describe(`leases (${engine})`, () => {
    it("D4 a held line is refused to others, and to its own owner", async () => {
      const store = open();
      await startedLine(store);
      expect(await store.acquire(line, other, 59_999, 1000)).toEqual({ held: false, owner, until: 60_000 });
      expect((await store.acquire(line, owner, 0, 1000)).held).toBe(false);
    });

    it("D4 an expired lease is taken with a higher epoch, and the zombie is refused at its next write", async () => {
      const store = open();
      const zombie = await startedLine(store);
      await append(store, zombie, [note("before")]);
      const unit = await nextUnit(store, zombie, [note("too late")]);
      const lease = await store.acquire(line, other, 60_000, 1000);
      expect(lease).toEqual({ held: true, epoch: zombie.epoch + 1, previous: owner });
      await expect(store.commit(unit)).rejects.toEqual(refused("lease-lost"));
      await expect(store.renew(zombie, 60_000, 1000)).rejects.toEqual(refused("lease-lost"));
      await store.release(zombie);
      expect((await store.line(line))?.owner).toEqual(other);
      expect(await store.events(line)).toHaveLength(1);
    });

    it("D4 an owner that was ended first may be taken from at once, another may not", async () => {
      const store = open();
      await startedLine(store);
      expect((await store.acquire(line, other, 1, 1000, other)).held).toBe(false);
      expect(await store.acquire(line, other, 1, 1000, owner)).toMatchObject({ held: true, epoch: 2 });
    });

    it("a renewed lease lasts longer, a released one is free", async () => {
      const store = open();
      const fence = await startedLine(store);
      await store.renew(fence, 50_000, 60_000);
      expect(await store.acquire(line, other, 100_000, 1000)).toMatchObject({ held: false, until: 110_000 });
      await store.release(fence);
      expect(await store.line(line)).toMatchObject({ owner: null, leaseUntil: null, epoch: 1 });
      expect(await store.acquire(line, other, 0, 1000)).toEqual({ held: true, epoch: 2, previous: null });
    });
  });
}
