/** `cadre stop`: ends a run, or tells whoever moves it to end it. */
import { CadreError } from "../../errors.ts";
import { personOf, type Context } from "../context.ts";
import { findRun } from "../find-run.ts";
import { option, word, type Input } from "../input.ts";
import { withCadre } from "../open.ts";

/** Errors: run-unknown, run-ended. */
export function stop(context: Context, input: Input): Promise<number> {
  const by = personOf(option(input, "as"));
  return withCadre(context, async (cadre) => {
    const found = await findRun(cadre.store, word(input, 0));
    if (found.endedAt !== null) {
      throw new CadreError("run-ended", `run ${found.id} is ${found.status} already`, {
        data: { run: found.id, status: found.status },
      });
    }
    const run = await cadre.stop(found.id, by);
    const { output } = context;
    if (output.json) output.document({ schema: "cadre.run/1", id: run.id, status: run.status, signal: run.signal });
    else if (run.status === "stopped") output.line(`stopped ${run.id}; its trace and its workspace stay`);
    else
      output.line(
        `told the process that moves ${run.id} to stop; \`${context.command(`watch ${run.id}`)}\` follows it`,
      );
    return 0;
  });
}
