/**
 * One reply, token by token, over a llama.cpp sequence.
 *
 * E1. A call is written under a grammar: first one of the offered names, then arguments of that tool's schema. Nothing else can be said there.
 * E2. A prompt that the context does not hold is refused. llama.cpp's own chat would cut the oldest part away and say nothing.
 * E3. The caller's signal is looked at before every token and every piece of the prompt.
 * E4. Usage counts the whole prompt, and beside it what of it was in the context already.
 */
import type * as NodeLlamaCpp from "node-llama-cpp";
import type {
  ChatHistoryItem,
  ChatWrapper,
  LlamaContextSequence,
  LlamaGrammar,
  LlamaModel,
  Token,
} from "node-llama-cpp";
import { CadreError } from "../../errors.ts";
import type { EngineMessage, EnginePiece, EngineRequest, EngineTool } from "./engine.ts";
import { namesGrammar } from "./call-names.ts";
import { jsonEnd } from "./json-end.ts";
import { lowerArguments, lowerSchema, type GrammarSchema } from "./lower-schema.ts";
import { replyText } from "./reply-text.ts";

type Llama = typeof NodeLlamaCpp;

/** A model that is loaded, and the one sequence that replies are written in. */
export type Loaded = {
  readonly llama: Llama;
  readonly model: LlamaModel;
  readonly wrapper: ChatWrapper;
  readonly sequence: LlamaContextSequence;
  readonly batch: number;
  readonly grammars: Grammars;
};

export type Grammars = {
  readonly names: (grammar: string) => Promise<LlamaGrammar>;
  readonly json: (schema: GrammarSchema) => Promise<LlamaGrammar>;
};

/** Room that a reply needs at the least, in tokens. */
const leastRoom = 32;

export async function* generateReply(
  loaded: Loaded,
  request: EngineRequest,
  signal: AbortSignal,
): AsyncGenerator<EnginePiece> {
  const writer = openWriter(loaded, request, signal);
  if (request.schema !== null && request.tools.length === 0) {
    const finish = yield* value(writer, await loaded.grammars.json(lowerSchema(request.schema)), "text");
    yield writer.end(finish ? "stop" : "length");
  } else if (request.tools.length > 0 && request.choice === "required") yield* call(writer);
  else yield* words(writer);
}

type Writer = ReturnType<typeof openWriter>;

function openWriter(loaded: Loaded, request: EngineRequest, signal: AbortSignal) {
  const { llama, model, wrapper, sequence } = loaded;
  const functions = Object.fromEntries(
    request.tools.map(({ name, description, schema }) => [name, { description, params: lowerArguments(schema) }]),
  );
  const state = wrapper.generateContextState({
    chatHistory: history(request.messages),
    availableFunctions: functions as never,
    documentFunctionParams: true,
  });
  const prompt = state.contextText.tokenize(model.tokenizer, "trimLeadingSpace");
  if (prompt.length + leastRoom > sequence.contextSize) throw tooLong(prompt.length, sequence.contextSize);
  const most = Math.min(request.maxTokens ?? sequence.contextSize, sequence.contextSize - prompt.length - 1);
  const so = [...prompt];
  let cached: number | null = null;
  const tokensOf = (text: unknown): Token[] =>
    llama.LlamaText(text as string).tokenize(model.tokenizer, "trimLeadingSpace");
  const shownText = (text: unknown): string => model.detokenize(tokensOf(text), true);
  const { call: syntax } = wrapper.settings.functions;
  return {
    request,
    loaded,
    /** What stands between a name and its arguments. */
    opening: (name: string): string =>
      `${name}${String(llama.LlamaText(syntax.paramsPrefix)).replaceAll("{{functionName}}", name)}`,
    callPrefix: [wrapper.settings.functions.parallelism?.call.sectionPrefix ?? "", syntax.prefix],
    engaged: "functionCall" in state && state.functionCall?.initiallyEngaged === true,
    marks: {
      call: request.tools.length === 0 ? null : shownText(syntax.prefix),
      thought: thoughtMarks(wrapper, shownText),
      stops: [...state.stopGenerationTriggers.map(shownText), ...request.stop].filter((stop) => stop !== ""),
    },
    force: (text: unknown): void => {
      so.push(...tokensOf(text));
    },
    /** Takes back what was written since `mark()`. */
    back: (length: number): void => {
      so.length = length;
    },
    mark: (): number => so.length,
    full: (): boolean => so.length - prompt.length >= most,
    /** Texts of sampled tokens, until the model ends, or nothing more may come. */
    async *sample(grammar: LlamaGrammar | null): AsyncGenerator<string> {
      if (so.length - prompt.length >= most) return;
      await sequence.adaptStateToTokens(so.slice(0, -1), false);
      cached ??= Math.min(sequence.nextTokenIndex, prompt.length);
      await readPrompt(loaded, so, signal);
      if (sequence.needsCheckpoints && so.length === prompt.length) await sequence.takeCheckpoint();
      const detokenize = detokenizer(model, so);
      for await (const token of sequence.evaluate(so.slice(-1), sampling(loaded, request, grammar))) {
        signal.throwIfAborted(); // E3
        so.push(token);
        const text = detokenize(token);
        if (text !== "") yield text;
        if (so.length - prompt.length >= most) return;
      }
    },
    end: (finish: "stop" | "tool_calls" | "length"): EnginePiece => ({
      kind: "end",
      finish,
      usage: { prompt: prompt.length, completion: so.length - prompt.length, cached: cached ?? 0 },
    }),
  };
}

/** Everything but the last token, whose evaluation gives the first of the reply (E3). */
async function readPrompt({ sequence, batch }: Loaded, tokens: readonly Token[], signal: AbortSignal): Promise<void> {
  const missing = tokens.slice(sequence.nextTokenIndex, -1);
  for (let at = 0; at < missing.length; at += batch) {
    signal.throwIfAborted();
    await sequence.evaluateWithoutGeneratingNewTokens(missing.slice(at, at + batch));
  }
  signal.throwIfAborted();
}

function sampling(
  { llama, model }: Loaded,
  { temperature, seed }: EngineRequest,
  grammar: LlamaGrammar | null,
): NodeLlamaCpp.SequenceEvaluateOptions {
  return {
    temperature,
    ...(seed === null ? {} : { seed }),
    ...(grammar === null ? {} : { grammarEvaluationState: new llama.LlamaGrammarEvaluationState({ model, grammar }) }),
  };
}

/** A character may be written in several tokens: until it is whole there is no text. */
function detokenizer(model: LlamaModel, before: readonly Token[]): (token: Token) => string {
  let done = before.slice(-8);
  let open: Token[] = [];
  return (token) => {
    open.push(token);
    const text = model.detokenize(open, true, done);
    if (text.endsWith("\uFFFD") && open.length <= 3) return "";
    done = [...done, ...open].slice(-8);
    open = [];
    return text;
  };
}

/** Words, and perhaps a call after them. */
async function* words(writer: Writer): AsyncGenerator<EnginePiece> {
  const reply = replyText(writer.marks);
  for await (const piece of writer.sample(null)) {
    const { text, next } = reply.add(piece);
    if (text !== "") yield { kind: "text", text };
    if (next === "stop") return yield writer.end("stop");
    if (next === "call") return yield* named(writer);
  }
  const rest = reply.rest();
  if (rest !== "") yield { kind: "text", text: rest };
  yield writer.end(writer.full() ? "length" : "stop");
}

async function* call(writer: Writer): AsyncGenerator<EnginePiece> {
  if (!writer.engaged) writer.force(writer.callPrefix);
  yield* named(writer);
}

/** E1 */
async function* named(writer: Writer): AsyncGenerator<EnginePiece> {
  const { tools } = writer.request;
  const tool = tools.length === 1 ? tools[0] : await chosen(writer);
  if (tool === undefined) return yield writer.end("length");
  yield { kind: "call", name: tool.name };
  writer.force(writer.opening(tool.name));
  const grammar = await writer.loaded.grammars.json(lowerArguments(tool.schema));
  yield writer.end((yield* value(writer, grammar, "arguments")) ? "tool_calls" : "length");
}

/** The tool whose name the model writes; undefined where it may write no further. */
async function chosen(writer: Writer): Promise<EngineTool | undefined> {
  const openings = writer.request.tools.map((tool) => ({ tool, text: writer.opening(tool.name) }));
  const grammar = await writer.loaded.grammars.names(namesGrammar(openings.map(({ text }) => text)));
  const from = writer.mark();
  let written = "";
  for await (const piece of writer.sample(grammar)) {
    written += piece;
    const possible = openings.filter(({ text }) => text.startsWith(written));
    if (possible.length > 1 && !possible.some(({ text }) => text === written)) continue;
    writer.back(from);
    return possible[0]?.tool;
  }
  return undefined;
}

/** One JSON value; true once it is complete. */
async function* value(
  writer: Writer,
  grammar: LlamaGrammar,
  kind: "text" | "arguments",
): AsyncGenerator<EnginePiece, boolean> {
  const end = jsonEnd();
  for await (const text of writer.sample(grammar)) {
    const length = end.add(text);
    yield { kind, text: length === null ? text : text.slice(0, length) };
    if (length !== null) return true;
  }
  return false;
}

/** Everything that a model said and called between two messages of others is one item; the last one is the reply to be written. */
function history(messages: readonly EngineMessage[]): ChatHistoryItem[] {
  const items: ChatHistoryItem[] = [];
  for (const message of messages) {
    if (message.role === "system") items.push({ type: "system", text: message.text });
    else if (message.role === "assistant") modelItem(items).response.push(...said(message));
    else items.push({ type: "user", text: message.text });
  }
  modelItem(items);
  return items;
}

type ModelItem = Extract<ChatHistoryItem, { type: "model" }>;

function modelItem(items: ChatHistoryItem[]): ModelItem {
  const last = items.at(-1);
  if (last?.type === "model") return last;
  const fresh: ModelItem = { type: "model", response: [] };
  items.push(fresh);
  return fresh;
}

function said({ text, calls }: Extract<EngineMessage, { role: "assistant" }>): ModelItem["response"] {
  return [
    ...(text === "" ? [] : [text]),
    ...calls.map(({ name, args, result }, index) => ({
      type: "functionCall" as const,
      name,
      params: args,
      result,
      startsNewChunk: index === 0,
    })),
  ];
}

function thoughtMarks(
  wrapper: ChatWrapper,
  shown: (text: unknown) => string,
): { readonly from: string; readonly to: string } | null {
  const thought = wrapper.settings.segments?.thought;
  if (thought?.suffix === undefined) return null;
  return { from: shown(thought.prefix).trimEnd(), to: shown(thought.suffix).trim() };
}

function tooLong(tokens: number, contextSize: number): CadreError {
  return new CadreError(
    "model-refused",
    `The prompt has ${tokens} tokens, and the context of the embedded model holds ${contextSize}.`,
    {
      hint: "Raise `context` of this model in cadre.yaml as far as memory allows, use a model with a longer one, or shorten the inputs.",
      data: { tokens, contextSize },
    },
  );
}
