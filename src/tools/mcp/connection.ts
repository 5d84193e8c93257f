/**
 * One MCP server over the SDK: the only module that loads it.
 *
 * C1. Every wait ends: by the server's time limit, by its end, or by the caller's signal. A server that did not answer in time is ended:
 *     what it would say later belongs to nothing.
 * C2. cadre offers servers nothing: no sampling, no questions to people, no folders; a server that asks is told so by the SDK.
 * C3. The SDK's checks of results against a server's own schemas stay off: they would compile what the server sent.
 */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { McpError } from "@modelcontextprotocol/sdk/types.js";
import type { JsonSchemaValidator, jsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/types.js";
import { z } from "zod";
import { cleanEnvironment } from "../../outside/clean-environment.ts";
import { guardedFetch } from "./guarded-fetch.ts";
import { McpFault, type McpAnswer, type McpConnection, type McpPlace, type Offered } from "./port.ts";
import { replyText } from "./result.ts";
import { secretRemover } from "../../outside/secrets.ts";
import { plainWords } from "./spec.ts";
import { StdioTransport } from "./stdio-transport.ts";
import { unless } from "./unless.ts";

/** A server that lists page after page is not listened to for ever. */
const pages = 20;
const toolsListed = 1000;

const listing = z.object({
  tools: z.array(z.object({ name: z.string(), description: z.string().optional(), inputSchema: z.unknown() })),
  nextCursor: z.string().optional(),
});
const part = z.object({
  type: z.string(),
  text: z.unknown(),
  data: z.unknown(),
  mimeType: z.unknown(),
  uri: z.unknown(),
  resource: z.unknown(),
});
const called = z.object({
  content: z.array(part.partial({ text: true, data: true, mimeType: true, uri: true, resource: true })).default([]),
  structuredContent: z.unknown().optional(),
  isError: z.boolean().optional(),
});

/** Errors: `McpFault`. */
export async function connect(place: McpPlace, signal: AbortSignal): Promise<McpConnection> {
  const server = new Server(place);
  await server.open(signal);
  return server.connection;
}

/** C3. */
const unchecked: jsonSchemaValidator = {
  getValidator<T>(): JsonSchemaValidator<T> {
    return (input) => ({ valid: true, data: input as T, errorMessage: undefined });
  },
};

class Server {
  readonly #place: McpPlace;
  readonly #clean: (text: string) => string;
  readonly #client: Client;
  readonly #transport: StdioTransport | StreamableHTTPClientTransport;
  #gone = false;

  constructor(place: McpPlace) {
    const { config, env } = place;
    this.#place = place;
    this.#clean = secretRemover([...config.env, ...(config.token === undefined ? [] : [config.token])], env);
    this.#client = new Client({ name: "cadre", version: "1" }, { capabilities: {}, jsonSchemaValidator: unchecked });
    this.#transport = transportOf(place);
    this.#client.onclose = () => {
      this.#gone = true;
    };
    // Reported through what waits for an answer.
    this.#client.onerror = () => undefined;
  }

  open(signal: AbortSignal): Promise<void> {
    return this.#asked("greeted", signal, (options) => this.#client.connect(this.#transport as Transport, options));
  }

  get connection(): McpConnection {
    const gone = (): boolean => this.#gone;
    return {
      list: (signal) => this.#list(signal),
      call: (tool, args, signal) => this.#call(tool, args, signal),
      close: () => this.#close(),
      get open() {
        return !gone();
      },
    };
  }

  async #list(signal: AbortSignal): Promise<Offered[]> {
    const found: Offered[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < pages && found.length < toolsListed; page += 1) {
      const params = cursor === undefined ? {} : { cursor };
      const read = await this.#asked("asked for its tools", signal, (options) =>
        this.#client.request({ method: "tools/list", params }, listing, options),
      );
      found.push(...read.tools.map((tool) => ({ ...tool, description: tool.description ?? "" })));
      cursor = read.nextCursor;
      if (cursor === undefined) break;
    }
    return found;
  }

  async #call(tool: string, args: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<McpAnswer> {
    const read = await this.#asked("called", signal, (options) =>
      this.#client.request({ method: "tools/call", params: { name: tool, arguments: { ...args } } }, called, options),
    );
    const failed = read.isError ?? false;
    const reply = { content: read.content, structured: read.structuredContent, failed };
    return { ok: !failed, text: replyText(reply, this.#clean) };
  }

  /** C1. */
  async #asked<Answer>(
    what: string,
    signal: AbortSignal,
    ask: (options: { signal: AbortSignal; timeout: number; maxTotalTimeout: number }) => Promise<Answer>,
  ): Promise<Answer> {
    const limit = this.#place.config.timeoutSeconds * 1000;
    const late = AbortSignal.timeout(limit);
    const either = AbortSignal.any([signal, late]);
    try {
      // The SDK's own limit is a little later: ours says what was waited for.
      return await unless(either, ask({ signal: either, timeout: limit + 1000, maxTotalTimeout: limit + 1000 }));
    } catch (error) {
      // Others may be speaking to it: the SDK takes this one call back, and the server lives on.
      if (signal.aborted) throw signal.reason;
      if (late.aborted) {
        await this.#close();
        throw this.#fault(`gave no answer within ${limit / 1000} s when it was ${what}`, what === "called");
      }
      throw this.#said(error, what);
    }
  }

  #said(error: unknown, what: string): McpFault {
    if (error instanceof McpFault) return this.#fault(error.message, what === "called");
    const end = this.#transport instanceof StdioTransport ? this.#transport.end : null;
    if (end !== null) return this.#fault(`${end}${this.#lastWords()}`, what === "called");
    if (error instanceof McpError)
      return this.#fault(`refused when it was ${what}: ${plainWords(this.#clean(error.message), 500)}`, false);
    return this.#fault(`cannot be used (${kindOf(error)}) when it was ${what}`, what === "called");
  }

  #fault(words: string, unknown: boolean): McpFault {
    return new McpFault(`The MCP server ${this.#place.name} ${words}.`, { unknown });
  }

  #lastWords(): string {
    const words = this.#transport instanceof StdioTransport ? this.#transport.lastWords : "";
    const plain = plainWords(this.#clean(words), 2000).slice(-300);
    return plain === "" ? "" : `; its last words: ${plain}`;
  }

  /** A server behind HTTP may keep a session; it is told that this one is over, and not waited for long. */
  async #goodbye(): Promise<void> {
    if (!(this.#transport instanceof StreamableHTTPClientTransport)) return;
    const told = this.#transport.terminateSession().catch(() => undefined);
    await unless(AbortSignal.timeout(1000), told).catch(() => undefined);
  }

  async #close(): Promise<void> {
    if (!this.#gone) await this.#goodbye();
    this.#gone = true;
    await this.#client.close().catch(() => undefined);
    await this.#transport.close().catch(() => undefined);
  }
}

function transportOf({ config, dir, env }: McpPlace): StdioTransport | StreamableHTTPClientTransport {
  if (config.command !== undefined)
    return new StdioTransport({ argv: config.command, dir, env: cleanEnvironment(config.env, env) });
  const url = new URL(config.url ?? "");
  const token = config.token === undefined ? null : (env[config.token]?.trim() ?? "");
  // A header's own error message would quote the token.
  if (token !== null && !/^[\x21-\x7e]+$/.test(token))
    throw new McpFault(`The variable ${config.token}, which cadre.yaml names for this MCP server, holds no token.`);
  return new StreamableHTTPClientTransport(url, {
    fetch: guardedFetch(url, token),
    reconnectionOptions: {
      maxRetries: 0,
      initialReconnectionDelay: 1000,
      maxReconnectionDelay: 1000,
      reconnectionDelayGrowFactor: 1,
    },
  });
}

/** Nothing of an error's text: it may quote what was sent. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  const holder = error.cause instanceof Error ? error.cause : error;
  const code =
    "code" in holder && (typeof holder.code === "string" || typeof holder.code === "number") ? holder.code : null;
  return code === null ? holder.name : `${holder.name} ${String(code)}`;
}
