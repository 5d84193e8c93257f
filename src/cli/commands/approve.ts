/** `cadre approve`: lets exactly what was shown happen, or, with `--edit`, other arguments of the same call. */
import type { Context } from "../context.ts";
import { decideAndGo } from "../decide-and-go.ts";
import { amount, option, type Input } from "../input.ts";

export function approve(context: Context, input: Input): Promise<number> {
  const edit = option(input, "edit");
  const raiseTo = amount(input, "raiseTo", "--raise-to");
  const reason = option(input, "reason");
  return decideAndGo(context, input, {
    verb: "approve",
    ...(edit === undefined ? {} : { edit }),
    ...(raiseTo === undefined ? {} : { raiseTo }),
    ...(reason === undefined ? {} : { reason }),
  });
}
