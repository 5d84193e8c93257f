/** How components read: a value that loads, that fails in words, and that is read again when something has changed. */
import {
  createContext,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import type { ErrorView, SessionView } from "../../views/control-room/session.ts";
import type { LiveState } from "./connection.ts";
import { listen, liveState } from "./live.ts";
import { oneByOne } from "./one-by-one.ts";
import { SourceError, type Source } from "./source.ts";

export type Surroundings = {
  readonly source: Source;
  readonly session: SessionView;
  /** An exported file: nothing can be changed, and nothing comes in. */
  readonly exported: boolean;
};

export const SurroundingsContext = createContext<Surroundings | null>(null);

export function useSurroundings(): Surroundings {
  const held = useContext(SurroundingsContext);
  if (held === null) throw new Error("a component outside of the page");
  return held;
}

export function useSource(): Source {
  return useSurroundings().source;
}

export function errorOf(thrown: unknown): ErrorView {
  if (thrown instanceof SourceError) return thrown.view;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: "page", message, hint: null, place: null, move: "bug", data: {} };
}

export type Loaded<Value> = {
  readonly value: Value | undefined;
  readonly error: ErrorView | null;
  readonly reload: () => void;
};

/** What changed is told many times a second while a run moves: it is read again at most so often. In ms. */
const restMs = 250;

/**
 * `key` says what is read: a new one reads anew, and until then the old value stays. With `live`, it is read again when something
 * changes on the server.
 */
export function useLoaded<Value>(key: string, load: () => Promise<Value>, live = false): Loaded<Value> {
  const [held, setHeld] = useState<{ key: string; value: Value } | null>(null);
  const [error, setError] = useState<ErrorView | null>(null);
  const latest = useRef(load);
  latest.current = load;
  const shown = useRef<string | null>(null);

  const reload = useMemo(
    () =>
      oneByOne(async () => {
        try {
          const value = await latest.current();
          if (shown.current !== key) return;
          setHeld({ key, value });
          setError(null);
        } catch (thrown) {
          if (shown.current === key) setError(errorOf(thrown));
        }
      }),
    [key],
  );

  useEffect(() => {
    shown.current = key;
    setError(null);
    reload();
    return () => {
      shown.current = null;
    };
  }, [key, reload]);

  useChanged(reload, live);
  return { value: held?.key === key ? held.value : undefined, error, reload };
}

/** Calls back when something has changed on the server, at most every so often, and once the connection is whole again. */
export function useChanged(onChange: () => void, active = true): void {
  const latest = useRef(onChange);
  latest.current = onChange;
  useEffect(() => {
    if (!active) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let due = false;
    const call = (): void => {
      if (timer !== undefined) {
        due = true;
        return;
      }
      latest.current();
      timer = setTimeout(() => {
        timer = undefined;
        if (due) call();
        due = false;
      }, restMs);
    };
    const stop = listen((message) => {
      if (message.type === "changed" || (message.type === "state" && message.state === "live")) call();
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [active]);
}

export function useLiveState(): LiveState {
  return useSyncExternalStore(listen, liveState);
}

/** The time, for what says how long ago something was. */
export function useNow(everyMs = 10_000): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

export type Doing = {
  readonly busy: boolean;
  readonly error: ErrorView | null;
  readonly run: (body: () => Promise<unknown>) => void;
  readonly clear: () => void;
};

/** One thing that a person does at a time, and what came of it where it failed. */
export function useDoing(): Doing {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ErrorView | null>(null);
  const run = useCallback((body: () => Promise<unknown>) => {
    setBusy(true);
    setError(null);
    body()
      .catch((thrown: unknown) => setError(errorOf(thrown)))
      .finally(() => setBusy(false));
  }, []);
  const clear = useCallback(() => setError(null), []);
  return { busy, error, run, clear };
}
