/** Lets one through at a time, in the order in which they came; who gives up while waiting holds nobody up. */
export interface Turnstile {
  /** Resolves with what lets the next one in. Errors: the signal's reason. */
  enter(signal?: AbortSignal): Promise<() => void>;
}

export function openTurnstile(): Turnstile {
  let last: Promise<void> = Promise.resolve();
  return {
    enter: async (signal) => {
      const before = last;
      let leave = (): void => {};
      const done = new Promise<void>((resolve) => {
        leave = resolve;
      });
      last = before.then(() => done);
      try {
        await (signal ? Promise.race([before, aborted(signal)]) : before);
        signal?.throwIfAborted();
        return leave;
      } catch (error) {
        leave();
        throw error;
      }
    },
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
