/** What a trace remembers of the events before: the facts that a later event refers to and does not repeat. */
import type { EventOf, EventType } from "../../events/event.ts";
import type { StepDetail, TraceStep } from "./step.ts";

/** What a step adds to the facts that every step has. */
export type Draft = Pick<TraceStep, "kind" | "from" | "to" | "verb" | "text"> & Partial<TraceStep>;

/** Frame ids are unique in a run (`ids.ts`), so maps are keyed by them whatever line they are on. */
export type Seen = {
  rehearsal: boolean;
  title: string;
  /** Steps counted so far: the number of the present one, while its draft is made. */
  n: number;
  readonly frames: Map<string, EventOf<"frame_opened">>;
  readonly asks: Map<string, EventOf<"ask_raised">>;
  readonly proposals: Map<string, EventOf<"action_proposed">>;
  /** Arguments that a person put in place of the proposed ones, by the action's new hash. */
  readonly edits: Map<string, unknown>;
  /** The step that opened a frame. */
  readonly openedAt: Map<string, number>;
  /** By its line: a task that was given out together with others. */
  readonly children: Map<string, EventOf<"child_opened">>;
  /** The step at which a frame reported. */
  readonly reported: Map<string, number>;
  /** By the frame that works on it again: why a report went back. */
  readonly returned: Map<string, EventOf<"report_returned">>;
  /** By role: the model that played it last, with its tier. */
  readonly played: Map<string, string>;
};

export type Place = { readonly seen: Seen; readonly line: string };
export type Reader<Type extends EventType> = (event: EventOf<Type>, place: Place) => Draft | null;

export function emptySeen(): Seen {
  return {
    rehearsal: false,
    title: "",
    n: 0,
    frames: new Map(),
    asks: new Map(),
    proposals: new Map(),
    edits: new Map(),
    openedAt: new Map(),
    children: new Map(),
    reported: new Map(),
    returned: new Map(),
    played: new Map(),
  };
}

/** The entries that say something. */
export function details(...entries: readonly (readonly [string, readonly string[]])[]): StepDetail[] {
  return entries.flatMap(([label, lines]) => (lines.length === 0 ? [] : [{ label, lines }]));
}

/** Lines of a text that may be empty. */
export function linesOf(text: string): readonly string[] {
  return text.trim() === "" ? [] : text.trim().split("\n");
}
