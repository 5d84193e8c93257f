/**
 * What `verify` and `doctor` read beside the ports: names and rows undecoded, so that one damaged row hides no other, and facts about
 * the file as a whole.
 *
 * N1. Inside `frozen` all reads see one state of the file, however long it takes and whatever others commit meanwhile.
 * N2. Nothing here parses what a row holds, and nothing writes.
 */
import type { AskId, EffectKey, LineId, RunId } from "../ids.ts";

/** `row`: the table and what names the row in it, or the part of the file. */
export type RowProblem = { readonly row: string; readonly what: string };

/** A row of the ledger as it lies there; intent and outcome are JSON text. */
export type LedgerRecord = {
  readonly seq: number;
  readonly key: EffectKey;
  readonly line: LineId;
  readonly kind: string;
  readonly intent: string;
  readonly outcome: string | null;
  readonly failed: string | null;
  readonly attempts: number;
  readonly epoch: number;
  readonly reserved_calls: number;
  readonly reserved_tokens: number;
  readonly reserved_money: number;
  readonly reserved_gpu_ms: number;
};

/** Sizes in bytes. */
export type Health = {
  readonly file: string;
  readonly bytes: number;
  readonly walBytes: number;
  readonly pageBytes: number;
  /** Of pages that are in the file and hold nothing; the next rows go there. */
  readonly freeBytes: number;
  /** Version of the layout. */
  readonly schema: number;
  /** `ok`, or what SQLite found first. Quick: it does not compare indexes with their tables; `verify` does. */
  readonly integrity: string;
};

export type Counts = {
  readonly runs: number;
  readonly lines: number;
  readonly events: number;
  readonly checkpoints: number;
  readonly effects: number;
  readonly openAsks: number;
};

/** `bytes`: of its events and its ledger. */
export type RunSize = { readonly run: RunId; readonly events: number; readonly bytes: number };

export interface Inspection {
  /** Runs `body` while every read of this store sees one state of the file (N1). A store that may write does not hold still: it only runs it. */
  frozen<Result>(body: () => Promise<Result>): Promise<Result>;
  /** Oldest first. */
  runIds(): Promise<readonly RunId[]>;
  askIds(run: RunId): Promise<readonly AskId[]>;
  /** At most `limit` rows of a run's ledger after the row `after` (0: from the first). */
  ledger(run: RunId, after: number, limit: number): Promise<readonly LedgerRecord[]>;
  /** The text of a chart, as stored. */
  chartText(hash: string): Promise<string | undefined>;
  chartHashes(): Promise<readonly string[]>;
  /** What can be said against the file without reading what its rows mean. */
  fileProblems(): Promise<readonly RowProblem[]>;
  health(): Promise<Health>;
  counts(): Promise<Counts>;
  /** Largest first. */
  largestRuns(limit: number): Promise<readonly RunSize[]>;
}
