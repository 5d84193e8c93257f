/** How a schema of arguments is told to a model. */
import { z } from "zod";

const told = new WeakMap<z.ZodType, Readonly<Record<string, unknown>>>();

/** The JSON Schema of what goes in. Made once for each schema, because every turn tells it again: whoever changes something of it copies it first. */
export function jsonSchemaOf(schema: z.ZodType): Readonly<Record<string, unknown>> {
  const known = told.get(schema);
  if (known) return known;
  const { $schema: _dialect, ...made } = z.toJSONSchema(schema, { io: "input" }) as Record<string, unknown>;
  told.set(schema, made);
  return made;
}
