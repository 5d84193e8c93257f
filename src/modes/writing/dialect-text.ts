/**
 * Modes in the words of other tools: what `cadre convert` writes. Where a tool has a key of its own for what a mode says, it gets that;
 * the rest stands under cadre's keys, which those tools pass over and cadre reads back.
 */
import { writeYaml, writeYamlList, type YamlLine } from "../../documents/write-yaml.ts";
import type { Mode } from "../mode.ts";
import { cadreLines, line, wordsLine } from "./lines.ts";

export type WrittenFile = { readonly path: string; readonly text: string };

/** By group of cadre's; what a tool has none for is left out of its list, and stays in `tool_groups`. */
const claudeTools: Readonly<Record<string, readonly string[]>> = {
  read: ["Read", "Glob", "Grep"],
  file_management: ["Read", "Glob", "Edit", "Write"],
  code_analysis: ["Grep"],
  edit: ["Edit", "Write"],
  command: ["Bash"],
  execution: ["Bash"],
  browser: ["WebFetch", "WebSearch"],
  communication: ["AskUserQuestion"],
};
const copilotTools: Readonly<Record<string, readonly string[]>> = {
  read: ["read", "search"],
  file_management: ["read", "edit"],
  code_analysis: ["search"],
  edit: ["edit"],
  command: ["execute"],
  execution: ["execute"],
  browser: ["web"],
};
const rooGroups: Readonly<Record<string, readonly string[]>> = {
  read: ["read"],
  file_management: ["read", "edit"],
  code_analysis: ["read"],
  edit: ["edit"],
  command: ["command"],
  execution: ["command"],
  browser: ["browser"],
  mcp: ["mcp"],
};

function toolsOf(mode: Mode, table: Readonly<Record<string, readonly string[]>>): string[] {
  return [...new Set(mode.toolGroups.flatMap((group) => table[group] ?? []))];
}

function delegates(mode: Mode): readonly { readonly to: string; readonly purpose: string | null }[] {
  return mode.routes.filter((route) => route.kind === "delegation" && route.to !== "");
}

/** What such a tool's own keys said before it was imported, back in its place. */
function before(mode: Mode, dialect: Mode["dialect"], taken: readonly YamlLine[]): YamlLine[] {
  if (mode.dialect !== dialect && mode.extra["from"] !== dialect) return [];
  const keys = new Set(["from", ...taken.map(([key]) => key)]);
  return Object.entries(mode.extra).flatMap(([key, value]) => (keys.has(key) ? [] : line(key, value)));
}

/** A subagent's name is lower-case words with hyphens there, so the display name stands under `title`. */
function head(mode: Mode): YamlLine[] {
  return [...line("name", mode.slug), ...line("description", mode.description === "" ? mode.name : mode.description)];
}

function titled(mode: Mode): YamlLine[] {
  return mode.name === mode.slug ? [] : line("title", mode.name);
}

function markdown(folder: string, ending: string, mode: Mode, lines: readonly YamlLine[]): WrittenFile {
  return { path: `${folder}/${mode.slug}${ending}`, text: `---\n${writeYaml(lines)}---\n${mode.body}` };
}

export function claudeFiles(modes: readonly Mode[]): WrittenFile[] {
  return modes.map((mode) => {
    const starts = delegates(mode).map(({ to }) => to);
    const tools = [...toolsOf(mode, claudeTools), ...(starts.length === 0 ? [] : [`Agent(${starts.join(", ")})`])];
    const lines = [
      ...head(mode),
      ["tools", { kind: "plain", value: tools.join(", ") }] as const,
      ...titled(mode),
      ...cadreLines(mode),
    ];
    return markdown(".claude/agents", ".md", mode, [...lines, ...before(mode, "claude", lines)]);
  });
}

export function copilotFiles(modes: readonly Mode[]): WrittenFile[] {
  const names = new Map(modes.map((mode) => [mode.slug, mode.name]));
  return modes.map((mode) => {
    const to = delegates(mode);
    const tools = [...toolsOf(mode, copilotTools), ...(to.length === 0 ? [] : ["agent"])];
    const handoffs = to.map(({ to: agent, purpose }) => ({
      label: `Hand on to ${names.get(agent) ?? agent}`,
      agent,
      prompt: purpose ?? "",
      send: false,
    }));
    const lines: YamlLine[] = [
      ...head(mode),
      ["tools", { kind: "words", words: tools }],
      ...wordsLine("agents", [...new Set(to.map(({ to: agent }) => agent))]),
      ...(handoffs.length === 0 ? [] : line("handoffs", handoffs)),
      ...titled(mode),
      ...cadreLines(mode),
    ];
    return markdown(".github/agents", ".agent.md", mode, [...lines, ...before(mode, "copilot", lines)]);
  });
}

export function rooFiles(modes: readonly Mode[]): WrittenFile[] {
  const maps = modes.map((mode): YamlLine[] => {
    const lines: YamlLine[] = [
      ...line("slug", mode.slug),
      ...line("name", mode.name),
      ...line("description", mode.description),
      ["roleDefinition", { kind: "plain", value: mode.body }],
      ["groups", { kind: "words", words: toolsOf(mode, rooGroups) }],
      ...cadreLines(mode),
    ];
    return [...lines, ...before(mode, "roomodes", lines)];
  });
  return maps.length === 0 ? [] : [{ path: ".roomodes", text: writeYamlList("customModes", maps) }];
}

/** Rules packs alone: a rule there holds for whoever works in the project, and there are no roles. */
export function cursorFiles(
  rules: readonly { readonly name: string; readonly title: string; readonly body: string }[],
): WrittenFile[] {
  return rules.map(({ name, title, body }) => ({
    path: `.cursor/rules/${name}.mdc`,
    text: `---\n${writeYaml([...line("description", title), ["alwaysApply", { kind: "plain", value: true }]])}---\n${body}`,
  }));
}
