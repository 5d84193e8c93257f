/** MCP servers for one piece of work of the engine (a start, an advance): read from cadre.yaml and opened when they are needed, ended with it. */
import type { BoundChart, McpTool } from "../org/bound-chart.ts";
import type { Project } from "../project.ts";
import type { McpPool } from "../tools/mcp/pool.ts";
import type { Tool } from "../tools/tool.ts";

export interface ServedTools {
  /** What a run would be bound to now; `before`: what it is bound to, null where it begins. Errors: mcp-unreachable, config-invalid. */
  bind(project: Project, before: readonly McpTool[] | null): Promise<readonly McpTool[]>;
  /** The tools that the run is bound to. Nothing is started yet. Errors: config-invalid. */
  toolsOf(bound: BoundChart): Promise<readonly Tool[]>;
  /** Rises when a tool is met that is not what the run was bound to: then the chart is to be looked at again (D9). */
  readonly changes: number;
  close(): Promise<void>;
}

/** None: a preview, in which nothing outside is touched. */
export const noServers: ServedTools = {
  bind: async () => [],
  toolsOf: async () => [],
  changes: 0,
  close: async () => undefined,
};

export function serveMcp(dir: string): ServedTools {
  let opened: Promise<McpPool> | undefined;
  let pool: McpPool | undefined;
  const open = (): Promise<McpPool> =>
    (opened ??= openPool(dir).then((made) => {
      pool = made;
      return made;
    }));
  return {
    bind: async (project, before) => {
      const { rolesWithMcp } = await import("../project.ts"); // with all that reads files: not before a run begins
      const roles = rolesWithMcp(project);
      if (roles.length === 0) return [];
      const { bindMcpTools } = await import("../tools/mcp/bind-tools.ts");
      return bindMcpTools(await open(), { roles, before, signal: new AbortController().signal });
    },
    toolsOf: async ({ mcp }) => {
      if (mcp === undefined || mcp.length === 0) return [];
      const { mcpTools } = await import("../tools/mcp/tools.ts");
      return mcpTools(mcp, await open());
    },
    get changes() {
      return pool?.changes ?? 0;
    },
    close: async () => {
      await (await opened?.catch(() => undefined))?.close();
    },
  };
}

async function openPool(dir: string): Promise<McpPool> {
  const [{ requireConfig }, { connectServer, openMcpPool }] = await Promise.all([
    import("../config/config.ts"),
    import("../tools/mcp/pool.ts"),
  ]);
  return openMcpPool({ mcp: requireConfig(dir).mcp, dir, env: process.env, connect: connectServer });
}

/** Whatever comes of it, no server outlives it. */
export async function whileServed<Value>(
  served: ServedTools,
  body: (served: ServedTools) => Promise<Value>,
): Promise<Value> {
  try {
    return await body(served);
  } finally {
    await served.close();
  }
}

/** No name of ours holds what joins a server's name and its tool's, so that none can be taken over. */
export function withServed(
  tools: ReadonlyMap<string, Tool>,
  served: ReadonlyMap<string, Tool>,
): ReadonlyMap<string, Tool> {
  return new Map([...served, ...tools]);
}

export function byName(tools: readonly Tool[]): ReadonlyMap<string, Tool> {
  return new Map(tools.map((tool) => [tool.name, tool]));
}

/** Of the MCP tools that a run is bound to: the one of this name. */
export function servedTool(bound: BoundChart, name: string): (served: ServedTools) => Promise<Tool | undefined> {
  return async (served) => (await served.toolsOf(bound)).find((tool) => tool.name === name);
}
