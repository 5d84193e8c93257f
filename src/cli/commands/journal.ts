/** `cadre journal`: renders a run's pages again from its events. */
import { join, relative } from "node:path";
import type { Context } from "../context.ts";
import { findRun } from "../find-run.ts";
import { word, type Input } from "../input.ts";
import { withCadre } from "../open.ts";

export function journal(context: Context, input: Input): Promise<number> {
  return withCadre(context, async (cadre) => {
    const run = await findRun(cadre.store, word(input, 0));
    const files = await cadre.journal(run.id);
    const { output } = context;
    if (output.json) {
      output.document({ schema: "cadre.journal/1", run: run.id, folder: context.journal, files });
      return 0;
    }
    for (const file of files) output.line(relative(process.cwd(), join(context.journal, file)));
    return 0;
  });
}
