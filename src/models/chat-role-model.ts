/**
 * Any LangChain chat model as a RoleModel.
 *
 * The model's own `tool_calls` are not believed where the raw text is at hand: LangChain's parser closes what was cut off.
 * Everything passes `strict-calls.ts` here, whatever class the model is of.
 */
import type { BaseChatModel, BaseChatModelCallOptions } from "@langchain/core/language_models/chat_models";
import {
  AIMessage,
  AIMessageChunk,
  HumanMessage,
  SystemMessage,
  ToolMessage,
  type BaseMessage,
  type UsageMetadata,
} from "@langchain/core/messages";
import { canonicalJson } from "../canonical.ts";
import { CadreError, isCadreError } from "../errors.ts";
import { checkCalls, type RawCall } from "./strict-calls.ts";
import type { Message, ModelReply, ModelRequest, RoleModel, Tier, ToolSpec } from "./model.ts";
import { mostTokens, type ModelUsage } from "./usage.ts";
import type { Terms } from "./terms.ts";

export type ChatRoleModelOptions = {
  readonly id: string;
  readonly tier: Tier;
  /** The operator's bound; a request for more gets this. */
  readonly maxTokens?: number;
  /** The operator's choice; it goes before the request's. */
  readonly temperature?: number;
  readonly terms?: Terms;
  /** `required`: the reply is to be a call. Left out: as the server does without a word. */
  readonly toolChoice?: "required" | "auto";
};

/** Errors of `call`: CadreError `model-*`; `interrupted` when its signal aborts; `usage` for a model that takes no tools. */
export function chatRoleModel(model: BaseChatModel, options: ChatRoleModelOptions): RoleModel {
  return {
    id: options.id,
    tier: options.tier,
    ...(options.terms ? { terms: options.terms } : {}),
    call: async (request, { signal, onText }) => {
      try {
        const message = await streamed(model, request, options, signal, onText);
        return readReply(message, request);
      } catch (error) {
        throw translated(error, options.id, signal);
      }
    },
  };
}

async function streamed(
  model: BaseChatModel,
  request: ModelRequest,
  options: ChatRoleModelOptions,
  signal: AbortSignal | undefined,
  onText: ((text: string) => void) | undefined,
): Promise<BaseMessage> {
  signal?.throwIfAborted();
  const callOptions: BaseChatModelCallOptions & { maxTokens: number; temperature: number } = {
    maxTokens: Math.min(request.maxTokens, options.maxTokens ?? request.maxTokens),
    temperature: options.temperature ?? request.temperature,
    // LC_OUTPUT_VERSION in the environment would change the shape of what comes back.
    outputVersion: "v0",
    ...(signal ? { signal } : {}),
    ...toolChoice(request, options),
  };
  const asked = request.tools.length === 0 ? model : withTools(model, request.tools, options.id);
  let whole: BaseMessage | undefined;
  for await (const part of await asked.stream(langChainMessages(request.messages), callOptions)) {
    if (part.text !== "") onText?.(part.text);
    whole = whole instanceof AIMessageChunk && part instanceof AIMessageChunk ? whole.concat(part) : part;
  }
  if (whole === undefined) throw new CadreError("model-truncated", `${options.id} sent an empty reply.`);
  return whole;
}

function toolChoice(
  { tools }: ModelRequest,
  { toolChoice: choice }: ChatRoleModelOptions,
): Pick<BaseChatModelCallOptions, "tool_choice"> {
  return choice === undefined || tools.length === 0 ? {} : { tool_choice: choice };
}

function withTools(
  model: BaseChatModel,
  tools: readonly ToolSpec[],
  id: string,
): ReturnType<NonNullable<BaseChatModel["bindTools"]>> {
  const bound = model.bindTools?.(
    tools.map((tool) => ({
      type: "function" as const,
      function: { name: tool.name, description: tool.description, parameters: { ...tool.schema } },
    })),
  );
  if (bound) return bound;
  throw new CadreError("usage", `${id} cannot be given tools, and a role works by tools alone.`);
}

/** One message each, in order; nothing is merged, so that servers' prefix caches hit. */
export function langChainMessages(messages: readonly Message[]): BaseMessage[] {
  return messages.map((message) => {
    switch (message.role) {
      case "system":
        return new SystemMessage(message.content);
      case "user":
        return new HumanMessage(message.content);
      case "assistant":
        return new AIMessage({
          content: message.content,
          tool_calls: message.calls.map((call) => ({
            type: "tool_call" as const,
            id: call.id,
            name: call.name,
            args: inOrder(call.args),
          })),
        });
      case "tool":
        return new ToolMessage({ content: message.content, tool_call_id: message.callId, name: message.name });
    }
  });
}

/** Keys in one order, whoever remembers them: the store writes them in order, and a resumed run must begin with the same text. */
function inOrder(args: unknown): Record<string, unknown> {
  return JSON.parse(canonicalJson(args)) as Record<string, unknown>;
}

/** What the model said, as the run may use it. */
export function readReply(message: BaseMessage, request: Pick<ModelRequest, "messages" | "tools">): ModelReply {
  const finish = finishOf(message);
  const offered = request.tools.map((tool) => tool.name);
  const raws = withFreshIds(rawCallsOf(message), request.messages);
  const checked = checkCalls(raws.whole, { offered, finish });
  return {
    text: message.text,
    calls: checked.calls,
    malformed: [...checked.malformed, ...raws.broken],
    finish,
    usage: usageOf(message),
  };
}

type Raws = { readonly whole: readonly RawCall[]; readonly broken: ModelReply["malformed"] };

/** The raw text where the stream or the provider kept it; else the parsed arguments, written out again. */
function rawCallsOf(message: BaseMessage): Raws {
  if (!AIMessage.isInstance(message)) return { whole: [], broken: [] };
  const chunks = message instanceof AIMessageChunk ? (message.tool_call_chunks ?? []) : [];
  const whole =
    chunks.length > 0
      ? chunks.map((chunk) => ({ id: chunk.id ?? "", name: chunk.name ?? "", raw: chunk.args ?? "" }))
      : (providerCalls(message) ??
        (message.tool_calls ?? []).map((call) => ({
          id: call.id ?? "",
          name: call.name,
          raw: JSON.stringify(call.args),
        })));
  // LangChain lists a fragment that it could not close a second time, as invalid.
  const known = new Set(whole.map((call) => call.id).filter((id) => id !== ""));
  const broken = (message.invalid_tool_calls ?? [])
    .filter((call) => !known.has(call.id ?? ""))
    .map((call) => ({
      id: call.id ?? "",
      name: call.name ?? "",
      raw: call.args ?? "",
      error: call.error ?? "The call is malformed.",
    }));
  return { whole, broken };
}

/** OpenAI's own form, which several integrations keep beside the parsed one. */
function providerCalls(message: AIMessage): RawCall[] | null {
  const calls: unknown = message.additional_kwargs["tool_calls"];
  if (!Array.isArray(calls) || calls.length === 0) return null;
  return calls.map((call: { id?: string; function?: { name?: string; arguments?: string } }) => ({
    id: call.id ?? "",
    name: call.function?.name ?? "",
    raw: call.function?.arguments ?? "",
  }));
}

/** Some servers count their calls anew in every reply; a result must find its call in the whole transcript. */
function withFreshIds(raws: Raws, messages: readonly Message[]): Raws {
  const used = new Set(
    messages.flatMap((message) => (message.role === "assistant" ? message.calls.map((call) => call.id) : [])),
  );
  const fresh = (id: string): string => {
    const base = id === "" ? "call" : id;
    let candidate = base;
    for (let count = 2; used.has(candidate); count++) candidate = `${base}-${count}`;
    used.add(candidate);
    return candidate;
  };
  const renamed = <T extends { readonly id: string }>(call: T): T => ({ ...call, id: fresh(call.id) });
  return { whole: raws.whole.map(renamed), broken: raws.broken.map(renamed) };
}

const finishes: Readonly<Record<string, ModelReply["finish"]>> = {
  stop: "stop",
  end_turn: "stop",
  STOP: "stop",
  tool_calls: "tool_calls",
  tool_use: "tool_calls",
  length: "length",
  max_tokens: "length",
  MAX_TOKENS: "length",
};

function finishOf(message: BaseMessage): ModelReply["finish"] {
  const metadata: Record<string, unknown> = message.response_metadata;
  const said =
    metadata["finish_reason"] ?? metadata["stop_reason"] ?? metadata["finishReason"] ?? metadata["done_reason"];
  return typeof said === "string" && Object.hasOwn(finishes, said) ? (finishes[said] ?? "other") : "other";
}

/**
 * As the server counted, and for as long as it says. What is no count of tokens is not measured. A server that has more in its cache than in the
 * prompt does not count the one in the other, so nothing of the prompt is taken for cached: the bill would be below zero.
 */
export function usageOf(message: BaseMessage): ModelUsage {
  return { ...countsOf(AIMessage.isInstance(message) ? message.usage_metadata : undefined), ...timeOf(message) };
}

const notCounted = { promptTokens: 0, completionTokens: 0, cachedTokens: 0, measured: false };

function countsOf(usage: UsageMetadata | undefined): ModelUsage {
  if (!usage) return notCounted;
  const { input_tokens: promptTokens, output_tokens: completionTokens } = usage;
  const cached = usage.input_token_details?.cache_read ?? 0;
  const reasoning = usage.output_token_details?.reasoning ?? 0;
  if (![promptTokens, completionTokens, cached, reasoning].every(isCount)) return notCounted;
  return {
    ...(reasoning > 0 ? { reasoningTokens: reasoning } : {}),
    promptTokens,
    completionTokens,
    cachedTokens: cached > promptTokens ? 0 : cached,
    measured: true,
  };
}

function timeOf(message: BaseMessage): { readonly serverMs?: number } {
  const serverMs: unknown = (message.response_metadata as Record<string, unknown>)["server_ms"];
  return typeof serverMs === "number" && Number.isFinite(serverMs) && serverMs >= 0 ? { serverMs } : {};
}

function isCount(tokens: number): boolean {
  return Number.isInteger(tokens) && tokens >= 0 && tokens <= mostTokens;
}

/** R8: another class's error may quote the prompt, so only its name and status are kept. */
function translated(error: unknown, id: string, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) {
    return isCadreError(signal.reason)
      ? signal.reason
      : new CadreError("interrupted", `The call to ${id} was stopped.`);
  }
  if (isCadreError(error)) return error;
  const status: unknown = typeof error === "object" && error !== null && "status" in error ? error.status : undefined;
  const name = error instanceof Error && /^\w{1,60}$/.test(error.name) ? error.name : "an error";
  const answered = typeof status === "number" ? ` (status ${status})` : "";
  return new CadreError(codeOf(status), `${id} failed with ${name}${answered}.`, {
    hint: "Look at the model server's log; the error's own text is kept out, as it may quote the prompt.",
  });
}

function codeOf(status: unknown): "model-auth" | "model-busy" | "model-unreachable" {
  if (status === 401 || status === 403) return "model-auth";
  return status === 429 ? "model-busy" : "model-unreachable";
}
