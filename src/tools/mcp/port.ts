/** What the rest of cadre needs of an MCP server. Implemented over the SDK (`connection.ts`), which is loaded when one is first spoken to. */
import type { McpServerConfig } from "../../config/outside.ts";

/** A tool as its server describes it: untrusted, unchecked. */
export type Offered = {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: unknown;
};

export type McpAnswer = {
  readonly ok: boolean;
  /** For the model; secrets are taken out already. */
  readonly text: string;
};

/** A server that was reached. Every verb ends within the server's time limit or throws an `McpFault`. */
export interface McpConnection {
  list(signal: AbortSignal): Promise<readonly Offered[]>;
  call(tool: string, args: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<McpAnswer>;
  /** False once the server has gone, or was ended for what it did. */
  readonly open: boolean;
  /** Ends the server's process and everything in its group; within two seconds. */
  close(): Promise<void>;
}

export type McpPlace = {
  readonly name: string;
  readonly config: McpServerConfig;
  /** Where its program runs: the project's folder. */
  readonly dir: string;
  /** The environment that named variables are taken from. */
  readonly env: Readonly<Record<string, string | undefined>>;
};

/** A server that cannot be reached, hung, crashed, flooded or refused: in words that may be shown, without secrets. */
export class McpFault extends Error {
  /** True where the call may have been carried out all the same. */
  readonly unknown: boolean;

  constructor(message: string, more: { readonly unknown?: boolean } = {}) {
    super(message);
    this.name = "McpFault";
    this.unknown = more.unknown ?? false;
  }
}
