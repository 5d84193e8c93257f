/**
 * D8: what somebody does to a stored history, and whether `verify` finds it. Every class of the corpus is counted; what can be found only
 * with something outside the file (a journal's head) is tested with and without it.
 *
 * `CADRE_TAMPER` sets how many bits are flipped in each class that flips bits (default 12); with it set, every event has its turn in
 * every other class too, and the counts are printed.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import SQLite from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { linkHash } from "../../src/store/events.ts";
import { random } from "../crash/random.ts";
import { eventRows, flipped, honestFile, saidOf } from "../fixtures/tampered.ts";
import type { Honest, StoredRow, Tamper } from "../fixtures/tampered.ts";

type State = "finished" | "waiting";
type Case = readonly [name: string, tamper: Tamper];

const thorough = process.env["CADRE_TAMPER"] !== undefined;
const flips = Number(process.env["CADRE_TAMPER"] ?? 12);
const timeout = 900_000;
const states = ["finished", "waiting"] as const;
const folder = mkdtempSync(join(tmpdir(), "cadre-tamper-"));
const honest = {} as Record<State, Honest>;
const counted: string[] = [];

beforeAll(async () => {
  for (const state of states) honest[state] = await honestFile(folder, state);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  if (thorough) process.stdout.write(`${counted.join("\n")}\n`);
});

/** Names of the cases that were not found. */
async function unfound(title: string, state: State, cases: readonly Case[], anchored = false): Promise<string[]> {
  const missed: string[] = [];
  for (const [name, tamper] of cases) {
    const said = await saidOf(folder, honest[state], tamper, anchored ? honest[state].heads : []);
    if (said.length === 0) missed.push(name);
  }
  counted.push(`${title}, ${state}: ${cases.length - missed.length} of ${cases.length} found`);
  return missed;
}

const bySql = (run: (db: SQLite.Database) => void): Tamper => ({ sql: run });
const exec = (sql: string): Tamper => bySql((db) => db.exec(sql));
const below = (next: () => number, bound: number): number => Math.floor(next() * bound);

/** Indexes of all events, or of enough of them. */
function every(state: State): number[] {
  const all = honest[state].events.map((row) => row.idx);
  return thorough ? all : all.filter((idx) => idx < 2 || idx % 15 === 0 || idx === all.length - 1);
}

function flippedByte(byte: number, bit: number): Tamper {
  return { raw: (bytes) => void (bytes[byte]! ^= 1 << bit) };
}

/**
 * Where the events lie in the file: of each, from its line's name over its hash to the end of that part of its body that is in one piece.
 * (Long bodies go on in pages of their own, and pages keep what rows were moved away from: only what is read counts.)
 */
function payloads({ bytes, events }: Honest): (readonly [from: number, to: number])[] {
  return events.map(({ idx, hash, body }) => {
    const text = Buffer.from(body);
    let at = bytes.indexOf(hash);
    while (at >= 0 && !isRead(bytes, at, idx)) at = bytes.indexOf(hash, at + 1);
    if (at < 0) throw new Error(`event ${idx} is not where it should be`);
    let size = 0;
    while (size < text.length && bytes[at + 32 + size] === text[size]) size += 1;
    return [bytes.lastIndexOf("r-000001.1", at), at + 32 + size];
  });
}

function isRead(bytes: Buffer, at: number, idx: number): boolean {
  const file = join(folder, "where.db");
  const changed = Buffer.from(bytes);
  changed[at]! ^= 1;
  writeFileSync(file, changed);
  const db = new SQLite(file, { readonly: true });
  try {
    const hash = db.prepare<[number], Buffer>("SELECT hash FROM events WHERE idx = ?").pluck().get(idx);
    return hash?.equals(changed.subarray(at, at + 32)) === true;
  } finally {
    db.close();
  }
}

describe.each(states)("D8 bits flipped in a %s run", (state) => {
  it("are found in the events, wherever they are", { timeout }, async () => {
    const next = random(1);
    const cases = Array.from({ length: flips }, (_, n): Case => {
      const idx = below(next, honest[state].events.length);
      const column = next() < 0.8 ? "body" : "hash";
      return [`${n} ${column} of ${idx}`, flipped("events", column, `idx = ${idx}`, (bits) => below(next, bits))];
    });
    expect(await unfound("bits of events, by SQL", state, cases)).toEqual([]);
  });

  it("are found in the raw bytes of the events' rows", { timeout }, async () => {
    const next = random(2);
    const places = payloads(honest[state]);
    const cases = Array.from({ length: flips }, (_, n): Case => {
      const [from, to] = places[below(next, places.length)]!;
      const [byte, bit] = [from + below(next, to - from), below(next, 8)];
      return [`${n} byte ${byte} bit ${bit}`, flippedByte(byte, bit)];
    });
    expect(await unfound("bits of events, in the raw file", state, cases)).toEqual([]);
  });

  it(
    "are found in the names of lines and in indexes, which are read elsewhere: in SQLite's own index",
    { timeout },
    async () => {
      const places = payloads(honest[state]);
      // 0 and 1 take no byte in a row.
      const cases = every(state)
        .filter((idx) => idx > 1)
        .flatMap((idx): Case[] => [
          [`line of ${idx}`, flippedByte(places[idx]![0] + 9, 1)],
          [`index of ${idx}`, flippedByte(places[idx]![0] + 10, 6)],
        ]);
      expect(await unfound("names of lines and indexes, in the raw file", state, cases)).toEqual([]);
    },
  );

  it("never end in a stack trace, wherever in the file they are", { timeout }, async () => {
    const next = random(3);
    const cases = Array.from({ length: flips }, (_, n): Case => {
      const [byte, bit] = [below(next, honest[state].bytes.length), below(next, 8)];
      return [`${n} byte ${byte} bit ${bit}`, flippedByte(byte, bit)];
    });
    await unfound("bits anywhere in the raw file, also where nothing lies", state, cases); // throws where `verify` does
  });
});

const edits: Record<string, string> = {
  seq: "seq = seq + 1000",
  line: "line = 'r-000001.2'",
  idx: "idx = idx + 1000",
  hash: "hash = randomblob(32)",
  body: "body = json_set(body, '$.at', '2026-01-01T00:00:59.000Z')",
  "body to no JSON": "body = 'x'",
  "body to nothing": "body = ''",
  "body with a space more": "body = body || ' '",
  "hash to nothing": "hash = x''",
};

function swapped(one: number, other: number, columns: readonly (keyof StoredRow)[]): Tamper {
  return bySql((db) => {
    const rows = eventRows(db);
    const [a, b] = [rows[one]!, rows[other]!];
    for (const column of columns)
      for (const [to, from] of [
        [a, b],
        [b, a],
      ] as const)
        db.prepare(`UPDATE events SET ${column} = ? WHERE seq = ?`).run(from[column], to.seq);
  });
}

const closeGap = (idx: number): string =>
  `UPDATE events SET idx = -idx WHERE idx > ${idx}; UPDATE events SET idx = -idx - 1 WHERE idx < 0`;

describe.each(states)("D8 edits, swaps, deletions and cuts in a %s run", (state) => {
  it("finds an edit of every column", { timeout }, async () => {
    const cases = Object.entries(edits).flatMap(([name, set]) =>
      every(state).map((idx): Case => [`${name} of ${idx}`, exec(`UPDATE events SET ${set} WHERE idx = ${idx}`)]),
    );
    expect(await unfound("edits of every column of events", state, cases)).toEqual([]);
  });

  it("names the first bad event", { timeout }, async () => {
    for (const idx of every(state)) {
      const edit = exec(`UPDATE events SET body = replace(body, 'r', 'R') WHERE idx = ${idx}`);
      const [first] = await saidOf(folder, honest[state], edit);
      expect(first).toMatch(new RegExp(`^r-000001\\.1 ${idx}: does not match its hash`));
    }
  });

  it("finds two events swapped, in part or whole", { timeout }, async () => {
    const last = honest[state].events.length;
    const pairs = every(state).flatMap((one) =>
      [one + 1, one + 7].filter((other) => other < last).map((other) => [one, other] as const),
    );
    const cases = pairs.flatMap(([one, other]): Case[] => [
      [`bodies of ${one}, ${other}`, swapped(one, other, ["body"])],
      [`hashes of ${one}, ${other}`, swapped(one, other, ["hash"])],
      [`bodies and hashes of ${one}, ${other}`, swapped(one, other, ["body", "hash"])],
      [
        `places of ${one}, ${other}`,
        exec(`UPDATE events SET idx = -1 WHERE idx = ${one}; UPDATE events SET idx = ${one} WHERE idx = ${other};
          UPDATE events SET idx = ${other} WHERE idx = -1`),
      ],
    ]);
    expect(await unfound("swaps of two events", state, cases)).toEqual([]);
  });

  it("finds an event deleted, alone or with what makes the indexes fit again", { timeout }, async () => {
    const cases = every(state).flatMap((idx): Case[] => {
      const gone = `DELETE FROM events WHERE idx = ${idx}`;
      return [
        [`deleted ${idx}`, exec(gone)],
        [`deleted ${idx}, gap closed`, exec(`${gone}; ${closeGap(idx)}`)],
        [
          `deleted ${idx}, gap closed, length changed`,
          exec(`${gone}; ${closeGap(idx)}; UPDATE lines SET length = length - 1`),
        ],
      ];
    });
    expect(await unfound("deletions of events", state, cases)).toEqual([]);
  });

  it("finds a tail cut, plain, with the line's row, and with its checkpoint too", { timeout }, async () => {
    const cases = every(state).flatMap((left): Case[] => {
      const cut = `DELETE FROM events WHERE idx >= ${left}`;
      const line = `UPDATE lines SET length = ${left},
        head_hash = coalesce((SELECT hash FROM events WHERE idx = ${left} - 1), zeroblob(32))`;
      return [
        [`cut to ${left}`, exec(cut)],
        [`cut to ${left} with the line`, exec(`${cut}; ${line}`)],
        [
          `cut to ${left} with line and checkpoint`,
          exec(`${cut}; ${line}; UPDATE checkpoints SET log_length = ${left}`),
        ],
      ];
    });
    expect(await unfound("tail cuts", state, cases)).toEqual([]);
  });

  it("finds events forged, left out, doubled or swapped in a chain computed anew", { timeout }, async () => {
    const type = (idx: number): string => /"type":"(\w+)"/.exec(honest[state].events[idx]?.body ?? "")?.[1] ?? "";
    const cases = every(state).flatMap((idx): Case[] => [
      [`another time in ${idx}`, forging((bodies) => bodies.with(idx, retold(bodies[idx]!)))],
      [`left out ${idx} ${type(idx)}`, forging((bodies) => bodies.toSpliced(idx, 1))],
      [`doubled ${idx} ${type(idx)}`, forging((bodies) => bodies.toSpliced(idx, 0, bodies[idx]!))],
      [
        `swapped ${idx} ${type(idx)} ${type(idx + 1)}`,
        forging((bodies) => bodies.toSpliced(idx, 2, ...bodies.slice(idx, idx + 2).toReversed())),
      ],
    ]);
    const changes = cases.filter(([name]) => !name.startsWith(`swapped ${honest[state].events.length - 1} `));
    expect(await unfound("forgeries in a chain computed anew, with the journal", state, changes, true)).toEqual([]);
    // Without anything outside the file, what events mean is all there is to go by: other times and copies contradict nothing.
    const missed = await unfound("the same, without the journal", state, changes);
    expect(missed.filter((name) => !/another time|copy_sent/.test(name))).toEqual([]);
  });
});

/** A lie that contradicts nothing in the file. */
function retold(body: string): string {
  return body.replace(/"at":"[^"]*"/, '"at":"2026-01-01T00:00:58.500Z"');
}

/** What a line counts, as its events tell it. */
const recounted = `UPDATE lines SET
  steps = (SELECT count(*) FROM events WHERE line = lines.id AND body ->> '$.type' IN ('turn_taken', 'action_done')),
  refusals = (SELECT count(*) FROM events WHERE line = lines.id AND body ->> '$.type' = 'refused')`;

/** Other events, and a chain, a line and a checkpoint that fit them: what somebody does who knows how cadre stores. */
function forging(change: (bodies: readonly string[]) => readonly string[]): Tamper {
  return bySql((db) => {
    const bodies = change(eventRows(db).map((row) => row.body));
    db.exec("DELETE FROM events");
    let head: Buffer = Buffer.alloc(32);
    const insert = db.prepare("INSERT INTO events (seq, line, idx, hash, body) VALUES (?, 'r-000001.1', ?, ?, ?)");
    for (const [idx, body] of bodies.entries()) {
      head = linkHash(head, body);
      insert.run(idx + 1, idx, head, body);
    }
    db.prepare("UPDATE lines SET length = ?, head_hash = ?").run(bodies.length, head);
    db.exec(recounted);
    db.prepare("UPDATE checkpoints SET log_length = ?").run(bodies.length);
  });
}

/** The end cut off as by an expert: back to the ask about the last write, with every row as it was then. */
const expertCut: Tamper = bySql((db) => {
  const rows = eventRows(db);
  const asked = rows.findLast(({ body }) => body.includes('"type":"ask_raised"') && body.includes('"kind":"approval"'));
  const left = asked!.idx + 1;
  const keep = rows.slice(0, left).map((row) => row.body);
  const turns = keep.filter((body) => body.includes('"type":"turn_taken"')).length;
  const number = "CAST(substr(key, 13) AS INTEGER)";
  db.exec(`DELETE FROM votes WHERE ask IN (SELECT id FROM asks WHERE idx >= ${left - 1});
    DELETE FROM asks WHERE idx >= ${left}; UPDATE asks SET state = 'open', decision = NULL WHERE idx = ${left - 1};
    DELETE FROM effects WHERE (kind = 'model' AND ${number} >= ${turns}) OR (kind = 'tool' AND ${number} >= ${left - 2});
    UPDATE runs SET ended = NULL, ended_at = NULL, reason = NULL,
      model_calls = (SELECT sum(reserved_calls) FROM effects), tokens = (SELECT sum(reserved_tokens) FROM effects);
    DELETE FROM writes;
    UPDATE checkpoints SET body = json_set(body, '$.channel_values', json_object('branch:to:_gate', 'worker'))`);
  forging(() => keep).sql?.(db);
});

describe("D8 against what is remembered outside the file", () => {
  it.each(states)("a cut that makes every row fit (%s) is found with the journal, and only with it", async (state) => {
    expect(await unfound("expert's cut, without the journal", state, [["expert", expertCut]])).toEqual(["expert"]);
    expect(await unfound("expert's cut, with the journal", state, [["expert", expertCut]], true)).toEqual([]);
    const said = await saidOf(folder, honest[state], expertCut, honest[state].heads);
    expect(said.join()).toContain(`the journal remembers ${honest[state].events.length} events`);
  });

  it("a journal that is behind is none the worse", { timeout }, async () => {
    for (const idx of every("finished")) {
      const { hash } = honest.finished.events[idx]!;
      const behind = { line: "r-000001.1", length: idx + 1, head: hash.toString("hex"), source: "the journal" };
      expect(await saidOf(folder, honest.finished, {}, [behind])).toEqual([]);
    }
  });
});
