/**
 * LangGraph's checkpointer for one line. The graph's one channel, `eventLog`, is kept as events and not in the checkpoint.
 *
 * V1. `put` is the only thing that commits events, together with its checkpoint, and its parent must be the head (D2).
 * V2. The channel only grows: `put` stores the suffix that is new. What came before is recognised by its length and its
 *     last event, so a step costs what it adds (D7); the stored events, not the channel, are what a reload gives back.
 * V3. Newest means committed last; ids, which hold a clock's time, order nothing (D5). Only the newest is kept: the log tells the rest.
 * V4. Everything comes back through JSON.parse: text that looks like a serialized class stays text.
 * V5. Of pending writes only interrupts and errors are kept: one commit a step, and a step whose `put` failed is executed
 *     again, which the effects ledger makes harmless (D2, D3).
 */
import { BaseCheckpointSaver, WRITES_IDX_MAP, emptyCheckpoint, getCheckpointId } from "@langchain/langgraph-checkpoint";
import type {
  Checkpoint,
  CheckpointListOptions,
  CheckpointMetadata,
  CheckpointPendingWrite,
  CheckpointTuple,
  PendingWrite as GraphWrite,
} from "@langchain/langgraph-checkpoint";
import type { RunnableConfig } from "@langchain/core/runnables";
import { canonicalJson } from "../canonical.ts";
import { CadreError } from "../errors.ts";
import type { Event } from "../events/event.ts";
import { bug } from "./failure.ts";
import type { CheckpointStore, PendingWrite } from "./ports.ts";
import type { CheckpointRow, Fence, StoredEvent } from "./rows.ts";

/** The channel whose value is the line's event log. */
export const logChannel = "eventLog";

export type LineSaverDeps = {
  readonly store: CheckpointStore;
  /** The line, and the epoch under which it may be written. For reading alone any epoch will do. */
  readonly fence: Fence;
  /** Called with each commit's events once they are on disk. */
  readonly onCommit?: (stored: readonly StoredEvent[]) => void;
};

const namespace = "";
const noneCommitted = (): void => {};

/** A checkpoint that stands for a log and nothing else: a line that goes on from a cut rests there, with nothing to do, until it is given more. */
export function checkpointAtCut(length: number): CheckpointRow {
  const checkpoint = { ...emptyCheckpoint(), channel_versions: { [logChannel]: 1 } };
  const metadata: CheckpointMetadata = { source: "fork", step: -1, parents: {} };
  return {
    id: checkpoint.id,
    logLength: length,
    checkpoint: JSON.stringify(checkpoint),
    metadata: JSON.stringify(metadata),
  };
}

function isKept(channel: string): channel is PendingWrite["channel"] {
  return channel === "__interrupt__" || channel === "__error__";
}

function asLog(value: unknown): readonly Event[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw bug(`the channel ${logChannel} must hold an array of events`);
  return value as readonly Event[];
}

/** V2: reference first, which is what a running graph gives; by content after a reload or a schema's copy. */
function isSame(one: Event | undefined, other: Event | undefined): boolean {
  return one === other || canonicalJson(one) === canonicalJson(other);
}

function matches(metadata: object, filter: Record<string, unknown> | undefined): boolean {
  if (filter === undefined) return true;
  const record: Record<string, unknown> = { ...metadata };
  return Object.entries(filter).every(([key, value]) => record[key] === value);
}

export class LineSaver extends BaseCheckpointSaver {
  readonly #store: CheckpointStore;
  readonly #fence: Fence;
  readonly #onCommit: (stored: readonly StoredEvent[]) => void;
  /** The line's committed events as far as they were read or written here; replaced, never changed. */
  #log: readonly Event[] = [];
  /** The checkpoint read or written last: the parent of the next one, in a line that moves. */
  #last: { readonly id: string; readonly length: number } | undefined;

  constructor({ store, fence, onCommit = noneCommitted }: LineSaverDeps) {
    super();
    this.#store = store;
    this.#fence = fence;
    this.#onCommit = onCommit;
  }

  async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    const id = this.#place(config);
    const row = await this.#store.checkpoint(this.#fence.line);
    return row === undefined || (id !== undefined && row.id !== id) ? undefined : this.#tuple(row);
  }

  /** The newest checkpoint, or nothing: a line keeps no other (V3). */
  async *list(config: RunnableConfig, options: CheckpointListOptions = {}): AsyncGenerator<CheckpointTuple> {
    const tuple = await this.getTuple(config);
    if (tuple === undefined || options.limit === 0) return;
    if (options.before !== undefined && getCheckpointId(options.before) === tuple.checkpoint.id) return;
    if (matches(tuple.metadata ?? {}, options.filter)) yield tuple;
  }

  async put(config: RunnableConfig, checkpoint: Checkpoint, metadata: CheckpointMetadata): Promise<RunnableConfig> {
    const parent = this.#place(config) ?? null;
    const { [logChannel]: channel, ...others } = checkpoint.channel_values;
    const log = asLog(channel);
    const known = await this.#known(parent);
    if (log.length < known.length || !isSame(log[known.length - 1], known.at(-1)))
      throw bug(`a step of ${this.#fence.line} rewrote the event log`, { stored: known.length, given: log.length }); // V2
    const stored = await this.#store.commit({
      fence: this.#fence,
      expectHead: parent, // V1
      checkpoint: {
        id: checkpoint.id,
        logLength: log.length,
        checkpoint: JSON.stringify({ ...checkpoint, channel_values: others }),
        metadata: JSON.stringify(metadata),
      },
      events: log.slice(known.length),
    });
    this.#log = log;
    this.#last = { id: checkpoint.id, length: log.length };
    this.#onCommit(stored);
    return this.#configOf(checkpoint.id);
  }

  async putWrites(config: RunnableConfig, writes: GraphWrite[], taskId: string): Promise<void> {
    const checkpoint = this.#place(config);
    if (checkpoint === undefined) throw bug("pending writes belong to a checkpoint; none was named");
    const kept = writes.flatMap(([channel, value]): PendingWrite[] =>
      isKept(channel)
        ? [{ task: taskId, index: WRITES_IDX_MAP[channel] ?? 0, channel, value: JSON.stringify(value ?? null) }]
        : [],
    );
    if (kept.length > 0) await this.#store.putWrites(this.#fence, checkpoint, kept); // V5
  }

  async deleteThread(): Promise<void> {
    throw bug(`${this.#fence.line} is a record: lines are not deleted`);
  }

  /** Checks that a config means this line; the checkpoint that it names, if any. */
  #place(config: RunnableConfig): string | undefined {
    const { thread_id: thread, checkpoint_ns: space = namespace } = config.configurable ?? {};
    if (thread !== this.#fence.line || space !== namespace)
      throw bug(`this saver serves the line ${this.#fence.line} and no other`, { thread, namespace: space });
    return getCheckpointId(config) || undefined;
  }

  #configOf(id: string): RunnableConfig {
    return { configurable: { thread_id: this.#fence.line, checkpoint_ns: namespace, checkpoint_id: id } };
  }

  /** The stored log at a checkpoint, without reading again what is known. */
  async #known(checkpoint: string | null): Promise<readonly Event[]> {
    if (checkpoint === null) return [];
    if (this.#last?.id === checkpoint) return this.#upTo(this.#last.length);
    const row = await this.#store.checkpoint(this.#fence.line);
    return this.#upTo(row?.id === checkpoint ? row.logLength : 0);
  }

  async #upTo(length: number): Promise<readonly Event[]> {
    const have = this.#log;
    if (have.length >= length) return have.length === length ? have : have.slice(0, length);
    const more = await this.#store.events(this.#fence.line, have.length, length);
    const log = have.concat(more.map((stored) => stored.event)); // V4
    if (log.length !== length)
      throw new CadreError(
        "chain-broken",
        `${this.#fence.line} should have ${length} events; ${log.length} are there.`,
        {
          hint: `cadre verify ${this.#fence.line} names the first bad event.`,
          data: { line: this.#fence.line, expected: length, found: log.length },
        },
      );
    if (log.length > this.#log.length) this.#log = log;
    return log;
  }

  async #tuple(row: CheckpointRow): Promise<CheckpointTuple> {
    const checkpoint = JSON.parse(row.checkpoint) as Checkpoint;
    checkpoint.channel_values[logChannel] = await this.#upTo(row.logLength);
    this.#last = { id: row.id, length: row.logLength };
    const writes = await this.#store.writes(this.#fence.line, row.id);
    const pendingWrites = writes.map(({ task, channel, value }): CheckpointPendingWrite => [
      task,
      channel,
      JSON.parse(value),
    ]);
    return {
      config: this.#configOf(row.id),
      checkpoint,
      metadata: JSON.parse(row.metadata) as CheckpointMetadata,
      pendingWrites,
    };
  }
}
