/** LangGraph's own published suite for checkpoint savers, whole, on ours. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { SqliteCheckpointer } from "../../src/checkpoint-sqlite/saver.ts";

const folders = new Map<SqliteCheckpointer, string>();

const initializer = {
  checkpointerName: "cadre/checkpoint-sqlite",
  createCheckpointer: (): SqliteCheckpointer => {
    const file = join(mkdtempSync(join(tmpdir(), "cadre-conformance-")), "checkpoints.db");
    const saver = SqliteCheckpointer.open({ file });
    folders.set(saver, dirname(file));
    return saver;
  },
  destroyCheckpointer: (saver: SqliteCheckpointer): void => {
    saver.close();
    rmSync(folders.get(saver)!, { recursive: true, force: true });
    folders.delete(saver);
  },
};

// The suite expects its runner's words to be global; it is loaded only once they are.
Object.assign(globalThis, { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it });
const { deltaChannelHistoryTests, specTest } = await import("@langchain/langgraph-checkpoint-validation");

specTest(initializer);
deltaChannelHistoryTests(initializer);
