/** Where a model of cadre.yaml is asked for a task. Light: nothing is loaded that could ask. */
import { isLoopback } from "../../endpoint-url.ts";
import { CadreError } from "../../errors.ts";
import { hubRouter, type ModelSpec } from "../resolve.ts";
import type { InferenceTask } from "./tasks.ts";

export type InferenceSpec = Exclude<ModelSpec, { kind: "rehearsal" }>;
type RemoteSpec = Extract<ModelSpec, { kind: "endpoint" | "hf" }>;

/** Where an item of this task goes, as an origin; and whether that is this machine. `url` is empty where nothing is sent. Errors: `model-refused` for a task it cannot be asked. */
export function destination(
  spec: InferenceSpec,
  task: InferenceTask,
): { readonly url: string; readonly origin: string; readonly local: boolean } {
  if (spec.kind === "embedded") return inProcess(spec, task);
  const url = task.ask === null ? chatUrl(spec) : taskUrl(spec, task);
  const parsed = new URL(url);
  return { url, origin: parsed.origin, local: isLoopback(parsed) };
}

/** llama.cpp writes texts here; the other tasks' shapes are those of pipelines that it does not have. */
function inProcess({ id }: InferenceSpec, task: InferenceTask): ReturnType<typeof destination> {
  if (task.ask === null) return { url: "", origin: "this process", local: true };
  throw new CadreError("model-refused", `${id} runs in this process, where ${task.name} cannot be asked.`, {
    hint: "Use the task `chat`, or name a model of the tier `endpoint` or `hf`.",
  });
}

function chatUrl(spec: RemoteSpec): string {
  return spec.kind === "endpoint" ? spec.url : hubRouter;
}

function taskUrl(spec: RemoteSpec, task: InferenceTask): string {
  if (spec.kind === "endpoint") {
    const openAi = /\/v1\/?$|\/chat\/completions\/?$/.test(new URL(spec.url).pathname);
    if (!openAi || task.name === "text-generation") return spec.url;
    throw new CadreError(
      "model-refused",
      `${spec.id} is at an address for chats; ${task.name} cannot be asked there.`,
      {
        hint: "Use the task `chat`, or name a model whose `url` in cadre.yaml is that of the task.",
      },
    );
  }
  if (spec.provider !== null && spec.provider !== "hf-inference")
    throw new CadreError(
      "model-refused",
      `${task.name} is asked of hf-inference only, and ${spec.id} names the provider ${spec.provider}.`,
      {
        hint: "Leave `provider` out, or use the task `chat`.",
      },
    );
  const pipeline =
    task.name === "feature-extraction" || task.name === "sentence-similarity" ? `/pipeline/${task.name}` : "";
  return `${hubRouter}/hf-inference/models/${spec.model}${pipeline}`;
}
