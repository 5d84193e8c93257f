/** `cadre ack`: says that somebody has seen an ask and sees to it. Nothing moves, and its deadline stays. */
import { systemClock } from "../../clock.ts";
import { visible } from "../../views/escape.ts";
import { timeText } from "../../views/escalations.ts";
import { askRecord } from "../../store/ask-record.ts";
import { personOf, type Context } from "../context.ts";
import { findAsk } from "../find-run.ts";
import { option, word, type Input } from "../input.ts";
import { withCadre } from "../open.ts";

/** Errors: ask-unknown, ask-ambiguous, ask-decided (also where somebody has said so already), ask-expired. */
export function ack(context: Context, input: Input): Promise<number> {
  const by = personOf(option(input, "as"));
  return withCadre(context, async (cadre) => {
    const found = await findAsk(cadre.store, word(input, 0) ?? "");
    const ask = await cadre.acknowledge(found.id, { by, face: "cli" });
    const { output } = context;
    if (output.json) {
      output.document({
        schema: "cadre.ask/1",
        ...askRecord(ask, systemClock),
        state: ask.state,
        decision: ask.decision,
      });
      return 0;
    }
    const due = ask.deadline === null ? "" : `; it is still due ${timeText(ask.deadline)}`;
    output.line(`acknowledged ${ask.id} (${visible(ask.role)}: ${visible(ask.topic)}) as ${visible(by)}${due}`);
    return 0;
  });
}
