/** `cadre who`: which role would take a text, and which rule says so. */
import { loadProjectModes } from "../../modes/project-modes.ts";
import { findRole } from "../../org/chart.ts";
import { compile } from "../../org/compile.ts";
import { rankRoutes, type Candidate } from "../../org/who.ts";
import { CadreError } from "../../errors.ts";
import { didYouMean } from "../../documents/nearest.ts";
import { visible } from "../../views/escape.ts";
import { takeBrief } from "../brief-argument.ts";
import type { Context } from "../context.ts";
import { count, option, words, type Input } from "../input.ts";
import { showList } from "../list.ts";
import { routeColumns } from "../route-columns.ts";

/** Errors: folder-missing, folder-empty, role-unknown, usage; with `--model` those of calling one. */
export async function who(context: Context, input: Input): Promise<number> {
  const text = await textOf(context, words(input, 0));
  if (text === "")
    throw new CadreError("usage", "there are no words to look for", {
      hint: 'npx cadre who "which model licence may we use?"',
    });
  const from = option(input, "from");
  const { modes } = await loadProjectModes(context.dir);
  const { chart } = compile(modes);
  if (from !== undefined && !findRole(chart, from)) {
    const slugs = chart.roles.map((role) => role.slug);
    throw new CadreError("role-unknown", `there is no role "${from}"`, {
      hint: didYouMean(from, slugs, `there are: ${slugs.join(", ")}`),
    });
  }
  const limit = count(input, "limit", "--limit") ?? 5;
  const model = option(input, "model");
  if (model !== undefined) {
    const { showAsked } = await import("../ask-model.ts");
    return showAsked(context, { chart, from, text, model, limit });
  }
  const candidates = rankRoutes(chart, text, { limit, ...(from === undefined ? {} : { from }) });
  showList(context, {
    schema: "cadre.who/1",
    key: "candidates",
    rows: candidates,
    columns,
    more: { text },
    empty: `no route's purpose has a word in common with "${visible(text)}"`,
  });
  return candidates.length === 0 ? 1 : 0;
}

/** The words, or the task of the brief that one word names. Errors: as a brief's. */
async function textOf(context: Context, said: readonly string[]): Promise<string> {
  const [only = ""] = said;
  if (said.length === 1 && /\.(md|markdown|txt)$/i.test(only)) return (await takeBrief(context, said)).task;
  return said.join(" ").trim();
}

const columns = routeColumns<Candidate>({
  key: "score",
  title: "fit",
  value: (found) => found.score,
  text: (found) => found.score.toFixed(2),
});
