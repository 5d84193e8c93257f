/**
 * Who is asked for a second opinion on a route (`routing` in cadre.yaml), behind one port: a comparison of words, llama.cpp, or a server.
 *
 * J1. An opinion names a declared route or none: an answer that is no route is no opinion, and nothing is guessed.
 * J2. Probabilities are the model's own. Where it tells of none they are not known, and whoever has a threshold takes that for 0.
 */
import type { Config } from "../config/config.ts";
import { lexicalRouting } from "../config/routing.ts";
import { isCadreError } from "../errors.ts";
import type { OrgChart } from "../org/chart.ts";
import { createDecisionModel, answerTokens } from "./create-decision-model.ts";
import { termsOf, type RoleModelDeps } from "./create-role-model.ts";
import type { Tier } from "./model.ts";
import type { ModelUsage } from "./usage.ts";
import { namedModel, type ModelSpec } from "./resolve.ts";
import type { RouteQuestion } from "./route-question.ts";
import type { Terms } from "./terms.ts";

export type RouteAsked = {
  readonly chart: OrgChart;
  readonly from: string;
  /** What is to be sent. */
  readonly text: string;
  readonly question: RouteQuestion;
};

export type RouteOpinion = {
  /** A label of the question; null: the answer was none of them (J1). */
  readonly choice: string | null;
  /** By label; empty: not known (J2). */
  readonly probabilities: Readonly<Record<string, number>>;
  readonly usage: ModelUsage;
};

export interface RouteJudge {
  readonly id: string;
  /** `words`: nothing is called, and nothing is paid for. */
  readonly tier: Exclude<Tier, "rehearsal"> | "words";
  readonly terms?: Terms;
  /** How likely a route must be at least. */
  readonly threshold: number;
  /** Of the longest answer. */
  readonly replyTokens: number;
  /** Errors: `model-*`, `hub-*`, `disk-full`; the signal's reason. */
  judge(asked: RouteAsked, signal?: AbortSignal): Promise<RouteOpinion>;
}

const uncounted: ModelUsage = { promptTokens: 0, completionTokens: 0, cachedTokens: 0, measured: false };

/** Null where nobody is to be asked. */
export function routeJudge(config: Config, deps: Omit<RoleModelDeps, "rehearsal">): RouteJudge | null {
  const { routing } = config;
  if (routing === undefined) return null;
  const { threshold } = routing;
  if (routing.model === lexicalRouting)
    return { id: lexicalRouting, tier: "words", threshold, replyTokens: 0, judge: compareWords };
  const spec = routingSpec(config);
  if (spec === null) return null;
  return {
    id: spec.id,
    tier: spec.kind,
    terms: termsOf(spec),
    threshold,
    replyTokens: spec.kind === "embedded" ? 0 : answerTokens(spec),
    judge: async ({ text, question }, signal) =>
      opinionOf(await createDecisionModel(spec, deps), { text, question }, signal),
  };
}

/** The model that is called; null where none is. */
export function routingSpec(config: Config): Exclude<ModelSpec, { kind: "rehearsal" }> | null {
  const { routing } = config;
  if (routing === undefined || routing.model === lexicalRouting) return null;
  const spec = namedModel(config, routing.model, "routing.model in cadre.yaml");
  return spec.kind === "rehearsal" ? null : spec;
}

async function compareWords({ chart, from, text, question }: RouteAsked): Promise<RouteOpinion> {
  const { LexicalDecisionModel } = await import("./decisions.ts");
  return opinionOf(new LexicalDecisionModel(chart, from), { text, question }, undefined);
}

async function opinionOf(
  model: Awaited<ReturnType<typeof createDecisionModel>>,
  { text, question }: Pick<RouteAsked, "text" | "question">,
  signal: AbortSignal | undefined,
): Promise<RouteOpinion> {
  const { usageOfAnswer } = await import("./decisions.ts");
  try {
    const answered = await model.invoke({ state: text, questions: { route: question } }, signal ? { signal } : {});
    const { choice, probabilities } = answered.choices.route;
    return { choice, probabilities, usage: usageOfAnswer(answered) ?? uncounted };
  } catch (error) {
    if (isCadreError(error, "model-malformed")) return { choice: null, probabilities: {}, usage: uncounted }; // J1
    throw error;
  }
}
