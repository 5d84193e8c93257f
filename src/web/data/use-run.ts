/**
 * A run as it is followed: its events so far, folded by the same views as everywhere, and the text of the step under way.
 *
 * F1. It listens before it reads: what happens meanwhile is put behind what was read, by arrival number, once.
 */
import { useEffect, useMemo, useRef, useState } from "react";
import type { NumberedEvent } from "../../events/numbered.ts";
import type { ErrorView } from "../../views/control-room/session.ts";
import { openTrace, type TraceStep } from "../../views/trace/trace.ts";
import { walkedRoutes, type WalkedRoute } from "../../views/walked.ts";
import { errorOf, useSurroundings } from "./hooks.ts";
import { listen } from "./live.ts";

export type Streaming = { readonly role: string; readonly text: string };

export type FollowedRun = {
  readonly events: readonly NumberedEvent[];
  readonly steps: readonly TraceStep[];
  readonly walked: readonly WalkedRoute[];
  readonly streaming: Streaming | null;
  readonly loaded: boolean;
  readonly error: ErrorView | null;
};

/** Text of one step that is shown: the end of it is what is new. */
const longestText = 20_000;

export function useRun(id: string): FollowedRun {
  const { source, exported } = useSurroundings();
  const [events, setEvents] = useState<readonly NumberedEvent[]>([]);
  const [loaded, setLoaded] = useState(false);
  const [error, setError] = useState<ErrorView | null>(null);
  const [streaming, setStreaming] = useState<Streaming | null>(null);

  useEffect(() => {
    let gone = false;
    let read = false;
    let early: NumberedEvent[] = [];
    let queued: NumberedEvent[] = [];
    let frame = 0;
    setEvents([]);
    setLoaded(false);
    setError(null);
    setStreaming(null);
    const flush = (): void => {
      frame = 0;
      const more = queued;
      queued = [];
      setEvents((before) => appended(before, more));
    };
    const add = (event: NumberedEvent): void => {
      queued.push(event);
      // Many events of one moment make one picture.
      if (frame === 0) frame = requestAnimationFrame(flush);
    };
    const stop = exported
      ? () => undefined
      : listen((message) => {
          if (message.type === "event" && message.data.run === id) {
            if (read) add(message.data);
            else early.push(message.data); // F1
            if (message.data.event.type === "turn_taken") setStreaming(null);
          }
          if (message.type === "text" && message.data.run === id) {
            const { role, text } = message.data;
            setStreaming((before) => ({
              role,
              text: ((before?.role === role ? before.text : "") + text).slice(-longestText),
            }));
          }
        });
    source.events(id).then(
      ({ events: all }) => {
        if (gone) return;
        read = true;
        setEvents(appended(all, early));
        early = [];
        setLoaded(true);
      },
      (thrown: unknown) => {
        if (!gone) setError(errorOf(thrown));
      },
    );
    return () => {
      gone = true;
      stop();
      cancelAnimationFrame(frame);
    };
  }, [id, source, exported]);

  const steps = useSteps(events);
  const walked = useMemo(() => walkedRoutes(steps), [steps]);
  return { events, steps, walked, streaming, loaded, error };
}

/** F1. */
function appended(before: readonly NumberedEvent[], more: readonly NumberedEvent[]): readonly NumberedEvent[] {
  const last = before.at(-1)?.seq ?? 0;
  const fresh = more.filter(({ seq }) => seq > last);
  return fresh.length === 0 ? before : [...before, ...fresh];
}

/** Folded on where the list has grown, and anew where it is another one. */
function useSteps(events: readonly NumberedEvent[]): readonly TraceStep[] {
  const held = useRef({
    trace: openTrace(),
    count: 0,
    first: undefined as NumberedEvent | undefined,
    steps: [] as TraceStep[],
  });
  return useMemo(() => {
    if (held.current.first !== events[0] || held.current.count > events.length)
      held.current = { trace: openTrace(), count: 0, first: events[0], steps: [] };
    const { trace, count, steps } = held.current;
    if (count === events.length) return steps;
    const more = events.slice(count).flatMap((event) => trace.add(event) ?? []);
    held.current = { ...held.current, count: events.length, steps: [...steps, ...more] };
    return held.current.steps;
  }, [events]);
}
