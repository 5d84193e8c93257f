/** `cadre answer`: decides a question, an escalation or a choice; the run goes on. */
import type { Context } from "../context.ts";
import { decideAndGo } from "../decide-and-go.ts";
import { words, type Input } from "../input.ts";

export function answer(context: Context, input: Input): Promise<number> {
  return decideAndGo(context, input, { verb: "answer", text: words(input, 1).join(" ") });
}
