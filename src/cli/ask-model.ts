/** `who --model`: a decision model is asked which of a role's routes a text takes. Loaded only then: `who` by itself is light. */
import { requireConfig } from "../config/config.ts";
import { secretsOf } from "../engine/guard.ts";
import { engineModels } from "../engine/models.ts";
import { CadreError } from "../errors.ts";
import { createDecisionModel } from "../models/create-decision-model.ts";
import { resolveModel } from "../models/resolve.ts";
import { routeLabel, routeQuestion, routesOf } from "../models/route-question.ts";
import type { RouteKind } from "../modes/mode.ts";
import type { OrgChart } from "../org/chart.ts";
import { visible } from "../views/escape.ts";
import type { Context } from "./context.ts";
import { showList } from "./list.ts";
import { routeColumns } from "./route-columns.ts";

type Question = {
  readonly chart: OrgChart;
  readonly from: string | undefined;
  readonly text: string;
  readonly model: string;
  readonly limit: number;
};

type Likely = {
  readonly role: string;
  readonly kind: RouteKind;
  /** Null: the model chose this one, and its server does not say how likely the others are. */
  readonly probability: number | null;
  readonly purpose: string;
  readonly file: string;
  readonly line: number;
};

/** Errors: usage, config-invalid, `model-*`. */
export async function showAsked(context: Context, question: Question): Promise<number> {
  const { text, limit } = question;
  const { id, likely } = await ask(context, question);
  showList(context, {
    schema: "cadre.who/1",
    key: "candidates",
    rows: likely.slice(0, limit),
    columns,
    more: { text, model: id },
    empty: `${visible(id)} chose nothing`,
  });
  return 0;
}

async function ask(
  { dir, data }: Context,
  { chart, from, text, model }: Question,
): Promise<{ readonly id: string; readonly likely: readonly Likely[] }> {
  if (from === undefined)
    throw new CadreError("usage", "--model needs --from: a model is asked what one role would do", {
      hint: "npx cadre who <text> --from <role> --model <model>",
    });
  const config = requireConfig(dir);
  const spec = resolveModel(config, { role: "", rank: "", flag: model });
  if (spec.kind === "rehearsal")
    throw new CadreError("usage", "the rehearsal compares words, as `who` does without --model", {
      hint: "leave --model out",
    });
  const asked = routeQuestion(chart, from);
  const { length } = Object.keys(asked.criteria);
  if (length < 2)
    throw new CadreError(
      "usage",
      `${from} has ${length === 0 ? "no route that" : "one route alone, and no other that"} a text could take`,
      {
        hint: "npx cadre graph",
      },
    );
  const secrets = secretsOf(dir);
  const models = engineModels({ dir, data, config: async () => config, env: process.env });
  try {
    const decisions = await createDecisionModel(spec, { env: process.env, run: "who", embedded: models.embedded });
    const { choices } = await decisions.invoke({
      state: secrets.cleanJson(text), // R8
      questions: secrets.cleanJson({ route: asked }),
    });
    const { choice, probabilities } = choices.route;
    const told = Object.keys(probabilities).length > 0;
    const likely = routesOf(chart, from)
      .map((route) => ({ route, label: routeLabel(route) }))
      .filter(({ label }) => told || label === choice)
      .map(({ route: { to, kind, purpose, file, line }, label }) => ({
        role: to,
        kind,
        probability: told ? (probabilities[label] ?? 0) : null,
        purpose,
        file,
        line,
      }));
    return { id: spec.id, likely: likely.toSorted((a, b) => (b.probability ?? 0) - (a.probability ?? 0)) };
  } finally {
    await models.close();
  }
}

const columns = routeColumns<Likely>({
  key: "probability",
  title: "likely",
  value: (found) => found.probability,
  text: (found) => found.probability?.toFixed(2) ?? "chosen",
});
