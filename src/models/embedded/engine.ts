/** What the embedded tier needs of an engine that runs in this process: messages in, pieces of one reply out. */

export type EngineMessage =
  | { readonly role: "system" | "user"; readonly text: string }
  | { readonly role: "assistant"; readonly text: string; readonly calls: readonly EngineCall[] };

/** A call that was made before, with what came of it. */
export type EngineCall = { readonly name: string; readonly args: unknown; readonly result: string };

export type EngineTool = {
  readonly name: string;
  readonly description: string;
  /** JSON schema of an object. */
  readonly schema: Readonly<Record<string, unknown>>;
};

export type EngineRequest = {
  readonly messages: readonly EngineMessage[];
  /** Those that may be called. */
  readonly tools: readonly EngineTool[];
  /** `required`: the reply is a call of one of `tools`, whatever the model would rather say. */
  readonly choice: "auto" | "required";
  /** The reply is one JSON value of this schema; only without tools. */
  readonly schema: Readonly<Record<string, unknown>> | null;
  /** Null: as many as the context holds. */
  readonly maxTokens: number | null;
  readonly temperature: number;
  readonly seed: number | null;
  readonly stop: readonly string[];
};

export type EngineUsage = { readonly prompt: number; readonly completion: number; readonly cached: number };

export type EnginePiece =
  | { readonly kind: "text"; readonly text: string }
  /** A call begins; its arguments follow. */
  | { readonly kind: "call"; readonly name: string }
  | { readonly kind: "arguments"; readonly text: string }
  | { readonly kind: "end"; readonly finish: "stop" | "tool_calls" | "length"; readonly usage: EngineUsage };

export type EngineChoice = { readonly probabilities: Readonly<Record<string, number>>; readonly tokens: number };

export interface Engine {
  /** In tokens. */
  readonly contextSize: number;
  /** One reply; others wait for their turn. Errors: `model-refused` for a prompt that the context does not hold; the signal's reason. */
  generate(request: EngineRequest, signal: AbortSignal): AsyncGenerator<EnginePiece>;
  /** How likely each label is as the answer about `state`. Errors: as `generate`. */
  choose(
    question: {
      readonly state: string;
      readonly instructions: string;
      readonly criteria: Readonly<Record<string, string>>;
    },
    signal: AbortSignal | undefined,
  ): Promise<EngineChoice>;
  dispose(): Promise<void>;
}
