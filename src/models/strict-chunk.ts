/**
 * A message chunk that keeps `invalid_tool_calls` when chunks are joined. LangChain's own chunk derives both lists from the raw
 * fragments with a lenient parser, so fragments are never given to it: only whole, checked calls (S1), in the last chunk.
 */
import { AIMessageChunk } from "@langchain/core/messages";
import type { InvalidToolCall, UsageMetadata } from "@langchain/core/messages";
import type { CheckedCalls } from "./strict-calls.ts";

type Fields = {
  readonly content: string;
  readonly response_metadata?: Record<string, unknown>;
  readonly usage_metadata?: UsageMetadata;
};

export class StrictMessageChunk extends AIMessageChunk {
  static override lc_name(): string {
    return "AIMessageChunk";
  }

  constructor(fields: ConstructorParameters<typeof AIMessageChunk>[0]) {
    super(fields);
    const invalid =
      typeof fields === "object" && "invalid_tool_calls" in fields ? fields.invalid_tool_calls : undefined;
    if (invalid !== undefined && invalid.length > 0) this.invalid_tool_calls = [...invalid];
  }

  override concat(chunk: AIMessageChunk): this {
    const joined = super.concat(chunk);
    joined.invalid_tool_calls = [...(this.invalid_tool_calls ?? []), ...(chunk.invalid_tool_calls ?? [])];
    return joined as this;
  }
}

export function textChunk(fields: Fields): StrictMessageChunk {
  return new StrictMessageChunk({ ...fields });
}

/** The chunk that ends a message. */
export function lastChunk(fields: Fields, checked: CheckedCalls): StrictMessageChunk {
  const chunk = new StrictMessageChunk({
    ...fields,
    tool_call_chunks: checked.calls.map((call, index) => ({
      type: "tool_call_chunk" as const,
      id: call.id,
      name: call.name,
      args: JSON.stringify(call.args),
      // Index 0 is the text's block where LangChain turns chunks into events.
      index: index + 1,
    })),
  });
  chunk.invalid_tool_calls = invalidCalls(checked);
  return chunk;
}

export function invalidCalls(checked: CheckedCalls): InvalidToolCall[] {
  return checked.malformed.map((call) => ({
    type: "invalid_tool_call" as const,
    id: call.id,
    name: call.name,
    args: call.raw,
    error: call.error,
  }));
}
