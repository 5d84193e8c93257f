/**
 * From the keys of a role file, in whatever dialect, and the Markdown below them to a Mode. Pure.
 */
import type { Problem } from "../documents/problem.ts";
import { readLines, readSections } from "../documents/sections.ts";
import { entryOf } from "../documents/yaml-tree.ts";
import type { Translation } from "./dialects/dialect.ts";
import { knownKeys, readExtra, readRoutes, readText, readTexts, routeKeys, type Source } from "./keys.ts";
import { readKnowledge } from "./knowledge.ts";
import { readLevel } from "./level.ts";
import { readMetadata, type Metadata } from "./metadata.ts";
import { proseProblem } from "./route-item.ts";
import type { DialectName, Level, Mode, RouteDeclaration } from "./mode.ts";

/** The Markdown below the front matter, and the line of the file on which it starts. */
export type Body = { readonly text: string; readonly line: number };

/** L2: cadre's own keys first, then what the dialect says, then what the body says of itself. */
export function buildMode(source: Source, dialect: DialectName, said: Translation, below: Body): Mode {
  const prompts = said.prompts ?? [];
  const parts = prompts.length > 0 && below.text.trim() === "" ? prompts : [...prompts, { ...below, literal: true }];
  const texts = parts.map((part) => ({ ...part, text: part.text.replaceAll("\r\n", "\n") }));
  const sections = texts.flatMap(({ text, line, literal }) => {
    const lines = readLines(text, line);
    return readSections(literal ? lines : lines.map((each) => ({ ...each, line })));
  });
  const metadata = readMetadata(sections);
  source.problems.push(...inBody(dialect, source, metadata.entries));
  const prose = metadata.prose.filter(({ key }) => entryOf(source.map, key) === undefined);
  source.problems.push(...prose.map((item) => proseProblem({ file: source.file, ...item })));
  const { knowledge, problems } = readKnowledge(sections, said.slug, source.file);
  source.problems.push(...problems);
  const lists = { source, metadata: metadata.entries, said };
  return {
    dialect,
    slug: said.slug,
    name: (said.name === undefined ? readText(source, "name") : said.name) ?? said.slug,
    description: said.description ?? readText(source, "description") ?? "",
    tags: textsOf(lists, "tags", said.tags),
    level: levelOf(lists),
    model: modelOf(source) ?? said.model ?? null,
    toolGroups: textsOf(lists, "tool_groups", said.toolGroups),
    stack: textsOf(lists, "stack", undefined),
    categories: textsOf(lists, "categories", said.categories),
    routes: routesOf(lists),
    knowledge,
    body: texts.map(({ text }) => text).join("\n\n"),
    extra: readExtra(source, { read: new Set([...knownKeys, ...said.read]), silent: new Set(said.silent) }),
    file: source.file,
    keyLines: linesOf(source, said),
  };
}

/** Of each key, and under cadre's name for it where the dialect has another. */
function linesOf(source: Source, { spelled = {} }: Translation): Record<string, number> {
  const lines = Object.fromEntries(source.map.entries.map((entry) => [entry.key, entry.line]));
  const aliases = Object.entries(spelled).flatMap(([key, own]) =>
    lines[own] === undefined ? [] : [[key, lines[own]]],
  );
  return { ...(Object.fromEntries(aliases) as Record<string, number>), ...lines };
}

/** In somebody else's file a list in the body is where it belongs. One for each list, at its place. */
function inBody(dialect: DialectName, source: Source, metadata: Metadata): Problem[] {
  if (dialect !== "cadre") return [];
  return routeKeys.flatMap(([key]): Problem[] => {
    const list = metadata.get(key);
    if (!list || list.items.length === 0 || entryOf(source.map, key)) return [];
    return [
      {
        code: "route-in-body",
        severity: "info",
        message: `The routes under ${key} stand in the body; they count, as the front matter has no such key.`,
        file: source.file,
        line: list.line,
        column: 1,
        hint: "`cadre lint --fix` puts them into the front matter.",
      },
    ];
  });
}

type Lists = { readonly source: Source; readonly metadata: Metadata; readonly said: Translation };

function textsOf(
  { source, metadata }: Lists,
  key: string,
  translated: readonly string[] | undefined,
): readonly string[] {
  const own = readTexts(source, key) ?? translated;
  const said = metadata.get(key)?.items.map((item) => item.text);
  if (own && said) compareWords(source, metadata, key, own, said);
  return own ?? said ?? [];
}

function routesOf({ source, metadata, said: { routes = [] } }: Lists): RouteDeclaration[] {
  return routeKeys.flatMap(([key, kind]) => {
    const translated = routes.filter((route) => route.kind === kind);
    const own = readRoutes(source, key, kind) ?? (translated.length > 0 ? translated : null);
    const said = metadata.get(key)?.items ?? [];
    if (own) {
      if (metadata.has(key)) {
        const [front, body] = [own.map((route) => route.to), said.map((item) => item.text)];
        compareWords(source, metadata, key, front, body);
      }
      return own;
    }
    return said.map(({ text, purpose, line, column }): RouteDeclaration => {
      return { kind, to: text, purpose, file: source.file, line, column, origin: "body" };
    });
  });
}

function levelOf({ source, metadata, said }: Lists): Level | null {
  const own = readText(source, "level") ?? said.level ?? null;
  const below = metadata.get("level")?.items[0];
  if (own !== null && below) compareWords(source, metadata, "level", [own], [below.text]);
  const text = own ?? below?.text;
  if (text === undefined) return null;
  const { level, fault } = readLevel(text);
  const place = own === null ? below : entryOf(source.map, "level")?.value;
  if (fault !== null) source.problems.push(levelProblem(source.file, fault, place));
  return level;
}

function levelProblem(
  file: string,
  message: string,
  place: { readonly line: number; readonly column: number } | undefined,
): Problem {
  return {
    code: "level-spelling",
    severity: "warning",
    message,
    file,
    line: place?.line ?? 1,
    column: place?.column ?? 1,
    hint: "Spell it like 037-worker-ai-ml: two digits of rank, the rank's name, the department.",
  };
}

function modelOf(source: Source): string | null {
  const config = entryOf(source.map, "api_config")?.value;
  if (!config || config.kind === "empty") return null;
  if (config.kind === "map") return readText(source, "model", config, "api_config.model");
  source.problems.push({
    code: "key-shape",
    severity: "error",
    message: '"api_config" must be a map with the key "model".',
    file: source.file,
    line: config.line,
    column: config.column,
  });
  return null;
}

/** As sets: order and repetition say nothing. */
function compareWords(
  source: Source,
  metadata: Metadata,
  key: string,
  front: readonly string[],
  body: readonly string[],
): void {
  const onlyFront = front.filter((word) => !body.includes(word));
  const onlyBody = body.filter((word) => !front.includes(word));
  if (onlyFront.length + onlyBody.length === 0) return;
  const lists = [
    onlyFront.length > 0 ? `only the front matter says ${onlyFront.join(", ")}` : "",
    onlyBody.length > 0 ? `only the body says ${onlyBody.join(", ")}` : "",
  ];
  source.problems.push({
    code: "metadata-contradiction",
    severity: "warning",
    message: `Front matter and body contradict each other on ${key}: ${lists.filter(Boolean).join("; ")}. The front matter counts.`,
    file: source.file,
    line: metadata.get(key)?.line ?? 1,
    column: 1,
    hint: "Make the list under Metadata say the same, or take it out.",
  });
}
