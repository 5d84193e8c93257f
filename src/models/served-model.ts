/**
 * A model of cadre.yaml as something that is asked about texts: one question for tools that measure models, whatever the server's task is.
 *
 * V1. Only names of cadre.yaml: a role never names a host, and nothing is asked that the operator did not map.
 * V2. Calls go through the same transport as a role's (`transport.ts`), with its limits, its gate and its bound token.
 */
import type { AboutModel, Config, Price, ServedTask } from "../config/config.ts";
import { isLoopback } from "../endpoint-url.ts";
import { CadreError, isCadreError } from "../errors.ts";
import {
  createRoleModel,
  limitsOf,
  termsOf,
  tokenOf,
  type RemoteModelSpec,
  type RoleModelDeps,
} from "./create-role-model.ts";
import { nestedLabels } from "./inference/nested-labels.ts";
import { readLabel } from "./label-question.ts";
import type { Tier } from "./model.ts";
import type { ModelUsage } from "./usage.ts";
import { hubIdOf, hubRouter, namedModel, type EmbeddedSpec } from "./resolve.ts";
import type { Terms } from "./terms.ts";
import { messagesFor, questionKind, readAnswer, type Question } from "./text-question.ts";
import { malformedError } from "./transport-errors.ts";

export type Answered = {
  /** As the model gave it: a label or a summary, or all of a chat model's answer. */
  readonly said: string;
  /** What was asked for: one of the labels, a text, or a number in digits; null where it is none. */
  readonly answer: string | null;
  readonly usage: ModelUsage;
};

export interface ServedModel {
  /** In cadre.yaml. */
  readonly name: string;
  /** As the server knows it. */
  readonly id: string;
  /** Its id on the Hub, if it is there. */
  readonly model: string;
  readonly tier: Tier;
  /** Where texts go, and whether that is this machine. */
  readonly origin: string;
  readonly local: boolean;
  readonly task: ServedTask;
  readonly about: AboutModel;
  /** Null: unpriced, which is not free. */
  readonly price: Price | null;
  readonly terms: Terms;
  /** What is asked, with its version: part of what is measured. */
  how(question: Question): string;
  /** Tokens that one text takes at most, as estimated before the server counts. */
  tokens(text: string, question: Question): number;
  /** Errors: `model-*`; the signal's reason. Never retries what the transport gave up on, and is asked what its task answers (`answeredBy` in text-question.ts). */
  ask(text: string, question: Question, signal: AbortSignal): Promise<Answered>;
}

export type NamedModel = { readonly name: string; readonly id: string; readonly task: ServedTask };

export interface ModelSource {
  /** What the operator mapped, in the order of the file. */
  names(): Promise<readonly NamedModel[]>;
  /** Errors: model-unknown, model-auth, config-invalid. */
  open(name: string): Promise<ServedModel>;
}

/** `config` is read when it is first asked for. */
export function modelSource(config: () => Promise<Config>, deps: Omit<RoleModelDeps, "rehearsal">): ModelSource {
  return {
    names: async () =>
      Object.entries((await config()).models).map(([name, model]) => ({ name, id: idOf(model), task: taskOf(model) })),
    open: async (name) => {
      const known = await config();
      const model = Object.hasOwn(known.models, name) ? known.models[name] : undefined;
      const spec = model && namedModel(known, name);
      if (!model || !spec || spec.kind === "rehearsal") throw unknownModel(name, known);
      return served(name, { spec, task: taskOf(model), about: model.about ?? {} }, deps);
    },
  };
}

function idOf(model: Config["models"][string]): string {
  return (model.tier === "embedded" ? (model.model ?? model.file) : model.model) ?? "";
}

function taskOf(model: Config["models"][string]): ServedTask {
  return (model.tier === "endpoint" ? model.task : undefined) ?? "chat";
}

function unknownModel(name: string, { models }: Config): CadreError {
  const known = Object.keys(models);
  return new CadreError("model-unknown", `There is no model "${name}" in cadre.yaml.`, {
    hint: known.length > 0 ? `There are: ${known.join(", ")}.` : "The operator names models there, under `models`.",
    data: { name, known },
  });
}

type Opening = { readonly spec: RemoteModelSpec | EmbeddedSpec; readonly task: ServedTask; readonly about: AboutModel };

/** Where a text goes. */
function placeOf(spec: Opening["spec"]): Pick<ServedModel, "origin" | "local"> {
  if (spec.kind === "embedded") return { origin: "this process", local: true };
  const address = new URL(spec.kind === "endpoint" ? spec.url : hubRouter);
  return { origin: address.origin, local: isLoopback(address) };
}

async function served(name: string, opening: Opening, deps: Omit<RoleModelDeps, "rehearsal">): Promise<ServedModel> {
  const { spec, task, about } = opening;
  const place = placeOf(spec);
  const shared = {
    name,
    id: spec.id,
    model: hubIdOf(spec),
    ...place,
    tier: spec.kind,
    task,
    about,
    price: spec.price,
    terms: termsOf(spec),
  };
  if (task === "chat") return { ...shared, ...(await asChat(spec, deps)) };
  return { ...shared, ...(await asTask(spec, task, deps)) };
}

type Asking = Pick<ServedModel, "how" | "tokens" | "ask">;

/** Room for an answer, and for the thoughts before it. */
const answerTokens = 512;

async function asChat(spec: Opening["spec"], deps: Omit<RoleModelDeps, "rehearsal">): Promise<Asking> {
  const model = await createRoleModel(spec, { ...deps, rehearsal: noRehearsal });
  return {
    how: (question) => `chat, ${questionKind(question)}, temperature 0`,
    tokens: (text, question) => Math.ceil(JSON.stringify(messagesFor(text, question)).length / 4) + answerTokens,
    ask: async (text, question, signal) => {
      const messages = messagesFor(text, question);
      const reply = await model.call({ messages, tools: [], maxTokens: answerTokens, temperature: 0 }, { signal });
      return { said: reply.text, answer: readAnswer(reply.text, question), usage: reply.usage };
    },
  };
}

function noRehearsal(): never {
  throw new CadreError("internal", "a rehearsal is no model that could be measured");
}

const nothingCounted: ModelUsage = { promptTokens: 0, completionTokens: 0, cachedTokens: 0, measured: false };

async function asTask(
  spec: Opening["spec"],
  task: Exclude<ServedTask, "chat">,
  deps: Omit<RoleModelDeps, "rehearsal">,
): Promise<Asking> {
  const [{ InferenceClient }, { createTransport }, { processGates }] = await Promise.all([
    import("@huggingface/inference"),
    import("./transport.ts"),
    import("./gate.ts"),
  ]);
  if (spec.kind !== "endpoint") throw new CadreError("config-invalid", `${task} needs a model of the tier endpoint`);
  const token = tokenOf(spec, deps.env);
  const gate = { gate: (deps.gates ?? processGates)(spec.url), run: deps.run };
  const transport = createTransport(
    { gate, ...deps.transport },
    { url: spec.url, limits: { ...limitsOf(spec), ...deps.limits }, ...(token === null ? {} : { token }) },
  );
  const fetch = task === "text-classification" ? nestedLabels(transport) : transport;
  const client = new InferenceClient("", { endpointUrl: spec.url, retry_on_error: false, fetch });
  const sayOf = async (text: string, question: Question, signal: AbortSignal): Promise<string | undefined> => {
    const given = { model: spec.model, inputs: text };
    if (task === "summarization") return (await client.summarization(given, { signal })).summary_text;
    const parameters = { candidate_labels: question.answers === "label" ? [...question.labels] : [] };
    const answer =
      task === "text-classification"
        ? await client.textClassification(given, { signal })
        : await client.zeroShotClassification({ ...given, parameters }, { signal });
    return answer.toSorted((a, b) => b.score - a.score)[0]?.label;
  };
  return {
    how: () => task,
    tokens: (text) => Math.ceil(text.length / 4),
    ask: async (text, question, signal) => {
      const said = await translating(spec.url, signal, () => sayOf(text, question, signal));
      if (said === undefined) throw malformedError(new URL(spec.url).origin, "sent no answer");
      const answer = question.answers === "label" ? readLabel(said, question.labels) : said.trim() || null;
      return { said, answer, usage: nothingCounted };
    },
  };
}

/** The client's own errors carry the request: nothing of them is kept (R8). */
async function translating<Value>(url: string, signal: AbortSignal, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (isCadreError(error)) throw error;
    if (signal.aborted) throw signal.reason;
    throw malformedError(new URL(url).origin, "sent something that is no answer to its task");
  }
}
