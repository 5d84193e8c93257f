/** `cadre backup`: a checked copy of the data file. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../clock.ts";
import { CadreError } from "../../errors.ts";
import { counted } from "../../views/counted.ts";
import { visible } from "../../views/escape.ts";
import type { Context } from "../context.ts";
import { word, type Input } from "../input.ts";

export async function backup(context: Context, input: Input): Promise<number> {
  const { output } = context;
  const file = join(context.data, "cadre.db");
  if (!existsSync(file))
    throw new CadreError("usage", `there is nothing to back up: ${file} is not there`, {
      hint: "--dir and --data say where to look",
    });
  const { backUp } = await import("../../store/backup.ts");
  const made = await backUp({ file, to: word(input, 0) ?? "", clock: systemClock });
  if (output.json) output.document({ schema: "cadre.backup/1", ...made });
  else {
    output.line(visible(made.file));
    output.note(`${counted(made.runs, "run")}, ${counted(made.events, "event")}, ${made.bytes} bytes; verified`);
  }
  return 0;
}
