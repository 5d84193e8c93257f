/** Claude Code's subagents: `name, description, tools, model`, and the Markdown body as the prompt. */
import { entryOf, type YamlMap, type YamlValue } from "../../documents/yaml-tree.ts";
import { readText, routeKeys, type Source } from "../keys.ts";
import type { RouteDeclaration } from "../mode.ts";
import { allTools, inheritsAll, unheld, withoutCounterpart, type Dialect, type Translation } from "./dialect.ts";
import { fileStem, slugOf } from "./names.ts";

/** By tool; several have had other names. */
const groups: Readonly<Record<string, string>> = {
  Read: "read",
  Glob: "read",
  Grep: "read",
  LS: "read",
  NotebookRead: "read",
  Edit: "edit",
  MultiEdit: "edit",
  Write: "edit",
  NotebookEdit: "edit",
  Bash: "command",
  BashOutput: "command",
  KillBash: "command",
  KillShell: "command",
  PowerShell: "command",
  WebFetch: "browser",
  WebSearch: "browser",
  AskUserQuestion: "communication",
};

/** `Agent(a, b)`, earlier `Task(a, b)`: the subagents that it may start. Without brackets it says nothing about whom. */
const starts = /^(?:Agent|Task)(?:\((.*)\))?$/;

const unheldKeys = [
  ["disallowedTools", "takes tools away", "Leave the tools out of tool_groups."],
  ["permissionMode", "sets when its user is asked", "Say in the workflow what needs approval."],
  ["maxTurns", "bounds its turns", "Set `limits` in the workflow."],
  [
    "hooks",
    "runs programs around its tools",
    "Nothing in a mode file is executed; a workflow can name a check for the end of a run.",
  ],
  ["mcpServers", "starts servers of its own", "Name the server in cadre.yaml."],
] as const;

const cadreOnly: ReadonlySet<string> = new Set([
  "level",
  "tool_groups",
  "api_config",
  ...routeKeys.map(([key]) => key),
]);

const silent = ["tools", "color", "skills", "memory", "background", "isolation", "effort", "initialPrompt"];

const claudeOnly = ["model", ...unheldKeys.map(([key]) => key), ...silent];

export const claude: Dialect = {
  name: "claude",
  title: "a Claude Code agent",
  recognises: (map) => {
    const has = (key: string): boolean => entryOf(map, key) !== undefined;
    if (!has("name") || !has("description")) return false;
    // With keys of cadre's and none of its own it is a mode that somebody forgot the slug of.
    return claudeOnly.some(has) || !map.entries.some(({ key }) => cadreOnly.has(key));
  },
  translate: (source, file) => {
    const name = readText(source, "name") ?? fileStem(file);
    const bounds = unheld(source, unheldKeys);
    const { whole, ...tools } = toolsOf(source);
    return {
      slug: slugOf(name),
      name: readText(source, "title") ?? name,
      ...tools,
      model: modelOf(source),
      read: ["name", "title", "model", ...(whole ? ["tools"] : [])],
      silent: [...silent, ...bounds],
      spelled: { slug: "name", tool_groups: "tools", delegates_to: "tools" },
    };
  },
};

type Tools = Pick<Translation, "toolGroups" | "routes"> & { readonly whole: boolean };

/** `whole`: what they say is said in cadre's words, all of it. */
function toolsOf(source: Source): Tools {
  const value = entryOf(source.map, "tools")?.value;
  if (!value || value.kind === "empty") return { toolGroups: inheritsAll(source, claude.title), whole: true };
  const tools = toolList(value);
  const found = new Set<string>(["communication"]);
  const routes: RouteDeclaration[] = [];
  const without: string[] = [];
  for (const { text, line, column } of tools) {
    const agents = starts.exec(text);
    const tool = text.replace(/\(.*$/, "");
    if (agents) {
      for (const to of (agents[1] ?? "").split(",").map(slugOf).filter(Boolean))
        routes.push({ kind: "delegation", to, purpose: null, file: source.file, line, column, origin: "front-matter" });
      continue;
    }
    const meant = groupsOf(tool);
    if (meant.length === 0) without.push(tool);
    for (const group of meant) found.add(group);
  }
  withoutCounterpart(source, "tools", without);
  const patterns = tools.some(({ text }) => text.includes("(") && !starts.test(text));
  return { toolGroups: [...found], routes, whole: without.length === 0 && !patterns };
}

function groupsOf(tool: string): readonly string[] {
  if (tool === "*") return allTools;
  const group = tool.startsWith("mcp__") ? "mcp" : groups[tool];
  return group === undefined ? [] : [group];
}

/** A list, or one text with commas, of which those in brackets separate nothing. */
function toolList(value: YamlValue): { readonly text: string; readonly line: number; readonly column: number }[] {
  const texts = value.kind === "list" ? value.items : [value];
  return texts.flatMap((item) => {
    if (item.kind !== "text") return [];
    const { line, column } = item;
    return (item.text.match(/(?:[^,()]|\([^)]*\)?)+/g) ?? [])
      .map((text) => ({ text: text.trim(), line, column }))
      .filter(({ text }) => text !== "");
  });
}

function modelOf(source: Source): string | null {
  const model = readText(source, "model");
  return model === "inherit" ? null : model;
}

/** Skills, commands and prompts have some of an agent's keys; what they are called, or a key of their own, tells them apart. */
export function isNoAgent(map: YamlMap, file: string): boolean {
  if (/(?:^|\/)SKILL\.md$|\.(?:prompt|instructions)\.md$/i.test(file)) return true;
  if (/\.agent\.md$/i.test(file) || entryOf(map, "slug")) return false;
  return (
    ["allowed-tools", "applyTo", "alwaysApply"].some((key) => entryOf(map, key) !== undefined) ||
    (entryOf(map, "argument-hint") !== undefined && entryOf(map, "name") === undefined)
  );
}
