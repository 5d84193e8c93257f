/**
 * A role's slug in a text, renamed where it stands for the role. Pure.
 *
 * N1. Edits are made by position: what is not the slug stays as it is, to the byte, with its comments, quotes and line ends.
 * N2. What may be the role and may be only a word is not touched: its place is named, for a person to look at.
 */
import { readLines, readSections } from "../../documents/sections.ts";
import { placedScalars, type PlacedScalar } from "../../documents/yaml-scalars.ts";
import { readMetadata } from "../../modes/metadata.ts";

export type Names = { readonly from: string; readonly to: string };
export type Spot = { readonly line: number; readonly text: string };
export type RenamedText = { readonly text: string; readonly edits: number; readonly byHand: readonly Spot[] };
export type Edit = { readonly start: number; readonly end: number; readonly text: string };

const whole = (slug: string): RegExp => new RegExp(`(?<![\\w-])${slug}(?![\\w-])`, "g");

/** The text with the edits made, and the lines that still hold the old name as a word. */
export function withEdits(text: string, edits: readonly Edit[], { from }: Names): RenamedText {
  let made = text;
  for (const { start, end, text: into } of edits.toSorted((a, b) => b.start - a.start))
    made = made.slice(0, start) + into + made.slice(end);
  const byHand = made
    .split("\n")
    .flatMap((line, index) => (whole(from).test(line) ? [{ line: index + 1, text: line.trim() }] : []));
  return { text: made, edits: edits.length, byHand };
}

/** Which scalars of front matter or of a YAML file name roles. */
type IsRole = (scalar: PlacedScalar) => boolean;

const routeKeys: ReadonlySet<unknown> = new Set(["reports_to", "escalates_to", "delegates_to"]);

/** Of a mode: its own slug where it is the role's, and routes as items or as `to`. */
export function modeScalar({ path: [key, index, field], key: isKey }: PlacedScalar): boolean {
  if (isKey) return false;
  if (key === "slug") return index === undefined;
  return routeKeys.has(key) && (field === undefined || field === "to");
}

export function briefScalar({ path, key }: PlacedScalar): boolean {
  return !key && path.length === 1 && path[0] === "to";
}

/** In cadre.yaml: the map's `roles`, and the roles of an MCP server. */
export function configScalar({ path: [top, second, third], key }: PlacedScalar): boolean {
  if (top === "map" && second === "roles" && third !== undefined) return key;
  return top === "mcp" && second === "servers" && !key;
}

/** A Markdown file: front matter, what stands in back quotes, lists that a mode is read from, and paths. */
export function renameInMarkdown(text: string, names: Names, isRole: IsRole): RenamedText {
  const front = /^\ufeff?---[ \t]*\r?\n([\s\S]*?)^---[ \t]*\r?$/m.exec(text);
  const start = front ? front.index + front[0].indexOf("\n") + 1 : 0;
  const edits = front ? scalarEdits(front[1] ?? "", start, names, isRole) : [];
  const bodyAt = front ? front.index + front[0].length : 0;
  const body = bodyEdits(text, bodyAt, names);
  return withEdits(text, [...edits, ...body], names);
}

export function renameInYaml(text: string, names: Names, isRole: IsRole): RenamedText {
  return withEdits(text, scalarEdits(text, 0, names, isRole), names);
}

function scalarEdits(source: string, offset: number, { from, to }: Names, isRole: IsRole): Edit[] {
  return placedScalars(source)
    .filter((scalar) => scalar.value === from && isRole(scalar))
    .map(({ start, end }) => {
      const at = start + source.slice(start, end).indexOf(from);
      return { start: offset + at, end: offset + at + from.length, text: to };
    });
}

function bodyEdits(text: string, bodyAt: number, { from, to }: Names): Edit[] {
  const body = text.slice(bodyAt);
  const lines = readLines(body);
  const starts = lineStarts(body);
  const listed = listedLines(body, from);
  const patterns = [new RegExp(`(?<=\`)${from}(?=\`)`, "g"), new RegExp(`(?<=modes/context/)${from}(?=[/\`\\s)]|$)`, "g"), new RegExp(`(?<=modes/)${from}(?=\\.md(?![\\w-]))`, "g")]; // prettier-ignore
  const edits = new Map<number, Edit>();
  for (const { text: line, line: number, fenced } of lines) {
    const at = bodyAt + (starts[number - 1] ?? 0);
    const found = fenced ? [] : patterns.flatMap((pattern) => [...line.matchAll(pattern)].map((match) => match.index));
    const bare = listed.has(number) && found.length === 0 ? (whole(from).exec(line)?.index ?? null) : null;
    for (const index of [...found, ...(bare === null ? [] : [bare])])
      edits.set(at + index, { start: at + index, end: at + index + from.length, text: to });
  }
  return [...edits.values()];
}

/** As `readLines` splits. */
function lineStarts(text: string): number[] {
  return [0, ...[...text.matchAll(/\r\n|\n|\r/g)].map((end) => end.index + end[0].length)];
}

/** Lines of lists in the body that a mode's routes are read from, where they name the role without quotes. */
function listedLines(body: string, slug: string): ReadonlySet<number> {
  const { entries } = readMetadata(readSections(readLines(body)));
  return new Set(
    [...entries]
      .filter(([key]) => routeKeys.has(key))
      .flatMap(([, { items }]) => items.filter((item) => item.text === slug).map((item) => item.line)),
  );
}
