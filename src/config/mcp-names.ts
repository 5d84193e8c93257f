/** How tools of other servers are called. Apart from the schemas: whoever only reads a name starts without them. */

/** Between the server's name and the tool's; no server's name holds it, so that a tool's name says whose it is. */
export const mcpSeparator = "__";

/** `<server>__<tool>`. */
export function mcpToolName(server: string, tool: string): string {
  return `${server}${mcpSeparator}${tool}`;
}
