/** `cadre resume`: goes on with a run from its last step. */
import { systemClock } from "../../clock.ts";
import { personOf, type Context } from "../context.ts";
import { drive } from "../drive.ts";
import { findLeftRun, findRun } from "../find-run.ts";
import { option, word, type Input } from "../input.ts";
import { onAskOf } from "../on-ask.ts";
import { withCadre } from "../open.ts";

/** A run that has ended stays as it is: what came of it is said again. Errors: run-unknown; those of advancing. */
export async function resume(context: Context, input: Input): Promise<number> {
  const onAsk = onAskOf(context, input);
  const file = option(input, "answers");
  const answers = file === undefined ? [] : (await import("../read-answers.ts")).readAnswers(file);
  return withCadre(context, async (cadre) => {
    const named = word(input, 0);
    const found = named === undefined ? await findLeftRun(cadre.store, systemClock.now()) : undefined;
    const run = found?.run ?? (await findRun(cadre.store, named));
    for (const other of found?.others ?? [])
      context.output.complain(`${other.id} was left in the middle too: ${context.command(`resume ${other.id}`)}`);
    const events = await cadre.store.runEvents(run.id);
    const after = events.at(-1)?.seq ?? 0;
    if (!context.output.json) {
      const what =
        run.endedAt === null ? `resume ${run.id} after ${events.length} events` : `${run.id} is ${run.status} already`;
      context.output.line(`${what}: ${run.title}`);
    }
    return drive(context, cadre, run, { onAsk, answers, by: personOf(option(input, "as")), after });
  });
}
