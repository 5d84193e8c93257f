/** What a call to a model used, as its server counted it. */

/** In tokens. `cachedTokens` are part of the prompt's. */
export type ModelUsage = {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens: number;
  /** False where the server counted nothing. */
  readonly measured: boolean;
  /** Part of the completion's; left out: the server does not tell. */
  readonly reasoningTokens?: number;
  /** With the server, in ms: by its own count where it sends one, else from being asked until the end. */
  readonly serverMs?: number;
};

/** No call has more; what a server counts above it is no count. */
export const mostTokens = 1_000_000_000;
