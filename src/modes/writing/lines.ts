/**
 * What cadre's own keys say of a mode, as lines of YAML. Every dialect that is written gets those that it has no key of its own for, so
 * that what is written comes back whole (L2 of `dialects/dialect.ts`).
 *
 * W1. A purpose is a comment behind its route where it can be one, and data (`{to, when}`) where it cannot: a comment ends at a line break.
 */
import type { Commented, YamlContent, YamlLine } from "../../documents/write-yaml.ts";
import { routeKeys } from "../keys.ts";
import type { Mode, RouteDeclaration } from "../mode.ts";

export function line(key: string, value: unknown): YamlLine[] {
  if (value === null || value === undefined || value === "") return [];
  return [[key, { kind: "plain", value }]];
}

export function wordsLine(key: string, words: readonly string[]): YamlLine[] {
  return words.length === 0 ? [] : [[key, { kind: "words", words }]];
}

/** Level, lists, model and routes: what no other dialect has a word for. */
export function cadreLines(mode: Mode): YamlLine[] {
  return [
    ...wordsLine("tags", mode.tags),
    ...line("level", mode.level?.text),
    ...(mode.model === null ? [] : [["api_config", { kind: "entries", entries: line("model", mode.model) }] as const]),
    ...wordsLine("tool_groups", mode.toolGroups),
    ...wordsLine("stack", mode.stack),
    ...wordsLine("categories", mode.categories),
    ...routeLines(mode.routes),
  ];
}

export function routeLines(routes: readonly RouteDeclaration[]): YamlLine[] {
  return routeKeys.flatMap(([key, kind]): YamlLine[] => {
    const own = routes.filter((route) => route.kind === kind);
    return own.length === 0 ? [] : [[key, routesContent(own)]];
  });
}

function routesContent(routes: readonly RouteDeclaration[]): YamlContent {
  const plain = routes.every(({ purpose }) => purpose === null || canBeComment(purpose));
  if (plain)
    return { kind: "items", items: routes.map(({ to, purpose }): Commented => ({ text: to, comment: purpose })) };
  return { kind: "plain", value: routes.map(({ to, purpose }) => (purpose === null ? to : { to, when: purpose })) };
}

/** Reads back as it is: one line, and no space at either end or in a row. */
function canBeComment(purpose: string): boolean {
  return purpose !== "" && purpose === purpose.trim() && !/[\n\r]/.test(purpose) && !purpose.startsWith("#");
}
