/**
 * The ledger of effects and paid model calls (D3).
 *
 * F1. The intent is on disk before the effect starts, the outcome after it ended; the first of each stands.
 * F2. Every write is fenced (D4): a process that lost its line can neither begin an effect nor report one.
 * F3. A key reserves once when it is begun and once per further attempt; `finish` replaces all of it by what was used.
 * F4. What may not go beyond the run's limits is held to them in the transaction that reserves it: of several lines that looked at one
 *     moment, those that come later are refused. A call that is repeated after a crash may be the one that goes beyond them; no second.
 */
import { canonicalJson } from "../canonical.ts";
import type { Limits } from "../briefs/brief.ts";
import { CadreError } from "../errors.ts";
import type { EffectKey, RunId } from "../ids.ts";
import { unitsOf } from "../money.ts";
import type { LedgerRecord } from "./inspection.ts";
import type { RunStore } from "./ports.ts";
import type { EffectRow, Fence, Spent } from "./rows.ts";
import type { Connection } from "./connection.ts";
import { bug } from "./failure.ts";
import { fencedLines } from "./lines.ts";

/** As the statements here write it. */
type EffectRecord = LedgerRecord & Pick<EffectRow, "kind">;

const none: Spent = { modelCalls: 0, tokens: 0, money: 0, gpuMs: 0 };
const whole = (some: Partial<Spent> | undefined): Spent => ({ ...none, ...some });

function chargedOf(record: EffectRecord): Spent {
  return {
    modelCalls: record.reserved_calls,
    tokens: record.reserved_tokens,
    money: record.reserved_money,
    gpuMs: record.reserved_gpu_ms,
  };
}

function minus(left: Spent, right: Spent): Spent {
  return {
    modelCalls: left.modelCalls - right.modelCalls,
    tokens: left.tokens - right.tokens,
    money: left.money - right.money,
    gpuMs: left.gpuMs - right.gpuMs,
  };
}

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
    charged: chargedOf(record),
  };
}

type CountersRecord = {
  readonly model_calls: number;
  readonly tokens: number;
  readonly money: number;
  readonly gpu_ms: number;
  readonly limits: string;
};

/** `allowed`: of what the counters hold now, so much may lie beyond a ceiling. */
function requireWithin(
  { model_calls, tokens, money, gpu_ms, limits }: CountersRecord,
  run: RunId,
  allowed: Spent = none,
): void {
  const ceilings = JSON.parse(limits) as Partial<Limits>;
  const values = [
    ["modelCalls", model_calls, model_calls - allowed.modelCalls],
    ["tokens", tokens, tokens - allowed.tokens],
    ["money", unitsOf(money), unitsOf(money - allowed.money)],
    ["gpuSeconds", gpu_ms / 1000, (gpu_ms - allowed.gpuMs) / 1000],
  ] as const;
  for (const [name, value, held] of values) {
    const ceiling = ceilings[name];
    if (ceiling !== undefined && held > ceiling)
      throw new CadreError("limit-reached", `${run} would come to ${value} of ${ceiling} for ${name}`, {
        hint: "A person raises the limit, or stops the run.",
        data: { run, name, value, ceiling },
      });
  }
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
  const insert = db.prepare(
    `INSERT INTO effects (key, run, line, kind, intent, attempts, epoch, reserved_calls, reserved_tokens, reserved_money, reserved_gpu_ms)
     VALUES (@key, @run, @line, @kind, @intent, 1, @epoch, @modelCalls, @tokens, @money, @gpuMs)`,
  );
  const add = `reserved_calls = reserved_calls + @modelCalls, reserved_tokens = reserved_tokens + @tokens,
    reserved_money = reserved_money + @money, reserved_gpu_ms = reserved_gpu_ms + @gpuMs`;
  const again = db.prepare(
    `UPDATE effects SET attempts = attempts + 1, failed = NULL, epoch = @epoch, intent = coalesce(@intent, intent), ${add} WHERE key = @key`,
  );
  const settle = db.prepare(`UPDATE effects SET outcome = @outcome, failed = NULL, ${add} WHERE key = @key`);
  const setFailed = db.prepare(`UPDATE effects SET failed = @code, ${add} WHERE key = @key`);
  /** On the run's row, by what was added on the effect's. */
  const charge = db.prepare(
    `UPDATE runs SET model_calls = model_calls + @modelCalls, tokens = tokens + @tokens, money = money + @money,
     gpu_ms = gpu_ms + @gpuMs WHERE id = @run`,
  );
  const chargeAndLook = db.prepare<Spent & { readonly run: RunId }, CountersRecord>(
    `UPDATE runs SET model_calls = model_calls + @modelCalls, tokens = tokens + @tokens, money = money + @money,
     gpu_ms = gpu_ms + @gpuMs WHERE id = @run RETURNING model_calls, tokens, money, gpu_ms, limits`,
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
    begin: async (fence, key, kind, intent, reserve, within) => {
      const result = write(() => {
        const { run } = fenced(fence); // F2
        const before = find.get(key);
        if (before !== undefined && before.line !== fence.line) throw foreign(before, fence);
        if (before !== undefined) return { row: effectRow(before), begun: true }; // nothing is reserved twice (F3)
        const { line, epoch } = fence;
        insert.run({ key, run, line, kind, intent: canonicalJson(intent), epoch, ...whole(reserve) });
        const now = chargeAndLook.get({ run, ...whole(reserve) });
        if (within === "limits" && now !== undefined) requireWithin(now, run); // F4
        reach("effect:begun");
        return { row: effectRow(present(key)), begun: false };
      });
      reach("effect:begin-done");
      return result;
    },
    fail: async (fence, key, code, unused) =>
      write(() => {
        const { run } = pending(fence, key);
        const less = minus(none, whole(unused));
        setFailed.run({ code, key, ...less });
        charge.run({ run, ...less });
      }),
    retry: async (fence, key, reserve, intent, within) =>
      write(() => {
        const { run } = pending(fence, key);
        const next = intent === undefined ? null : canonicalJson(intent);
        again.run({ epoch: fence.epoch, intent: next, key, ...whole(reserve) });
        const now = chargeAndLook.get({ run, ...whole(reserve) }); // F3
        if (within !== undefined && now !== undefined)
          requireWithin(now, run, within === "limits" ? none : whole(reserve)); // F4
        return effectRow(present(key));
      }),
    finish: async (fence, key, outcome, used) => {
      if (outcome === null || outcome === undefined)
        throw bug(`effect ${key} was finished without an outcome`, { key });
      write(() => {
        const { record, run } = pending(fence, key);
        const more = used === undefined ? none : minus(whole(used), chargedOf(record));
        settle.run({ outcome: canonicalJson(outcome), key, ...more });
        charge.run({ run, ...more }); // F3
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
