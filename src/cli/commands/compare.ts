/** `cadre compare <run> <run>`: two runs beside each other. */
import { compareRuns, renderComparison } from "../../views/compare.ts";
import type { Context } from "../context.ts";
import { findRun } from "../find-run.ts";
import { word, type Input } from "../input.ts";
import { withReader } from "../open.ts";

/** Errors: run-unknown. */
export function compare(context: Context, input: Input): Promise<number> {
  return withReader(context, async (store) => {
    const one = await findRun(store, word(input, 0));
    const other = await findRun(store, word(input, 1));
    const rows = compareRuns(await store.runEvents(one.id), await store.runEvents(other.id));
    const { output } = context;
    if (output.json) output.document({ schema: "cadre.compare/1", one: one.id, other: other.id, rows });
    else output.line(renderComparison(rows, [one.id, other.id], output.text));
    if (!output.json && !output.text.verbose)
      output.note(`also where they agree: ${context.command(`compare ${one.id} ${other.id} --verbose`)}`);
    return 0;
  });
}
