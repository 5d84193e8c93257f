/** What the store keeps of notices: the port that `notices/` works with. How it is kept: `notices.ts`. */
import type { Clock } from "../clock.ts";
import type { AskId, RunId } from "../ids.ts";
import type { AskRow } from "./rows.ts";

export type NoticeKey = {
  readonly ask: AskId;
  /** What there is to tell: `raised`, `expiring`, `overdue`, `bumped`. */
  readonly occasion: string;
  /** Who is told: a hash of the command or address. */
  readonly target: string;
};

export type NoticeRow = NoticeKey & {
  readonly attempts: number;
  /** How the last attempt went, in words; null while none has ended. */
  readonly outcome: string | null;
  /** When it was told; null: not yet. */
  readonly toldAt: string | null;
};

export type NoticeCounts = {
  readonly told: number;
  readonly waiting: number;
  readonly givenUp: number;
  /** The last failure of each target that could not yet be told of something; the latest last. */
  readonly failures: readonly NoticeFailure[];
};

export type NoticeFailure = {
  readonly target: string;
  /** How the attempt went. */
  readonly words: string;
  /** From when on it is tried again, ISO; null: it is given up. */
  readonly nextAt: string | null;
};

export interface NoticeStore {
  /** The number of this attempt, 1-based; null where the notice was told, is being told, or is not to be tried yet. `busyMs`: the longest that an attempt takes. */
  beginNotice(key: NoticeKey, now: number, busyMs: number): Promise<number | null>;
  /** How it went. `again`: ms until it may be tried once more; null: it was told. */
  settleNotice(key: NoticeKey, outcome: string, again: number | null, clock: Clock): Promise<void>;
  /** Of one ask. */
  notices(ask: AskId): Promise<readonly NoticeRow[]>;
  /** Asks that the clock decided, of one run or of all that have not ended before `endedSince` (ISO); oldest first. */
  decidedByClock(of: { readonly run: RunId } | { readonly endedSince: string }): Promise<readonly AskRow[]>;
  /** Of asks that are still open; and of what nobody could yet be told of those that went up. */
  noticeCounts(): Promise<NoticeCounts>;
}
