/**
 * One model of cadre.yaml, asked for one task: InferenceClient behind our transport, or a chat through the tier that roles use.
 *
 * C1. The client never retries, holds no token and fetches nothing by itself: a server that answers with the address of a picture is
 *     told off, for the client would fetch that address without any of our bounds.
 * C2. An answer that is not of the task's shape is malformed, whatever its status was: 200 with text or a page is no completion.
 * C3. Errors are CadreErrors and hold no input (R8).
 */
import { InferenceClient } from "@huggingface/inference";
import { CadreError, isCadreError } from "../../errors.ts";
import { createRoleModel, limitsOf, tokenOf, type RoleModelDeps } from "../create-role-model.ts";
import { processGates } from "../gate.ts";
import { leanFetch } from "../lean-fetch.ts";
import type { ModelUsage } from "../usage.ts";
import { createTransport } from "../transport.ts";
import { malformedError } from "../transport-errors.ts";
import { destination, type InferenceSpec } from "./destination.ts";
import { nestedLabels } from "./nested-labels.ts";
import type { InferenceTask, Item } from "./tasks.ts";

export type InferenceAnswer = {
  /** JSON, or the bytes of a file. */
  readonly output: { readonly json: unknown } | { readonly bytes: Uint8Array; readonly type: string };
  /** Null where the server counts nothing, as most tasks' do. */
  readonly usage: ModelUsage | null;
  /** It was cut off at the token limit. */
  readonly cut: boolean;
};

export interface Inference {
  ask(item: Item, parameters: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<InferenceAnswer>;
}

/** Errors: model-auth, config-invalid; those of `destination`. */
export async function openInference(
  spec: InferenceSpec,
  task: InferenceTask,
  given: Omit<RoleModelDeps, "rehearsal">,
): Promise<Inference> {
  const { url, origin } = destination(spec, task);
  const deps = { ...given, transport: { fetch: leanFetch, ...given.transport } };
  const { ask } = task;
  if (ask === null || spec.kind === "embedded") return chatInference(spec, deps); // `destination` refuses it any other task
  const token = tokenOf(spec, deps.env);
  const transport = createTransport(
    { gate: { gate: (deps.gates ?? processGates)(url), run: deps.run }, ...deps.transport },
    { url, limits: limitsOf(spec), ...(task.media ? { media: task.media } : {}), ...(token === null ? {} : { token }) },
  );
  const client = new InferenceClient("", {
    retry_on_error: false,
    fetch: task.media
      ? withoutAddresses(transport, origin)
      : task.name === "text-classification"
        ? nestedLabels(transport)
        : transport,
    ...(spec.kind === "hf" && spec.billTo !== null ? { billTo: spec.billTo } : {}),
  });
  return {
    ask: async (item, parameters, signal) => {
      try {
        const value = await ask(item, { client, to: { endpointUrl: url, model: spec.model }, parameters, signal });
        return { output: await outputOf(task, value, origin), usage: null, cut: false };
      } catch (error) {
        throw translated(error, origin, signal);
      }
    },
  };
}

/** C1. */
function withoutAddresses(transport: typeof fetch, origin: string): typeof fetch {
  return async (input, init) => {
    const response = await transport(input, init);
    if (!/^application\/json\b/i.test(response.headers.get("content-type") ?? "")) return response;
    const text = await response.text();
    if (/"(?:output|url|image_url|video|audio_url)"\s*:\s*(?:\[\s*)?"https?:/i.test(text))
      throw malformedError(origin, "answered with the address of a file, which is not fetched");
    return new Response(text, { status: response.status, headers: response.headers });
  };
}

/** C2. */
async function outputOf(task: InferenceTask, value: unknown, origin: string): Promise<InferenceAnswer["output"]> {
  if (!(value instanceof Blob)) {
    if (task.media !== undefined || value === undefined || value === null)
      throw malformedError(origin, `sent something that is no ${task.name}`);
    return { json: value };
  }
  if (task.media === undefined) throw malformedError(origin, `sent something that is no ${task.name}`);
  return { bytes: new Uint8Array(await value.arrayBuffer()), type: value.type };
}

async function chatInference(spec: InferenceSpec, deps: Omit<RoleModelDeps, "rehearsal">): Promise<Inference> {
  const model = await createRoleModel(spec, {
    ...deps,
    rehearsal: () => Promise.reject(new TypeError("this is no rehearsal")),
  });
  return {
    ask: async (item, parameters, signal) => {
      const text = "text" in item ? item.text : "";
      const { system, prompt, max_tokens: maxTokens = 1024, temperature = 0 } = parameters;
      const content = typeof prompt === "string" ? prompt.replaceAll("{text}", () => text) : text;
      const messages = [
        ...(typeof system === "string" ? [{ role: "system" as const, content: system }] : []),
        { role: "user" as const, content },
      ];
      const reply = await model.call(
        { messages, tools: [], maxTokens: Number(maxTokens), temperature: Number(temperature) },
        { signal },
      );
      return { output: { json: { generated_text: reply.text } }, usage: reply.usage, cut: reply.finish === "length" };
    },
  };
}

/** C3: nothing of the client's own error is kept; it carries the whole request. */
function translated(error: unknown, origin: string, signal: AbortSignal): unknown {
  if (isCadreError(error)) return error;
  if (signal.aborted) return signal.reason;
  const name = error instanceof Error ? error.name : typeof error;
  if (/^(?:ProviderOutputError|InferenceClientProviderOutputError|ProviderApiError|SyntaxError|TypeError)$/.test(name))
    return malformedError(origin, "sent something that is no answer to this task");
  return new CadreError("internal", `The call to ${origin} failed in the client (${name}).`);
}
