/** Any history of a thread's list and value, with forks, rewinds, restarts and pruning, against a plain model of what was stored. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { emptyCheckpoint } from "@langchain/langgraph-checkpoint";
import fc from "fast-check";
import { expect, it } from "vitest";
import { applyPatch, mergePatch, type Document } from "../../src/checkpoint-sqlite/merge-patch.ts";
import { decodeValue, encodeValue } from "../../src/checkpoint-sqlite/inert-json.ts";
import { SqliteCheckpointer } from "../../src/checkpoint-sqlite/saver.ts";
import { isUnchanged, snapshotOf } from "../../src/checkpoint-sqlite/snapshot.ts";

type Stored = { readonly list: readonly unknown[]; readonly value: unknown };

/** Long enough for a row of its own, or short enough to lie in the checkpoint; some are equal. */
const element = fc.oneof(
  fc.integer({ min: 0, max: 5 }),
  fc.integer({ min: 0, max: 5 }).map((number) => ({ role: "ai", text: String(number).repeat(100) })),
  fc.integer({ min: 0, max: 3 }).map((number) => Uint8Array.of(number, 0, 255)),
  fc.constant({ lc: 1, type: "constructor", id: ["langchain_core", "messages", "SystemMessage"], kwargs: {} }),
);

type Change = (list: readonly unknown[]) => readonly unknown[];
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.array(element, { maxLength: 4 }).map((more) => (list: readonly unknown[]) => [...list, ...more]),
  fc.nat(6).map((count) => (list: readonly unknown[]) => list.slice(0, Math.max(0, list.length - count))),
  fc.nat(6).map((count) => (list: readonly unknown[]) => list.slice(count)),
  fc.tuple(fc.nat(20), element).map(
    ([at, one]) =>
      (list: readonly unknown[]) =>
        list.map((before, index) => (index === at % Math.max(1, list.length) ? one : before)),
  ),
  fc.constant((list: readonly unknown[]) => list.toReversed()),
  // The same content in objects of its own, as a reducer that copies gives it.
  fc.constant((list: readonly unknown[]) => structuredClone(list)),
);

type Act =
  | {
      readonly do: "step";
      readonly change: Change;
      readonly value: unknown;
      readonly from: number;
      readonly writes: boolean;
    }
  | { readonly do: "restart" }
  | { readonly do: "prune"; readonly last: number }
  | { readonly do: "fork"; readonly from: number }
  | { readonly do: "delete" };

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant("step" as const),
      change,
      value: fc.oneof(element, fc.constant(null)),
      // Mostly from the newest; sometimes from any that is there.
      from: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(30) }),
      writes: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ do: "restart" as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("prune" as const), last: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("fork" as const), from: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.constant({ do: "delete" as const }) },
);

type Step = Extract<Act, { do: "step" }>;

/** A saver, and beside it what each thread must hold, newest first. */
class World {
  readonly model = new Map<string, [string, Stored][]>([["t0", []]]);
  readonly #folder = mkdtempSync(join(tmpdir(), "cadre-checkpoints-"));
  readonly #file = join(this.#folder, "checkpoints.db");
  #saver = SqliteCheckpointer.open({ file: this.#file });
  #thread = "t0";
  #forks = 0;
  #steps = 0;

  async do(act: Act): Promise<void> {
    const own = this.#own();
    const parent = own.length === 0 ? undefined : own[("from" in act ? act.from : 0) % own.length];
    switch (act.do) {
      case "restart":
        this.#saver.close();
        this.#saver = SqliteCheckpointer.open({ file: this.#file });
        return;
      case "prune":
        await this.#saver.prune(this.#thread, { last: act.last });
        this.model.set(this.#thread, own.slice(0, act.last));
        return;
      case "delete":
        if (this.model.size < 2) return;
        await this.#saver.deleteThread(this.#thread);
        this.model.delete(this.#thread);
        this.#thread = [...this.model.keys()].at(-1)!;
        return;
      case "fork":
        if (parent !== undefined) await this.#fork(parent[0]);
        return;
      case "step":
        await this.#step(act, parent?.[0]);
        return;
    }
  }

  /** By the saver that wrote it, and by one that never saw it. */
  async check(): Promise<void> {
    for (const reader of [this.#saver, SqliteCheckpointer.open({ file: this.#file })]) {
      for (const [thread, checkpoints] of this.model) expect(await this.#listed(reader, thread)).toEqual(checkpoints);
      reader.close();
    }
  }

  remove(): void {
    this.#saver.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #own(): [string, Stored][] {
    return this.model.get(this.#thread)!;
  }

  async #listed(reader: SqliteCheckpointer, thread: string): Promise<[string, unknown][]> {
    const found: [string, unknown][] = [];
    for await (const { checkpoint } of reader.list({ configurable: { thread_id: thread } }))
      found.push([checkpoint.id, checkpoint.channel_values]);
    return found;
  }

  async #fork(from: string): Promise<void> {
    this.#forks += 1;
    const to = `t${this.#forks}`;
    await this.#saver.fork({ configurable: { thread_id: this.#thread, checkpoint_id: from } }, to);
    const kept = (await this.#listed(this.#saver, to)).map(([id]) => id);
    expect(kept[0]).toBe(from);
    this.model.set(
      to,
      this.#own().filter(([id]) => kept.includes(id)),
    );
    this.#thread = to;
  }

  async #step(act: Step, from: string | undefined): Promise<void> {
    this.#steps += 1;
    const step = this.#steps;
    const root = { configurable: { thread_id: this.#thread } };
    const read = from && (await this.#saver.getTuple({ configurable: { ...root.configurable, checkpoint_id: from } }));
    const before = read ? (read.checkpoint.channel_values["list"] as unknown[]) : [];
    const stored: Stored = { list: act.change(before), value: act.value };
    const config = read ? read.config : root;
    if (act.writes && read)
      await this.#saver.putWrites(config, [["list", stored.list.slice(before.length)]], `task${step}`);
    const versions = { list: step, value: step };
    const checkpoint = {
      ...emptyCheckpoint(),
      id: `c${step}`,
      channel_values: { ...stored },
      channel_versions: versions,
    };
    await this.#saver.put(config, checkpoint, { source: "loop", step, parents: {} }, versions);
    this.#own().unshift([checkpoint.id, stored]);
  }
}

it(
  "D7 C3 C5 whatever was done to a thread, each checkpoint reads back as it was stored",
  { timeout: 120_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 3, maxLength: 25 }), async (acts) => {
        const world = new World();
        try {
          for (const one of acts) await world.do(one);
          await world.check();
        } finally {
          world.remove();
        }
      }),
      { numRuns: Number(process.env["CADRE_FUZZ"] ?? 0) > 0 ? 400 : 50 },
    );
  },
);

it("J1 any JSON value, and any value with bytes, dates, maps and marks in it, is decoded as it was encoded", async () => {
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withNullPrototype: false,
    withSparseArray: false,
    withTypedArray: false,
    maxDepth: 5,
    key: fc.oneof(fc.string(), fc.constantFrom("$t", "lc", "type", "id", "v", "__proto__", "toJSON")),
  });
  await fc.assert(
    fc.asyncProperty(anything, async (value) => {
      const stored = encodeValue(value);
      const back = await decodeValue(stored);
      expect(encodeValue(back)).toEqual(stored);
      expect(back).toEqual(value);
    }),
    { numRuns: 500 },
  );
});

/** Few keys and few values, so that two of them are often alike but for a trifle. */
const alike = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<unknown>(0, -0, 1, Number.NaN, "0", "", null, undefined, true),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b", "__proto__"), tie("value"), { maxKeys: 3, noNullPrototype: true }),
    fc.constantFrom(0, 1).map((byte) => Uint8Array.of(byte)),
    fc.constantFrom(0, 1).map((ms) => new Date(ms)),
  ),
})).value;

it("N1 a value that passes for unchanged is stored as the same; one that nobody touched passes", () => {
  fc.assert(
    fc.property(alike, alike, (before, now) => {
      const snapshot = snapshotOf(before);
      expect(isUnchanged(before, snapshot)).toBe(true);
      if (isUnchanged(now, snapshot)) expect(encodeValue(now)).toEqual(encodeValue(before));
    }),
    {
      numRuns: 2000,
      examples: [
        [{ a: 0 }, { a: -0 }],
        [{ a: undefined }, {}],
        [
          { a: 1, b: 2 },
          { b: 2, a: 1 },
        ],
        [[[], 1], [[1]]],
        [[{}, 1], { 0: {}, 1: 1 }],
      ],
    },
  );
});

it("a patch between any two documents makes the one into the other, and says nothing where they are equal", () => {
  const key = fc.oneof(fc.string(), fc.constantFrom("a", "b", "__proto__"));
  const leaf = fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.array(fc.integer(), { maxLength: 3 }));
  const { document } = fc.letrec<{ document: Document; value: unknown }>((tie) => ({
    document: fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: true }) as fc.Arbitrary<Document>,
    value: fc.oneof({ maxDepth: 2 }, leaf, tie("document")),
  }));
  fc.assert(
    fc.property(document, document, (from, to) => {
      const patch = mergePatch(from, to);
      expect(patch === undefined).toBe(JSON.stringify(sorted(from)) === JSON.stringify(sorted(to)));
      expect(applyPatch(from, JSON.parse(JSON.stringify(patch ?? {})) as never)).toEqual(to);
    }),
    { numRuns: 1000, examples: [[{ a: [] }, { a: {} }]] },
  );
});

/** A record is told from a list, the empty ones too. */
function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { record: entries.map(([key, inner]) => [key, sorted(inner)]) };
}
