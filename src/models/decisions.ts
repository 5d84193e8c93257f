/**
 * Which route fits a text, as a LangChain decision model: labels are declared routes, criteria their purposes, so an answer can be no other
 * route (LangChain refuses one that is). `org/who.ts` ranks without any of this: light verbs use that, and so does the rehearsal, which
 * has to give the same answer every time.
 */
import { BaseDecisionModel, parseClassifierResponse } from "@langchain/core/decisions";
import { HumanMessage, SystemMessage } from "@langchain/core/messages";
import { CadreError, isCadreError } from "../errors.ts";
import type { OrgChart } from "../org/chart.ts";
import { rankRoutes } from "../org/who.ts";
import type { ChatHuggingFace } from "./chat-hugging-face.ts";
import { usageOf } from "./chat-role-model.ts";
import {
  decisionFormat,
  decisionMessages,
  probabilitiesOf,
  readDecision,
  topLogprobs,
  type Choice,
  type Probabilities,
} from "./chat-decision.ts";
import type { Engine } from "./embedded/engine.ts";
import type { ModelUsage } from "./usage.ts";
import { routeLabel } from "./route-question.ts";
import { systemTiming, type Timing } from "./timing.ts";
import { openWatch, type CallLimits } from "./watch.ts";

type Classify = BaseDecisionModel["_classify"];
type Asked = Parameters<Classify>;
type Answered = Awaited<ReturnType<Classify>>;

/** The lexical ranking. Its probabilities are scores made to add up to 1: an order with distances, and no measured chance. */
export class LexicalDecisionModel extends BaseDecisionModel {
  readonly #chart: OrgChart;
  readonly #from: string;
  override lc_namespace = ["cadre", "decisions"];

  constructor(chart: OrgChart, from: string) {
    super({ model: "lexical" });
    this.#chart = chart;
    this.#from = from;
  }

  override get _provider(): string {
    return "cadre";
  }

  override async _classify(...[state, questions]: Asked): Promise<Answered> {
    const text = textOf(state);
    const ranked = rankRoutes(this.#chart, text, { from: this.#from, limit: 1000 });
    const scores = new Map(ranked.map((found) => [routeLabel({ kind: found.kind, to: found.role }), found.score]));
    return answers(this.model, questions, async ({ criteria }) =>
      likeliest(shares(Object.fromEntries(Object.keys(criteria).map((label) => [label, scores.get(label) ?? 0])))),
    );
  }
}

type LlamaOptions = {
  readonly id: string;
  /** What messages call it. */
  readonly name: string;
  readonly limits: Pick<CallLimits, "firstTokenMs" | "totalMs">;
  readonly timing?: Timing;
};

/**
 * llama.cpp's own decision context: how likely the model finds each label. Loading the model, waiting for a turn and the answer itself,
 * which comes as a whole, are within the limits of a call. Errors: those of `open` and of the engine; model-timeout; the signal's reason.
 */
export class LlamaDecisionModel extends BaseDecisionModel {
  readonly #open: () => Promise<Pick<Engine, "choose">>;
  readonly #options: LlamaOptions;
  override lc_namespace = ["cadre", "decisions"];

  constructor(open: () => Promise<Pick<Engine, "choose">>, options: LlamaOptions) {
    super({ model: options.id });
    this.#open = open;
    this.#options = options;
  }

  override get _provider(): string {
    return "llama.cpp";
  }

  override async _classify(...[state, questions, config]: Asked): Promise<Answered> {
    return answers(this.model, questions, async ({ instructions, criteria }) => {
      const asked = { state: textOf(state), instructions, criteria };
      const { probabilities, tokens } = await this.#withinLimits(config?.signal, async (signal) =>
        (await this.#open()).choose(asked, signal),
      );
      const usage = { promptTokens: tokens, completionTokens: 0, cachedTokens: 0, measured: true };
      return { ...likeliest(probabilities), usage };
    });
  }

  /** An engine that does not heed the signal is not waited for. */
  async #withinLimits<T>(outer: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { limits, name, timing = systemTiming } = this.#options;
    const watch = openWatch(timing, { ...limits, idleMs: limits.totalMs, maxBytes: Infinity }, name, outer);
    const stop = watch.expect("first-token");
    try {
      watch.signal.throwIfAborted();
      return await watch.race(work(watch.signal));
    } catch (error) {
      if (watch.signal.aborted) throw watch.signal.reason;
      throw isCadreError(error) ? error : engineFailed(error);
    } finally {
      stop();
      watch.close();
    }
  }
}

/** R8: what went wrong inside may quote what it was asked about, so only its name is kept. */
function engineFailed(error: unknown): CadreError {
  const name = error instanceof Error ? error.name : typeof error;
  return new CadreError("model-engine", `llama.cpp failed at an opinion (${name}).`, {
    hint: "Try again; if it stays so, ask another model (`routing` in cadre.yaml, or --model).",
  });
}

/** A chat server, asked in `chat-decision.ts`. Errors: `model-*`; the signal's reason. */
export class ChatDecisionModel extends BaseDecisionModel {
  readonly #chat: ChatHuggingFace;
  readonly #maxTokens: number;
  override lc_namespace = ["cadre", "decisions"];

  constructor(chat: ChatHuggingFace, options: { readonly id: string; readonly maxTokens: number }) {
    super({ model: options.id });
    this.#chat = chat;
    this.#maxTokens = options.maxTokens;
  }

  override get _provider(): string {
    return "chat";
  }

  override async _classify(...[state, questions, config]: Asked): Promise<Answered> {
    return answers(this.model, questions, async (asked) => {
      const labels = Object.keys(asked.criteria);
      const { system, user } = decisionMessages(textOf(state), asked);
      const told = topLogprobs(labels);
      const message = await this.#chat.invoke([new SystemMessage(system), new HumanMessage(user)], {
        responseFormat: decisionFormat(labels),
        maxTokens: this.#maxTokens,
        temperature: 0,
        outputVersion: "v0",
        ...(told === null ? {} : { topLogprobs: told }),
        ...(config?.signal ? { signal: config.signal } : {}),
      });
      const { finish_reason: finish, written } = message.response_metadata;
      const choice = readDecision(message.text, { finish: String(finish), labels, model: this.model });
      const probabilities = probabilitiesOf(Array.isArray(written) ? written : [], labels, choice);
      const confidence = probabilities?.[choice] ?? 0;
      return { choice, probabilities: probabilities ?? {}, confidence, usage: usageOf(message) };
    });
  }
}

/** `probabilities` empty, and `confidence` 0: nothing is known of them, so whoever has a threshold is below it. */
type Decided = {
  readonly choice: string;
  readonly probabilities: Probabilities;
  readonly confidence: number;
  /** Left out: nothing was called. */
  readonly usage?: ModelUsage;
};

/** What the answers took, beyond what LangChain has a place for; null where nothing was called. */
export function usageOfAnswer(answered: object): ModelUsage | null {
  return "cadreUsage" in answered ? (answered.cadreUsage as ModelUsage) : null;
}

async function answers(
  model: string,
  questions: Asked[1],
  decide: (choice: Choice) => Promise<Decided>,
): Promise<Answered> {
  const given: Record<string, unknown> = {};
  let used: ModelUsage | null = null;
  for (const [id, question] of Object.entries(questions)) {
    if (question.type !== "choice")
      throw new CadreError("usage", `${model} answers choices alone, not a ${question.type}.`);
    const criteria = Object.fromEntries(
      Object.entries(question.criteria).map(([label, criterion]) => [
        label,
        typeof criterion === "string" ? criterion : label,
      ]),
    );
    const { usage, ...decided } = await decide({ instructions: textOf(question.instructions), criteria });
    if (usage) used = used === null ? usage : sumOf(used, usage);
    given[id] = { type: "choice", ...decided };
  }
  if (used === null) return parseClassifierResponse({ model, answers: given });
  const counted = used.measured
    ? { usage_metadata: { input_tokens: used.promptTokens, output_tokens: used.completionTokens } }
    : {};
  return Object.assign(parseClassifierResponse({ model, answers: given, ...counted }), { cadreUsage: used });
}

function sumOf(one: ModelUsage, two: ModelUsage): ModelUsage {
  const serverMs = (one.serverMs ?? 0) + (two.serverMs ?? 0);
  return {
    promptTokens: one.promptTokens + two.promptTokens,
    completionTokens: one.completionTokens + two.completionTokens,
    cachedTokens: one.cachedTokens + two.cachedTokens,
    measured: one.measured && two.measured,
    ...(one.serverMs === undefined || two.serverMs === undefined ? {} : { serverMs }),
  };
}

function likeliest(probabilities: Probabilities): Decided {
  const [choice, confidence] = Object.entries(probabilities).toSorted((a, b) => b[1] - a[1])[0] ?? ["", 0];
  return { choice, probabilities, confidence };
}

/** Nothing in common with any of them: each is as likely as the others. */
function shares(scores: Readonly<Record<string, number>>): Probabilities {
  const labels = Object.keys(scores);
  const sum = Object.values(scores).reduce((total, score) => total + score, 0);
  return Object.fromEntries(labels.map((label) => [label, sum === 0 ? 1 / labels.length : (scores[label] ?? 0) / sum]));
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
