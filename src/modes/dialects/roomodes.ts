/**
 * `.roomodes`: Roo Code's own format, many modes in one YAML or JSON file under `customModes`; also one mode alone in a JSON file.
 * The prompt is `roleDefinition` and then `customInstructions`; routes are lists in that text, where it has any.
 */
import { entryOf, type YamlMap, type YamlValue } from "../../documents/yaml-tree.ts";
import { readText, type Source } from "../keys.ts";
import type { Dialect, Prompt } from "./dialect.ts";

/** The modes of a collection, each as the map that its keys stand in; null where the document is none. */
export function modesIn(tree: YamlValue): readonly YamlMap[] | null {
  if (tree.kind !== "map") return null;
  const list = entryOf(tree, "customModes")?.value;
  if (list?.kind === "list") return list.items.filter((item) => item.kind === "map");
  return entryOf(tree, "slug") && entryOf(tree, "roleDefinition") ? [tree] : null;
}

export const roomodes: Dialect = {
  name: "roomodes",
  title: "a Roo Code mode",
  recognises: (map) => entryOf(map, "roleDefinition") !== undefined,
  translate: (source) => {
    const prompts = ["roleDefinition", "customInstructions"].flatMap((key): Prompt[] => {
      const entry = entryOf(source.map, key);
      if (entry?.value.kind !== "text" || entry.value.text === "") return [];
      const literal = entry.value.literal === true;
      return [{ text: entry.value.text, line: literal ? entry.line + 1 : entry.line, literal }];
    });
    const usage = readText(source, "whenToUse");
    const { toolGroups, whole } = groupsOf(source);
    return {
      slug: readText(source, "slug") ?? "",
      name: readText(source, "name"),
      description: readText(source, "description") ?? usage ?? firstSentence(prompts[0]?.text ?? ""),
      toolGroups,
      prompts,
      read: ["slug", "name", "description", "roleDefinition", "customInstructions", ...(whole ? ["groups"] : [])],
      silent: ["groups", "source", "whenToUse", "apiConfiguration", "iconName"],
      spelled: { tool_groups: "groups" },
    };
  },
};

function firstSentence(text: string): string {
  return (/^[^]*?[.!?](?=\s|$)/.exec(text)?.[0] ?? text).replaceAll(/\s+/g, " ").slice(0, 300);
}

/** `- read`, or `- - edit` with what the files' names must match. Asking its user is no group there: every mode may. */
function groupsOf(source: Source): { readonly toolGroups: readonly string[]; readonly whole: boolean } {
  const value = entryOf(source.map, "groups")?.value;
  const groups = new Set<string>();
  let whole = true;
  for (const item of value?.kind === "list" ? value.items : []) {
    const name = item.kind === "list" ? item.items[0] : item;
    if (name?.kind === "text") groups.add(name.text);
    if (item.kind !== "list" || name?.kind !== "text") continue;
    whole = false;
    source.problems.push({
      code: "restriction-not-held",
      severity: "warning",
      message: `"groups" bounds ${name.text} to some files; cadre keeps it and does not hold the role to it.`,
      file: source.file,
      line: item.line,
      column: item.column,
      hint: "Give tasks a part of the workspace in the delegation.",
    });
  }
  groups.add("communication");
  return { toolGroups: [...groups], whole };
}
