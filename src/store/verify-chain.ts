/**
 * Checks a line against its own hash chain (D8), over the bytes as stored. SQLite's integrity check does not notice a
 * changed letter; this does. It stops at the first bad event: nothing after it can be judged.
 */
import { eventSchema } from "../events/event.ts";
import { CadreError } from "../errors.ts";
import type { LineId } from "../ids.ts";
import { linkHash } from "./events.ts";
import { genesis } from "./lines.ts";
import type { CheckpointStore, LineRow, RunStore, StoredBytes } from "./ports.ts";

/** `index`: the first event that is bad or missing; for a bad row beside the log, the length that it claims. */
export type ChainProblem = { readonly line: LineId; readonly index: number; readonly what: string };

type Link = { readonly index: number; readonly seq: number; readonly hash: Buffer };

const pageSize = 500;

function parseFault(bytes: Uint8Array): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return "is not JSON";
  }
  const parsed = eventSchema.safeParse(value);
  if (parsed.success) return undefined;
  const [issue] = parsed.error.issues;
  return `breaks the schema at ${issue?.path.join(".") || "its top"}: ${issue?.message ?? "unknown reason"}`;
}

/** What is wrong with an event that should follow `before`. */
function eventFault(before: Link, event: StoredBytes): string | undefined {
  if (event.index !== before.index + 1) return `is missing; the next one there is ${event.index}`;
  if (event.seq <= before.seq) return "lies before the one that it follows";
  if (linkHash(before.hash, event.bytes).toString("hex") !== event.hash)
    return "does not match its hash: it, or the order of events, was changed";
  return parseFault(event.bytes);
}

function headFaults(row: LineRow, last: Link): readonly string[] {
  const length = last.index + 1;
  if (length !== row.length) return [`the line says that it has ${row.length} events; ${length} are there`];
  return last.hash.toString("hex") === row.headHash ? [] : ["the line's head hash is not that of its last event"];
}

async function checkpointFaults(store: CheckpointStore, row: LineRow): Promise<readonly string[]> {
  const head = await store.checkpoint(row.id);
  if ((head?.id ?? null) !== row.headCheckpoint) return ["the line's newest checkpoint is not the one that it names"];
  if (head === undefined || head.logLength === row.length) return [];
  return [`the newest checkpoint stands for ${head.logLength} events of ${row.length}`];
}

async function walk(store: CheckpointStore, line: LineId): Promise<{ readonly last: Link; readonly fault?: string }> {
  let last: Link = { index: -1, seq: -1, hash: genesis };
  for (;;) {
    const page = await store.storedBytes(line, last.index + 1, pageSize);
    for (const event of page) {
      const fault = eventFault(last, event);
      if (fault !== undefined) return { last, fault };
      last = { index: event.index, seq: event.seq, hash: Buffer.from(event.hash, "hex") };
    }
    if (page.length < pageSize) return { last };
  }
}

async function check(store: CheckpointStore & Pick<RunStore, "line">, line: LineId): Promise<readonly ChainProblem[]> {
  const row = await store.line(line);
  if (row === undefined) return [{ line, index: 0, what: "there is no such line" }];
  const { last, fault } = await walk(store, line);
  if (fault !== undefined) return [{ line, index: last.index + 1, what: `event ${last.index + 1} ${fault}` }];
  const faults = [...headFaults(row, last), ...(await checkpointFaults(store, row))];
  return faults.map((what) => ({ line, index: Math.min(last.index + 1, row.length), what }));
}

/** Empty when the line is whole. A file that cannot be read any more is a problem too, not an exception. */
export async function verifyLine(
  store: CheckpointStore & Pick<RunStore, "line">,
  line: LineId,
): Promise<readonly ChainProblem[]> {
  try {
    return await check(store, line);
  } catch (error) {
    if (error instanceof CadreError && error.code === "store-corrupt")
      return [{ line, index: 0, what: `the file is damaged where this line lies: ${error.message}` }];
    throw error;
  }
}
