/**
 * A LangChain chat model over Hugging Face's InferenceClient: Inference Providers, or any OpenAI-compatible URL.
 *
 * H1. The client never retries, and never holds the token: both are the transport's.
 * H2. `tool_calls` holds only what `strict-calls.ts` let pass; the rest is in `invalid_tool_calls` with its raw text.
 * H3. A reply without a finish reason is `model-truncated`, not a reply.
 * H4. Whoever leaves early, by abort or by breaking out of a stream, ends the request.
 * H5. Errors are CadreErrors and hold no prompt (R8): the client's own carry the whole request.
 */
import { InferenceClient } from "@huggingface/inference";
import type { BaseLanguageModelInput, StructuredOutputMethodOptions } from "@langchain/core/language_models/base";
import { BaseChatModel, type BindToolsInput } from "@langchain/core/language_models/chat_models";
import { AIMessage, type AIMessageChunk, type BaseMessage, type UsageMetadata } from "@langchain/core/messages";
import type { CallbackManagerForLLMRun } from "@langchain/core/callbacks/manager";
import { ChatGenerationChunk, type ChatResult } from "@langchain/core/outputs";
import { RunnableLambda, type Runnable } from "@langchain/core/runnables";
import type { SerializableSchema } from "@langchain/core/utils/standard_schema";
import type { InteropZodType } from "@langchain/core/utils/types";
import { CadreError, isCadreError } from "../errors.ts";
import { requireTarget } from "./chat-hugging-face-fields.ts";
import type { ChatHuggingFaceCallOptions, ChatHuggingFaceFields } from "./chat-hugging-face-fields.ts";
import { addChunk, emptyCompletion, rawCalls, readCompletion, type Completion } from "./chat-completion.ts";
import { chatMessages, chatToolChoice, chatTools, type ChatInput } from "./chat-messages.ts";
import { checkCalls, type CheckedCalls } from "./strict-calls.ts";
import { hubRouter } from "./resolve.ts";
import { invalidCalls, lastChunk, textChunk } from "./strict-chunk.ts";
import { outputShape } from "./structured-output.ts";
import { timedAnswer } from "./server-time.ts";
import { asStream } from "./whole-as-stream.ts";
import { createTransport } from "./transport.ts";
import { malformedError, truncatedError } from "./transport-errors.ts";

export type { ChatHuggingFaceCallOptions, ChatHuggingFaceFields };

type OutputSchema<Output> = InteropZodType<Output> | SerializableSchema<Output> | Record<string, unknown>;

/** The client routes by the look of a token; the transport replaces this one with the real one, or with none. */
const placeholder = "hf_the_transport_holds_it";

/**
 * A LangChain chat model: tool calls, streams and structured output, over Inference Providers or an OpenAI-compatible server.
 * Errors: `CadreError` with a `model-*` code; of the constructor `usage`, and `config-invalid` and `model-auth` for a token that may not be sent.
 */
export class ChatHuggingFace extends BaseChatModel<ChatHuggingFaceCallOptions> {
  readonly model: string;
  readonly maxTokens: number | undefined;
  readonly temperature: number | undefined;
  readonly #client: InferenceClient;
  readonly #transport: typeof fetch;
  readonly #origin: string;

  static override lc_name(): string {
    return "ChatHuggingFace";
  }

  constructor(fields: ChatHuggingFaceFields) {
    const { model, endpointUrl, provider, accessToken, billTo, maxTokens, temperature, limits, transport, ...base } =
      fields;
    // LangChain keeps its constructor's fields on the object: the token must not be among them.
    super(base);
    requireTarget(fields);
    this.model = provider === undefined ? model : `${model}:${provider}`;
    this.maxTokens = maxTokens;
    this.temperature = temperature;
    const url = endpointUrl ?? hubRouter;
    this.#origin = new URL(url).origin;
    const target = { url, ...(accessToken === undefined ? {} : { token: accessToken }), ...(limits ? { limits } : {}) };
    this.#transport = transport ?? createTransport({}, target);
    this.#client = new InferenceClient(endpointUrl === undefined ? placeholder : "", {
      retry_on_error: false,
      fetch: this.#transport,
      ...(endpointUrl === undefined ? {} : { endpointUrl }),
      ...(billTo === undefined ? {} : { billTo }),
    });
  }

  override _llmType(): string {
    return "huggingface-chat";
  }

  override invocationParams(options?: this["ParsedCallOptions"]): Record<string, unknown> {
    return {
      model: this.model,
      max_tokens: options?.maxTokens ?? this.maxTokens,
      temperature: options?.temperature ?? this.temperature,
    };
  }

  /** LangChain's own would fetch a vocabulary from the network. This is a rough count: four characters a token. */
  override async getNumTokens(content: BaseMessage["content"]): Promise<number> {
    return Math.ceil((typeof content === "string" ? content : JSON.stringify(content)).length / 4);
  }

  override bindTools(
    tools: BindToolsInput[],
    kwargs?: Partial<ChatHuggingFaceCallOptions>,
  ): Runnable<BaseLanguageModelInput, AIMessageChunk, ChatHuggingFaceCallOptions> {
    return this.withConfig({ ...kwargs, tools });
  }

  /** By `response_format` json_schema, checked again here; `includeRaw`: with the message, and null for what does not parse. */
  override withStructuredOutput<Output extends Record<string, unknown>>(
    schema: OutputSchema<Output>,
    config?: StructuredOutputMethodOptions<false>,
  ): Runnable<BaseLanguageModelInput, Output>;
  override withStructuredOutput<Output extends Record<string, unknown>>(
    schema: OutputSchema<Output>,
    config?: StructuredOutputMethodOptions<true>,
  ): Runnable<BaseLanguageModelInput, { raw: BaseMessage; parsed: Output }>;
  override withStructuredOutput<Output extends Record<string, unknown>>(
    schema: OutputSchema<Output>,
    config?: StructuredOutputMethodOptions<boolean>,
  ): Runnable<BaseLanguageModelInput, Output> | Runnable<BaseLanguageModelInput, { raw: BaseMessage; parsed: Output }> {
    if (config?.method !== undefined && config.method !== "jsonSchema") {
      throw new CadreError("usage", `ChatHuggingFace has structured output by jsonSchema, not by ${config.method}.`);
    }
    const shape = outputShape(schema, config?.name);
    const json_schema = {
      name: shape.name,
      schema: shape.jsonSchema,
      ...(config?.strict === undefined ? {} : { strict: config.strict }),
    };
    const asked = this.withConfig({ responseFormat: { type: "json_schema", json_schema } });
    const parse = async (message: BaseMessage): Promise<Output> => (await shape.parse(message)) as Output;
    if (config?.includeRaw !== true) return asked.pipe(RunnableLambda.from(parse));
    // LangChain's contract says `parsed: Output`, and null all the same where nothing could be parsed.
    const both = async (raw: BaseMessage): Promise<{ raw: BaseMessage; parsed: Output }> => ({
      raw,
      parsed: await parse(raw).catch(() => null as unknown as Output),
    });
    return asked.pipe(RunnableLambda.from(both));
  }

  override async _generate(messages: BaseMessage[], options: this["ParsedCallOptions"]): Promise<ChatResult> {
    const answer = timedAnswer(this.#transport);
    const completion = await this.#call(options, async (signal) =>
      readCompletion(
        await this.#client.chatCompletion(this.#input(messages, options), { signal, fetch: answer.fetch }),
      ),
    );
    completion.serverMs ??= answer.serverMs();
    const { checked, fields } = this.#ended(completion, options);
    const message = new AIMessage({
      ...fields,
      content: completion.text,
      tool_calls: checked.calls.map((call) => ({
        type: "tool_call" as const,
        id: call.id,
        name: call.name,
        args: call.args as Record<string, unknown>,
      })),
      invalid_tool_calls: invalidCalls(checked),
    });
    return { generations: [{ text: completion.text, message }], llmOutput: {} };
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this["ParsedCallOptions"],
    runManager?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    const left = new AbortController();
    const signal = options.signal ? AbortSignal.any([options.signal, left.signal]) : left.signal;
    const completion = emptyCompletion();
    const answer = timedAnswer(this.#transport);
    try {
      const input = { ...this.#input(messages, options), stream_options: { include_usage: true } };
      const fetched: typeof fetch = async (...request) => asStream(await answer.fetch(...request));
      for await (const data of this.#client.chatCompletionStream(input, { signal, fetch: fetched })) {
        const text = addChunk(completion, data);
        if (text === "") continue;
        yield new ChatGenerationChunk({ text, message: textChunk({ content: text }) });
        await runManager?.handleLLMNewToken(text);
      }
      completion.serverMs ??= answer.serverMs();
      const { checked, fields } = this.#ended(completion, options);
      yield new ChatGenerationChunk({ text: "", message: lastChunk({ ...fields, content: "" }, checked) });
    } catch (error) {
      throw this.#translated(error, options.signal);
    } finally {
      // H4: the client only lets go of the reader, and the server would go on sending.
      left.abort();
    }
  }

  #input(messages: BaseMessage[], options: this["ParsedCallOptions"]): ChatInput {
    const maxTokens = options.maxTokens ?? this.maxTokens;
    const temperature = options.temperature ?? this.temperature;
    const toolChoice = chatToolChoice(options.tool_choice);
    const tools = options.tools ?? [];
    return {
      model: this.model,
      messages: chatMessages(messages),
      ...(tools.length === 0 ? {} : { tools: chatTools(tools) }),
      ...(toolChoice === undefined ? {} : { tool_choice: toolChoice }),
      ...(maxTokens === undefined ? {} : { max_tokens: maxTokens }),
      ...(temperature === undefined ? {} : { temperature }),
      ...(options.stop === undefined ? {} : { stop: options.stop }),
      ...(options.responseFormat === undefined ? {} : { response_format: options.responseFormat }),
      ...(options.topLogprobs === undefined ? {} : { logprobs: true, top_logprobs: options.topLogprobs }),
    };
  }

  async #call<T>(
    options: this["ParsedCallOptions"],
    work: (signal: AbortSignal | undefined) => Promise<T>,
  ): Promise<T> {
    try {
      return await work(options.signal);
    } catch (error) {
      throw this.#translated(error, options.signal);
    }
  }

  /** H2, H3 */
  #ended(
    completion: Completion,
    options: this["ParsedCallOptions"],
  ): {
    readonly checked: CheckedCalls;
    readonly fields: { response_metadata: Record<string, unknown>; usage_metadata?: UsageMetadata };
  } {
    if (completion.finish === null) throw truncatedError(this.#origin);
    const offered = chatTools(options.tools ?? []).map((tool) => tool.function.name);
    const checked = checkCalls(rawCalls(completion), { offered, finish: completion.finish });
    const usage = completion.usage && usageMetadata(completion.usage);
    const { serverMs, written } = completion;
    const response_metadata = {
      finish_reason: completion.finish,
      model_name: this.model,
      ...(serverMs === null ? {} : { server_ms: serverMs }),
      ...(written === null ? {} : { written }),
    };
    return { checked, fields: { response_metadata, ...(usage ? { usage_metadata: usage } : {}) } };
  }

  /** H5: nothing of the client's error is kept, neither its message nor its cause. */
  #translated(error: unknown, signal: AbortSignal | undefined): unknown {
    if (isCadreError(error)) return error;
    if (signal?.aborted) return signal.reason;
    const name = error instanceof Error ? error.name : typeof error;
    if (name === "ProviderApiError") return malformedError(this.#origin, "reported an error instead of a completion");
    if (name === "SyntaxError" || name === "ZodError" || name === "$ZodError" || name === "ProviderOutputError") {
      return malformedError(this.#origin, "sent something that is no chat completion");
    }
    return new CadreError("internal", `The call to ${this.#origin} failed in the client (${name}).`);
  }
}

function usageMetadata(usage: NonNullable<Completion["usage"]>): UsageMetadata {
  return {
    input_tokens: usage.prompt,
    output_tokens: usage.completion,
    total_tokens: usage.prompt + usage.completion,
    input_token_details: { cache_read: usage.cached },
    output_token_details: { reasoning: usage.reasoning },
  };
}
