/** `cadre resume`: goes on with a run from its last step. */
import { CadreError } from "../../errors.ts";
import { readAnswers } from "../answers-file.ts";
import { personOf, type Context } from "../context.ts";
import { drive } from "../drive.ts";
import { findRun } from "../find-run.ts";
import { option, word, type Input } from "../input.ts";
import { onAskOf } from "../on-ask.ts";
import { withCadre } from "../open.ts";

/** Errors: run-unknown, run-ended; those of advancing. */
export async function resume(context: Context, input: Input): Promise<number> {
  const onAsk = onAskOf(context, input);
  const file = option(input, "answers");
  const answers = file === undefined ? [] : readAnswers(file);
  return withCadre(context, async (cadre) => {
    const run = await findRun(cadre.store, word(input, 0));
    if (run.endedAt !== null) {
      throw new CadreError("run-ended", `run ${run.id} is ${run.status}, so there is nothing to go on with`, {
        hint: `\`${context.command(`show ${run.id}`)}\` says what came of it`,
        data: { run: run.id, status: run.status },
      });
    }
    const events = await cadre.store.runEvents(run.id);
    const after = events.at(-1)?.seq ?? 0;
    if (!context.output.json) context.output.line(`resume ${run.id} after ${events.length} events: ${run.title}`);
    return drive(context, cadre, run, { onAsk, answers, by: personOf(option(input, "as")), after });
  });
}
