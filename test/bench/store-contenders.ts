/** Who is compared by `store`: each opens a checkpointer on a file and tells under which thread it is used. */
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { pathToFileURL } from "node:url";
import type { RunnableConfig } from "@langchain/core/runnables";
import { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import type { Checkpoint } from "@langchain/langgraph-checkpoint";
import { SqliteCheckpointer } from "../../src/checkpoint-sqlite/saver.ts";
import { mainLine, type RunId } from "../../src/ids.ts";
import type { Synchronous } from "../../src/store/schema.ts";
import { LineSaver } from "../../src/store/checkpoints.ts";
import { openStore } from "../../src/store/open.ts";
import { thisOwner } from "../../src/store/owner.ts";
import { systemClock } from "../../src/clock.ts";
import { benchChart, benchRun } from "./bench-run.ts";

export type Contender = {
  readonly title: string;
  /** Keeps nothing once its process has ended. */
  readonly volatile?: true;
  /** What it keeps of a thread's past. */
  readonly keeps: "nothing" | "every checkpoint" | "the events and the newest checkpoint";
  /** Loads what `open` needs, where loading is not what is measured. `module`: where the stock saver was installed. */
  readonly load?: (module: string) => Promise<unknown>;
  readonly open: (file: string, module: string) => Promise<Opened>;
};

export type Opened = {
  readonly saver: BaseCheckpointSaver | undefined;
  readonly thread: string;
  /** Brings the write-ahead log into the file. */
  readonly close: () => void;
};

const nothing = (): void => {};
const thread = "bench";
const run = "r-be4c40" as RunId;

async function ownLine(file: string, synchronous: Synchronous): Promise<Opened> {
  const store = openStore({ file, clock: systemClock, synchronous });
  const line = mainLine(run);
  if ((await store.run(run)) === undefined) await store.createRun(benchRun(run), benchChart);
  const lease = await store.acquire(
    line,
    thisOwner(),
    systemClock.now(),
    600_000,
    (await store.line(line))?.owner ?? undefined,
  );
  if (!lease.held) throw new Error(`${line} is held by process ${lease.owner.pid}`);
  const saver = new LineSaver({ store, fence: { line, epoch: lease.epoch } });
  return { saver, thread: line, close: () => store.close() };
}

async function general(file: string, synchronous: Synchronous): Promise<Opened> {
  const saver = SqliteCheckpointer.open({ file, synchronous });
  return { saver, thread, close: () => saver.close() };
}

/** The control for every saver: it takes what it is given and keeps nothing. What it costs is LangGraph's own bookkeeping for a checkpointer. */
class IdleSaver extends BaseCheckpointSaver {
  override async getTuple(): Promise<undefined> {}
  override async *list(): AsyncGenerator<never> {}
  override async putWrites(): Promise<void> {}
  override async deleteThread(): Promise<void> {}

  override async put(config: RunnableConfig, checkpoint: Checkpoint): Promise<RunnableConfig> {
    return { configurable: { ...config.configurable, checkpoint_id: checkpoint.id } };
  }
}

/**
 * The control for FULL: for each checkpoint it makes one page durable, and keeps nothing. What it costs beyond the idle one is a process that
 * gives up its core to the disk; no saver that keeps its promise can take less.
 */
class PageSaver extends IdleSaver {
  readonly #handle: number;
  readonly #page = Buffer.alloc(4096, 7);
  #writes = 0;

  constructor(file: string) {
    super();
    this.#handle = openSync(file, "w+");
  }

  override async put(config: RunnableConfig, checkpoint: Checkpoint): Promise<RunnableConfig> {
    this.#writes += 1;
    writeSync(this.#handle, this.#page, 0, this.#page.length, (this.#writes % 64) * this.#page.length);
    fdatasyncSync(this.#handle);
    return super.put(config, checkpoint);
  }

  close(): void {
    closeSync(this.#handle);
  }
}

function pageSaver(file: string): Opened {
  const saver = new PageSaver(file);
  return { saver, thread, close: () => saver.close() };
}

type StockModule = {
  readonly SqliteSaver: {
    fromConnString(file: string): BaseCheckpointSaver & { readonly db: { close(): void } };
  };
};

export const contenders = {
  none: {
    title: "no checkpointer",
    volatile: true,
    keeps: "nothing",
    open: async () => ({ saver: undefined, thread, close: nothing }),
  },
  idle: {
    title: "keeps nothing",
    volatile: true,
    keeps: "nothing",
    open: async () => ({ saver: new IdleSaver(), thread, close: nothing }),
  },
  synced: {
    title: "keeps nothing, syncs a page",
    volatile: true,
    keeps: "nothing",
    open: async (file) => pageSaver(file),
  },
  memory: {
    title: "MemorySaver",
    volatile: true,
    keeps: "every checkpoint",
    open: async () => {
      const { MemorySaver } = await import("@langchain/langgraph-checkpoint");
      return { saver: new MemorySaver(), thread, close: nothing };
    },
  },
  stock: {
    title: "SqliteSaver (official)",
    keeps: "every checkpoint",
    load: (module) => import(pathToFileURL(module).href),
    open: async (file, module) => {
      const { SqliteSaver } = (await import(pathToFileURL(module).href)) as StockModule;
      const saver = SqliteSaver.fromConnString(file);
      return { saver, thread, close: () => saver.db.close() };
    },
  },
  generalNormal: {
    title: "ours, general, NORMAL",
    keeps: "every checkpoint",
    open: (file) => general(file, "normal"),
  },
  generalFull: {
    title: "ours, general, FULL",
    keeps: "every checkpoint",
    open: (file) => general(file, "full"),
  },
  lineNormal: {
    title: "ours, a line, NORMAL",
    keeps: "the events and the newest checkpoint",
    open: (file) => ownLine(file, "normal"),
  },
  lineFull: {
    title: "ours, a line, FULL",
    keeps: "the events and the newest checkpoint",
    open: (file) => ownLine(file, "full"),
  },
} as const satisfies Readonly<Record<string, Contender>>;

export type ContenderName = keyof typeof contenders;
