/**
 * The event union: the only thing that the graph's nodes produce, and the only contract between the run and whoever shows it.
 *
 * E1. Events are immutable facts; the trace, the journal and the desk are folds of them and of nothing else.
 * E2. Every event that moves work cites the rule that allowed it.
 * E3. Every schema is strict: an unknown key in a stored event is corruption, not an extension.
 */
import type { z } from "zod";
import { askEvents } from "./ask-events.ts";
import { lineEvents } from "./line-events.ts";
import { workEvents } from "./work-events.ts";

export * from "./ask-parts.ts";
export * from "./parts.ts";

/** By type. Made when the first event of the type is looked at: a process writes a few of them, and all together take as long as opening the file. */
export const eventSchemas = { ...lineEvents, ...workEvents, ...askEvents };

/** One immutable fact. `type` says which; the schema of each is in `eventSchemas`. */
export type Event = z.infer<ReturnType<(typeof eventSchemas)[keyof typeof eventSchemas]>>;
/** `run_started`, `turn_taken`, `ask_raised` and so on. */
export type EventType = Event["type"];
/** The event of one type. */
export type EventOf<Type extends EventType> = Extract<Event, { type: Type }>;
