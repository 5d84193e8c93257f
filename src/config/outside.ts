/**
 * What cadre.yaml says of programs and servers outside: MCP servers whose tools roles may use, and who is told of asks.
 *
 * O1. Secrets are named, never written: `env` and `token` hold names of environment variables (C1 of `config.ts`).
 * O2. A program is an array of arguments: nothing of it goes through a shell.
 * O3. A token travels over https, or stays on this machine.
 */
import { z } from "zod";
import { mcpToolName } from "./mcp-names.ts";
import { endpointUrlFault, isLoopback, isVariableName } from "../endpoint-url.ts";

const argv = z.array(z.string().min(1).max(4096)).min(1).max(64);
const variable = z.string().refine(isVariableName, {
  error: "must be the name of an environment variable, such as HF_TOKEN; a token itself never belongs in this file",
  params: { code: "config-literal-token" },
});
const address = z.string().superRefine((url, context) => {
  const fault = endpointUrlFault(url);
  if (fault !== null) context.addIssue({ code: "custom", message: fault });
});

/** What models take as the name of a function. */
const longestName = 64;

const serverName = z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, {
  error: "is not a name for a server: small letters, digits and dashes, 31 at most",
});
const toolName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,61}$/, {
  error: "is not a tool's name that models take: letters, digits, dashes and underscores",
});

const serverSchema = z
  .strictObject({
    /** Program and arguments; runs in the project's folder and is spoken to over stdin and stdout. */
    command: argv.optional(),
    /** Streamable HTTP. */
    url: address.optional(),
    /** Variables that the program gets beside PATH and HOME. */
    env: z.array(variable).max(64).default([]),
    token: variable.optional(),
    /** The tools that roles may use; whatever else the server offers does not exist here. */
    tools: z.array(toolName).min(1).max(100),
    /** The roles that may use them, if their tool groups hold `mcp`; left out: every such role. */
    roles: z.array(z.string().min(1)).min(1).optional(),
    /** What the operator says a tool does; left out: `effect`, whatever the server says of itself. */
    access: z.record(toolName, z.enum(["read", "effect"])).default({}),
    /** For one answer, the first greeting included. */
    timeoutSeconds: z.number().positive().max(3600).default(60),
  })
  .superRefine((server, context) => {
    const say = (message: string, ...path: string[]): void => context.addIssue({ code: "custom", message, path });
    if ((server.command === undefined) === (server.url === undefined))
      say("needs either `command` (a program and its arguments) or `url`");
    if (server.token !== undefined && server.url === undefined) say("goes with `url` only; name it in `env`", "token");
    if (server.env.length > 0 && server.command === undefined) say("goes with `command` only; use `token`", "env");
    for (const tool of Object.keys(server.access))
      if (!server.tools.includes(tool)) say("is not among this server's `tools`", "access", tool);
    tokenInClear(server, (message) => say(message, "url"));
  });

export const mcpSchema = z
  .strictObject({ servers: z.record(serverName, serverSchema).default({}) })
  .superRefine(({ servers }, context) => {
    for (const [name, server] of Object.entries(servers)) {
      for (const [index, tool] of server.tools.entries()) {
        if (mcpToolName(name, tool).length <= longestName) continue;
        const message = `is too long together with the server's name: models take ${longestName} characters`;
        context.addIssue({ code: "custom", message, path: ["servers", name, "tools", index] });
      }
    }
  })
  .default({ servers: {} });

const noticeSchema = z
  .strictObject({
    /** Program and arguments; gets the notice on stdin. */
    command: argv.optional(),
    /** Variables that the program gets beside PATH and HOME. */
    env: z.array(variable).max(64).default([]),
    /** Gets the notice as the body of a POST. */
    url: address.optional(),
    token: variable.optional(),
    /** So many minutes before its deadline an open ask is told of once more. */
    before: z.number().positive().max(525_600).default(60),
    /** Where a person answers, with `{run}` and `{ask}` filled in. */
    link: z.string().min(1).max(500).optional(),
    timeoutSeconds: z.number().positive().max(60).default(10),
  })
  .superRefine((entry, context) => {
    if ((entry.command === undefined) === (entry.url === undefined))
      context.addIssue({ code: "custom", message: "needs either `command` (a program and its arguments) or `url`" });
    if (entry.token !== undefined && entry.url === undefined)
      context.addIssue({ code: "custom", message: "goes with `url` only; name it in `env`", path: ["token"] });
    tokenInClear(entry, (message) => context.addIssue({ code: "custom", message, path: ["url"] }));
  });

export const notifySchema = z.array(noticeSchema).max(20).default([]);

export type McpConfig = z.infer<typeof mcpSchema>;
export type McpServerConfig = z.infer<typeof serverSchema>;
export type NoticeTarget = z.infer<typeof noticeSchema>;

/** The names of all tools that the operator lets in, whether or not their servers have them. */
export function mcpToolNames({ servers }: McpConfig): readonly string[] {
  return Object.entries(servers).flatMap(([name, server]) => server.tools.map((tool) => mcpToolName(name, tool)));
}

/** Hosts that cadre would speak to, each with its place in the file. */
export function outsideHosts(config: {
  readonly mcp: McpConfig;
  readonly notify: readonly NoticeTarget[];
  readonly hub?: { readonly url: string } | undefined;
}): { readonly path: readonly (string | number)[]; readonly url: string }[] {
  return [
    ...Object.entries(config.mcp.servers).map(([name, { url }]) => ({ path: ["mcp", "servers", name, "url"], url })),
    ...config.notify.map(({ url }, index) => ({ path: ["notify", index, "url"], url })),
    { path: ["hub", "url"], url: config.hub?.url },
  ].flatMap(({ path, url }) => (url === undefined || !URL.canParse(url) ? [] : [{ path, url }]));
}

function tokenInClear(
  { url, token }: { readonly url?: string | undefined; readonly token?: string | undefined },
  say: (message: string) => void,
): void {
  if (url === undefined || token === undefined || !URL.canParse(url)) return;
  const parsed = new URL(url);
  if (parsed.protocol !== "https:" && !isLoopback(parsed))
    say("would carry the token in clear: use https, or a server on this machine");
}
