/** `cadre delegate`: whoever staffs a role gives a task on along one of that role's routes; the run goes on. */
import type { Context } from "../context.ts";
import { decideAndGo } from "../decide-and-go.ts";
import { option, words, type Input } from "../input.ts";

export function delegate(context: Context, input: Input): Promise<number> {
  const to = option(input, "to");
  const named = input.options["criterion"];
  const criteria = Array.isArray(named) ? named.filter((each) => typeof each === "string") : [];
  return decideAndGo(context, input, {
    verb: "delegate",
    text: words(input, 1).join(" "),
    ...(to === undefined ? {} : { to }),
    ...(criteria.length === 0 ? {} : { criteria }),
  });
}
