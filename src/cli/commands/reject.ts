/** `cadre reject`: says no, with the reason that goes back with the work. */
import type { Context } from "../context.ts";
import { decideAndGo } from "../decide-and-go.ts";
import { words, type Input } from "../input.ts";

export function reject(context: Context, input: Input): Promise<number> {
  return decideAndGo(context, input, { verb: "reject", text: words(input, 1).join(" ") });
}
