/** Rows of lines, and the fence that every write of a line's owner passes (D4). */
import { genesisHash } from "./ports.ts";
import type { Fence, LineRow, Owner } from "./rows.ts";
import { CadreError } from "../errors.ts";
import type { LineId, RunId } from "../ids.ts";
import type { Connection } from "./connection.ts";
import { bug } from "./failure.ts";

export type LineRecord = {
  readonly seq: number;
  readonly id: LineId;
  readonly run: RunId;
  readonly length: number;
  readonly head_hash: Buffer;
  readonly head_checkpoint: string | null;
  readonly epoch: number;
  readonly owner: string | null;
  readonly lease_until: number | null;
  readonly parent: LineId | null;
  readonly opened_at: number | null;
  readonly ended: "reported" | "stopped" | null;
  readonly closed: 0 | 1;
  readonly signal: "stop" | null;
  readonly signal_by: string | null;
  readonly steps: number;
  readonly refusals: number;
  readonly origin: LineId | null;
  readonly cut: number;
};

/** What a write needs of its line: it is read at each. */
export type FencedLine = Pick<
  LineRecord,
  "seq" | "id" | "run" | "length" | "head_hash" | "head_checkpoint" | "epoch" | "owner"
>;

export const genesis = Buffer.from(genesisHash, "hex");

export function lineRow(record: LineRecord): LineRow {
  return {
    id: record.id,
    run: record.run,
    parent: record.parent,
    openedAt: record.opened_at,
    ended: record.ended,
    closed: record.closed !== 0,
    signal: record.signal,
    signalBy: record.signal_by,
    steps: record.steps,
    refusals: record.refusals,
    ...(record.origin === null ? {} : { past: { line: record.origin, length: record.cut } }),
    length: record.length,
    headHash: record.head_hash.toString("hex"),
    headCheckpoint: record.head_checkpoint,
    epoch: record.epoch,
    owner: record.owner === null ? null : (JSON.parse(record.owner) as Owner),
    leaseUntil: record.lease_until,
  };
}

/**
 * Reads a line inside a write and lets only its present owner through (D4). A lease whose time is over still counts until
 * someone takes it: the epoch decides, never the clock (D5).
 */
export function fencedLines({ db }: Connection): (fence: Fence) => FencedLine {
  const find = db.prepare<[LineId], FencedLine>(
    "SELECT seq, id, run, length, head_hash, head_checkpoint, epoch, owner FROM lines WHERE id = ?",
  );
  return (fence) => {
    const record = find.get(fence.line);
    if (record === undefined) throw bug(`line ${fence.line} does not exist`);
    if (record.owner === null || record.epoch !== fence.epoch)
      throw new CadreError("lease-lost", `${fence.line} was taken over by another process; this one wrote nothing.`, {
        hint: "Follow the run with `cadre watch`, or `cadre resume` it when it is free.",
        data: { line: fence.line, epoch: fence.epoch, current: record.epoch },
      });
    return record;
  };
}
