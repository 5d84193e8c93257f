/**
 * YAML as a tree of plain values that know their line, column and comment. Comments matter: a route's purpose is one.
 *
 * Y1. Nothing is constructed: scalars stay the text as written (`level: 037` is "037"), tags are not resolved.
 * Y2. What a document may cost is bounded before anyone walks it: depth, and the number of values with aliases expanded; and before the
 *     parser sees it what it takes long over, which are brackets in brackets and endless lines.
 * Y3. A key that JavaScript treats specially (`__proto__`, `constructor`, `prototype`) is refused, never assigned.
 */
import { LineCounter, isAlias, isMap, isScalar, isSeq, parseDocument, type Document, type Node } from "yaml";
import type { Problem } from "./problem.ts";
import type { RuleCode } from "./rules.ts";

/** 1-based. */
export type Position = { readonly line: number; readonly column: number };

type Located = Position & {
  /** The comment on the same line (and its continuation), without `#`, in one line; null where there is none. */
  readonly comment: string | null;
};

export type YamlText = Located & {
  readonly kind: "text";
  readonly text: string;
  readonly value: unknown;
  /** Its lines are lines of the document, from the next one on: a block with `|`. */
  readonly literal?: boolean;
};
export type YamlEmpty = Located & { readonly kind: "empty" };
export type YamlList = Located & { readonly kind: "list"; readonly items: readonly YamlValue[] };
export type YamlEntry = Position & { readonly key: string; readonly value: YamlValue };
export type YamlMap = Located & { readonly kind: "map"; readonly entries: readonly YamlEntry[] };
export type YamlValue = YamlText | YamlEmpty | YamlList | YamlMap;

export const yamlLimits = { depth: 50, values: 10_000, line: 16 * 1024 } as const;
/** Brackets that are open at one time, wherever they stand: quotes and comments hold some too, but never so many. */
const openBrackets = 500;

export const refusedKeys = new Set(["__proto__", "constructor", "prototype"]);

class Refused extends Error {
  readonly code: RuleCode;
  readonly offset: number;

  constructor(code: RuleCode, message: string, offset: number) {
    super(message);
    this.code = code;
    this.offset = offset;
  }
}

type Walk = {
  readonly at: (node: { range?: readonly number[] | null }) => Position;
  readonly anchors: Map<string, YamlValue>;
  readonly sizes: WeakMap<YamlValue, number>;
  count: number;
};

/**
 * Parses one YAML document. `tree` is null when a problem of severity error was found or the document is empty.
 * Lines are counted from the first character of `source` as line 1.
 */
export function parseYaml(
  source: string,
  file: string,
): { readonly tree: YamlValue | null; readonly problems: Problem[] } {
  const counter = new LineCounter();
  const place = (offset: number): Position => {
    const found = counter.linePos(offset);
    return { line: Math.max(1, found.line), column: Math.max(1, found.col) };
  };
  const problem = (code: RuleCode, message: string, offset: number, severity: Problem["severity"]): Problem => ({
    code,
    severity,
    message,
    file,
    ...place(offset),
    ...(Object.hasOwn(mends, code) ? { hint: mends[code] } : {}),
  });
  const costly = costlyAt(source);
  if (costly) {
    counter.addNewLine(0); // all of these the parser adds otherwise
    for (let end = source.indexOf("\n"); end !== -1 && end < costly.offset; end = source.indexOf("\n", end + 1))
      counter.addNewLine(end + 1);
    return { tree: null, problems: [problem(costly.code, costly.message, costly.offset, "error")] };
  }
  let document: Document.Parsed;
  try {
    // Keys are compared in `walkMap`: the library's own comparison is quadratic.
    document = parseDocument(source, { lineCounter: counter, uniqueKeys: false, prettyErrors: false, version: "1.2" });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { tree: null, problems: [problem("yaml-too-deep", tooDeep, 0, "error")] };
  }
  const first = document.errors[0];
  if (first) {
    const deep = first.code === "RESOURCE_EXHAUSTION";
    const message = deep ? tooDeep : `The front matter is not valid YAML: ${first.message}`;
    const told = problem(deep ? "yaml-too-deep" : "yaml-invalid", message, first.pos[0], "error");
    return { tree: null, problems: [withUsualMend(told, first)] };
  }
  const warnings = document.warnings.map((warning) => problem("yaml-tag", warning.message, warning.pos[0], "warning"));
  const walk: Walk = { at: (node) => place(node.range?.[0] ?? 0), anchors: new Map(), sizes: new WeakMap(), count: 0 };
  try {
    return { tree: document.contents ? walkNode(walk, document.contents, 0) : null, problems: warnings };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { tree: null, problems: [...warnings, problem(error.code, error.message, error.offset, "error")] };
  }
}

/** Y2: where a document becomes one that the parser would take long over; null where it does not. */
function costlyAt(
  source: string,
): { readonly code: RuleCode; readonly message: string; readonly offset: number } | null {
  let open = 0;
  let start = 0;
  for (let at = 0; at < source.length; at += 1) {
    const character = source.charCodeAt(at);
    if (character === 0x0a) start = at + 1;
    else if (at - start >= yamlLimits.line)
      return { code: "yaml-line-too-long", message: `A line is longer than ${yamlLimits.line / 1024} KB.`, offset: at };
    if (character === 0x5b || character === 0x7b) open += 1;
    else if ((character === 0x5d || character === 0x7d) && open > 0) open -= 1;
    if (open > openBrackets) return { code: "yaml-too-deep", message: tooDeep, offset: at };
  }
  return null;
}

const mends: Readonly<Record<string, string>> = {
  "yaml-line-too-long": "Write one item on a line, and move long texts into the body.",
  "yaml-too-deep": "Look for a bracket that is never closed.",
  "yaml-too-large": "Write out what is meant, without aliases of aliases.",
  "yaml-key": "Give it another name.",
  "yaml-invalid":
    "Look at brackets, quotes and indentation here and in the line before; a text with `: ` or ` #` in it needs quotes.",
  "yaml-duplicate-key": "Keep one of the two.",
};

/** Of the two mistakes that are made most. */
function withUsualMend(told: Problem, { code, message }: { readonly code: string; readonly message: string }): Problem {
  if (code === "TAB_AS_INDENT") return { ...told, hint: "Write blanks in the place of the tab: YAML takes none." };
  // The items of one list do not begin in one column.
  if (!message.startsWith("A block sequence")) return told;
  return { ...told, hint: "Begin all items of the list in the same column." };
}

const tooDeep = `The front matter is nested more than ${yamlLimits.depth} levels deep, which no mode or brief needs.`;

function walkNode(walk: Walk, node: Node, depth: number): YamlValue {
  if (depth > yamlLimits.depth) throw new Refused("yaml-too-deep", tooDeep, offsetOf(node));
  const before = walk.count;
  const value = isAlias(node) ? resolveAlias(walk, node) : walkOwn(walk, node, depth);
  spend(walk, 1, node);
  walk.sizes.set(value, walk.count - before);
  const anchor = "anchor" in node ? node.anchor : undefined;
  if (typeof anchor === "string" && anchor !== "") walk.anchors.set(anchor, value);
  return value;
}

/** Y2: an alias costs what it stands for, so nine aliases of nine aliases run into the ceiling, not into memory. */
function resolveAlias(walk: Walk, node: Node & { source: string }): YamlValue {
  const target = walk.anchors.get(node.source);
  if (!target) {
    throw new Refused(
      "yaml-invalid",
      `The alias *${node.source} stands before, or without, its anchor.`,
      offsetOf(node),
    );
  }
  spend(walk, walk.sizes.get(target) ?? 1, node);
  return { ...target, ...walk.at(node), comment: commentOf(node) };
}

function walkOwn(walk: Walk, node: Node, depth: number): YamlValue {
  const located = { ...walk.at(node), comment: commentOf(node) };
  if (isSeq(node)) {
    return { kind: "list", ...located, items: node.items.map((item) => walkItem(walk, item, node, depth)) };
  }
  if (isMap(node)) return { kind: "map", ...located, entries: walkMap(walk, node, depth) };
  if (!isScalar(node)) return { kind: "empty", ...located };
  const { value, source } = node;
  if (value === null && (source === undefined || source === "")) return { kind: "empty", ...located };
  const text = typeof value === "string" ? value : (source ?? String(value));
  const literal = node.type === "BLOCK_LITERAL" ? { literal: true } : {};
  return { kind: "text", ...located, text, value: plainScalar(value, text), ...literal };
}

function walkItem(walk: Walk, item: unknown, parent: Node, depth: number): YamlValue {
  if (item === null || item === undefined) return { kind: "empty", ...walk.at(parent), comment: null };
  return walkNode(walk, item as Node, depth + 1);
}

function walkMap(walk: Walk, map: Node & { items: unknown[] }, depth: number): YamlEntry[] {
  const seen = new Map<string, Position>();
  return (map.items as { key: unknown; value: unknown }[]).map((pair) => {
    const node = pair.key as Node;
    if (!isScalar(node)) {
      throw new Refused(
        "yaml-key",
        "A key must be a plain word, not a list or a map.",
        node ? offsetOf(node) : offsetOf(map),
      );
    }
    const key = typeof node.value === "string" ? node.value : (node.source ?? String(node.value));
    if (refusedKeys.has(key)) {
      throw new Refused(
        "yaml-key",
        `The key "${key}" is refused: it means something else to JavaScript.`,
        offsetOf(node),
      );
    }
    const position = walk.at(node);
    const earlier = seen.get(key);
    if (earlier) {
      throw new Refused(
        "yaml-duplicate-key",
        `The key "${key}" stands twice, first in line ${earlier.line}.`,
        offsetOf(node),
      );
    }
    seen.set(key, position);
    spend(walk, 1, node);
    return { key, ...position, value: walkItem(walk, pair.value, node, depth) };
  });
}

function spend(walk: Walk, amount: number, node: Node): void {
  walk.count += amount;
  if (walk.count > yamlLimits.values) {
    const message = `The front matter holds more than ${yamlLimits.values} values once its aliases are expanded.`;
    throw new Refused("yaml-too-large", message, offsetOf(node));
  }
}

function offsetOf(node: { range?: readonly number[] | null }): number {
  return node.range?.[0] ?? 0;
}

function commentOf(node: Node): string | null {
  const text = (node.comment ?? "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join(" ");
  return text === "" ? null : text;
}

/** JSON can hold it: `.inf`, `.nan` and whatever a tag made stay text. */
function plainScalar(value: unknown, text: string): unknown {
  if (value === null || typeof value === "boolean") return value;
  return typeof value === "number" && Number.isFinite(value) ? value : text;
}

/** The tree as plain values. `typed`: numbers, booleans and null as YAML reads them; otherwise every scalar as written. */
export function plainValue(value: YamlValue, typed: boolean): unknown {
  switch (value.kind) {
    case "empty":
      return null;
    case "text":
      return typed ? value.value : value.text;
    case "list":
      return value.items.map((item) => plainValue(item, typed));
    case "map":
      return Object.fromEntries(value.entries.map((entry) => [entry.key, plainValue(entry.value, typed)]));
  }
}

export function entryOf(map: YamlMap, key: string): YamlEntry | undefined {
  return map.entries.find((entry) => entry.key === key);
}

/** Where a path of keys and indexes (as zod reports it) leads; the deepest place that exists. */
export function positionOf(value: YamlValue, path: readonly PropertyKey[]): Position {
  const [head, ...rest] = path;
  if (head === undefined) return value;
  if (value.kind === "list" && typeof head === "number") {
    const item = value.items[head];
    return item ? positionOf(item, rest) : value;
  }
  if (value.kind === "map") {
    const entry = entryOf(value, String(head));
    if (!entry) return value;
    return rest.length === 0 ? entry : positionOf(entry.value, rest);
  }
  return value;
}
