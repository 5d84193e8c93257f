/** What the effects before a cut left behind, in the workspace and outside of it. Pure. */
import type { Event, EventOf, ToolResult } from "../../events/event.ts";
import type { NumberedEvent } from "../../events/numbered.ts";
import type { BoundChart } from "../../org/bound-chart.ts";
import { commandTool } from "../../org/command-policy.ts";
import type { Trace } from "../../tools/workspace/workspace.ts";
import { checkCallId } from "../verification-check.ts";

/** The events before a cut in the main line: with those of child lines that were opened, and so closed, before it. In arrival order. */
export function eventsBefore(events: readonly NumberedEvent[], main: string, length: number): NumberedEvent[] {
  const lines = new Set<string>();
  return events.filter(({ line, index, event }) => {
    const shared = line === main ? index < length : lines.has(line);
    if (shared && event.type === "child_opened") lines.add(event.child);
    return shared;
  });
}

/** Of every effect that was done, what it left in the workspace. */
export function tracesOf(events: readonly NumberedEvent[]): Trace[] {
  const shares = new Map<string, readonly string[]>();
  const traces: Trace[] = [];
  for (const { line, event } of events) {
    if (event.type === "child_opened") shares.set(event.child, event.writes);
    if (event.type !== "action_done" || event.hash === null) continue;
    for (const result of event.results) traces.push(...tracesOfResult(event, result, shares.get(line) ?? null));
  }
  return traces;
}

function tracesOfResult(
  { frame, key }: EventOf<"action_done">,
  { tool, callId, tree, receipt }: ToolResult,
  within: readonly string[] | null,
): Trace[] {
  if (tree !== undefined) return [{ tree, within }];
  if (receipt && receipt.files.length > 0) return [{ files: receipt.files }];
  const readsOnly = within?.length === 0 || callId === checkCallId(frame);
  if (tool !== commandTool || receipt === null || readsOnly) return [];
  return [{ unknown: `what the command ${key} left in the workspace was not recorded` }];
}

/** An effect that reached beyond the workspace, in words. */
export type Beyond = { readonly seq: number; readonly role: string; readonly what: string };

export function beyondWorkspace(events: readonly NumberedEvent[], { mcp = [] }: Pick<BoundChart, "mcp">): Beyond[] {
  const servers = new Map(mcp.map((tool) => [tool.name, tool.server]));
  const args = new Map<string, unknown>();
  const done: Beyond[] = [];
  /** By line, which does one thing at a time: what was put to a person as in doubt and has had no outcome since. */
  const doubts = new Map<string, Beyond>();
  for (const { line, seq, event } of events) {
    rememberArgs(args, event);
    if (event.type === "ask_raised" && event.kind === "doubt" && event.action?.type === "tool") {
      const what = reach(servers, event.action.tool, event.action.args);
      if (what !== null) doubts.set(line, { seq, role: event.role, what: `nobody knows whether it happened: ${what}` });
    }
    if (event.type !== "action_done" || event.hash === null) continue;
    doubts.delete(line);
    for (const { tool } of event.results) {
      const what = reach(servers, tool, args.get(event.hash));
      if (what !== null) done.push({ seq, role: event.role, what });
    }
  }
  return [...done, ...doubts.values()].sort((one, other) => one.seq - other.seq);
}

/** How a tool reaches beyond the workspace, in words; null where it does not. */
function reach(servers: ReadonlyMap<string, string>, tool: string, args: unknown): string | null {
  const server = servers.get(tool);
  if (server !== undefined) return `${tool}, of the MCP server ${server}`;
  const command = tool === commandTool ? commandWithNetwork(args) : null;
  return command === null ? null : `a command with network: ${command}`;
}

/** By the hash of what ran: as proposed, or as a person edited it. */
function rememberArgs(args: Map<string, unknown>, event: Event): void {
  if (event.type === "action_edited") args.set(event.hash, event.args);
  if (event.type === "action_proposed" && event.hash !== null) args.set(event.hash, event.calls[0]?.args);
}

function commandWithNetwork(args: unknown): string | null {
  if (typeof args !== "object" || args === null || !("network" in args) || args.network !== true) return null;
  return "command" in args && Array.isArray(args.command) ? args.command.map(String).join(" ") : "";
}
