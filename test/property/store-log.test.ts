/** Any history, cut into any commits, comes back as it was; any change of a stored byte is found. */
import { join } from "node:path";
import SQLite from "better-sqlite3";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Event } from "../../src/events/event.ts";
import { LineSaver } from "../../src/store/checkpoints.ts";
import { openStore } from "../../src/store/open.ts";
import { verifyLine } from "../../src/store/verify-chain.ts";
import { append, clock, line, note, startedLine, take, tempFolder } from "../contract/store-fixtures.ts";

const text = fc.string({ unit: "binary", maxLength: 30 });
const args = fc.jsonValue({ maxDepth: 3 });
const proposed = fc.record({ text, args }).map(({ text: name, args: given }): Event => ({
  type: "action_proposed",
  at: "2026-01-02T03:04:05.000Z",
  frame: "f0",
  role: "r",
  key: "k",
  calls: [{ id: "c", name, args: given }],
  access: "read",
  hash: null,
  needsApproval: false,
}));
const event = fc.oneof(text.map(note), proposed);
const batches = fc.array(fc.array(event, { maxLength: 4 }), { maxLength: 8 });

/** What JSON keeps of a value: -0 is the one that it does not. */
const throughJson = (events: readonly Event[]): unknown => JSON.parse(JSON.stringify(events));

describe("the event log", () => {
  it("D2 any history in any commits is read back whole, by index and by cursor, and verifies", async () => {
    await fc.assert(
      fc.asyncProperty(batches, async (history) => {
        const store = openStore({ file: ":memory:", clock });
        const fence = await startedLine(store);
        for (const events of history) await append(store, fence, events);
        const all = throughJson(history.flat());
        const read = await store.events(line);
        expect(read.map((stored) => stored.event)).toEqual(all);
        expect(read.map((stored) => stored.index)).toEqual(read.map((_, index) => index));
        expect(await verifyLine(store, line)).toEqual([]);
        const cut = Math.floor(read.length / 2);
        const cursor = cut === 0 ? 0 : read[cut - 1]!.seq;
        expect(await store.runEvents((await store.line(line))!.run, cursor)).toEqual(read.slice(cut));
        store.close();
      }),
      { numRuns: 60 },
    );
  });

  it("D2 a saver gives back the log after every step, whoever wrote it and whoever reads it", async () => {
    await fc.assert(
      fc.asyncProperty(batches, fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), async (history, cold) => {
        const store = openStore({ file: ":memory:", clock });
        let fence = await startedLine(store);
        let saver = new LineSaver({ store, fence });
        let config = { configurable: { thread_id: line } as Record<string, string> };
        let log: Event[] = [];
        for (const [step, events] of history.entries()) {
          if (cold[step]) {
            await store.release(fence);
            fence = await take(store);
            saver = new LineSaver({ store, fence });
          }
          log = log.concat(events);
          const checkpoint = {
            v: 4,
            id: `c${step}`,
            ts: "",
            channel_values: { eventLog: log },
            channel_versions: {},
            versions_seen: {},
          };
          config = (await saver.put(config, checkpoint, { source: "loop", step, parents: {} })) as typeof config;
          const reader = new LineSaver({ store, fence: { line, epoch: 0 } });
          const read = await reader.getTuple({ configurable: { thread_id: line } });
          expect(read?.checkpoint.channel_values["eventLog"]).toEqual(throughJson(log));
        }
        store.close();
      }),
      { numRuns: 60 },
    );
  });

  it("D8 any change of one byte of any event is found at that event", async () => {
    const file = join(tempFolder(), "cadre.db");
    const writer = openStore({ file, clock });
    await append(writer, await startedLine(writer), ["one", "zwei — dva", "drei\ud83d\ude80"].map(note));
    writer.close();
    const db = new SQLite(file);
    const store = openStore({ file, clock, readOnly: true });
    const bodies = db.prepare<[], Buffer>("SELECT CAST(body AS BLOB) FROM events ORDER BY idx").pluck().all();
    const set = db.prepare("UPDATE events SET body = CAST(? AS TEXT) WHERE idx = ?");
    await fc.assert(
      fc.asyncProperty(fc.nat(2), fc.nat(), fc.integer({ min: 1, max: 255 }), async (index, where, flip) => {
        const original = bodies[index]!;
        const changed = Buffer.from(original);
        const place = where % changed.length;
        changed[place] = changed[place]! ^ flip;
        set.run(changed, index);
        const [problem] = await verifyLine(store, line);
        set.run(original, index);
        expect(problem).toMatchObject({ index, what: expect.stringContaining("does not match its hash") });
      }),
      { numRuns: 300 },
    );
    expect(await verifyLine(store, line)).toEqual([]);
    store.close();
    db.close();
  });
});
