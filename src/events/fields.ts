/** What most events hold. */
import { z } from "zod";
import { once } from "./once.ts";

export const id = z.string().min(1);
export const json = once((): z.ZodType<unknown> => z.json());
export const at = { at: z.iso.datetime() };
export const inFrame = { frame: id, role: z.string() };
