/** `cadre verify`: the chain of every event, and the guarantees that the log alone can show. Exit 1 names the first bad event. */
import type { Verification } from "../../cadre.ts";
import { visible } from "../../views/escape.ts";
import type { Context } from "../context.ts";
import { findRun } from "../find-run.ts";
import { word, type Input } from "../input.ts";
import { withCadre } from "../open.ts";

export function verify(context: Context, input: Input): Promise<number> {
  const name = word(input, 0);
  return withCadre(
    context,
    async (cadre) => {
      const runs = name === undefined ? await cadre.store.runs() : [await findRun(cadre.store, name)];
      const results: Verification[] = [];
      for (const run of runs) results.push(await cadre.verify(run.id));
      show(context, results);
      return results.every((result) => result.ok) ? 0 : 1;
    },
    { readOnly: true },
  );
}

function show(context: Context, results: readonly Verification[]): void {
  const { output } = context;
  if (output.json) {
    output.document({ schema: "cadre.verify/1", ok: results.every((result) => result.ok), runs: results });
    return;
  }
  if (results.length === 0) output.note("no runs to verify");
  for (const result of results) {
    const verdict = result.ok ? output.paint("green", "whole") : output.paint("red", "BROKEN");
    output.line(`${result.run}\t${verdict}\t${result.events} events`);
    for (const problem of result.problems)
      output.line(`  ${problem.line} event ${problem.index}: ${visible(problem.what)}`);
  }
}
