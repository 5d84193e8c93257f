/**
 * Who waits for a signal that outlives them: many calls under the signal of one batch, or of one run.
 *
 * Node keeps the listeners of a signal in a linked list, and one that was taken out still points at the one that came after it. Once a
 * listener that is over has become old, V8's collector of the young keeps all that followed it, with whatever they hold, until it goes
 * through everything: a batch of many calls then grew by some 100 MB of what nobody needs. So each signal has one listener of ours.
 */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls back once when the signal aborts, at once where it has; until then the returned function takes that back. */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  if (signal.aborted) {
    callback();
    return () => {};
  }
  const all = waiting.get(signal) ?? listened(signal);
  const own = (): void => callback(); // the same callback may wait twice
  all.add(own);
  return () => all.delete(own);
}

function listened(signal: AbortSignal): Set<() => void> {
  const all = new Set<() => void>();
  waiting.set(signal, all);
  const tell = (): void => {
    for (const each of all) {
      all.delete(each);
      each();
    }
  };
  signal.addEventListener("abort", tell, { once: true });
  return all;
}
