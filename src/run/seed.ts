/** Whose transcript a frame begins with that opens in a line. */
import type { Turn } from "./refusal.ts";

/** The frame in which its role is at work already, the nearest one below, here or on the lines above; null: it is nowhere. */
export function seedOf({ context, desk }: Pick<Turn, "context" | "desk">, role: string): string | null {
  return [...context.above.frames, ...desk.frames].findLast((below) => below.role === role)?.id ?? null;
}
