/** `cadre escalate`: whoever staffs a role hands the matter up along one of that role's routes; the run goes on. */
import type { Context } from "../context.ts";
import { decideAndGo } from "../decide-and-go.ts";
import { option, words, type Input } from "../input.ts";

export function escalate(context: Context, input: Input): Promise<number> {
  const to = option(input, "to");
  return decideAndGo(context, input, {
    verb: "escalate",
    text: words(input, 1).join(" "),
    ...(to === undefined ? {} : { to }),
  });
}
