/**
 * What a mode's body says about itself: bold labels or headings followed by lists, under `## Metadata` and, where that has no such list,
 * anywhere. Read where the front matter lacks the key; where both speak and disagree, the front matter counts and lint says so.
 */
import { readList, type Section, type SourceLine } from "../documents/sections.ts";
import { readRouteItem, saysNone, type ProseItem } from "./route-item.ts";

export type MetadataItem = {
  readonly text: string;
  /** What stands behind the item, e.g. `backend-lead` — *For complex integration issues*; null where nothing does. */
  readonly purpose: string | null;
  readonly line: number;
  readonly column: number;
};

export type MetadataEntry = { readonly line: number; readonly items: readonly MetadataItem[] };

/** Keyed by front matter key, e.g. `delegates_to`. */
export type Metadata = ReadonlyMap<string, MetadataEntry>;

const labels: Readonly<Record<string, string>> = {
  level: "level",
  "tool groups": "tool_groups",
  tags: "tags",
  categories: "categories",
  stack: "stack",
  "delegates to": "delegates_to",
  "escalates to": "escalates_to",
  "reports to": "reports_to",
};

/** `**Delegates To:** rest`, `**Delegates To**: rest`, also as a list item. */
const label = /^\s*(?:[-*+]\s+)?\*\*\s*([^*:]+?)\s*(?::\s*\*\*|\*\*\s*:)\s*(.*)$/;
type Block = { readonly key: string; readonly line: number; readonly rest: string; readonly lines: SourceLine[] };

/** `sections` are the whole body's. */
export function readMetadata(sections: readonly Section[]): {
  readonly entries: Metadata;
  readonly prose: readonly ProseItem[];
} {
  const entries = new Map<string, MetadataEntry>();
  const prose: ProseItem[] = [];
  const own = blocksOf(underMetadata(sections));
  const elsewhere = blocksOf(sections).filter((block) => block.key.endsWith("_to"));
  for (const block of [...own, ...elsewhere]) {
    if (entries.has(block.key)) continue;
    const inline =
      block.rest === "" ? [] : splitInline(block.rest).map((text) => ({ text, line: block.line, column: 1 }));
    const read = [...inline, ...readList(block.lines)].map((entry) => itemsOf(block.key, entry));
    prose.push(...read.flatMap((each) => each.prose));
    const items = read.flatMap((each) => each.items).filter((entry) => entry.text !== "");
    entries.set(block.key, { line: block.line, items });
  }
  return { entries, prose };
}

/** `a, b` on the label's own line; a comma in brackets or quotes separates nothing. */
function splitInline(text: string): string[] {
  if (saysNone(text)) return [];
  return (text.match(/(?:[^,(`]|\([^)]*\)?|`[^`]*`?)+/g) ?? [])
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function underMetadata(sections: readonly Section[]): Section[] {
  const start = sections.findIndex((section) => /^(\d+\.\s*)?metadata$/i.test(section.title));
  const first = sections[start];
  if (!first) return [];
  const after = sections.slice(start + 1).findIndex((section) => section.level <= first.level);
  return sections.slice(start, after === -1 ? undefined : start + 1 + after);
}

function blocksOf(sections: readonly Section[]): Block[] {
  const blocks: Block[] = [];
  for (const section of sections) {
    let current = blockFor(section.title, section.line, "");
    if (current) blocks.push(current);
    for (const line of section.lines) {
      // A label is short; on a long line the pattern could take long.
      const found = line.fenced || line.text.length > 300 ? null : label.exec(line.text);
      if (found) {
        current = blockFor(found[1] ?? "", line.line, (found[2] ?? found[3] ?? "").trim());
        if (current) blocks.push(current);
      } else current?.lines.push(line);
    }
  }
  return blocks;
}

function blockFor(title: string, line: number, rest: string): Block | null {
  const key =
    labels[
      title
        .toLowerCase()
        .replace(/[_\s]+/g, " ")
        .trim()
    ];
  return key === undefined ? null : { key, line, rest, lines: [] };
}

type ListEntry = { readonly text: string; readonly line: number; readonly column: number };
type Items = { readonly items: readonly MetadataItem[]; readonly prose: readonly ProseItem[] };

function itemsOf(key: string, { text, line, column }: ListEntry): Items {
  if (!key.endsWith("_to")) {
    const word = key === "tool_groups" ? (/^`([^`]+)`|^[^\s:#(—–`]+/.exec(text)?.[0] ?? text) : text;
    return { items: [{ text: word.trim().replaceAll("`", ""), purpose: null, line, column }], prose: [] };
  }
  const item = readRouteItem(text);
  if ("prose" in item) return { items: [], prose: [{ key, text: text.trim(), named: item.prose, line, column }] };
  return { items: item.slugs.map((slug) => ({ text: slug, purpose: item.purpose, line, column })), prose: [] };
}
