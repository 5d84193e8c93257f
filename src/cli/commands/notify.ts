/** `cadre notify`: one look at everything that waits; for a timer, so that deadlines are told of while nobody moves a run. */
import { visible } from "../../views/escape.ts";
import { requireConfig } from "../../config.ts";
import type { Context } from "../context.ts";
import type { Input } from "../input.ts";
import { withCadre } from "../open.ts";

/** Exit 1 where something could not be told. Errors: config-invalid. */
export function notify(context: Context, _input: Input): Promise<number> {
  const { output } = context;
  const targets = requireConfig(context.dir).notify.length;
  return withCadre(context, async (cadre) => {
    const { told, failed } = await cadre.notify();
    const { waiting, givenUp, lastFailure } = await cadre.store.noticeCounts();
    if (output.json)
      output.document({ schema: "cadre.notify/1", targets, told, failed, waiting, givenUp, lastFailure });
    else if (targets === 0) output.line("cadre.yaml names nobody to tell: see `notify` there");
    else {
      output.line(`${told} told, ${failed} failed, ${waiting} to be tried again, ${givenUp} given up`);
      if (lastFailure !== null) output.line(`the last failure: ${visible(lastFailure)}`);
    }
    return failed > 0 ? 1 : 0;
  });
}
