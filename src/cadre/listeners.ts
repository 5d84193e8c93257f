/**
 * What a caller hears with while a run moves (`onEvent`, `onText`, `onProgress`, `onFetch`). What is heard of has happened, and what was
 * committed is on disk: that a listener throws can undo none of it, and must not end a line, nor a model call that is paid for.
 *
 * L1. The run goes on as if the listener had not thrown, and calls it with what comes next.
 * L2. It is not passed over: what was thrown first is thrown to the caller, as it is, once the run has come to rest. Where the run itself
 *     fails, its error is thrown, and the listener's is a warning of the process.
 */
import type { AdvanceOptions } from "../run/api.ts";

type Heard = {
  /** As given, with listeners that throw nothing (L1). */
  readonly options: AdvanceOptions;
  /** L2. To be called when the run has come to rest, with whether it failed. */
  readonly tell: (failed: boolean) => void;
};

export function heard({ onEvent, onText, onProgress, onFetch, ...others }: AdvanceOptions): Heard {
  let first: { readonly error: unknown } | undefined;
  const kept =
    <Args extends unknown[]>(listen: (...args: Args) => void) =>
    (...args: Args): void => {
      try {
        listen(...args);
      } catch (error) {
        first ??= { error };
      }
    };
  return {
    options: {
      ...others,
      ...(onEvent ? { onEvent: kept(onEvent) } : {}),
      ...(onText ? { onText: kept(onText) } : {}),
      ...(onProgress ? { onProgress: kept(onProgress) } : {}),
      ...(onFetch ? { onFetch: kept(onFetch) } : {}),
    },
    tell: (failed) => {
      if (first === undefined) return;
      if (!failed) throw first.error;
      const { error } = first;
      const detail = error instanceof Error ? error.stack : undefined;
      process.emitWarning(`a listener of a run threw: ${error instanceof Error ? error.message : String(error)}`, {
        code: "CADRE_LISTENER",
        ...(detail === undefined ? {} : { detail }),
      });
    },
  };
}
