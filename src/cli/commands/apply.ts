/** `cadre apply`: brings exactly the signed-off change set into the project, or nothing of it. */
import { visible } from "../../views/escape.ts";
import { changeWord } from "../../views/change-word.ts";
import type { Context } from "../context.ts";
import { findRun } from "../find-run.ts";
import { word, type Input } from "../input.ts";
import { withCadre } from "../open.ts";

export function apply(context: Context, input: Input): Promise<number> {
  return withCadre(context, async (cadre) => {
    const run = await findRun(cadre.store, word(input, 0));
    const set = await cadre.apply(run.id);
    const { output } = context;
    if (output.json) {
      output.document({ schema: "cadre.changes/1", run: run.id, applied: true, hash: set.hash, files: set.files });
      return 0;
    }
    for (const file of set.files) output.line(`${changeWord(file)}\t${visible(file.path)}`);
    output.note(
      `${set.files.length === 1 ? "1 file" : `${set.files.length} files`} of ${run.id} ${set.files.length === 1 ? "is" : "are"} now in ${context.dir}`,
    );
    return 0;
  });
}
