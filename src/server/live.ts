/**
 * What is new, told to everyone who watches, whoever wrote it.
 *
 * L1. One look at the file serves all watchers, and a quiet file is not read: only whether it has changed is asked.
 * L2. A watcher has a cursor of its own: events reach it in arrival order, each once, however slowly it takes them, and nothing is kept for it.
 * L3. Text that streams is told to those who watch at that moment, and is never kept.
 */
import type { Feed, FedEvent } from "../store/feed.ts";
import type { StreamMessages } from "../views/control-room/session.ts";

/** How often it is looked: often enough to feel live. */
const lookMs = 120;
const batch = 200;
/** Texts that a watcher has not taken yet; the oldest are dropped, as they are the least of it. */
const textsKept = 500;

export type Told =
  | { readonly name: "event"; readonly id: number; readonly data: StreamMessages["event"] }
  | { readonly name: "text"; readonly data: StreamMessages["text"] }
  | { readonly name: "changed"; readonly data: StreamMessages["changed"] };

export interface Live {
  /** Everything after the cursor, then what comes; ends with the signal. */
  watch(cursor: number, signal: AbortSignal): AsyncGenerator<Told | null>;
  text(data: StreamMessages["text"]): void;
  /** Something changed that is in no table. */
  nudge(): void;
  newest(): number;
  readonly watchers: number;
  close(): void;
}

type Watcher = { wake: () => void; texts: StreamMessages["text"][]; changed: boolean };

/** A quiet watcher is told nothing for so long, then that the line still stands: null. */
const heartbeatMs = 15_000;

export function openLive(feed: Feed, openAsks: () => Promise<number>): Live {
  const watchers = new Set<Watcher>();
  let version = feed.version();
  const all = (tell: (watcher: Watcher) => void): void => {
    for (const watcher of watchers) {
      tell(watcher);
      watcher.wake();
    }
  };
  const changed = (): void => all((watcher) => (watcher.changed = true));
  // L1: it costs a look at a number in memory that processes share; who only reads is woken by nobody.
  const timer = setInterval(() => {
    const now = watchers.size === 0 ? version : versionOf(feed, version);
    if (now === version) return;
    version = now;
    changed();
  }, lookMs);
  timer.unref();
  let closed = false;

  async function* watch(from: number, signal: AbortSignal): AsyncGenerator<Told | null> {
    let cursor = from;
    let woken = Promise.withResolvers<void>();
    const watcher: Watcher = { wake: () => woken.resolve(), texts: [], changed: true };
    watchers.add(watcher);
    signal.addEventListener("abort", watcher.wake, { once: true });
    try {
      while (!signal.aborted && !closed) {
        woken = Promise.withResolvers<void>();
        const texts = watcher.texts.splice(0);
        const tell = watcher.changed;
        watcher.changed = false;
        for (;;) {
          const events = feed.after(cursor, batch);
          for (const event of events) {
            yield { name: "event", id: event.seq, data: dataOf(event) };
            cursor = event.seq; // L2
          }
          if (events.length < batch || signal.aborted) break;
        }
        for (const data of texts) yield { name: "text", data };
        if (tell) yield { name: "changed", data: { openAsks: await openAsks() } };
        const beat = setTimeout(() => woken.resolve(), heartbeatMs);
        await woken.promise;
        clearTimeout(beat);
        if (!watcher.changed && watcher.texts.length === 0) yield null;
      }
    } finally {
      watchers.delete(watcher);
      signal.removeEventListener("abort", watcher.wake);
    }
  }

  return {
    watch,
    text: (data) =>
      all((watcher) => {
        watcher.texts.push(data);
        if (watcher.texts.length > textsKept) watcher.texts.shift();
      }), // L3
    nudge: changed,
    newest: () => feed.newest(),
    get watchers() {
      return watchers.size;
    },
    close: () => {
      closed = true;
      clearInterval(timer);
      all(() => undefined);
    },
  };
}

/** Thrown from a timer it would end the process: a file that cannot be looked at is looked at again, and whoever reads it is told. */
function versionOf(feed: Feed, before: number): number {
  try {
    return feed.version();
  } catch {
    return before;
  }
}

function dataOf({ run, seq, line, index, hash, event }: FedEvent): StreamMessages["event"] {
  return { run, seq, line, index, hash, event };
}
