/**
 * `cadre verify`: the file, the chain of every event, and every guarantee that can be read again from what is stored, compared with the
 * journal where one is there. Exit 1 names the first bad event or row.
 */
import type { FileVerification, Verification } from "../../run/api.ts";
import { CadreError } from "../../errors.ts";
import { counted } from "../../views/counted.ts";
import { visible } from "../../views/escape.ts";
import type { Context } from "../context.ts";
import { findRun } from "../find-run.ts";
import { labelled } from "../layout.ts";
import { option, word, type Input } from "../input.ts";
import { withCadre } from "../open.ts";

export function verify(context: Context, input: Input): Promise<number> {
  const name = word(input, 0);
  const head = headOption(input, name);
  const { output } = context;
  return withCadre(
    context,
    async (cadre) => {
      const only = name === undefined ? {} : { runs: [(await findRun(cadre.store, name)).id] };
      const results: Verification[] = [];
      const onRun = (result: Verification): void => {
        if (output.json) results.push(result);
        else showRun(context, result);
      };
      const file = await cadre.verifyAll({ ...only, onRun, ...(head === undefined ? {} : { head }) });
      if (output.json)
        output.document({
          schema: "cadre.verify/1",
          ok: file.ok,
          file: { problems: file.problems },
          absent: file.absent,
          runs: results,
        });
      else showFile(context, file);
      return file.ok ? 0 : 1;
    },
    { readOnly: true },
  );
}

/** Errors: usage. */
function headOption(input: Input, run: string | undefined): string | undefined {
  const head = option(input, "head")?.toLowerCase();
  if (head === undefined) return undefined;
  if (run === undefined)
    throw new CadreError("usage", "--head is about one run; none is named", {
      hint: "for example `npx cadre verify @latest --head <sha256>`",
    });
  if (/^[0-9a-f]{12,64}$/.test(head)) return head;
  throw new CadreError("usage", `--head "${head}" is no hash`, {
    hint: "12 to 64 hex digits, as `npx cadre verify --json` and a run's journal show them",
  });
}

/** How far a run's journal lies behind it: a process was ended before it wrote what it had committed. */
function unremembered({ heads }: Verification): number {
  return heads.reduce((sum, { length, remembered }) => sum + Math.max(0, length - remembered), 0);
}

function journalWords(result: Verification): string[] {
  if (result.anchors === 0) return [];
  if (!result.ok) return ["compared with its journal"];
  const behind = unremembered(result);
  return [behind === 0 ? "as its journal says" : `as its journal says, which is ${counted(behind, "event")} behind`];
}

function showRun({ output, command }: Context, result: Verification): void {
  const verdict = result.ok ? output.paint("green", "whole") : output.paint("red", "BROKEN");
  const heads = result.heads.map(({ head }) => head.slice(0, 12)).join(" ");
  const facts = [counted(result.events, "event"), `head ${heads}`, ...journalWords(result)];
  if (output.terminal) {
    const label = `${result.run}  ${result.ok ? "whole " : "BROKEN"}  `;
    const [first = "", ...others] = labelled(label, facts.join(", "), output.width);
    output.line(`${result.run}  ${verdict}${" ".repeat(result.ok ? 3 : 2)}${first.slice(label.length)}`);
    for (const row of others) output.line(row);
  } else output.line([result.run, verdict, ...facts].join("\t"));
  for (const { line, index, row, what } of result.problems)
    output.line(`  ${row === undefined ? `${line} event ${index}` : visible(row)}: ${visible(what)}`);
  if (result.ok && result.anchors > 0 && unremembered(result) > 0)
    output.note(`the journal of ${result.run} is written anew by: ${command(`journal ${result.run}`)}`);
}

function showFile({ output }: Context, file: FileVerification): void {
  if (file.runs === 0 && file.problems.length === 0) output.note("no runs to verify");
  const missing = new Set(file.problems.map(({ row }) => row));
  for (const { run, events, source } of file.absent)
    if (!missing.has(`runs ${run}`))
      output.note(`${run} is not in this file; ${visible(source)} remembers ${events} events of it`);
  if (file.problems.length > 0) output.line(`the file${output.terminal ? "  " : "\t"}${output.paint("red", "BROKEN")}`);
  for (const { row, what } of file.problems) output.line(`  ${visible(row)}: ${visible(what)}`);
}
