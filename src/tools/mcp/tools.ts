/**
 * MCP tools as cadre's tools: the same ceilings, ledger and approvals.
 *
 * T1. (R3) What is run is the tool that the run was bound to: right before a call the server is asked for its list, and where it says anything
 *     else of the tool by now, nothing is called. A person is asked about the change before the next turn (D9).
 * T2. cadre.yaml is the operator's word of today: what it no longer allows as it was bound is unavailable, whatever chart the run keeps.
 * T3. Whatever a server does is an outcome in words; only a stop or a lost lease is thrown, and then the effect is in doubt (D3).
 */
import { z } from "zod";
import { canonicalJson } from "../../canonical.ts";
import type { McpConfig } from "../../config/outside.ts";
import type { McpTool } from "../../org/bound-chart.ts";
import { done, failed } from "../answer.ts";
import type { Tool, ToolContext, ToolOutcome } from "../tool.ts";
import { argumentsSchema, type Arguments } from "./arguments.ts";
import { accessOf, boundTool } from "./bind-tools.ts";
import type { McpPool } from "./pool.ts";
import { McpFault, type McpConnection } from "./port.ts";

export function mcpTools(bound: readonly McpTool[], pool: McpPool): Tool[] {
  return bound.map((tool) => toolOf(tool, pool));
}

function toolOf(bound: McpTool, pool: McpPool): Tool<Arguments> {
  const no = unavailable(bound, pool.mcp);
  const schema = argumentsSchema(bound.schema);
  return {
    name: bound.name,
    description: bound.description,
    // Without a check there is no call: such a tool is never bound, but a chart may come from another version.
    schema: schema ?? z.record(z.never(), z.never()),
    jsonSchema: bound.schema,
    access: bound.access,
    ...(no === null ? {} : { available: { no } }),
    run: (context, args) => outcomeOf(bound, pool, context, args),
  };
}

/** T2. In words; null where cadre.yaml still says what the run was bound to. */
function unavailable(bound: McpTool, { servers }: McpConfig): string | null {
  const server = Object.hasOwn(servers, bound.server) ? servers[bound.server] : undefined;
  if (!server?.tools.includes(bound.tool))
    return `cadre.yaml no longer lists ${bound.tool} of the MCP server ${bound.server}.`;
  const same =
    accessOf(server, bound.tool) === bound.access && canonicalJson(server.roles ?? null) === canonicalJson(bound.roles);
  return same
    ? null
    : `cadre.yaml says something else of the MCP server ${bound.server} than when this run was bound to it.`;
}

/** T3. */
async function outcomeOf(bound: McpTool, pool: McpPool, context: ToolContext, args: Arguments): Promise<ToolOutcome> {
  context.signal.throwIfAborted();
  try {
    const connection = await pool.connection(bound.server, context.signal);
    const changed = await changedSince(bound, pool, connection, context.signal);
    if (changed !== null) return failed(changed);
    const { ok, text } = await connection.call(bound.tool, args, context.signal);
    return ok ? done(text) : failed(`${bound.name} says that it failed:\n${text}`);
  } catch (error) {
    if (!(error instanceof McpFault) || context.signal.aborted) throw error;
    const doubt =
      error.unknown && bound.access === "effect"
        ? " Whether it took effect is not known: look before you call it again."
        : "";
    return failed(`${error.message}${doubt}`);
  }
}

/** T1. What to say instead of calling; null where the tool is still what it was. */
async function changedSince(
  bound: McpTool,
  pool: McpPool,
  connection: McpConnection,
  signal: AbortSignal,
): Promise<string | null> {
  const server = pool.mcp.servers[bound.server];
  if (!server) return `cadre.yaml names no MCP server ${bound.server}.`;
  const now = boundTool(bound.server, server, bound.tool, await connection.list(signal));
  if (!("why" in now) && canonicalJson(now) === canonicalJson(bound)) return null;
  pool.changed();
  const how = "why" in now ? now.why : "what it says of itself is not what this run was bound to";
  return `${bound.name} was not called: ${how}. Go on without it until a person has decided about the change.`;
}
