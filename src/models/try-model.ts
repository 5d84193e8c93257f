/**
 * Whether a model can be called at all, for whoever sets one up: asks its server what it serves, then asks for a word.
 *
 * Y1. One attempt each, within seconds: a server that makes one wait is what is to be found out.
 * Y2. Through the same transport as a role's calls, with its bound token; what is said of a fault is what a run would say (R8).
 */
import { z } from "zod";
import { isCadreError, type CadreError } from "../errors.ts";
import type { Config } from "../config/config.ts";
import { createRoleModel, limitsOf, tokenOf, type RemoteModelSpec } from "./create-role-model.ts";
import { openGates } from "./gate.ts";
import { hubRouter, namedModel } from "./resolve.ts";
import { modelSource } from "./served-model.ts";
import { answeredBy, type Question } from "./text-question.ts";
import type { TransportLimits } from "./transport.ts";

export type TriedModel = {
  /** What its server says that it serves; null: it does not say. */
  readonly served: readonly string[] | null;
  /** In ms until the answer to a short question was there; null: there was none. */
  readonly ms: number | null;
  readonly fault: CadreError | null;
};

type Env = Readonly<Record<string, string | undefined>>;

const listSeconds = 10;
const answerSeconds = 60;

/** `name`: in cadre.yaml. Errors: what is wrong with the configuration; a server's faults are in the result. */
export async function tryModel(config: Config, name: string, env: Env): Promise<TriedModel> {
  const spec = namedModel(config, name);
  if (spec.kind === "rehearsal" || spec.kind === "embedded") return { served: null, ms: null, fault: null };
  const quick: RemoteModelSpec = { ...spec, timeouts: withinSeconds(spec.timeouts, answerSeconds) };
  try {
    const served = await servedBy(spec, env);
    const started = performance.now();
    await askIt(config, name, quick, env);
    return { served, ms: Math.round(performance.now() - started), fault: null };
  } catch (error) {
    if (!isCadreError(error)) throw error;
    return { served: null, ms: null, fault: error };
  }
}

/** The operator's own limits where they are stricter. */
function withinSeconds(own: RemoteModelSpec["timeouts"], most: number): RemoteModelSpec["timeouts"] {
  const least = (seconds: number | undefined): number => Math.min(seconds ?? most, most);
  return { firstToken: least(own.firstToken), idle: least(own.idle), total: least(own.total) };
}

const once: Pick<TransportLimits, "retries"> = { retries: 0 };

async function askIt(config: Config, name: string, spec: RemoteModelSpec, env: Env): Promise<void> {
  const deps = { env, run: "doctor", gates: openGates(), limits: once };
  const configured = config.models[name];
  if (configured?.tier === "endpoint" && configured.task !== undefined && configured.task !== "chat") {
    const model = await modelSource(async () => config, deps).open(name);
    const [answers] = answeredBy(configured.task);
    const question: Question =
      answers === "label" ? { answers, labels: ["yes", "no"] } : { answers: "text", instruction: "Summarise it." };
    await model.ask("It works.", question, AbortSignal.timeout(answerSeconds * 1000));
    return;
  }
  const rehearsal = (): never => {
    throw new TypeError("a rehearsal is not tried");
  };
  const model = await createRoleModel(spec, { ...deps, rehearsal });
  const messages = [{ role: "user" as const, content: "Say: ok" }];
  await model.call({ messages, tools: [], maxTokens: 16, temperature: 0 }, {});
}

const listSchema = z.object({ data: z.array(z.object({ id: z.string() })) });

/** OpenAI's list. A server that has none, or something else there, still may answer: null. */
async function servedBy(spec: RemoteModelSpec, env: Env): Promise<readonly string[] | null> {
  const { createTransport } = await import("./transport.ts");
  const url = spec.kind === "endpoint" ? spec.url : hubRouter;
  const token = tokenOf(spec, env);
  const seconds = withinSeconds(spec.timeouts, listSeconds);
  const limits = { ...limitsOf({ ...spec, timeouts: seconds }), ...once };
  const transport = createTransport({}, { url, limits, ...(token === null ? {} : { token }) });
  try {
    const response = await transport(listAddress(url));
    return listSchema.parse(await response.json()).data.map(({ id }) => id);
  } catch (error) {
    if (isCadreError(error) && !silent.includes(error.code)) throw error;
    return null;
  }
}

/** Of a server that simply has no list. */
const silent: readonly CadreError["code"][] = ["model-refused", "model-malformed", "model-truncated"];

function listAddress(url: string): string {
  const base = url.replace(/\/+$/, "").replace(/\/chat\/completions$/, "");
  return /\/v\d+$/.test(base) ? `${base}/models` : `${base}/v1/models`;
}

/** Ollama's names end in a tag. */
export function isServed(model: string, served: readonly string[]): boolean {
  return served.includes(model) || served.includes(`${model}:latest`);
}
