/**
 * The MCP servers that one piece of work speaks to: opened when first needed, ended with it.
 *
 * P1. A server is started once; one that has gone is started again at the next need, at most `mostStarts` times.
 * P2. After `close` no server lives, also not one that was being opened.
 * P3. What a server offers is read anew before every call: between proposal and act it may have become another tool (R3).
 */
import type { McpConfig } from "../../config/outside.ts";
import { McpFault, type McpConnection, type McpPlace, type Offered } from "./port.ts";
import { unless } from "./unless.ts";

/** A server that crashes at every call must not be started for ever. */
const mostStarts = 5;

type Held = {
  readonly starts: number;
  readonly opening: Promise<McpConnection>;
  connection?: McpConnection;
  /** It could not be opened. */
  lost: boolean;
};

export type PoolDeps = {
  readonly mcp: McpConfig;
  /** The project's folder. */
  readonly dir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Loads the SDK. */
  readonly connect: (place: McpPlace, signal: AbortSignal) => Promise<McpConnection>;
};

export interface McpPool {
  readonly mcp: McpConfig;
  /** Errors: `McpFault`. */
  connection(server: string, signal: AbortSignal): Promise<McpConnection>;
  /** Read anew each time. Errors: `McpFault`. */
  offered(server: string, signal: AbortSignal): Promise<readonly Offered[]>;
  /** How often a tool was met that is not what the run was bound to. */
  readonly changes: number;
  changed(): void;
  close(): Promise<void>;
}

export function openMcpPool(deps: PoolDeps): McpPool {
  const held = new Map<string, Held>();
  const over = new AbortController();
  let changes = 0;
  const begin = (server: string, starts: number): Held => {
    const config = Object.hasOwn(deps.mcp.servers, server) ? deps.mcp.servers[server] : undefined;
    if (!config) throw new McpFault(`cadre.yaml names no MCP server ${server}.`);
    if (starts > mostStarts)
      throw new McpFault(`The MCP server ${server} has gone ${mostStarts} times and is not started again.`);
    const place: McpPlace = { name: server, config, dir: deps.dir, env: deps.env };
    const fresh: Held = { starts, lost: false, opening: deps.connect(place, over.signal) };
    fresh.opening.then(
      (connection) => {
        fresh.connection = connection;
      },
      () => {
        fresh.lost = true;
      },
    );
    held.set(server, fresh);
    return fresh;
  };
  // Without a wait between looking and starting: two lines of a run that need a server at once share it (P1).
  const connection = async (server: string, signal: AbortSignal): Promise<McpConnection> => {
    if (over.signal.aborted) throw over.signal.reason;
    const known = held.get(server);
    const usable = known && !known.lost && known.connection?.open !== false;
    return unless(signal, (usable ? known : begin(server, (known?.starts ?? 0) + 1)).opening);
  };
  return {
    mcp: deps.mcp,
    connection,
    offered: async (server, signal) => (await connection(server, signal)).list(signal),
    get changes() {
      return changes;
    },
    changed: () => {
      changes += 1;
    },
    close: async () => {
      over.abort(new McpFault("The MCP servers were ended with the run."));
      const all = await Promise.allSettled([...held.values()].map(({ opening }) => opening));
      await Promise.all(all.flatMap((each) => (each.status === "fulfilled" ? [each.value.close()] : [])));
    },
  };
}

/** The SDK is loaded with the first server. */
export async function connectServer(place: McpPlace, signal: AbortSignal): Promise<McpConnection> {
  const { connect } = await import("./connection.ts");
  return connect(place, signal);
}
