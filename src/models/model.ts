/** What a role's turn needs from a model: plain messages and tools in, one complete reply out. Every tier stands behind it. */

import type { Terms } from "./terms.ts";
import type { ModelUsage } from "./usage.ts";

export type ToolSpec = {
  readonly name: string;
  readonly description: string;
  /** JSON schema of an object. */
  readonly schema: Readonly<Record<string, unknown>>;
};

export type ModelCall = { readonly id: string; readonly name: string; readonly args: unknown };

export type Message =
  | { readonly role: "system" | "user"; readonly content: string }
  | { readonly role: "assistant"; readonly content: string; readonly calls: readonly ModelCall[] }
  | { readonly role: "tool"; readonly callId: string; readonly name: string; readonly content: string };

export type ModelRequest = {
  readonly messages: readonly Message[];
  readonly tools: readonly ToolSpec[];
  /** Upper bound of the completion, in tokens. */
  readonly maxTokens: number;
  readonly temperature: number;
};

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
