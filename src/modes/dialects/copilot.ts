/** GitHub Copilot's and VS Code's custom agents: `.agent.md`, earlier `.chatmode.md`, with `tools`, `agents` and `handoffs`. */
import { entryOf, type YamlMap, type YamlValue } from "../../documents/yaml-tree.ts";
import { readText, type Source } from "../keys.ts";
import type { RouteDeclaration } from "../mode.ts";
import { allTools, inheritsAll, unheld, withoutCounterpart, type Dialect } from "./dialect.ts";
import { fileStem, slugOf } from "./names.ts";

const own = [
  "handoffs",
  "agents",
  "user-invocable",
  "user-invokable",
  "disable-model-invocation",
  "mcp-servers",
  "infer",
];
const silent = [
  "argument-hint",
  "user-invocable",
  "user-invokable",
  "disable-model-invocation",
  "target",
  "infer",
  "metadata",
  "mode",
  "hidden",
];

/** By the part before the slash, or the whole of an older name. */
const groups: Readonly<Record<string, string>> = {
  read: "read",
  search: "read",
  codebase: "read",
  usages: "read",
  changes: "read",
  problems: "read",
  findTestFiles: "read",
  searchResults: "read",
  edit: "edit",
  editFiles: "edit",
  new: "edit",
  execute: "command",
  shell: "command",
  terminal: "command",
  terminalCommand: "command",
  runCommands: "command",
  runTasks: "command",
  runInTerminal: "command",
  runTests: "command",
  terminalLastCommand: "command",
  terminalSelection: "command",
  web: "browser",
  fetch: "browser",
  openSimpleBrowser: "browser",
  githubRepo: "browser",
};
const withoutGroup = new Set(["agent", "agents", "vscode", "todo", "todos", "custom-agent", "task"]);

export const copilot: Dialect = {
  name: "copilot",
  title: "a Copilot agent",
  recognises: (map, file) =>
    /\.(?:agent|chatmode)\.md$/i.test(file) || own.some((key) => entryOf(map, key) !== undefined) || hasToolList(map),
  translate: (source, file) => {
    const name = readText(source, "name") ?? fileStem(file);
    const bounds = unheld(source, [
      ["mcp-servers", "starts servers of its own", "Name the server in cadre.yaml."],
      ["hooks", "runs programs around its tools", "Nothing in a mode file is executed."],
    ]);
    const { toolGroups, whole } = toolsOf(source);
    return {
      slug: slugOf(name),
      name: readText(source, "title") ?? name,
      model: modelOf(source),
      toolGroups,
      routes: routesOf(source),
      read: ["name", "title", "model", "agents", "handoffs", ...(whole ? ["tools"] : [])],
      silent: [...silent, "tools", ...bounds],
      spelled: {
        slug: "name",
        tool_groups: "tools",
        delegates_to: entryOf(source.map, "handoffs") ? "handoffs" : "agents",
      },
    };
  },
};

/** Claude Code writes names such as `Read`; here they are lower-case, and lists. */
function hasToolList(map: YamlMap): boolean {
  const tools = entryOf(map, "tools")?.value;
  if (tools?.kind !== "list") return false;
  return tools.items.some(
    (item) => item.kind === "text" && (Object.hasOwn(groups, item.text) || item.text.includes("/")),
  );
}

/** The first that may be had; the others are kept where they stand. */
function modelOf(source: Source): string | null {
  const value = entryOf(source.map, "model")?.value;
  if (value?.kind !== "list") return readText(source, "model");
  const first = value.items.find((item) => item.kind === "text");
  return first?.kind === "text" ? first.text : null;
}

/** `whole`: what they say is said in cadre's words, all of it. */
function toolsOf(source: Source): { readonly toolGroups: readonly string[]; readonly whole: boolean } {
  const value = entryOf(source.map, "tools")?.value;
  if (!value || value.kind === "empty") return { toolGroups: inheritsAll(source, copilot.title), whole: true };
  const found = new Set<string>(["communication"]);
  const without: string[] = [];
  for (const tool of textsOf(value)) {
    const [head = "", tail] = tool.split("/");
    const group = groups[head];
    if (tool === "*") for (const all of allTools) found.add(all);
    else if (group !== undefined) found.add(group);
    else if (withoutGroup.has(head)) without.push(tool);
    else if (tail !== undefined || /[._-]mcp\b|^mcp[._-]/.test(head)) found.add("mcp");
    else without.push(tool);
  }
  withoutCounterpart(source, "tools", without);
  return { toolGroups: [...found], whole: without.length === 0 };
}

function textsOf(value: YamlValue): string[] {
  if (value.kind === "text")
    return value.text
      .split(",")
      .map((text) => text.trim())
      .filter(Boolean);
  if (value.kind !== "list") return [];
  return value.items.flatMap((item) => (item.kind === "text" && item.text.trim() !== "" ? [item.text.trim()] : []));
}

/** `agents` names whom it may call, a hand-off says what for as well. One that is in both is one route. */
function routesOf(source: Source): RouteDeclaration[] {
  const routes = new Map<string, RouteDeclaration>();
  const add = (to: string, purpose: string | null, { line, column }: { line: number; column: number }): void => {
    const slug = slugOf(to);
    if (slug === "" || (routes.has(slug) && purpose === null)) return;
    const key = routes.get(slug)?.purpose == null ? slug : `${slug} ${routes.size}`;
    routes.set(key, { kind: "delegation", to: slug, purpose, file: source.file, line, column, origin: "front-matter" });
  };
  for (const item of itemsOf(source, "agents")) {
    if (item.kind === "text" && item.text !== "*") add(item.text, item.comment, item);
  }
  for (const item of itemsOf(source, "handoffs")) {
    if (item.kind !== "map") continue;
    const purpose = [textAt(item, "label"), textAt(item, "prompt")].filter(Boolean).join(": ").replaceAll(/\s+/g, " ");
    add(textAt(item, "agent"), purpose === "" ? null : purpose, item);
  }
  return [...routes.values()];
}

function itemsOf(source: Source, key: string): readonly YamlValue[] {
  const value = entryOf(source.map, key)?.value;
  if (value?.kind === "list") return value.items;
  return value ? [value] : [];
}

function textAt(map: YamlMap, key: string): string {
  const value = entryOf(map, key)?.value;
  return value?.kind === "text" ? value.text.trim() : "";
}
