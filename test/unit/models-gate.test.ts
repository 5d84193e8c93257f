import { describe, expect, it } from "vitest";
import { Concurrency } from "../../src/models/concurrency.ts";
import { openGate, openGates, type Gate, type Pass } from "../../src/models/gate.ts";
import type { Timing } from "../../src/models/timing.ts";
import { settled } from "../contract/model-conformance.ts";

/** A clock that stands until the test moves it; timers pass when their time has come. */
function steppedTiming(): Timing & { step(ms: number): void } {
  let now = 0;
  let timers: { at: number; callback: () => void }[] = [];
  return {
    now: () => now,
    monotonic: () => now,
    after: (_purpose, ms, callback) => {
      const timer = { at: now + ms, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((each) => each !== timer);
      };
    },
    step: (ms) => {
      now += ms;
      const due = timers.filter(({ at }) => at <= now);
      timers = timers.filter(({ at }) => at > now);
      for (const { callback } of due) callback();
    },
  };
}

/** Enters, and notes in `order` when it was let in. */
async function come(gate: Gate, run: string, order: string[]): Promise<Pass> {
  const pass = await gate.enter({ run });
  order.push(run);
  return pass;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("N how many calls a server can take", () => {
  /** Takes calls until there is no place, has all of them answered or refused by `slots`, and ends them. */
  function round(concurrency: Concurrency, slots: number, now: number): { asked: number; refused: number } {
    const tickets = [];
    for (let ticket = concurrency.enter(now); ticket !== null; ticket = concurrency.enter(now)) tickets.push(ticket);
    for (const [index, ticket] of tickets.entries()) {
      if (index < slots) concurrency.answered(ticket, 10, now);
      else concurrency.refused(ticket, now);
    }
    for (const ticket of tickets) concurrency.leave(ticket);
    return { asked: tickets.length, refused: Math.max(0, tickets.length - slots) };
  }

  it("N4 finds twelve slots from a cold start in a few rounds, and overshoots once", () => {
    const concurrency = new Concurrency();
    const rounds = [0, 1, 2, 3, 4].map((now) => round(concurrency, 12, now));
    expect(concurrency.limit).toBe(12);
    expect(rounds.map(({ refused }) => refused).filter((refused) => refused > 0)).toHaveLength(1);
    expect(rounds.at(-1)).toEqual({ asked: 12, refused: 0 });
  });

  it("N2 looks beyond the edge again, less and less often", () => {
    const concurrency = new Concurrency({ start: 4, probeGap: 1000, longestGap: 60_000 });
    const refusedAt: number[] = [];
    for (let now = 0; now < 200_000; now += 100) if (round(concurrency, 4, now).refused > 0) refusedAt.push(now);
    const gaps = refusedAt.slice(1).map((at, index) => at - (refusedAt[index] ?? 0));
    expect(gaps).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    expect(concurrency.limit).toBe(4);
  });

  it("N3 follows a server that loses slots, and takes them again when they come back", () => {
    const concurrency = new Concurrency();
    let now = 0;
    const until = (slots: number): number => {
      for (let rounds = 1; rounds <= 400; rounds += 1) {
        round(concurrency, slots, (now += 1000));
        if (concurrency.limit === slots) return rounds;
      }
      return Number.POSITIVE_INFINITY;
    };
    expect(until(16)).toBeLessThan(10);
    expect(until(5)).toBeLessThan(20);
    expect(until(16)).toBeLessThan(200);
  });

  it("N3 cuts once for all the calls that were under way together", () => {
    const concurrency = new Concurrency({ start: 10 });
    const tickets = Array.from({ length: 10 }, () => concurrency.enter(0)).filter((ticket) => ticket !== null);
    for (const ticket of tickets) concurrency.refused(ticket, 0);
    expect(concurrency.limit).toBe(7);
  });

  it("N3 asks for less where first tokens come much later than they used to", () => {
    const concurrency = new Concurrency({ start: 10, most: 10 });
    const answers = (ms: number): void => {
      for (let count = 0; count < 8; count += 1) {
        const ticket = concurrency.enter(0);
        if (!ticket) throw new Error("no place");
        concurrency.answered(ticket, ms, 0);
        concurrency.leave(ticket);
      }
    };
    answers(200);
    answers(500);
    expect(concurrency.limit).toBe(10);
    answers(900);
    expect(concurrency.limit).toBe(8);
  });

  it("never goes below one call, nor beyond the most", () => {
    const concurrency = new Concurrency({ most: 6 });
    for (let now = 0; now < 50; now += 1) round(concurrency, 100, now);
    expect(concurrency.limit).toBe(6);
    for (let now = 100; now < 100_000; now += 1000) round(concurrency, 0, now);
    expect(concurrency.limit).toBe(1);
    expect(concurrency.inFlight).toBe(0);
  });
});

describe("G the gate", () => {
  const one = { concurrency: { start: 1, most: 1 } };

  it("G2 runs take turns, however many calls one of them has waiting", async () => {
    const gate = openGate("http://x.example", { ...one, timing: steppedTiming() });
    const order: string[] = [];
    const passes = ["a", "a", "a", "a", "b", "c", "b"].map((run) => come(gate, run, order));
    for (const pass of await inTurn(passes, order)) pass.leave();
    expect(order).toEqual(["a", "a", "b", "c", "a", "b", "a"]);
  });

  /** Lets each call end as soon as it was let in. */
  async function inTurn(passes: readonly Promise<Pass>[], order: readonly string[]): Promise<Pass[]> {
    for (const pass of passes) void pass.then((each) => each.leave());
    while (order.length < passes.length) await turn();
    return Promise.all(passes);
  }

  it("G1 leaving twice frees one place", async () => {
    const gate = openGate("http://x.example", { ...one, timing: steppedTiming() });
    const first = await gate.enter({ run: "a" });
    const order: string[] = [];
    void come(gate, "b", order);
    void come(gate, "c", order);
    first.leave();
    first.leave();
    first.refused(null);
    await turn();
    expect(order).toEqual(["b"]);
    expect(gate.state).toEqual({ limit: 1, inFlight: 1, queued: 1 });
  });

  it("G3 says so when too many wait, and sends nothing", async () => {
    const gate = openGate("http://x.example", { ...one, maxQueued: 2, timing: steppedTiming() });
    const first = await gate.enter({ run: "a" });
    void gate.enter({ run: "a" });
    void gate.enter({ run: "b" });
    await expect(gate.enter({ run: "c" })).rejects.toMatchObject({ code: "model-queue-full" });
    void gate.enter({ run: "a", again: true });
    expect(gate.state.queued).toBe(3);
    first.leave();
  });

  it("G4 leaves the server alone until the time that it named, for all runs", async () => {
    const timing = steppedTiming();
    const gate = openGate("http://x.example", { timing });
    const order: string[] = [];
    (await gate.enter({ run: "a" })).refused(7000);
    void come(gate, "b", order);
    void come(gate, "c", order);
    timing.step(6999);
    await turn();
    expect(order).toEqual([]);
    timing.step(1);
    await turn();
    expect(order).toEqual(["b", "c"]);
  });

  it("G5 whoever gives up leaves the queue, with the reason", async () => {
    const gate = openGate("http://x.example", { ...one, timing: steppedTiming() });
    const first = await gate.enter({ run: "a" });
    const leave = new AbortController();
    const waiting = settled(gate.enter({ run: "b", signal: leave.signal }));
    leave.abort(new Error("no longer"));
    expect(await waiting).toMatchObject({ message: "no longer" });
    expect(gate.state.queued).toBe(0);
    first.leave();
    expect(gate.state).toEqual({ limit: 1, inFlight: 0, queued: 0 });
    await expect(gate.enter({ run: "b", signal: leave.signal })).rejects.toThrow("no longer");
  });

  it("a call that the server refused goes before others of its run", async () => {
    const gate = openGate("http://x.example", { ...one, timing: steppedTiming() });
    const first = await gate.enter({ run: "a" });
    const order: string[] = [];
    void gate.enter({ run: "a" }).then(() => order.push("later"));
    void gate.enter({ run: "a", again: true }).then(() => order.push("again"));
    first.leave();
    await turn();
    expect(order).toEqual(["again"]);
  });

  it("is one for each origin", () => {
    const gates = openGates();
    expect(gates("http://127.0.0.1:8000/v1")).toBe(gates("http://127.0.0.1:8000/other"));
    expect(gates("http://127.0.0.1:8000/v1")).not.toBe(gates("http://127.0.0.1:8001/v1"));
  });
});

describe("what was seen of a server", () => {
  it("is counted by how calls ended, with the times until it began to answer, and before the first there is none", async () => {
    const timing = steppedTiming();
    const gates = openGates({ timing });
    const gate = gates("https://models.example/v1");
    expect(gate.seen).toEqual({ answered: 0, refused: 0, silent: 0, firstAnswer: null });
    for (const ms of [10, 20, 30, 400]) {
      const pass = await gate.enter({ run: "r" });
      timing.step(ms);
      pass.answered();
      pass.leave();
    }
    (await gate.enter({ run: "r" })).refused(null);
    (await gate.enter({ run: "r" })).silent();
    expect(gate.seen).toEqual({ answered: 4, refused: 1, silent: 1, firstAnswer: { median: 30, p95: 400, of: 4 } });
    expect(gates.all().map(([origin, own]) => [origin, own.seen.refused])).toEqual([["https://models.example", 1]]);
  });
});
