/**
 * RELIABILITY 5 and 15: real processes on one file, all told at the same moment through their pipes. `CADRE_CRASH=large|full` takes 100
 * runs with two asks each, a third of them with 2, 4 and 8 processes; the quick part 3 runs with 8.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { RunId } from "../../src/ids.ts";
import { verifyRun } from "../../src/run/verify/verify-run.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/ports.ts";
import type { AskRow } from "../../src/store/rows.ts";
import { atScale } from "../crash/scale.ts";
import { approvedLine } from "../fixtures/approved-line.ts";
import type { Became, Order } from "../fixtures/decider-child.ts";
import { Told } from "../fixtures/lines-of-processes.ts";

const clean: (() => void)[] = [];

afterEach(() => {
  for (const each of clean.splice(0).toReversed()) each();
});

type Place = { readonly store: Store; readonly written: string; readonly processes: readonly Told[] };

async function place(many: number): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), "cadre-deciders-"));
  const file = join(folder, "cadre.db");
  const written = join(folder, "written");
  const store = openStore({ file, clock: { now: () => Date.now() } });
  clean.push(() => rmSync(folder, { recursive: true, force: true }));
  clean.push(() => store.close());
  const processes = await Promise.all(
    Array.from({ length: many }, (_, index) => Told.start("decider-child.ts", [file, written, `p${index}`])),
  );
  for (const each of processes) clean.push(() => each.kill());
  expect(await Promise.all(processes.map((each) => each.heard()))).toEqual(processes.map(() => "ready"));
  return { store, written, processes };
}

const runId = (index: number): RunId => `r-${index.toString(16).padStart(6, "0")}` as RunId;

/** A new run, moved to its question. */
async function asking({ store, written }: Place, run: RunId): Promise<AskRow> {
  const line = approvedLine(store, run, written);
  expect(await line.start()).toBe("waiting");
  return openAsk(store, run);
}

async function openAsk(store: Store, run: RunId): Promise<AskRow> {
  const [ask] = await store.asks({ run, state: "open" });
  if (!ask) throw new Error(`${run} asks nothing`);
  return ask;
}

/** All are told before any is heard. */
async function all(processes: readonly Told[], orders: readonly Order[]): Promise<Became[]> {
  for (const [index, order] of orders.entries()) processes[index]!.tell(JSON.stringify(order));
  return Promise.all(orders.map(async (_, index) => JSON.parse(await processes[index]!.heard()) as Became));
}

/** Moves on what every process found owned by another, so that nothing is left to be woken. */
async function settle({ store, written }: Place, run: RunId): Promise<void> {
  await approvedLine(store, run, written).advance();
}

const effectsOf = (written: string, run: RunId): string[] =>
  existsSync(written)
    ? readFileSync(written, "utf8")
        .split("\n")
        .filter((line) => line.startsWith(run))
    : [];

async function decidedByAll(here: Place, ask: AskRow, verbs: readonly Order["verb"][]) {
  const orders = verbs.map((verb) => ({ ask: ask.id, run: ask.run, verb, text: verb === "approve" ? "" : "said" }));
  const became = await all(here.processes, orders);
  const winners = became.flatMap((each, index) => (each.won ? [index] : []));
  expect(winners).toHaveLength(1);
  const winner = winners[0]!;
  for (const each of became.filter((one) => !one.won)) {
    expect(each).toMatchObject({
      code: "ask-decided",
      data: { ask: ask.id, verb: verbs[winner], by: `p${winner}`, face: "test" },
    });
    expect(each.message).toMatch(new RegExp(`by p${winner} \\(test, \\d{4}-\\d{2}-\\d{2}T`));
  }
  expect((await here.store.ask(ask.id))?.decision).toMatchObject({ by: `p${winner}`, verb: verbs[winner] });
  return { winner, raced: became.filter((each) => each.raced).length };
}

/** By how many processes, and in how many runs. */
const crowds = ([2, 4, 8] as const)
  .map((many) => [many, atScale({ quick: many === 8 ? 3 : 0, large: 34, full: 34 })] as const)
  .filter(([, rounds]) => rounds > 0);

/** Whether another round is due: all that were asked for, and, where nobody raced anybody in those, up to so many again until somebody does. */
function isDue(round: number, rounds: number, raced: boolean): boolean {
  return round < rounds || (!raced && round < rounds + 20);
}

test.each(crowds)(
  "R4 of %i processes that decide one ask, one decision stands and one effect happens",
  async (many, rounds) => {
    const here = await place(many);
    let raced = 0;
    let round = 0;
    for (; isDue(round, rounds, raced > 2 * round); round += 1) {
      const run = runId(round + 1);
      const question = await asking(here, run);
      raced += (
        await decidedByAll(
          here,
          question,
          Array.from({ length: many }, () => "answer" as const),
        )
      ).raced;
      await settle(here, run);
      const approval = await openAsk(here.store, run);
      expect(approval.kind).toBe("approval");
      const verbs = Array.from({ length: many }, (_, index) =>
        (index + round) % 2 === 0 ? ("approve" as const) : ("reject" as const),
      );
      const { winner, raced: more } = await decidedByAll(here, approval, verbs);
      raced += more;
      await settle(here, run);
      // The effect is the winner's: once where it was approved, not at all where it was rejected.
      expect(effectsOf(here.written, run)).toEqual(verbs[winner] === "approve" ? [`${run} to ${run}`] : []);
      expect((await here.store.run(run))?.status).toBe("finished");
      expect((await verifyRun(here.store, run)).problems).toEqual([]);
    }
    console.info(`${round} runs, ${2 * round} asks, ${many} processes: ${raced} decisions met an open ask`);
    expect(raced).toBeGreaterThan(2 * round); // otherwise nobody raced anybody
  },
  300_000,
);

test(
  "R4 RELIABILITY 5: of eight people who vote at once as many count as it takes, and one effect happens",
  { timeout: 300_000 },
  async () => {
    const [many, quorum] = [8, 3];
    const here = await place(many);
    const rounds = atScale({ quick: 2, large: 20, full: 50 });
    let raced = 0;
    let round = 0;
    for (; isDue(round, rounds, raced > round * quorum); round += 1) {
      const run = runId(0x2000 + round);
      const line = approvedLine(here.store, run, here.written, quorum);
      await line.start();
      await line.decide("answer", "here");
      await line.advance();
      const ask = await openAsk(here.store, run);
      const became = await all(
        here.processes,
        here.processes.map(() => ({ ask: ask.id, run, verb: "approve" as const, text: "" })),
      );
      raced += became.filter((each) => each.raced).length;
      expect(became.filter((each) => each.won)).toHaveLength(quorum);
      for (const each of became.filter((one) => !one.won)) expect(each.code).toBe("ask-decided");
      await settle(here, run);
      const row = (await here.store.ask(ask.id))!;
      expect(row.votes).toHaveLength(quorum);
      expect(row.decision?.by).toBe(row.votes?.map((vote) => vote.by).join(", "));
      expect(effectsOf(here.written, run)).toEqual([`${run} to ${run}`]);
      expect((await here.store.run(run))?.status).toBe("finished");
      expect((await verifyRun(here.store, run)).problems).toEqual([]);
    }
    console.info(`${round} asks, ${many} voters, ${quorum} needed: ${raced} votes met an open ask`);
    expect(raced).toBeGreaterThan(round * quorum); // otherwise nobody raced anybody
  },
);

test(
  "R4 RELIABILITY 15: answers that arrive in any order at once reach each its own run",
  { timeout: 300_000 },
  async () => {
    const many = 4;
    const here = await place(many);
    const rounds = atScale({ quick: 2, large: 12, full: 50 });
    for (let round = 0; round < rounds; round += 1) {
      const asks: AskRow[] = [];
      for (let index = 0; index < many; index += 1) asks.push(await asking(here, runId(0x1000 + round * many + index)));
      // Another order each round, and other processes than in the order in which they were raised.
      const order = (index: number): number => (index * (round % 2 === 0 ? 3 : 1) + round + 1) % many;
      const orders = asks.map((_, index) => {
        const ask = asks[order(index)]!;
        return { ask: ask.id, run: ask.run, verb: "answer" as const, text: `for ${ask.run}` };
      });
      expect((await all(here.processes, orders)).every((each) => each.won)).toBe(true);
      for (const { run } of asks) {
        const decided = (await here.store.runEvents(run)).flatMap(({ event }) =>
          event.type === "ask_decided" ? [event.decision.text] : [],
        );
        expect(decided).toEqual([`for ${run}`]);
      }
    }
  },
);
