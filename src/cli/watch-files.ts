/** Does something again whenever files of a project change, until it is interrupted. */
import { fstatSync, statSync, watch, type Stats } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** What runs and tools write themselves, and what no check reads. */
const ignored = /(?:^|[/\\])(?:\.git|\.cadre|node_modules|journal)(?:[/\\]|$)/;

/** An editor writes a file in several steps: they are one change. In milliseconds. */
const settle = 80;

/**
 * Watches from the call on, so that nothing is missed that happens while `look` looks for the first time. `look` gets the name of a file
 * that changed, relative to its folder; null at first. Ends when `signal` is aborted. Errors: what `look` and the system throw.
 */
export async function lookAgain(
  folders: readonly string[],
  signal: AbortSignal,
  look: (changed: string | null) => Promise<void>,
): Promise<void> {
  let changed: string | null = null;
  let wake = (): void => undefined;
  const over = new AbortController(); // watchers that nobody waits for would keep the process alive
  const ended = AbortSignal.any([signal, over.signal]);
  const failed = new Promise<never>((_, reject) => {
    for (const folder of folders) {
      const watcher = watch(folder, { recursive: true, signal: ended }, (_event, name) => {
        if (name === null || ignored.test(name) || isWrittenHere(join(folder, name))) return;
        changed = name;
        wake();
      });
      watcher.on("error", (error) => (ended.aborted || isOfOneEntry(error) ? undefined : reject(error)));
    }
  });
  failed.catch(() => undefined); // Raced below; nobody may be waiting when it comes.
  signal.addEventListener("abort", () => wake(), { once: true });
  try {
    await look(null);
    while (!signal.aborted) {
      if (changed === null) await Promise.race([new Promise<void>((resolve) => (wake = resolve)), failed]);
      await pause(settle);
      if (signal.aborted) return;
      const name: string | null = changed;
      changed = null;
      await look(name);
    }
  } finally {
    over.abort();
  }
}

/** That one entry cannot be looked at (a link to itself, what is gone again, another user's folder): the watcher goes on with the others. */
function isOfOneEntry(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === "ELOOP" || code === "ENOENT" || code === "EACCES";
}

/** Whether this process's own output goes into that file: each look would be the cause of the next. */
function isWrittenHere(path: string): boolean {
  const file = lookedAt(path);
  if (!file?.isFile()) return false;
  return [1, 2].some((stream) => {
    const { dev, ino } = fstatSync(stream);
    return dev === file.dev && ino === file.ino;
  });
}

/** Called from within the watcher, where nobody would catch what is thrown. */
function lookedAt(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}
