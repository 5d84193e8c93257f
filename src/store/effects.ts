/**
 * The ledger of effects and paid model calls (D3).
 *
 * F1. The intent is on disk before the effect starts, the outcome after it ended; the first of each stands.
 * F2. Every write is fenced (D4): a process that lost its line can neither begin an effect nor report one.
 * F3. A key reserves once when it is begun and once per further attempt; `finish` replaces all of it by what was used.
 */
import { canonicalJson } from "../canonical.ts";
import type { CadreError } from "../errors.ts";
import type { EffectKey, LineId, RunId } from "../ids.ts";
import type { EffectRow, Fence, Reservation, RunStore } from "./ports.ts";
import type { Connection } from "./connection.ts";
import { bug } from "./failure.ts";
import { fencedLines } from "./lines.ts";

type EffectRecord = {
  readonly key: EffectKey;
  readonly line: LineId;
  readonly kind: "model" | "tool";
  readonly intent: string;
  readonly outcome: string | null;
  readonly failed: string | null;
  readonly attempts: number;
  readonly epoch: number;
  readonly reserved_calls: number;
  readonly reserved_tokens: number;
};

const none: Reservation = { modelCalls: 0, tokens: 0 };

function effectRow(record: EffectRecord): EffectRow {
  return {
    key: record.key,
    line: record.line,
    kind: record.kind,
    intent: JSON.parse(record.intent),
    outcome: record.outcome === null ? null : JSON.parse(record.outcome),
    failed: record.failed,
    attempts: record.attempts,
    epoch: record.epoch,
  };
}

function foreign({ key, line }: EffectRecord, fence: Fence): CadreError {
  return bug(`effect ${key} belongs to ${line}, not to ${fence.line}`, { key });
}

export function effects(
  connection: Connection,
): Pick<RunStore, "begin" | "fail" | "retry" | "finish" | "effects" | "effect"> {
  const { db, reach, read, write } = connection;
  const fenced = fencedLines(connection);
  const find = db.prepare<[EffectKey], EffectRecord>("SELECT * FROM effects WHERE key = ?");
  const ofRun = db.prepare<[RunId], EffectRecord>("SELECT * FROM effects WHERE run = ? ORDER BY seq");
  const insert = db.prepare<[EffectKey, RunId, LineId, string, string, number, number, number]>(
    `INSERT INTO effects (key, run, line, kind, intent, attempts, epoch, reserved_calls, reserved_tokens)
     VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?)`,
  );
  const again = db.prepare<[number, number, number, string | null, EffectKey]>(
    `UPDATE effects SET attempts = attempts + 1, failed = NULL, epoch = ?, reserved_calls = reserved_calls + ?,
     reserved_tokens = reserved_tokens + ?, intent = coalesce(?, intent) WHERE key = ?`,
  );
  const settle = db.prepare<[string, number, number, EffectKey]>(
    "UPDATE effects SET outcome = ?, failed = NULL, reserved_calls = ?, reserved_tokens = ? WHERE key = ?",
  );
  const setFailed = db.prepare<[string, EffectKey]>("UPDATE effects SET failed = ? WHERE key = ?");
  const charge = db.prepare<[number, number, RunId]>(
    "UPDATE runs SET model_calls = model_calls + ?, tokens = tokens + ? WHERE id = ?",
  );

  const present = (key: EffectKey): EffectRecord => {
    const record = find.get(key);
    if (record === undefined) throw bug(`effect ${key} was never begun`, { key });
    return record;
  };
  /** The effect of a fence's own line that has no outcome yet. */
  const pending = (fence: Fence, key: EffectKey): { readonly record: EffectRecord; readonly run: RunId } => {
    const { run } = fenced(fence); // F2
    const record = present(key);
    if (record.line !== fence.line) throw foreign(record, fence);
    if (record.outcome !== null) throw bug(`effect ${key} already has an outcome: replay it`, { key }); // F1, R4
    return { record, run };
  };

  return {
    begin: async (fence, key, kind, intent, reserve = none) => {
      const result = write(() => {
        const { run } = fenced(fence); // F2
        const before = find.get(key);
        if (before !== undefined && before.line !== fence.line) throw foreign(before, fence);
        if (before !== undefined) return { row: effectRow(before), begun: true }; // nothing is reserved twice (F3)
        insert.run(key, run, fence.line, kind, canonicalJson(intent), fence.epoch, reserve.modelCalls, reserve.tokens);
        charge.run(reserve.modelCalls, reserve.tokens, run);
        reach("effect:begun");
        return { row: effectRow(present(key)), begun: false };
      });
      reach("effect:begin-done");
      return result;
    },
    fail: async (fence, key, code) =>
      write(() => {
        pending(fence, key);
        setFailed.run(code, key);
      }),
    retry: async (fence, key, reserve = none, intent) =>
      write(() => {
        const { run } = pending(fence, key);
        const next = intent === undefined ? null : canonicalJson(intent);
        again.run(fence.epoch, reserve.modelCalls, reserve.tokens, next, key);
        charge.run(reserve.modelCalls, reserve.tokens, run); // F3
        return effectRow(present(key));
      }),
    finish: async (fence, key, outcome, used) => {
      if (outcome === null || outcome === undefined)
        throw bug(`effect ${key} was finished without an outcome`, { key });
      write(() => {
        const { record, run } = pending(fence, key);
        const { modelCalls, tokens } = used ?? { modelCalls: record.reserved_calls, tokens: record.reserved_tokens };
        settle.run(canonicalJson(outcome), modelCalls, tokens, key);
        charge.run(modelCalls - record.reserved_calls, tokens - record.reserved_tokens, run); // F3
        reach("effect:finished");
      });
      reach("effect:finish-done");
    },
    effects: async (run) => read(() => ofRun.all(run).map(effectRow)),
    effect: async (key) =>
      read(() => {
        const record = find.get(key);
        return record === undefined ? undefined : effectRow(record);
      }),
  };
}
