/**
 * One mode file to one Mode. Pure, and never throws for what the text contains (R5: nothing is executed either).
 * What concerns only this file is reported here; what needs the other files is `org`'s business.
 */
import { readMarkdown, type MarkdownDocument } from "../documents/front-matter.ts";
import { mojibakeProblems } from "../documents/mojibake.ts";
import { hasErrors } from "../documents/problem-order.ts";
import type { Problem } from "../documents/problem.ts";
import { readLines, readSections } from "../documents/sections.ts";
import { entryOf, type YamlMap } from "../documents/yaml-tree.ts";
import { readExtra, readRoutes, readText, readTexts, routeKeys, type Source } from "./keys.ts";
import { readKnowledge } from "./knowledge.ts";
import { readLevel } from "./level.ts";
import { readMetadata, type Metadata } from "./metadata.ts";
import type { Level, Mode, RouteDeclaration } from "./mode.ts";

/** `file` is the path that problems and rules cite. `mode` is null when the front matter cannot be used. */
export function readMode(text: string, file: string): { readonly mode: Mode | null; readonly problems: Problem[] } {
  const document = readMarkdown(text, file);
  const problems = [...document.problems, ...mojibakeProblems(text, file)];
  if (hasErrors(document.problems)) return { mode: null, problems };
  if (!document.frontMatter) return { mode: null, problems: [...problems, withoutFrontMatter(document, file)] };
  const source: Source = { map: document.frontMatter, file, problems };
  const slug = readText(source, "slug");
  if (slug === null) {
    readExtra(source);
    return { mode: null, problems: [...problems, withoutSlug(document.frontMatter, file)] };
  }
  return { mode: modeOf(source, slug, document), problems };
}

function modeOf(source: Source, slug: string, document: MarkdownDocument): Mode {
  const body = document.body.replaceAll("\r\n", "\n");
  const sections = readSections(readLines(body, document.bodyLine));
  const metadata = readMetadata(sections);
  const { knowledge, problems } = readKnowledge(sections, slug, source.file);
  source.problems.push(...problems);
  return {
    slug,
    name: readText(source, "name") ?? slug,
    description: readText(source, "description") ?? "",
    tags: textsOf(source, metadata, "tags"),
    level: levelOf(source, metadata),
    model: modelOf(source),
    toolGroups: textsOf(source, metadata, "tool_groups"),
    stack: textsOf(source, metadata, "stack"),
    categories: textsOf(source, metadata, "categories"),
    routes: routesOf(source, metadata),
    knowledge,
    body,
    extra: readExtra(source),
    file: source.file,
    keyLines: Object.fromEntries(source.map.entries.map((entry) => [entry.key, entry.line])),
  };
}

function textsOf(source: Source, metadata: Metadata, key: string): string[] {
  const own = readTexts(source, key);
  const said = metadata.get(key)?.items.map((item) => item.text);
  if (own && said) compareWords(source, metadata, key, own, said);
  return own ?? said ?? [];
}

function routesOf(source: Source, metadata: Metadata): RouteDeclaration[] {
  return routeKeys.flatMap(([key, kind]) => {
    const own = readRoutes(source, key, kind);
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

function levelOf(source: Source, metadata: Metadata): Level | null {
  const own = readText(source, "level");
  const said = metadata.get("level")?.items[0];
  if (own !== null && said) compareWords(source, metadata, "level", [own], [said.text]);
  const text = own ?? said?.text;
  if (text === undefined) return null;
  const { level, fault } = readLevel(text);
  const place = (own === null ? said : entryOf(source.map, "level")?.value) ?? { line: 1, column: 1 };
  if (fault !== null) source.problems.push(levelProblem(source.file, fault, place));
  return level;
}

function levelProblem(
  file: string,
  message: string,
  place: { readonly line: number; readonly column: number },
): Problem {
  return {
    code: "level-spelling",
    severity: "warning",
    message,
    file,
    line: place.line,
    column: place.column,
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

function withoutFrontMatter(document: MarkdownDocument, file: string): Problem {
  return {
    code: document.hasFrontMatter ? "front-matter-empty" : "front-matter-missing",
    severity: "error",
    message: `${file} has no front matter that describes a role.`,
    file,
    line: 1,
    column: 1,
    hint: 'A mode starts with a line "---", then at least `slug: my-role`, then "---".',
  };
}

function withoutSlug(map: YamlMap, file: string): Problem {
  const entry = entryOf(map, "slug");
  return {
    code: "slug-missing",
    severity: "error",
    message: "The front matter names no role: the key slug is missing or empty.",
    file,
    line: entry?.line ?? 1,
    column: entry?.column ?? 1,
    hint: "Add `slug: my-role`.",
  };
}
