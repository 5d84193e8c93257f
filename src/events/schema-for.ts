/** An event's schema, found by what the event says that it is. */
import { z } from "zod";
import { eventSchemas, type Event, type EventType } from "./event.ts";

const made = new Map<string, z.ZodType<Event>>();

/** The schema of what an event says that it is; of what is none, the one that says so. */
export function schemaFor(event: unknown): z.ZodType<Event> {
  const type: unknown = typeof event === "object" && event !== null && "type" in event ? event.type : undefined;
  if (typeof type !== "string" || !Object.hasOwn(eventSchemas, type)) return noEvent;
  const known = made.get(type);
  if (known !== undefined) return known;
  const schema: z.ZodType<Event> = eventSchemas[type as EventType]();
  made.set(type, schema);
  return schema;
}

const noEvent = z.object({ type: z.literal(Object.keys(eventSchemas)) }) as unknown as z.ZodType<Event>;

/** In words, the first thing that is wrong with it; completes "event <index> …". */
export function schemaFault({ issues: [issue] }: z.ZodError): string {
  return `breaks the schema at ${issue?.path.join(".") || "its top"}: ${issue?.message ?? "unknown reason"}`;
}
