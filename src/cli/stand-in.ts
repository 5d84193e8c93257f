/** The line that a decision in somebody else's place gets. */
import type { Decision } from "../events/event.ts";
import type { AskRow } from "../store/rows.ts";
import { visible } from "../views/escape.ts";
import { askedInstead, standInText } from "../views/stand-in.ts";
import type { Context } from "./context.ts";

/** `asked of linh, answered by root`; beside JSON the step of the trace says it (`askedOf`). */
export function tellStandIn({ output }: Context, { to }: AskRow, decision: Pick<Decision, "verb" | "by">): void {
  const asked = askedInstead(to, decision);
  if (asked !== null && !output.json) output.line(output.paint("yellow", visible(standInText(asked, decision))));
}
