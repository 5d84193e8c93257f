/**
 * What a mode's body says about itself under `## Metadata`: bold labels or headings followed by lists. Read where the front
 * matter lacks the key; where both speak and disagree, the front matter counts and lint says so.
 */
import { readList, type Section, type SourceLine } from "../documents/sections.ts";

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
/** `` `slug` purpose `` with `:`, `#`, a dash or brackets between; a bare slug may hold hyphens, so a dash needs space there. */
const quoted = /^`([^`]+)`\s*(?:[-:#(—–]+\s*(.*?)\)?)?$/;
const bare = /^([^\s:#(—–`]+)(?:\s*[:#(—–]\s*(.*?)\)?|\s+-\s+(.*))?$/;

type Block = { readonly key: string; readonly line: number; readonly rest: string; readonly lines: SourceLine[] };

/** `sections` are the whole body's; only those under a heading `Metadata` are read. */
export function readMetadata(sections: readonly Section[]): Metadata {
  const result = new Map<string, MetadataEntry>();
  for (const block of blocksOf(underMetadata(sections))) {
    if (result.has(block.key)) continue;
    const inline =
      block.rest === "" ? [] : block.rest.split(",").map((text) => ({ text, line: block.line, column: 1 }));
    const items = [...inline, ...readList(block.lines)].map((entry) => itemOf(block.key, entry));
    result.set(block.key, { line: block.line, items: items.filter((entry) => entry.text !== "") });
  }
  return result;
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

function itemOf(key: string, entry: { text: string; line: number; column: number }): MetadataItem {
  const text = entry.text.trim();
  const place = { line: entry.line, column: entry.column };
  const found = key.endsWith("_to") || key === "tool_groups" ? (quoted.exec(text) ?? bare.exec(text)) : null;
  if (!found) return { text: text.replaceAll("`", ""), purpose: null, ...place };
  const purpose = (found[2] ?? found[3] ?? "").trim();
  return { text: found[1] ?? text, purpose: purpose === "" ? null : purpose, ...place };
}
