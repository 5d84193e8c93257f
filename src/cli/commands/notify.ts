/** `cadre notify`: one look at everything that waits; for a timer, so that deadlines are kept and told of while nobody moves a run. */
import { visible } from "../../views/escape.ts";
import { requireConfig } from "../../config/config.ts";
import type { Notified } from "../../cadre/api.ts";
import type { Context } from "../context.ts";
import { failureLines } from "../outside-checks.ts";
import { flag, type Input } from "../input.ts";
import { withCadre } from "../open.ts";

/** Exit 1 where something could not be told, or a run could not go on. Errors: config-invalid. */
export function notify(context: Context, input: Input): Promise<number> {
  const { output } = context;
  const { notify: named } = requireConfig(context.dir);
  const targets = named.length;
  const resume = flag(input, "resume");
  return withCadre(context, async (cadre) => {
    const done = await cadre.notify({ resume });
    const { told, failed } = done;
    const { waiting, givenUp, failures } = await cadre.store.noticeCounts();
    if (output.json)
      output.document({
        schema: "cadre.notify/1",
        targets,
        told,
        failed,
        waiting,
        givenUp,
        lastFailure: failures.at(-1)?.words ?? null,
        failures: failureLines(named, failures),
        resumed: done.resumed.map(({ run, status }) => ({ run: run.id, status })),
        stuck: done.stuck.map(({ run, error }) => ({ run, code: error.code, message: error.message })),
      });
    else {
      sayRuns(context, done);
      if (targets === 0) output.line("cadre.yaml names nobody to tell: see `notify` there");
      else {
        output.line(`${told} told, ${failed} failed, ${waiting} to be tried again, ${givenUp} given up`);
        for (const line of failureLines(named, failures)) output.line(`  ${visible(line)}`);
      }
    }
    return failed > 0 || done.stuck.length > 0 ? 1 : 0;
  });
}

function sayRuns({ output, command }: Context, { resumed, stuck }: Notified): void {
  for (const { run, status } of resumed) output.line(`went on with ${run.id}, which is ${status} now`);
  for (const { run, error } of stuck)
    output.complain(`${run} cannot go on: ${visible(error.message)}; ${command(`resume ${run}`)}`);
}
