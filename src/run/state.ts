/** The graph's state: one append-only channel. Nodes return events and nothing else; everything else is a fold of them. */
import { ReducedValue, StateSchema } from "@langchain/langgraph";
import { z } from "zod";
import type { Event } from "../events/event.ts";

// Events are checked where they are made and where they are loaded; checking the whole log again at every step would cost O(n^2).
const log = z.custom<Event[]>((value) => Array.isArray(value));

export const LineState = new StateSchema({
  eventLog: new ReducedValue(
    log.default(() => []),
    {
      inputSchema: log,
      reducer: (before: Event[], more: Event[]) => (more.length === 0 ? before : before.concat(more)),
    },
  ),
});

export type LineUpdate = { eventLog: Event[] };
