/** What a request brings, checked: JSON of a known shape, and not too much of it. */
import type { Context } from "hono";
import { z } from "zod";
import { CadreError } from "../errors.ts";

/** Errors: usage. */
export async function bodyOf<Schema extends z.ZodType>(context: Context, schema: Schema): Promise<z.infer<Schema>> {
  let sent: unknown;
  try {
    sent = await context.req.json();
  } catch {
    throw new CadreError("usage", "the request holds no JSON", { hint: keysOf(schema) });
  }
  const read = schema.safeParse(sent);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const where = issue?.path.join(".") ?? "";
  throw new CadreError(
    "usage",
    `the request is not as it should be${where === "" ? "" : ` at ${where}`}: ${issue?.message}`,
    { hint: keysOf(schema) },
  );
}

/** For a program whose author guessed. */
function keysOf(schema: z.ZodType): string {
  if (!(schema instanceof z.ZodObject)) return "Send one JSON object.";
  const keys = Object.keys(schema.shape);
  return keys.length === 0 ? "Send an empty object: {}" : `Send one JSON object; its keys: ${keys.join(", ")}`;
}

/** A whole number of the query within bounds; anything else is the default. */
export function countIn(context: Context, name: string, otherwise: number, most: number): number {
  const value = Number(context.req.query(name));
  return Number.isSafeInteger(value) && value >= 0 ? Math.min(value, most) : otherwise;
}
