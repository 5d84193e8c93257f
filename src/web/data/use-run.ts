/**
 * A run as it is followed: its events so far, folded by the same views as everywhere, and the text of the step under way.
 *
 * F1. Nothing is missed: the stream begins with what is new when it comes to be live, so what came before that is read once it is. What it
 *     brings while something is read is put behind that, by arrival number, once.
 */
import { useEffect, useMemo, useRef, useState } from "react";
import type { NumberedEvent } from "../../events/numbered.ts";
import type { ErrorView } from "../../views/control-room/session.ts";
import { openTrace, type TraceStep } from "../../views/trace/trace.ts";
import { walkedRoutes, type WalkedRoute } from "../../views/walked.ts";
import { errorOf, useSurroundings } from "./hooks.ts";
import { listen } from "./live.ts";
import { oneByOne } from "./one-by-one.ts";

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
    /** All events up to this arrival number are here, or on their way to the picture. */
    let newest = 0;
    /** `behind`: what was to be read could not be. */
    let standing: "reading" | "behind" | "whole" = "reading";
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
      if (event.seq <= newest) return;
      newest = event.seq;
      queued.push(event);
      // Many events of one moment make one picture.
      if (frame === 0) frame = requestAnimationFrame(flush);
    };
    const read = oneByOne(async () => {
      standing = "reading";
      try {
        const { events: more } = await source.events(id, newest);
        if (gone) return;
        for (const event of [...more, ...early]) add(event);
        cancelAnimationFrame(frame);
        flush();
        standing = "whole";
        setLoaded(true);
        setError(null);
      } catch (thrown) {
        standing = "behind";
        if (!gone) setError(errorOf(thrown));
      } finally {
        early = [];
      }
    });
    const stop = exported
      ? () => undefined
      : listen((message) => {
          if (message.type === "state" && message.state === "live") read(); // F1
          if (message.type === "event" && message.data.run === id) {
            if (standing === "whole") add(message.data);
            else if (standing === "reading") early.push(message.data);
            else read(); // and this event with what is missing
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
    read();
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
