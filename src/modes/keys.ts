/** The front matter keys of a mode, and how their values are read. */
import { editDistance, nearest } from "../documents/nearest.ts";
import type { Problem } from "../documents/problem.ts";
import { entryOf, plainValue, type YamlMap, type YamlValue } from "../documents/yaml-tree.ts";
import type { RouteDeclaration, RouteKind } from "./mode.ts";

export const routeKeys: readonly (readonly [string, RouteKind])[] = [
  ["reports_to", "report"],
  ["escalates_to", "escalation"],
  ["delegates_to", "delegation"],
];

export const knownKeys: ReadonlySet<string> = new Set([
  "slug",
  "name",
  "description",
  "tags",
  "level",
  "api_config",
  "tool_groups",
  "stack",
  "categories",
  ...routeKeys.map(([key]) => key),
]);

export type Source = { readonly map: YamlMap; readonly file: string; readonly problems: Problem[] };

function wrongShape(source: Source, key: string, value: YamlValue, wanted: string): void {
  source.problems.push({
    code: "key-shape",
    severity: "error",
    message: `"${key}" must be ${wanted}, but a ${value.kind} stands here.`,
    file: source.file,
    line: value.line,
    column: value.column,
    hint: shapeHint(key, wanted),
  });
}

function shapeHint(key: string, wanted: string): string {
  if (routeKeys.some(([name]) => name === key)) return `Write under ${key}: - role # For …`;
  return wanted === "text" ? `Write ${key}: and one line of text.` : `Write ${key}: [one, another].`;
}

/** The text of a key; null where it is absent or empty. Scalars are text as written, so `level: 037` is "037". */
export function readText(source: Source, key: string, map: YamlMap = source.map, label = key): string | null {
  const value = entryOf(map, key)?.value;
  if (!value || value.kind === "empty") return null;
  if (value.kind === "text") return value.text.trim() === "" ? null : value.text.trim();
  wrongShape(source, label, value, "text");
  return null;
}

/** A list of texts; a single text counts as a list of one; null where the key is absent. */
export function readTexts(source: Source, key: string): string[] | null {
  const value = entryOf(source.map, key)?.value;
  if (!value) return null;
  return listOf(source, key, value).flatMap((item) => {
    if (item.kind === "text" && item.text.trim() !== "") return [item.text.trim()];
    if (item.kind !== "empty") wrongShape(source, key, item, "a list of words");
    return [];
  });
}

function listOf(source: Source, key: string, value: YamlValue): readonly YamlValue[] {
  if (value.kind === "list") return value.items;
  if (value.kind === "text") return [value];
  if (value.kind === "map") wrongShape(source, key, value, "a list");
  return [];
}

/** Routes of one key: `- role # purpose` or `- {to: role, when: purpose}`; null where the key is absent. */
export function readRoutes(source: Source, key: string, kind: RouteKind): RouteDeclaration[] | null {
  const value = entryOf(source.map, key)?.value;
  if (!value) return null;
  return listOf(source, key, value).flatMap((item) => {
    const target = item.kind === "map" ? readDataRoute(source, key, item) : readPlainRoute(source, key, item);
    if (!target) return [];
    const { to, purpose } = target;
    return [{ kind, to, purpose, file: source.file, line: item.line, column: item.column, origin: "front-matter" }];
  });
}

type Target = { readonly to: string; readonly purpose: string | null };

function readPlainRoute(source: Source, key: string, item: YamlValue): Target | null {
  if (item.kind === "text" && item.text.trim() !== "") return { to: item.text.trim(), purpose: item.comment };
  if (item.kind !== "empty") wrongShape(source, key, item, "a list of roles");
  return null;
}

function readDataRoute(source: Source, key: string, item: YamlMap): Target | null {
  const to = entryOf(item, "to")?.value;
  if (to?.kind !== "text") {
    wrongShape(source, key, item, "a list of roles, or of {to: role, when: purpose}");
    return null;
  }
  const unknown = item.entries.find((entry) => entry.key !== "to" && entry.key !== "when");
  if (unknown) {
    source.problems.push({
      code: "route-key-unknown",
      severity: "warning",
      message: `A route has "to" and "when"; "${unknown.key}" means nothing here.`,
      file: source.file,
      line: unknown.line,
      column: unknown.column,
    });
  }
  const when = readText(source, "when", item, `${key}.when`);
  return { to: to.text.trim(), purpose: when ?? item.comment ?? to.comment };
}

/** Short words are near each other by chance: `label` is no `level`. */
function meantBy(key: string): string | null {
  const name = nearest(key, knownKeys);
  return name !== null && editDistance(key.toLowerCase(), name) <= (key.length < 8 ? 1 : 3) ? name : null;
}

/** What cadre does not know, kept as data; each key is reported so that a misspelled one is seen. */
export function readExtra(source: Source): Record<string, unknown> {
  const unknown = source.map.entries.filter((entry) => !knownKeys.has(entry.key));
  for (const entry of unknown) {
    // A key that is nearly one of ours was meant to be it, and what stands under it is lost.
    const meant = meantBy(entry.key);
    source.problems.push({
      code: "key-unknown",
      severity: meant === null ? "info" : "warning",
      message: `cadre does not know the key "${entry.key}"; it is kept and has no effect.`,
      file: source.file,
      line: entry.line,
      column: entry.column,
      ...(meant === null ? {} : { hint: `Did you mean "${meant}"?` }),
    });
  }
  return Object.fromEntries(unknown.map((entry) => [entry.key, plainValue(entry.value, true)]));
}
