/**
 * Checks a line against its own hash chain (D8), over the bytes as stored. SQLite's integrity check does not notice a
 * changed letter; this does. It stops at the first bad event: nothing after it can be judged.
 *
 * H1. Events are read a page at a time and handed on one by one: a long line needs no more memory than a short one.
 * H2. What cannot be read any more is a problem, not an exception.
 */
import type { Event } from "../events/event.ts";
import { schemaFault, schemaFor } from "../events/schema-for.ts";
import { CadreError } from "../errors.ts";
import type { LineId } from "../ids.ts";
import { linkHash } from "./events.ts";
import { genesis } from "./lines.ts";
import type { CheckpointStore, RunStore } from "./ports.ts";
import type { LineRow, StoredBytes } from "./rows.ts";

/** `index`: the first event that is bad or missing; for a bad row beside the log, the length that it claims. */
export type ChainProblem = { readonly line: LineId; readonly index: number; readonly what: string };

type Link = { readonly index: number; readonly seq: number; readonly hash: Buffer };

const pageSize = 500;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The event, or what is wrong with it. */
function parsed(bytes: Uint8Array): Event | string {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch {
    return "is not JSON";
  }
  const checked = schemaFor(value).safeParse(value);
  // As everyone else reads it: a schema leaves out keys like `__proto__`.
  return checked.success ? (value as Event) : schemaFault(checked.error);
}

/** What is wrong with the place of an event that should follow `before`. */
function linkFault(before: Link, event: StoredBytes): string | undefined {
  if (event.index !== before.index + 1) return `is missing; the next one there is ${event.index}`;
  if (event.seq <= before.seq) return "lies before the one that it follows";
  return linkHash(before.hash, event.bytes).toString("hex") === event.hash
    ? undefined
    : "does not match its hash: it, or the order of events, was changed";
}

function headFaults(row: LineRow, { length, head }: Walked): readonly string[] {
  if (length !== row.length) return [`the line says that it has ${row.length} events; ${length} are there`];
  return head === row.headHash ? [] : ["the line's head hash is not that of its last event"];
}

async function checkpointFaults(store: Pick<CheckpointStore, "checkpoint">, row: LineRow): Promise<readonly string[]> {
  const head = await store.checkpoint(row.id);
  if ((head?.id ?? null) !== row.headCheckpoint) return ["the line's newest checkpoint is not the one that it names"];
  if (head === undefined || head.logLength === row.length) return [];
  return [`the newest checkpoint stands for ${head.logLength} events of ${row.length}`];
}

/** What was found to be whole, and the fault that ended the walk. */
export type Walked = { readonly length: number; readonly head: string; readonly fault: string | null };

type OnEvent = (event: Event, index: number, hash: string) => Promise<void> | void;

/** Hands on every event that is whole, in order, up to the first that is not (H1). `fault` completes "event <length> …". */
export function walkLine(
  store: Pick<CheckpointStore, "storedBytes">,
  line: LineId,
  onEvent: OnEvent = () => undefined,
): Promise<Walked> {
  return walkLinks(store, line, async ({ bytes, index, hash }) => {
    const event = parsed(bytes);
    if (typeof event === "string") return event;
    await onEvent(event, index, hash);
    return null;
  });
}

/** `faultIn`: what is wrong with the contents of an event whose hash is right; null where nothing is, or nobody looks. */
async function walkLinks(
  store: Pick<CheckpointStore, "storedBytes">,
  line: LineId,
  faultIn: ((stored: StoredBytes) => Promise<string | null>) | null,
): Promise<Walked> {
  let last: Link = { index: -1, seq: -1, hash: genesis };
  const ended = (fault: string | null): Walked => ({ length: last.index + 1, head: last.hash.toString("hex"), fault });
  for (;;) {
    const page = await store.storedBytes(line, last.index + 1, pageSize);
    for (const stored of page) {
      const fault = linkFault(last, stored);
      if (fault !== undefined) return ended(fault);
      const bad = faultIn === null ? null : await faultIn(stored);
      if (bad !== null) return ended(bad);
      last = { index: stored.index, seq: stored.seq, hash: Buffer.from(stored.hash, "hex") };
    }
    if (page.length < pageSize) return ended(null);
  }
}

/** The line's row and its checkpoint against the chain that was walked to its end. */
export async function endFaults(
  store: Pick<CheckpointStore, "checkpoint">,
  row: LineRow,
  walked: Walked,
): Promise<readonly string[]> {
  return [...headFaults(row, walked), ...(await checkpointFaults(store, row))];
}

/** In words, where a read fails because of what lies in the file (H2); null for every other error. */
export function damage(error: unknown): string | null {
  if (error instanceof CadreError) return error.code === "store-corrupt" ? error.message : null;
  // JSON that is none, or a column that holds another type than it may.
  if (error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError) return error.message;
  return null;
}

/**
 * Empty when the line is whole. With `bytes` the events are not read: whose hash is right was checked before it was written (E3), and a
 * line that goes on need not pay for that again at every step of its way.
 */
export async function verifyLine(
  store: CheckpointStore & Pick<RunStore, "line">,
  line: LineId,
  depth: "bytes" | "contents" = "contents",
): Promise<readonly ChainProblem[]> {
  try {
    const row = await store.line(line);
    if (row === undefined) return [{ line, index: 0, what: "there is no such line" }];
    const walked = await (depth === "bytes" ? walkLinks(store, line, null) : walkLine(store, line));
    const { length, fault } = walked;
    if (fault !== null) return [{ line, index: length, what: `event ${length} ${fault}` }];
    return (await endFaults(store, row, walked)).map((what) => ({ line, index: Math.min(length, row.length), what }));
  } catch (error) {
    const what = damage(error);
    if (what === null) throw error;
    return [{ line, index: 0, what: `the file is damaged where this line lies: ${what}` }]; // H2
  }
}
