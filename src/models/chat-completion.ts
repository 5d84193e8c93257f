/** What servers send, checked at the edge, and put together from the pieces of a stream. */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { RawCall } from "./strict-calls.ts";
import { mostTokens } from "./usage.ts";

/** Of tokens: whole, and no more than can be added up and priced exactly. */
const count = z.int().min(0).max(mostTokens);
const usageSchema = z.object({
  prompt_tokens: count,
  completion_tokens: count,
  prompt_tokens_details: z.object({ cached_tokens: count.nullish() }).nullish(),
  completion_tokens_details: z.object({ reasoning_tokens: count.nullish() }).nullish(),
});

const callSchema = z.object({
  index: z.number().int().min(0).max(255).nullish(),
  id: z.string().nullish(),
  function: z
    .object({
      name: z.string().nullish(),
      // Some servers send whole arguments as an object.
      arguments: z.union([z.string(), z.record(z.string(), z.unknown())]).nullish(),
    })
    .nullish(),
});

const saidSchema = z.object({ content: z.string().nullish(), tool_calls: z.array(callSchema).nullish() });
const choiceShape = { index: z.number().nullish(), finish_reason: z.string().nullish() };

/** llama.cpp's: what it took, in ms. */
const timingsSchema = z.object({ prompt_ms: z.number().nonnegative(), predicted_ms: z.number().nonnegative() });

const tokenSchema = z.object({ token: z.string(), logprob: z.number() });
const writtenSchema = tokenSchema.extend({ top_logprobs: z.array(tokenSchema) });
const logprobsSchema = z.object({ content: z.array(writtenSchema) });

const completionSchema = z.object({
  choices: z
    .array(z.object({ ...choiceShape, message: saidSchema, logprobs: logprobsSchema.nullish().catch(null) }))
    .min(1),
  usage: usageSchema.nullish(),
  timings: timingsSchema.nullish().catch(null),
});

const chunkSchema = z.object({
  choices: z.array(z.object({ ...choiceShape, delta: saidSchema.nullish() })).nullish(),
  usage: usageSchema.nullish(),
  timings: timingsSchema.nullish().catch(null),
});

type Said = z.infer<typeof saidSchema>;

/** A completion as far as it has come. `finish` null: it has not ended. */
export type Completion = {
  text: string;
  finish: string | null;
  usage: TokenUsage | null;
  /** By the server's own count; null: it does not say. */
  serverMs: number | null;
  /** Token by token, what else could have stood there; null: not asked for, or not told. Only of a reply that came whole. */
  written: readonly WrittenToken[] | null;
  readonly calls: { id: string; name: string; raw: string }[];
};

/** A token with the likeliest at its place, itself among them as a rule. */
export type WrittenToken = z.infer<typeof writtenSchema>;

/** In tokens. */
export type TokenUsage = {
  readonly prompt: number;
  readonly completion: number;
  readonly cached: number;
  readonly reasoning: number;
};

export function emptyCompletion(): Completion {
  return { text: "", finish: null, usage: null, serverMs: null, written: null, calls: [] };
}

/** Errors: a ZodError, which the caller translates; it quotes no values. */
export function readCompletion(data: unknown): Completion {
  const parsed = completionSchema.parse(data);
  const completion = emptyCompletion();
  const choice = parsed.choices[0];
  if (choice) add(completion, choice.message, choice.finish_reason);
  completion.written = choice?.logprobs?.content ?? null;
  completion.usage = tokens(parsed.usage);
  completion.serverMs = timed(parsed.timings);
  return completion;
}

/** Adds a chunk of a stream and returns the text that it brought. Usage counts are totals, so the last one stands. */
export function addChunk(completion: Completion, data: unknown): string {
  const chunk = chunkSchema.parse(data);
  completion.usage = tokens(chunk.usage) ?? completion.usage;
  completion.serverMs = timed(chunk.timings) ?? completion.serverMs;
  const choice = chunk.choices?.find((candidate) => (candidate.index ?? 0) === 0);
  return choice ? add(completion, choice.delta, choice.finish_reason) : "";
}

function add(completion: Completion, said: Said | null | undefined, finish: string | null | undefined): string {
  const text = said?.content ?? "";
  completion.text += text;
  for (const piece of said?.tool_calls ?? []) addCall(completion.calls, piece);
  if (typeof finish === "string" && finish !== "") completion.finish = finish;
  return text;
}

function addCall(calls: Completion["calls"], piece: z.infer<typeof callSchema>): void {
  const call = slot(calls, piece);
  const name = piece.function?.name ?? "";
  // Some servers repeat the whole name with every piece.
  if (name !== call.name) call.name += name;
  if (call.id === "") call.id = piece.id ?? "";
  const args = piece.function?.arguments ?? "";
  call.raw += typeof args === "string" ? args : JSON.stringify(args);
}

/** Without an index, an id begins a call and a piece without one goes on with the last. */
function slot(calls: Completion["calls"], piece: z.infer<typeof callSchema>): Completion["calls"][number] {
  const begins = (piece.id ?? "") !== "" || calls.length === 0;
  const index = piece.index ?? (begins ? calls.length : calls.length - 1);
  while (calls.length <= index) calls.push({ id: "", name: "", raw: "" });
  return calls[index] as Completion["calls"][number];
}

/** The calls as written, each with an id of its own: a result must find its call. */
export function rawCalls(completion: Completion): RawCall[] {
  const seen = new Set<string>();
  return completion.calls.map((call) => {
    const id = call.id === "" || seen.has(call.id) ? `call_${randomUUID()}` : call.id;
    seen.add(id);
    return { id, name: call.name, raw: call.raw };
  });
}

function timed(timings: z.infer<typeof timingsSchema> | null | undefined): number | null {
  return timings ? timings.prompt_ms + timings.predicted_ms : null;
}

function tokens(usage: z.infer<typeof usageSchema> | null | undefined): TokenUsage | null {
  if (!usage) return null;
  return {
    prompt: usage.prompt_tokens,
    completion: usage.completion_tokens,
    cached: usage.prompt_tokens_details?.cached_tokens ?? 0,
    reasoning: usage.completion_tokens_details?.reasoning_tokens ?? 0,
  };
}
