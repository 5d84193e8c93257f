/**
 * Finds the parts of a brief in its body. Two dialects: headings of any level (`## What`, `### Why (it matters)`), and the
 * pasted template of labels (`Task:` … `Why it matters:` …, or words that end in `Done when:`), with or without a code fence around it.
 *
 * B1. No word of the user is lost: what stands outside the known parts belongs to the task.
 */
import {
  besideList,
  readLines,
  readList,
  readSections,
  textOf,
  type Section,
  type SourceLine,
} from "../documents/sections.ts";

export const fieldNames = ["task", "why", "where", "when", "acceptance", "inputs", "constraints"] as const;
export type FieldName = (typeof fieldNames)[number];

export type Field = { readonly line: number; readonly lines: SourceLine[] };

export type Fields = {
  /** The first heading of level 1 that is no part of the brief. */
  readonly heading: string | null;
  readonly parts: ReadonlyMap<FieldName, Field>;
};

const spellings: readonly (readonly [FieldName, RegExp])[] = [
  ["task", /^(?:what|(?:your |the )?task)$/],
  ["why", /^why(?: (?:it|this) matters)?$/],
  ["where", /^where(?: (?:it|this) applies)?$/],
  ["when", /^when(?: (?:it|this) is needed)?$/],
  ["acceptance", /^(?:acceptance(?: criteria)?|done when|definition of done|success criteria)$/],
  ["inputs", /^inputs?$/],
  ["constraints", /^constraints?$/],
];

/** `📌 What (Task / Action)` and `2. Why (it matters):` are `what` and `why`. */
function fieldOf(title: string): FieldName | null {
  const plain = title
    .replace(/\([^)]*\)/g, " ")
    .replace(/[^\p{L}\s]/gu, " ")
    .replace(/\s+/g, " ")
    .trim()
    .toLowerCase();
  return spellings.find(([, pattern]) => pattern.test(plain))?.[0] ?? null;
}

export function readFields(body: string, firstLine: number): Fields {
  const lines = unfence(readLines(body, firstLine));
  const sections = readSections(lines);
  if (sections.some((section) => section.level > 0 && fieldOf(section.title) !== null)) return fromHeadings(sections);
  return fromLabels(lines) ?? fromWords(sections);
}

/** A fence around everything is how a template gets pasted. */
function unfence(lines: readonly SourceLine[]): readonly SourceLine[] {
  const filled = lines.filter((line) => line.text.trim() !== "");
  const [first, last] = [filled[0], filled.at(-1)];
  if (!first || !last || filled.length < 3 || !filled.every((line) => line.fenced)) return lines;
  const inner = lines.filter((line) => line.line > first.line && line.line < last.line);
  return readLines(inner.map((line) => line.text).join("\n"), first.line + 1);
}

function fromHeadings(sections: readonly Section[]): Fields {
  const parts = new Map<FieldName, Field>();
  const outside: SourceLine[] = [];
  let heading: string | null = null;
  let current: { readonly field: Field; readonly level: number } | null = null;
  for (const section of sections) {
    const name = section.level > 0 ? fieldOf(section.title) : null;
    if (name !== null) {
      const field: Field = parts.get(name) ?? { line: section.line, lines: [] };
      parts.set(name, field);
      current = { field, level: section.level };
      add(field.lines, section.lines);
    } else if (section.level === 1 && heading === null) {
      heading = section.title;
      current = null;
      add(outside, section.lines);
    } else {
      // A deeper heading belongs to the part it stands in; any other ends it.
      if (current && section.level <= current.level) current = null;
      add(current?.field.lines ?? outside, withHeading(section));
    }
  }
  return { heading, parts: withOutside(parts, outside) };
}

/** One by one: a part may have more lines than a call takes arguments. */
function add(to: SourceLine[], lines: readonly SourceLine[]): void {
  for (const line of lines) to.push(line);
}

function withHeading(section: Section): SourceLine[] {
  if (section.level === 0) return [...section.lines];
  const text = `${"#".repeat(section.level)} ${section.title}`;
  return [{ text, line: section.line, fenced: false }, ...section.lines];
}

/** B1. What stands beside the list of a part is no item of it, and joins the task as well. */
function withOutside(parts: Map<FieldName, Field>, words: readonly SourceLine[]): Map<FieldName, Field> {
  const outside = [...words, ...listParts.flatMap((name) => proseOf(parts.get(name)?.lines ?? [], name))];
  if (textOf(outside) === "") return parts;
  const task = parts.get("task");
  const gap = { text: "", line: 0, fenced: false };
  const lines = task ? [...task.lines, gap, ...outside] : [...outside];
  return parts.set("task", { line: task?.line ?? outside[0]?.line ?? 1, lines });
}

const listParts = ["acceptance", "inputs", "constraints"] as const;

/** Criteria and constraints without a list are their paragraphs; an input is always an item. */
function proseOf(lines: readonly SourceLine[], name: (typeof listParts)[number]): SourceLine[] {
  if (name !== "inputs" && readList(lines).length === 0) return [];
  const prose = besideList(lines).filter(({ text }) => !/^\s*(?:\(optional\)|\[[^\][]*\])\s*$/i.test(text));
  return textOf(prose) === "" ? [] : [{ text: "", line: 0, fenced: false }, ...prose];
}

/** `Task: …`, `**Why it matters:** …`, `- When this is needed:`; at the start of a line. */
const label = /^\s{0,3}(?:[-*+]\s+)?(?:\*\*)?([A-Za-z][A-Za-z ()/]{2,40}?)(?:\*\*)?:(?:\*\*)?(?:\s+(.*))?$/;

function fromLabels(lines: readonly SourceLine[]): Fields | null {
  const parts = new Map<FieldName, Field>();
  const outside: SourceLine[] = [];
  const title = titleBefore(lines);
  let current: Field | null = null;
  for (const line of lines.flatMap(atLabels)) {
    if (line === title) continue;
    const found = labelOf(line);
    if (found) {
      current = parts.get(found.name) ?? { line: line.line, lines: [] };
      parts.set(found.name, current);
      if (found.rest !== "") current.lines.push({ ...line, text: found.rest });
    } else if (!isFence(line)) (current?.lines ?? outside).push(line);
  }
  if (!isBrief(parts, outside)) return null;
  return { heading: title?.text.slice(1).trim() ?? null, parts: withOutside(parts, outside) };
}

/** A task is named, or what must be true at the end, and other words are the task. */
function isBrief(parts: ReadonlyMap<FieldName, Field>, outside: readonly SourceLine[]): boolean {
  return parts.has("task") || (parts.has("acceptance") && textOf(outside) !== "");
}

/** `Task: … Why it matters: …` on one line: further labels count where a sentence has just ended. */
const inner =
  /(?<=[.!?;"”)])\s+(?=(?:Task|What|Why(?: (?:it|this) matters)?|Where(?: (?:it|this) applies)?|When(?: (?:it|this) is needed)?|Acceptance(?: criteria)?|Done when|Definition of done|Success criteria|Inputs?|Constraints?):\s)/u;

/** Of words that begin with no label only what must be true at the end is split off: any other label may be their own. */
const innerCriteria =
  /(?<=[.!?;"”)])\s+(?=(?:Acceptance(?: criteria)?|Done when|Definition of done|Success criteria):\s)/u;

function atLabels(line: SourceLine): SourceLine[] {
  if (line.fenced) return [line];
  const texts = line.text.split(labelOf(line) === null ? innerCriteria : inner);
  return texts.length === 1 ? [line] : texts.map((text) => ({ ...line, text }));
}

/** A heading above the first label. */
function titleBefore(lines: readonly SourceLine[]): SourceLine | undefined {
  const first = lines.findIndex((line) => labelOf(line) !== null);
  return lines.slice(0, Math.max(0, first)).find((line) => /^#\s+\S/.test(line.text));
}

function labelOf(line: SourceLine): { readonly name: FieldName; readonly rest: string } | null {
  const found = label.exec(line.text);
  const name = found ? fieldOf(found[1] ?? "") : null;
  return name === null ? null : { name, rest: found?.[2] ?? "" };
}

/** Fences around or between the labels belong to the pasting. */
function isFence(line: SourceLine): boolean {
  return /^\s*(?:`{3,}|~{3,})[\w-]*\s*$/.test(line.text);
}

/** No part is named: everything is the task, but for a first heading that is its title. */
function fromWords(sections: readonly Section[]): Fields {
  const first = sections.find((section) => section.level === 1);
  const rest = sections.flatMap((section) => (section === first ? [...section.lines] : withHeading(section)));
  const heading = first?.title ?? null;
  const lines = textOf(rest) === "" && first ? [{ text: first.title, line: first.line, fenced: false }] : rest;
  return { heading, parts: new Map([["task", { line: lines[0]?.line ?? 1, lines: [...lines] }]]) };
}
