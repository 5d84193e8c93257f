/**
 * The MCP tools that a run is bound to: what the operator lets in, as the servers describe it now.
 *
 * M1. A server is started only if some role that a model plays could use it.
 * M2. A server that cannot be reached has not changed: what the run was bound to stands, as far as cadre.yaml still allows it. A run
 *     that begins has nothing to stand on, and does not begin.
 */
import { mcpToolName } from "../../config/mcp-names.ts";
import type { McpServerConfig } from "../../config/outside.ts";
import { CadreError } from "../../errors.ts";
import type { McpTool } from "../../org/bound-chart.ts";
import { argumentsSchema } from "./arguments.ts";
import type { McpPool } from "./pool.ts";
import { McpFault, type Offered } from "./port.ts";
import { toolWords } from "./spec.ts";

export type BindInput = {
  /** Roles that models play and whose tool groups hold `mcp`. */
  readonly roles: readonly string[];
  /** What the run was bound to; null where it begins. */
  readonly before: readonly McpTool[] | null;
  readonly signal: AbortSignal;
};

/** Errors: mcp-unreachable. */
export async function bindMcpTools(pool: McpPool, input: BindInput): Promise<McpTool[]> {
  const wanted = Object.entries(pool.mcp.servers).filter(([, server]) => usable(server, input.roles)); // M1
  const bound = await Promise.all(wanted.map(([name, server]) => toolsOf(pool, name, server, input)));
  return bound.flat();
}

/** What an operator should know of a server's tools: those that its list names and roles still do not get, each with the reason. */
export function missingTools(
  name: string,
  server: McpServerConfig,
  offered: readonly Offered[],
): { readonly tool: string; readonly why: string }[] {
  return server.tools.flatMap((tool) => {
    const bound = boundTool(name, server, tool, offered);
    return "why" in bound ? [{ tool, why: bound.why }] : [];
  });
}

/** One tool as roles would get it now, or why they do not. */
export function boundTool(
  name: string,
  server: McpServerConfig,
  tool: string,
  offered: readonly Offered[],
): McpTool | { readonly why: string } {
  const same = offered.filter((each) => each.name === tool);
  const [found] = same;
  if (!found) return { why: "the server has no such tool" };
  if (same.length > 1) return { why: "the server offers it more than once" };
  const read = toolWords(name, found);
  if ("problem" in read) return { why: read.problem };
  if (argumentsSchema(read.words.schema) === null) return { why: "its description of the arguments cannot be checked" };
  return {
    name: mcpToolName(name, tool),
    server: name,
    tool,
    access: accessOf(server, tool),
    roles: server.roles ?? null,
    ...read.words,
  };
}

export function accessOf(server: McpServerConfig, tool: string): McpTool["access"] {
  return (Object.hasOwn(server.access, tool) ? server.access[tool] : undefined) ?? "effect";
}

function usable(server: McpServerConfig, roles: readonly string[]): boolean {
  return roles.some((role) => server.roles?.includes(role) ?? true);
}

async function toolsOf(pool: McpPool, name: string, server: McpServerConfig, input: BindInput): Promise<McpTool[]> {
  const offered = await offeredNow(pool, name, input);
  if (offered === null) return standing(name, server, input.before ?? []);
  return server.tools.flatMap((tool) => {
    const bound = boundTool(name, server, tool, offered);
    return "why" in bound ? [] : [bound];
  });
}

/** M2. Null: the server cannot be reached, and the run has a list that it was bound to. */
async function offeredNow(pool: McpPool, name: string, input: BindInput): Promise<readonly Offered[] | null> {
  try {
    return await pool.offered(name, input.signal);
  } catch (error) {
    if (!(error instanceof McpFault)) throw error;
    if (input.before !== null) return null;
    throw new CadreError("mcp-unreachable", error.message, {
      hint: `Mend \`mcp.servers.${name}\` in cadre.yaml, or take it out: the run was not started. \`cadre doctor --servers\` tries every server.`,
      data: { server: name },
    });
  }
}

function standing(name: string, server: McpServerConfig, before: readonly McpTool[]): McpTool[] {
  return before
    .filter((tool) => tool.server === name && server.tools.includes(tool.tool))
    .map((tool) => ({ ...tool, access: accessOf(server, tool.tool), roles: server.roles ?? null }));
}
