/** The front matter keys of a mode, and how their values are read. */
import { editDistance, nearest } from "../documents/nearest.ts";
import type { Problem } from "../documents/problem.ts";
import { entryOf, plainValue, type YamlEntry, type YamlMap, type YamlValue } from "../documents/yaml-tree.ts";
import type { RouteDeclaration, RouteKind } from "./mode.ts";
import { proseProblem, readRouteItem, saysNone } from "./route-item.ts";

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
  /** What `cadre import` found in another dialect and cadre has no use for. */
  "imported",
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
  const { file } = source;
  return listOf(source, key, value).flatMap((item) => {
    const targets = item.kind === "map" ? readDataRoute(source, key, item) : readPlainRoute(source, key, item);
    const { line, column } = item;
    return targets.map(({ to, purpose }) => ({
      kind,
      to,
      purpose,
      file,
      line,
      column,
      origin: "front-matter" as const,
    }));
  });
}

type Target = { readonly to: string; readonly purpose: string | null };

/** A slug as it is written, be it a known one or not; only what has spaces in it can be anything else. */
function readPlainRoute(source: Source, key: string, item: YamlValue): Target[] {
  if (item.kind !== "text") {
    if (item.kind !== "empty") wrongShape(source, key, item, "a list of roles");
    return [];
  }
  const text = item.text.trim();
  if (text === "" || saysNone(text)) return [];
  const read = /\s/.test(text) ? readRouteItem(text) : { slugs: [text], purpose: null };
  if ("slugs" in read) return read.slugs.map((to) => ({ to, purpose: item.comment ?? read.purpose }));
  const { line, column } = item;
  source.problems.push(proseProblem({ file: source.file, key, text, named: read.prose, line, column }));
  return [];
}

function readDataRoute(source: Source, key: string, item: YamlMap): Target[] {
  const to = entryOf(item, "to")?.value;
  if (to?.kind !== "text") {
    wrongShape(source, key, item, "a list of roles, or of {to: role, when: purpose}");
    return [];
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
  return [{ to: to.text.trim(), purpose: when ?? item.comment ?? to.comment }];
}

/** Short words are near each other by chance: `label` is no `level`. */
function meantBy(key: string): string | null {
  const name = nearest(key, knownKeys);
  return name !== null && editDistance(key.toLowerCase(), name) <= (key.length < 8 ? 1 : 3) ? name : null;
}

type Kept = {
  /** Keys that were read, in any dialect. */
  readonly read: ReadonlySet<string>;
  /** Keys of a dialect that need no word. */
  readonly silent: ReadonlySet<string>;
};

/** What cadre has no use for, kept as data; a key that nobody knows is reported, so that a misspelled one is seen. */
export function readExtra(source: Source, { read, silent }: Kept): Record<string, unknown> {
  const kept = source.map.entries.filter(({ key }) => !read.has(key));
  for (const entry of kept) if (!silent.has(entry.key)) source.problems.push(unknownKey(source.file, entry));
  const before = entryOf(source.map, "imported")?.value;
  return {
    ...(before?.kind === "map" ? (plainValue(before, true) as Record<string, unknown>) : {}),
    ...Object.fromEntries(kept.map((entry) => [entry.key, plainValue(entry.value, true)])),
  };
}

function unknownKey(file: string, entry: YamlEntry): Problem {
  // A key that is nearly one of ours was meant to be it, and what stands under it is lost.
  const meant = meantBy(entry.key);
  return {
    code: "key-unknown",
    severity: meant === null ? "info" : "warning",
    message: `cadre does not know the key "${entry.key}"; it is kept and has no effect.`,
    file,
    line: entry.line,
    column: entry.column,
    ...(meant === null ? {} : { hint: `Did you mean "${meant}"?` }),
  };
}
