/** Roo Commander's later modes: TOML between `+++`, with the routes in a `[metadata]` table and the prompt in `system_prompt`. */
import { entryOf, type YamlValue } from "../../documents/yaml-tree.ts";
import { readText, type Source } from "../keys.ts";
import type { RouteDeclaration, RouteKind } from "../mode.ts";
import { proseProblem, readRouteItem } from "../route-item.ts";
import { slugFault } from "../slug.ts";
import { inheritsAll, unheld, type Dialect, type Translation } from "./dialect.ts";
import { slugOf } from "./names.ts";

const routeKeys: readonly (readonly [string, RouteKind])[] = [
  ["reports_to", "report"],
  ["escalate_to", "escalation"],
  ["delegate_to", "delegation"],
];

const silent = [
  "metadata",
  "version",
  "emoji",
  "kb_path",
  "custom_instructions_path",
  "custom_instructions_dir",
  "status",
  "last_updated",
  "classification",
  "domain",
  "sub_domain",
];

/** Names of groups that its modes use beside those of cadre. */
const groupNames: Readonly<Record<string, string>> = {
  search: "code_analysis",
  ask: "communication",
  complete: "completion",
};

/** Two digits of rank by what the mode is classified as; the others have no rank in cadre. */
const ranks: Readonly<Record<string, string>> = {
  executive: "00-executive",
  director: "01-director",
  lead: "02-lead",
  worker: "03-worker",
  specialist: "03-worker",
  developer: "03-worker",
  assistant: "04-assistant",
};

export const rooToml: Dialect = {
  name: "roo-toml",
  title: "a Roo Commander mode in TOML",
  // Pages of a knowledge base have an `id` too, and a `[metadata]`, but no routes in it.
  recognises: (map) => {
    const metadata = entryOf(map, "metadata")?.value;
    return (
      entryOf(map, "id") !== undefined &&
      (["system_prompt", "classification", "allowed_tool_groups"].some((key) => entryOf(map, key) !== undefined) ||
        (metadata?.kind === "map" && routeKeys.some(([key]) => entryOf(metadata, key) !== undefined)))
    );
  },
  translate: (source) => {
    const id = readText(source, "id") ?? "";
    const instead = "Give tasks a part of the workspace in the delegation.";
    const bounds = unheld(source, [["file_access", "bounds the files that it may read or write", instead]]);
    const metadata = entryOf(source.map, "metadata")?.value;
    const level = levelOf(source);
    const table: Source = { ...source, map: metadata?.kind === "map" ? metadata : { ...source.map, entries: [] } };
    return {
      slug: slugFault(id) === null ? id : slugOf(id),
      name: readText(source, "name"),
      description: readText(source, "summary"),
      level,
      model: readText(source, "model"),
      tags: listOf(entryOf(table.map, "tags")?.value).map(({ text }) => text),
      categories: listOf(entryOf(table.map, "categories")?.value).map(({ text }) => text),
      toolGroups: toolsOf(source),
      routes: routesOf(table),
      ...promptOf(source),
      read: ["id", "name", "summary", "system_prompt", "allowed_tool_groups", "model"].concat(
        level === null ? [] : ["classification", "domain", "sub_domain"],
      ),
      silent: [...silent, ...bounds],
      spelled: { slug: "id", tool_groups: "allowed_tool_groups", level: "classification" },
    };
  },
};

function levelOf(source: Source): string | null {
  const classification = readText(source, "classification");
  if (classification === null) return null;
  const rank = ranks[classification.toLowerCase()];
  if (rank === undefined) return null;
  return [rank, readText(source, "domain"), readText(source, "sub_domain")].filter((part) => part !== null).join("-");
}

type Item = { readonly text: string; readonly line: number; readonly column: number; readonly comment: string | null };

function listOf(value: YamlValue | undefined): Item[] {
  const items = value?.kind === "list" ? value.items : value ? [value] : [];
  return items.flatMap((item) =>
    item.kind === "text" && item.text.trim() !== "" ? [{ ...item, text: item.text.trim() }] : [],
  );
}

function toolsOf(source: Source): readonly string[] {
  const groups = entryOf(source.map, "allowed_tool_groups");
  if (!groups) return inheritsAll(source, rooToml.title);
  return listOf(groups.value).map(({ text }) => groupNames[text] ?? text);
}

function routesOf({ map, file, problems }: Source): RouteDeclaration[] {
  return routeKeys.flatMap(([key, kind]) =>
    listOf(entryOf(map, key)?.value).flatMap(({ text, comment, line, column }): RouteDeclaration[] => {
      const place = { file, line, column };
      const item = readRouteItem(text);
      if ("prose" in item) problems.push(proseProblem({ ...place, key, text, named: item.prose }));
      if ("prose" in item) return [];
      return item.slugs.map((to) => ({
        kind,
        to,
        purpose: purposeOf(comment) ?? item.purpose,
        ...place,
        origin: "front-matter",
      }));
    }),
  );
}

/** `<< … >>` are a template's notes to whoever fills it in. */
function purposeOf(comment: string | null): string | null {
  const text = (comment ?? "").replaceAll(/<<.*?>>/g, "").trim();
  return text === "" ? null : text;
}

function promptOf(source: Source): Pick<Translation, "prompts"> {
  const prompt = entryOf(source.map, "system_prompt");
  if (prompt?.value.kind !== "text") return {};
  return { prompts: [{ text: prompt.value.text.trim(), line: prompt.line, literal: false }] };
}
