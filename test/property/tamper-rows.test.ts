/**
 * D2 D3 D6 R3 R4: what somebody does to the rows beside the log: effects, asks, runs, charts, lines, checkpoints. Each column has bits
 * flipped in it; each table has rows deleted and swapped. What is not found is listed here, with the reason why nothing needs it.
 *
 * `CADRE_TAMPER` sets how many bits are flipped in each column of each table (default 2, 50 at most), and has the counts printed.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { random } from "../crash/random.ts";
import { flipped, goesOn, honestFile, saidOf, type Honest, type Tamper } from "../fixtures/tampered.ts";

type State = "finished" | "waiting";

const thorough = process.env["CADRE_TAMPER"] !== undefined;
const flips = Math.min(50, Number(process.env["CADRE_TAMPER"] ?? 2));
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

const exec = (sql: string): Tamper => ({ sql: (db) => db.exec(sql) });

async function found(state: State, tamper: Tamper): Promise<boolean> {
  return (await saidOf(folder, honest[state], tamper)).length > 0;
}

/** Columns and, where only one kind of row is meant, which. */
const columns: Record<string, readonly (readonly [column: string, where: string])[]> = {
  effects: [
    ["key", "1"],
    ["run", "1"],
    ["line", "1"],
    ["kind", "1"],
    ["intent", "kind = 'tool'"],
    ["outcome", "kind = 'tool'"],
    ["intent", "kind = 'model'"],
    ["outcome", "kind = 'model'"],
    ["attempts", "1"],
    ["epoch", "1"],
    ["reserved_calls", "kind = 'model'"],
    ["reserved_tokens", "kind = 'model'"],
    ["reserved_money", "kind = 'model'"],
    ["reserved_gpu_ms", "kind = 'model'"],
  ],
  asks: [
    ["id", "1"],
    ["run", "1"],
    ["line", "1"],
    ["idx", "1"],
    ["hash", "1"],
    ["state", "1"],
    ["kind", "1"],
    ["role", "1"],
    ["recipient", "1"],
    ["topic", "1"],
    ["severity", "1"],
    ["raised_at", "1"],
    ["deadline", "deadline IS NOT NULL"],
    ["headline", "1"],
    ["decision", "decision IS NOT NULL"],
    ["acknowledged", "acknowledged IS NOT NULL"],
  ],
  votes: [
    ["ask", "1"],
    ["voter", "1"],
    ["hash", "1"],
    ["verb", "1"],
    ["body", "1"],
  ],
  runs: [
    ["id", "1"],
    ["title", "1"],
    ["brief", "1"],
    ["entry", "1"],
    ["workflow", "1"],
    ["chart", "1"],
    ["rehearsal", "1"],
    ["started_by", "1"],
    ["started_at", "1"],
    ["limits", "1"],
    ["workspace", "1"],
    ["model_calls", "1"],
    ["tokens", "1"],
    ["money", "1"],
    ["gpu_ms", "1"],
  ],
  charts: [
    ["hash", "1"],
    ["body", "1"],
  ],
  lines: [
    ["id", "1"],
    ["run", "1"],
    ["length", "1"],
    ["head_hash", "1"],
    ["head_checkpoint", "1"],
    ["steps", "1"],
    ["refusals", "1"],
    ["closed", "1"],
  ],
  checkpoints: [
    ["id", "1"],
    ["log_length", "1"],
    ["body", "1"],
    ["metadata", "1"],
  ],
};
const ended: typeof columns = {
  runs: [
    ["ended", "1"],
    ["ended_at", "1"],
    ["reason", "1"],
  ],
};
const paused: typeof columns = { writes: [["value", "1"]] };

/** What is not found, and why nothing rests on it. */
const harmless: Record<string, string> = {
  "effects.intent kind = 'tool'": "`prepared` is for probes: it is read only while there is no outcome",
  "effects.intent kind = 'model'":
    "`maxTokens` and `temperature` are sent with a call, and not read once there is a reply",
  "effects.outcome kind = 'model'": "`finish` and `malformed` of a reply are read only until the log tells of it",
  "effects.attempts 1": "how often it was tried decides nothing, once there is an outcome",
  "effects.epoch 1": "under which epoch it was begun decides nothing, once there is an outcome",
  "runs.workspace 1": "shown to people; tools take the folder from the run's name",
  "checkpoints.body 1": "LangGraph's own bookkeeping; where the line goes on follows from the log",
  "checkpoints.metadata 1": "LangGraph's own bookkeeping, read by nobody",
  "writes.value 1": "an interrupt's id is LangGraph's own; what is asked is found",
};

describe.each(states)("rows beside the log of a %s run", (state) => {
  const all = Object.entries(columns).concat(Object.entries(state === "finished" ? ended : paused));
  const cases = all.flatMap(([table, list]) => list.map(([column, where]) => [table, column, where] as const));

  it.each(cases)("bits flipped in %s.%s (%s) are found", { timeout }, async (table, column, where) => {
    const next = random(7);
    let missed = 0;
    for (let n = 0; n < flips; n += 1) {
      const nth = Math.floor(next() * 1000);
      const row = `rowid = (SELECT rowid FROM ${table} WHERE ${where} ORDER BY rowid
        LIMIT 1 OFFSET (${nth} % (SELECT count(*) FROM ${table} WHERE ${where})))`;
      const tamper = flipped(table, column, row, (bits) => Math.floor(next() * bits));
      if (!(await found(state, tamper))) missed += 1;
    }
    counted.push(`bits of ${table}.${column} (${where}), ${state}: ${flips - missed} of ${flips} found`);
    if (harmless[`${table}.${column} ${where}`] === undefined) expect(missed).toBe(0);
  });
});

describe.each(states)("rows of a %s run deleted, swapped or made up", (state) => {
  const tables = ["events", "effects", "asks", "runs", "charts", "lines", "checkpoints", "migrations"];
  const swap = (table: string, column: string): string =>
    `CREATE TEMP TABLE held AS SELECT rowid AS id, ${column} AS value FROM ${table} ORDER BY rowid LIMIT 2;
     UPDATE ${table} SET ${column} = (SELECT value FROM held WHERE held.id <> ${table}.rowid)
       WHERE rowid IN (SELECT id FROM held)`;
  const lies: Record<string, string> = {
    ...Object.fromEntries(tables.map((table) => [`all rows of ${table} deleted`, `DELETE FROM ${table}`])),
    "the first effect deleted": "DELETE FROM effects WHERE seq = 1",
    "the last effect deleted": "DELETE FROM effects WHERE seq = (SELECT max(seq) FROM effects)",
    "an effect that nobody tells of": `INSERT INTO effects (key, run, line, kind, intent, outcome, attempts, epoch, reserved_calls, reserved_tokens)
      VALUES ('r-000001.1/e3', 'r-000001', 'r-000001.1', 'tool', '{}', '{}', 1, 1, 0, 0)`,
    "outcomes of two effects swapped": swap("effects", "outcome"),
    "intents of two effects swapped": swap("effects", "intent"),
    "an ask deleted": "DELETE FROM asks WHERE seq = 1",
    "an ask that nobody raised": `INSERT INTO asks (id, run, line, idx, hash, state, kind, role, recipient, topic)
      VALUES ('a-000001-1-4', 'r-000001', 'r-000001.1', 4, 'h', 'open', 'question', 'worker', 'user', 'x')`,
    "hashes of two asks swapped": swap("asks", "hash"),
    "a decided ask open again": "UPDATE asks SET state = 'open', decision = NULL WHERE seq = 1",
    "another decision": "UPDATE asks SET decision = json_set(decision, '$.text', 'right') WHERE seq = 1",
    "somebody else's decision": "UPDATE asks SET decision = json_set(decision, '$.by', 'somebody') WHERE seq = 1",
    "a withdrawn ask": "UPDATE asks SET state = 'withdrawn' WHERE seq = 1",
    "higher limits": "UPDATE runs SET limits = json_set(limits, '$.tokens', 99000000)",
    "another end": "UPDATE runs SET ended = 'stopped', ended_at = '2026-01-01T00:00:00.000Z', reason = ''",
    "fewer calls counted": "UPDATE runs SET model_calls = 0",
    "a role with a tool more": "UPDATE charts SET body = replace(body, '\"edit\"', '\"command\"')",
    "a route with another purpose":
      "UPDATE charts SET body = replace(body, 'for worker matters', 'for workers matter')",
    "a chart with another hash": "UPDATE charts SET hash = 'x'; UPDATE runs SET chart = 'x'",
    "a chart that is none": "UPDATE charts SET body = '{}'",
    "an intent that is null": "UPDATE effects SET intent = 'null'",
    "an outcome that is no JSON": "UPDATE effects SET outcome = '{' WHERE seq = 1",
    "a brief that is no JSON": "UPDATE runs SET brief = '{'",
    "limits that are no JSON": "UPDATE runs SET limits = ''",
    "a decision that is no JSON": "UPDATE asks SET decision = '{' WHERE seq = 1",
    "an owner that is no JSON": "UPDATE lines SET owner = '{', lease_until = 1",
    "an owner of no process": `UPDATE lines SET owner = '{"host":"h","boot":"b","pid":"1","start":"s"}', lease_until = 1`,
    "a lease that was never taken": "UPDATE lines SET epoch = 0",
    "a stop that nobody wants": "UPDATE runs SET signal = 'stop'",
    "a model without a name": "UPDATE runs SET model = ''",
    "another model": "UPDATE runs SET model = 'endpoint:other'",
    "a workspace that is nowhere": "UPDATE runs SET workspace = 'tree'",
    "a pending write of another checkpoint": `INSERT INTO writes (line, checkpoint, task, idx, channel, value)
      VALUES ('r-000001.1', 'x', 'y', -3, '__interrupt__', '[]')`,
    "a chart that is no JSON": "UPDATE charts SET body = '{'",
    "a checkpoint that is no JSON": "UPDATE checkpoints SET body = '{'",
    "a trigger": "CREATE TRIGGER t AFTER UPDATE ON asks BEGIN UPDATE asks SET decision = NULL; END",
    "a view": "CREATE VIEW v AS SELECT 1",
    "a table more": "CREATE TABLE more (a)",
    "an index gone": "DROP INDEX asks_of_run",
    "a table gone": "DROP TABLE writes",
    "a column gone": "ALTER TABLE runs DROP COLUMN reason",
    "a column more": "ALTER TABLE runs ADD COLUMN more TEXT",
  };

  it.each(Object.entries(lies))("%s is found", async (_name, sql) => {
    expect(await saidOf(folder, honest[state], exec(sql))).not.toEqual([]);
  });
});

/** Not taken up yet: in no event, and in the row alone. */
describe("a decision that was forged on an ask that waits", () => {
  const honestly = { verb: "approve", text: "", by: "ana", face: "cli", at: "2026-01-01T00:00:00.000Z" };
  const decided = (decision: object): Tamper =>
    exec(`UPDATE asks SET state = 'decided', decision = '${JSON.stringify(decision)}' WHERE state = 'open'`);

  it("is not told from an honest one where it is one", async () => {
    expect(await saidOf(folder, honest.waiting, decided(honestly))).toEqual([]);
  });

  it.each([
    ["by nobody", { ...honestly, by: " " }],
    ["from nowhere", { ...honestly, face: "" }],
    ["without a time", { ...honestly, at: "yesterday" }],
    ["with more than a decision has", { ...honestly, hash: "x" }],
    ["of a verb that it does not take", { ...honestly, verb: "answer", text: "yes" }],
    ["a rejection without a reason", { ...honestly, verb: "reject" }],
    ["an expiry from a face that makes none", { ...honestly, verb: "expire" }],
  ])("%s is found", async (_what, decision) => {
    expect(await saidOf(folder, honest.waiting, decided(decision))).not.toEqual([]);
  });
});

const bookkeeping = [
  ["checkpoints", "body"],
  ["checkpoints", "metadata"],
  ["writes", "value"],
] as const;

it.each(bookkeeping)(
  "D6 a bit of %s.%s that is not found changes nothing: the line ends as it would have",
  { timeout },
  async (table, column) => {
    const next = random(5);
    await saidOf(folder, honest.waiting, {});
    const undisturbed = await goesOn(folder);
    expect(undisturbed).toMatch(/^finished run_started .* run_ended$/);
    const ends = new Set<string>();
    let missed = 0;
    for (let n = 0; n < 4 * flips; n += 1) {
      const tamper = flipped(table, column, "1", (bits) => Math.floor(next() * bits));
      if (await found("waiting", tamper)) continue;
      missed += 1;
      ends.add(await goesOn(folder));
    }
    counted.push(`bits of ${table}.${column} that are not found, and the line then went on: ${missed}`);
    expect([...ends].filter((end) => end !== undisturbed)).toEqual([]);
  },
);
