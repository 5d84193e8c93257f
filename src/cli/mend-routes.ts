/** What `lint --fix` mends of routes: names of roles that were only spelled otherwise, and lists in the body that belong in the front matter. Pure. */
import { writeYaml } from "../documents/write-yaml.ts";
import type { RouteDeclaration } from "../modes/mode.ts";
import { routeLines } from "../modes/writing/lines.ts";

export type Rename = { readonly line: number; readonly column: number; readonly from: string; readonly to: string };

/** Each at its place alone; one whose place holds something else by now is left. Returns how many were made. */
export function renameTargets(
  text: string,
  renames: readonly Rename[],
): { readonly text: string; readonly made: readonly Rename[] } {
  const lines = text.split("\n");
  const made = renames
    .toSorted((a, b) => b.line - a.line || b.column - a.column)
    .filter(({ line, column, from, to }) => {
      const before = lines[line - 1];
      const at = before === undefined ? -1 : wordAt(before, from, column - 1);
      if (before === undefined || at === -1) return false;
      lines[line - 1] = before.slice(0, at) + to + before.slice(at + from.length);
      return true;
    });
  return { text: lines.join("\n"), made: made.toReversed() };
}

/** The first place from `start` on where the word stands by itself. */
function wordAt(text: string, word: string, start: number): number {
  for (let at = text.indexOf(word, start); at !== -1; at = text.indexOf(word, at + 1)) {
    if (!/[\w-]/.test(text.charAt(at - 1)) && !/[\w-]/.test(text.charAt(at + word.length))) return at;
  }
  return -1;
}

/** Adds the routes to the end of YAML front matter; the text as it was where it has none. */
export function liftRoutes(text: string, routes: readonly RouteDeclaration[]): string {
  const opening = /^\ufeff?---[ \t]*\r?\n/.exec(text);
  if (!opening || routes.length === 0) return text;
  const closing = /^---[ \t]*\r?$/gm;
  closing.lastIndex = opening[0].length;
  const end = closing.exec(text)?.index;
  if (end === undefined) return text;
  const lines = writeYaml(routeLines(routes)).replaceAll("\n", opening[0].endsWith("\r\n") ? "\r\n" : "\n");
  return text.slice(0, end) + lines + text.slice(end);
}
