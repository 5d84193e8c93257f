/**
 * A LangGraph checkpointer over one SQLite file: any graph, any thread, the whole contract of `BaseCheckpointSaver`.
 *
 * C1. What a promise was kept for is on disk: WAL with synchronous=FULL, unless the opener says otherwise (D1).
 * C2. Newest means stored last; a clock that goes back reorders nothing (D5).
 * C3. A step costs what it adds: each element of a list is stored once, whoever refers to it (D7).
 * C4. A thread that was taken over is closed to everyone who does not show its present epoch (D4).
 * C5. What is read back is what was stored: bytes, dates, messages, and records that look like one (`inert-json.ts`).
 * C6. Writes come back in the order in which a running graph applies them: by task path, task and place.
 */
import { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import type {
  ChannelVersions,
  Checkpoint,
  CheckpointListOptions,
  CheckpointMetadata,
  CheckpointTuple,
  DeltaChannelHistory,
  PendingWrite,
} from "@langchain/langgraph-checkpoint";
import type { RunnableConfig } from "@langchain/core/runnables";
import { systemClock } from "../clock.ts";
import { CadreError } from "../errors.ts";
import { connect } from "../store/connection.ts";
import type { Connection } from "../store/connection.ts";
import type { Synchronous } from "../store/schema.ts";
import { threadCopies } from "./copies.ts";
import { undamaged, undamagedSoon } from "./damage.ts";
import { threadFences } from "./fences.ts";
import { groupCommit } from "./group-commit.ts";
import { checkpointLayout } from "./layout.ts";
import { checkpointListing, wantedBy } from "./listing.ts";
import { requireCount, requireName } from "./options.ts";
import type { CheckpointerOptions, Kept } from "./options.ts";
import { valuePlacing } from "./placing.ts";
import type { Step } from "./placing.ts";
import { configOf, positionOf, threadOf } from "./position.ts";
import type { Position } from "./position.ts";
import { checkpointReading } from "./reading.ts";
import { stateOf } from "./state.ts";
import { stateStore } from "./states.ts";
import type { Parent } from "./states.ts";
import { freshItems } from "./steps.ts";
import { checkpointTables } from "./tables.ts";
import type { CheckpointRow, ThreadRow } from "./tables.ts";
import { taskWriting } from "./task-writes.ts";
import { threadUpkeep } from "./upkeep.ts";
import { valueStore } from "./values.ts";
import type { Taken } from "./values.ts";

/** How many checkpoints a listing reads at once; it begins with one, for those who want no more. */
const widestRead = 256;

export type { CheckpointerOptions, Kept };

/** A checkpointer for LangGraph over one SQLite file. Several savers and processes may use one file; close it when it is done with. */
export class SqliteCheckpointer extends BaseCheckpointSaver {
  readonly #connection: Connection;
  readonly #tables;
  readonly #values;
  readonly #states;
  readonly #fences;
  readonly #reading;
  readonly #listing;
  readonly #placing;
  readonly #writing;
  readonly #upkeep;
  readonly #copies;
  readonly #commits;
  readonly #keepLast: number | undefined;
  readonly #fresh = freshItems();
  readonly #spaces = new Map<string, number>();

  /** Errors: store-newer, store-corrupt, data-read-only, disk-full, disk-failed, store-busy. */
  constructor({ file, synchronous = "full", keepLast }: CheckpointerOptions) {
    super();
    if (keepLast !== undefined) requireCount("keepLast", keepLast);
    requireName(file);
    this.#connection = connect({ file, layout: checkpointLayout, clock: systemClock, synchronous });
    this.#tables = checkpointTables(this.#connection);
    this.#values = valueStore(this.#connection);
    this.#states = stateStore(this.#tables);
    this.#fences = threadFences(this.#tables, () => this.#forget());
    this.#reading = checkpointReading(this.#tables, this.#states, this.#values);
    this.#listing = checkpointListing(this.#tables, this.#fences, (at) => this.#row(at));
    this.#placing = valuePlacing(this.#tables, this.#states, this.#values);
    this.#writing = taskWriting(this.#tables, this.#states, this.#values);
    this.#upkeep = threadUpkeep(this.#connection, this.#tables, this.#states, this.#values);
    this.#copies = threadCopies({
      tables: this.#tables,
      fences: this.#fences,
      upkeep: this.#upkeep,
      rowAt: (at) => this.#row(at),
    });
    this.#commits = groupCommit(this.#connection, {
      begun: () => this.#fences.lookAgain(),
      undone: () => this.#forget(),
    });
    this.#keepLast = keepLast;
  }

  /** Opens or makes the file. Errors: see the constructor. */
  static open(options: CheckpointerOptions): SqliteCheckpointer {
    return new this(options); // by its own name, a bundler would have to call the class otherwise
  }

  override async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    if (threadOf(config) === undefined) return undefined;
    const at = positionOf(config, "Reading a checkpoint");
    const [tuple] = this.#read(() => {
      const row = this.#row(at);
      return row === undefined
        ? []
        : this.#reading.fetch([{ place: at, seq: row.seq }], this.#values.nothingSeen(true));
    });
    return tuple && undamagedSoon(this.#connection.file, tuple);
  }

  /**
   * Newest first. `before` is a place in the order in which checkpoints were stored. What several checkpoints hold is handed out as the same
   * objects: a history of a long list costs that list once.
   */
  override async *list(config: RunnableConfig, options: CheckpointListOptions = {}): AsyncGenerator<CheckpointTuple> {
    const { limit = Number.POSITIVE_INFINITY, before, filter = {} } = options;
    const isWanted = wantedBy(config, filter);
    const seen = this.#values.nothingSeen(false);
    const listed = this.#read(() => this.#listing(config, before));
    let left = limit;
    for (
      let from = 0, count = 1;
      from < listed.length && left > 0;
      from += count, count = Math.min(4 * count, widestRead)
    ) {
      const tuples = this.#read(() => this.#reading.fetch(listed.slice(from, from + count), seen, isWanted));
      for (const tuple of tuples) {
        if (left <= 0) return;
        left -= 1;
        yield undamagedSoon(this.#connection.file, tuple); // waits for what is not there yet
      }
    }
  }

  override async put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions?: ChannelVersions,
  ): Promise<RunnableConfig> {
    const at = positionOf(config, "Storing a checkpoint");
    // Now, and not when it is stored: what the graph does meanwhile is of the next step.
    const state = stateOf(checkpoint, metadata);
    const taken = this.#taken(at, checkpoint, newVersions);
    const remember = await this.#commits.write(() => {
      const thread = this.#fences.enter(at.thread); // C4
      const space = this.#space(thread, at.name);
      const parent = at.id === checkpoint.id ? null : this.#parent(space, at.id);
      const step = `${space} ${at.id}`;
      const family = thread.family ?? thread.seq;
      const { versions } = state;
      const placed = this.#placing({ family, space, parent, versions, taken, fresh: this.#fresh.of(step) });
      const { values } = placed;
      const stored = this.#states.put({ space, id: checkpoint.id, parent, state: { ...state, values } });
      if (this.#keepLast !== undefined && this.#upkeep.pruneNowAndThen(thread, { last: this.#keepLast }))
        this.#fences.lookAgain();
      return () => {
        placed.remember();
        stored();
        this.#fresh.drop(step);
      };
    });
    remember();
    return configOf(at, checkpoint.id);
  }

  override async putWrites(
    config: RunnableConfig,
    writes: PendingWrite[],
    taskId: string,
    taskPath = "",
  ): Promise<void> {
    const { id, ...place } = positionOf(config, "Storing a task's writes");
    if (id === undefined)
      throw new CadreError(
        "usage",
        "Storing a task's writes needs configurable.checkpoint_id: which step they are of.",
      );
    const taken = writes.map(([channel, value]) => ({ channel, value: this.#values.take(value) }));
    await this.#commits.write(() => {
      const thread = this.#fences.enter(place.thread); // C4
      const space = this.#space(thread, place.name);
      const fresh = this.#fresh.of(`${space} ${id}`);
      this.#writing({ space, checkpoint: id, task: taskId, path: taskPath, taken, fresh });
    });
  }

  /** Everything of the thread. A thread that was taken over keeps its epoch, so that who lost it stays shut out. */
  override async deleteThread(threadId: string): Promise<void> {
    await this.#commits.write(() => {
      if (this.#tables.thread(threadId) !== undefined) this.#upkeep.deleteThread(this.#fences.enter(threadId));
      this.#fences.lookAgain();
    });
    this.#forget();
  }

  override async getDeltaChannelHistory(options: {
    config: RunnableConfig;
    channels: string[];
  }): Promise<Record<string, DeltaChannelHistory>> {
    const at = positionOf(options.config, "Reading a channel's history");
    const history = this.#read(() => {
      const row = this.#row(at);
      return row === undefined ? undefined : this.#reading.fetchDeltaHistory(at.thread, row, options.channels);
    });
    return history === undefined
      ? Object.fromEntries(options.channels.map((channel) => [channel, { writes: [] }]))
      : undamagedSoon(this.#connection.file, history);
  }

  /**
   * Makes this saver the thread's only writer, and returns the thread's new epoch; whoever wrote it before is refused with `lease-lost`
   * at its next write. Taking over ends no process: see to that first.
   */
  async takeOver(threadId: string): Promise<number> {
    const epoch = await this.#commits.write(() => this.#fences.raise(threadId));
    this.#fences.show(threadId, epoch);
    return epoch;
  }

  /**
   * Drops all but the newest `last` checkpoints of each namespace, and the values that nobody refers to any more. Kept besides: what a
   * kept checkpoint's delta channels are made of, and the subgraphs of kept checkpoints. Returns how many checkpoints went.
   */
  async prune(threadId: string, kept: Kept): Promise<number> {
    requireCount("last", kept.last);
    const dropped = await this.#commits.write(() => {
      if (this.#tables.thread(threadId) === undefined) return 0;
      const count = this.#upkeep.prune(this.#fences.enter(threadId), kept);
      this.#fences.lookAgain();
      return count;
    });
    this.#forget();
    return dropped;
  }

  /** The whole history under another id; values are shared, not copied. Errors: thread-unknown, thread-exists. */
  async copyThread(from: string, to: string): Promise<void> {
    await this.#commits.write(() => this.#copies.copy(from, to));
  }

  /**
   * A thread that begins with a checkpoint of another one, and all that led to it; without `checkpoint_id`, the newest. Returns the config
   * from which it goes on. Errors: thread-unknown (or no such checkpoint), thread-exists.
   */
  async fork(config: RunnableConfig, to: string): Promise<RunnableConfig> {
    const at = positionOf(config, "Forking a thread");
    const id = await this.#commits.write(() => this.#copies.fork(at, to));
    return configOf({ thread: to, name: at.name }, id);
  }

  /** When a commit of this saver is on disk, as the file's connection says. */
  synchronous(): Synchronous {
    const { db, read } = this.#connection;
    return read(() => db.pragma("synchronous", { simple: true })) === 2 ? "full" : "normal";
  }

  /** Stores what was asked for and closes the file. */
  close(): void {
    this.#commits.flush();
    this.#connection.close();
  }

  /** By channel; undefined for those that LangGraph calls known. */
  #taken({ thread, name }: Position, { channel_values: values }: Checkpoint, fresh?: ChannelVersions): Step["taken"] {
    const taken = new Map<string, Taken | undefined>();
    for (const [channel, value] of Object.entries(values)) {
      if (value === undefined) continue;
      const isNew = fresh === undefined || Object.hasOwn(fresh, channel);
      taken.set(channel, isNew ? this.#values.take(value, JSON.stringify([thread, name, channel])) : undefined);
    }
    return taken;
  }

  /** Sees every write that was asked for before it. */
  #read<Result>(body: () => Result): Result {
    this.#commits.flush();
    return undamaged(this.#connection.file, () => this.#connection.snapshot(body));
  }

  #forget(): void {
    this.#states.forget();
    this.#values.forget();
    this.#fresh.forget();
    this.#spaces.clear();
  }

  /** The space's number; it is made if it is not there. */
  #space(thread: ThreadRow, name: string): number {
    const key = `${thread.seq} ${name}`;
    const known = this.#spaces.get(key);
    if (known !== undefined) return known;
    const { seq } = this.#tables.space(thread.seq, name) ?? this.#tables.addSpace(thread.seq, name);
    this.#spaces.set(key, seq);
    return seq;
  }

  #parent(space: number, id: string | undefined): Parent {
    return id === undefined ? null : (this.#states.stored(space, id) ?? id);
  }

  /** C2. */
  #row({ thread: id, name, id: checkpoint }: Position): CheckpointRow | undefined {
    const thread = this.#tables.thread(id);
    const space = thread && this.#tables.space(this.#fences.look(thread).seq, name);
    if (space === undefined) return undefined;
    if (checkpoint !== undefined) return this.#tables.checkpointById(space.seq, checkpoint);
    return space.newest === null ? undefined : this.#tables.checkpoint(space.newest);
  }
}
