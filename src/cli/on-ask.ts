/** What happens at an ask: `--on-ask`, or what fits where the command runs. */
import { CadreError } from "../errors.ts";
import type { Context } from "./context.ts";
import { canPrompt, type OnAsk } from "./drive.ts";
import { choice, type Input } from "./input.ts";

/** Errors: usage (an unknown word, or `prompt` where nobody could answer). */
export function onAskOf(context: Context, input: Input): OnAsk {
  const prompting = canPrompt(context);
  const asked = choice(input, "onAsk", ["prompt", "exit", "fail"] as const, prompting ? "prompt" : "exit");
  if (asked !== "prompt" || prompting) return asked;
  throw new CadreError("usage", "--on-ask prompt needs a terminal at both ends, and text output", {
    hint: "leave it out: the run then rests at the ask, exits with 8 and prints the commands that decide it",
  });
}
