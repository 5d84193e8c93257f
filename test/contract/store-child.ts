/**
 * A process of its own that works on a store. Waits for a line on stdin before it starts, so that several start together;
 * answers with one line of JSON.
 *
 *   node store-child.ts open <file>
 *   node store-child.ts decide <file> <ask> <hash> <by>
 *   node store-child.ts append <file> <run> <count>
 *   node store-child.ts commit-and-die <file> <run> <fault point> <text>
 *   node store-child.ts list <file> <uid>       as this user, for reading only
 *   node store-child.ts write <file> <uid>      as this user
 *   node store-child.ts backup <file> <to>
 *   node store-child.ts migrate-and-die <file>
 */
import { once } from "node:events";
import { isCadreError } from "../../src/errors.ts";
import { mainLine } from "../../src/ids.ts";
import type { AskId, RunId } from "../../src/ids.ts";
import { backUp } from "../../src/store/backup.ts";
import type { FaultPoint } from "../../src/store/connection.ts";
import { openStore } from "../../src/store/open.ts";
import { thisOwner } from "../../src/store/owner.ts";
import type { Event } from "../../src/events/event.ts";
import type { Store } from "../../src/store/ports.ts";
import type { Fence } from "../../src/store/rows.ts";

const at = "2026-01-02T03:04:05.000Z";
const clock = { now: () => Date.parse(at) };

function note(summary: string): Event {
  const rule = { purpose: "p", file: "modes/a.md", line: 1 };
  return { type: "copy_sent", at, frame: "f0", from: "lead", to: "writer", rule, summary };
}

async function commitNote(store: Store, fence: Fence, text: string): Promise<void> {
  const row = await store.line(fence.line);
  if (row === undefined) throw new Error("no line");
  const parent = row.headCheckpoint;
  const checkpoint = { id: `${fence.epoch}-${row.length}`, parent, namespace: "", checkpoint: "{}", metadata: "{}" };
  const logLength = row.length + 1;
  await store.commit({ fence, expectHead: parent, checkpoint: { ...checkpoint, logLength }, events: [note(text)] });
}

async function taken(store: Store, run: string): Promise<Fence> {
  const line = mainLine(run as RunId);
  const lease = await store.acquire(line, thisOwner(), 0, 60_000);
  if (!lease.held) throw new Error("held by another");
  return { line, epoch: lease.epoch };
}

function as(uid: string): void {
  if (process.setgid && process.setuid && process.getuid?.() === 0) {
    process.setgid(Number(uid));
    process.setuid(Number(uid));
  }
}

const commands: Record<string, (file: string, ...rest: string[]) => Promise<unknown>> = {
  open: async (file) => {
    const store = openStore({ file, clock });
    const { schema } = await store.health();
    store.close();
    return { schema };
  },
  decide: async (file, ask, hash, by) => {
    const store = openStore({ file, clock });
    const decision = { verb: "approve", text: "", by: String(by), face: "cli", at } as const;
    const { won, ask: row } = await store.decide(ask as AskId, decision, String(hash));
    store.close();
    return { won, by: row.decision?.by };
  },
  append: async (file, run, count) => {
    const store = openStore({ file, clock });
    const fence = await taken(store, String(run));
    for (let index = 0; index < Number(count); index += 1) await commitNote(store, fence, `${run} ${index}`);
    store.close();
    return { done: Number(count) };
  },
  "commit-and-die": async (file, run, point, text) => {
    let armed = false;
    const fault = (reached: FaultPoint): void => {
      if (armed && reached === point) process.kill(process.pid, "SIGKILL");
    };
    const store = openStore({ file, clock, fault });
    const fence = await taken(store, String(run));
    armed = true;
    await commitNote(store, fence, String(text));
    return { survived: true };
  },
  list: async (file, uid) => {
    as(String(uid));
    const store = openStore({ file, clock, readOnly: true });
    const runs = await store.runs();
    const [first] = runs;
    const events = first === undefined ? [] : await store.runEvents(first.id);
    store.close();
    return { runs: runs.map((row) => row.id), events: events.length };
  },
  write: async (file, uid) => {
    as(String(uid));
    openStore({ file, clock }).close();
    return { opened: true };
  },
  // The time of a migration is noted inside its transaction, after everything else of it.
  "migrate-and-die": async (file) => {
    openStore({ file, clock: { now: () => Number(process.kill(process.pid, "SIGKILL")) } }).close();
    return { survived: true };
  },
  backup: async (file, to) => {
    const { events } = await backUp({ file, to: String(to), clock });
    return { events };
  },
};

const [command = "", file = "", ...rest] = process.argv.slice(2);
process.stdout.write("ready\n");
await once(process.stdin, "data");
process.stdin.destroy();
try {
  process.stdout.write(`${JSON.stringify(await commands[command]?.(file, ...rest))}\n`);
} catch (error) {
  const code = isCadreError(error) ? error.code : "unknown";
  process.stdout.write(`${JSON.stringify({ error: code, message: String(error) })}\n`);
}
