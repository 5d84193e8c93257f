/** All events in one schema, for programs that read them. The runtime looks at one type at a time (`schemaFor`), and does without this. */
import { z } from "zod";
import { eventSchemas, type Event } from "./event.ts";

type Options = Parameters<typeof z.discriminatedUnion>[1];

const each = Object.values(eventSchemas).map((make) => make());

/** Reads one event; throws a ZodError for what is none. Strict: unknown keys are refused. */
export const eventSchema = z.discriminatedUnion("type", each as unknown as Options) as unknown as z.ZodType<Event>;
