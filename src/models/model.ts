/** What a role's turn needs from a model: plain messages and tools in, one complete reply out. Every tier stands behind it. */

import type { Terms } from "./terms.ts";
import type { ModelUsage } from "./usage.ts";

/** What a model is told of a tool or a route. */
export type ToolSpec = {
  readonly name: string;
  readonly description: string;
  /** JSON schema of an object. */
  readonly schema: Readonly<Record<string, unknown>>;
};

/** A call that a model makes; `args` is parsed JSON, not yet checked against the tool's schema. */
export type ModelCall = { readonly id: string; readonly name: string; readonly args: unknown };

/** One message of a transcript; a tool's answer names its call by `callId`. */
export type Message =
  | { readonly role: "system" | "user"; readonly content: string }
  | { readonly role: "assistant"; readonly content: string; readonly calls: readonly ModelCall[] }
  | { readonly role: "tool"; readonly callId: string; readonly name: string; readonly content: string };

/** All that a model is asked; nothing is remembered between two requests. */
export type ModelRequest = {
  readonly messages: readonly Message[];
  readonly tools: readonly ToolSpec[];
  /** Upper bound of the completion, in tokens. */
  readonly maxTokens: number;
  readonly temperature: number;
};

/** One whole reply. */
export type ModelReply = {
  readonly text: string;
  /** Only calls whose arguments were complete, strict JSON. */
  readonly calls: readonly ModelCall[];
  /** Calls that were cut off or malformed, for the re-ask; never executed (RELIABILITY 8). */
  readonly malformed: readonly {
    readonly id: string;
    readonly name: string;
    readonly raw: string;
    readonly error: string;
  }[];
  readonly finish: "stop" | "tool_calls" | "length" | "other";
  readonly usage: ModelUsage;
};

/** Where a model runs: none at all, in this process, at a URL, at Hugging Face. */
export type Tier = "rehearsal" | "embedded" | "endpoint" | "hf";

/** Errors: CadreError with a `model-*` code. Never retries an error that a retry cannot mend; never throws a prompt. */
export interface RoleModel {
  /** What is shown and stored, e.g. `rehearsal` or `Qwen/Qwen3-8B`. */
  readonly id: string;
  readonly tier: Tier;
  /** What its calls cost; left out: nothing is known. */
  readonly terms?: Terms;
  call(
    request: ModelRequest,
    options: { readonly signal?: AbortSignal; readonly onText?: (text: string) => void },
  ): Promise<ModelReply>;
}
