/**
 * Texts from models, files and people, set into Markdown so that they stay text.
 *
 * Q1. Whatever a text holds, it cannot start a heading, a list of ours, a table cell, a fence, front matter, a link, an image or HTML.
 * Q2. It stays readable in the source too: only what would mean something is escaped.
 * Q3. Paragraphs and simple lists of a quoted text keep their shape, inside the quote.
 */
import { visible, visibleLines } from "./escape.ts";
import { unwrap } from "./unwrap.ts";
import type { Rule } from "../org/chart.ts";

/** Marks that open a block at the start of a line. */
const blockStart = /^(?:#{1,6}(?=\s|$)|[-+](?=\s|$)|-+(?=\s*$)|=+(?=\s*$)|>|\d{1,9}(?=[.)](?:\s|$)))/;

/** One line of text, fit for a paragraph, a list item, a table cell or a heading. */
export function inline(text: string): string {
  return escapeStart(escapeInline(visible(text)));
}

function escapeInline(line: string): string {
  return line
    .replaceAll(/&(?=#?\w+;)/g, "&amp;")
    .replaceAll(/[\\`*~[\]|$]/g, (mark) => `\\${mark}`)
    .replaceAll(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, "\\_")
    .replaceAll(/<(?=[A-Za-z/!?])/g, "\\<");
}

function escapeStart(line: string): string {
  return line.replace(blockStart, (mark) => (/^\d/.test(mark) ? `${mark}\\` : `\\${mark}`));
}

/** `inline`, cut to about so many characters. */
export function cell(text: string, longest = 140): string {
  const characters = Array.from(visible(text));
  return inline(
    characters.length <= longest
      ? characters.join("")
      : `${characters
          .slice(0, longest - 1)
          .join("")
          .trimEnd()}…`,
  );
}

/** A path, an id or a number as a code span; as escaped text where a code span could be left. */
export function code(text: string): string {
  const line = visible(text);
  return line === "" || /[`|\\]/.test(line) ? inline(text) : `\`${line}\``;
}

type Line = { readonly kind: "blank" | "item" | "text"; readonly text: string };

function lineOf(raw: string): Line {
  const line = raw.trim();
  if (line === "") return { kind: "blank", text: "" };
  const item = /^(?:[-*+•]|\d{1,9}[.)])\s+(.+)$/.exec(line);
  if (item) return { kind: "item", text: `- ${escapeStart(escapeInline(item[1] ?? ""))}` };
  return { kind: "text", text: escapeStart(escapeInline(line)) };
}

/** A text of any length as a block quote; nothing for an empty one. */
export function quote(text: string): string[] {
  const lines = visibleLines(text.trim()).map(lineOf);
  return lines.flatMap((line, at) => {
    const before = lines[at - 1];
    const after = lines[at + 1];
    if (line.kind === "blank") return before === undefined || before.kind === "blank" ? [] : [">"];
    const gap = before !== undefined && before.kind !== "blank" && before.kind !== line.kind ? [">"] : [];
    // Two lines of one paragraph would run together; a backslash keeps them apart.
    const hard = line.kind === "text" && after?.kind === "text" ? "\\" : "";
    return [...gap, `> ${line.text}${hard}`];
  });
}

/** A text as it is laid out, in a fence that it cannot close. */
export function fence(text: string, info = "text"): string[] {
  const lines = visibleLines(text);
  const longest = Math.max(0, ...Array.from(text.matchAll(/`+/g), (run) => run[0].length));
  const ticks = "`".repeat(Math.max(3, longest + 1));
  return [`${ticks}${info}`, ...lines, ticks];
}

/** Prose as a quote; what is laid out by its blanks, bars or fences stays as it is. */
export function block(text: string): string[] {
  if (text.trim() === "") return [];
  const laidOut = /```|~~~/.test(text) || text.split("\n").some((line) => /^(?: {4}|\t|\s*\|)/.test(line));
  return laidOut ? fence(text.trimEnd()) : quote(unwrap(text));
}

/** A link whose target is a path of ours: relative, percent-encoded, never a scheme. */
export function link(label: string, path: string): string {
  const target = path
    .split("#")
    .map((part) => encodeURI(part).replaceAll("(", "%28").replaceAll(")", "%29"))
    .join("#");
  return `[${label}](${target})`;
}

/** Header and rows; cells are Markdown already. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [row(header), row(header.map(() => "---")), ...rows.map(row)];
}

/** Files of the project that a link may lead to: relative, inside it, without anything that a host could read otherwise. */
export function isProjectPath(file: string): boolean {
  return /^[\w@+ -][\w.@+ -]*(?:\/[\w.@+ -]+)*$/.test(file) && !file.split("/").some((part) => /^\.+$/.test(part));
}

/** `“purpose” [modes/x.md:29](../../modes/x.md#L29)`; `up` leads from the page to the project, null where no link can. */
export function ruleText(rule: Rule, up: string | null): string {
  return `“${inline(rule.purpose)}” ${placeText(rule, up)}`;
}

export function placeText(rule: Pick<Rule, "file" | "line">, up: string | null): string {
  const label = `${rule.file}:${rule.line}`;
  if (up === null || !isProjectPath(rule.file)) return code(label);
  return link(inline(label), `${up}${rule.file}#L${rule.line}`);
}

export type FrontMatterValue = string | number | boolean | null;

/** YAML front matter; strings are quoted as JSON, which YAML reads the same, so that nothing in them can end it. */
export function frontMatter(entries: readonly (readonly [string, FrontMatterValue])[]): string[] {
  return [
    "---",
    ...entries.map(
      ([key, value]) => `${key}: ${typeof value === "string" ? JSON.stringify(visible(value)) : String(value)}`,
    ),
    "---",
  ];
}

/** Blocks of lines, a blank line between them, one line end at the end. */
export function page(...blocks: readonly (readonly string[])[]): string {
  const texts = blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => line.trimEnd()).join("\n"));
  return `${texts.join("\n\n")}\n`;
}
