/**
 * One item of a list of routes, as people write it.
 *
 * B1. It makes routes if it names roles by their slugs, and nothing else but a purpose. "None" makes none. Everything else is prose, and
 *     told as such: a route is a rule, and nobody guesses rules.
 */
import type { Problem } from "../documents/problem.ts";

export type RouteItem =
  | { readonly slugs: readonly string[]; readonly purpose: string | null }
  /** The slugs that the prose mentions. */
  | { readonly prose: readonly string[] };

/** An item of which no route is made, and where it stands. */
export type ProseItem = {
  readonly key: string;
  readonly text: string;
  readonly named: readonly string[];
  readonly line: number;
  readonly column: number;
};

/** One slug in back quotes or several, by commas, slashes or words between; then perhaps a purpose. */
const quoted = /^(`[^`]+`(?:(?:\s*[/,]\s*|\s+(?:or|and|&)\s+)`[^`]+`)*)(?:\s*\/\s*etc\.?)?\s*(.*)$/;
/** A bare slug may hold hyphens, so a dash behind it needs space. */
const bare = /^([^\s:#(—–`]+)(?:\s*([:#(—–].*)|\s+(-\s.*))?$/;
const none = /^[([]?(?:none|n\/a|nobody|nothing)(?![\w-])/i;

export function saysNone(text: string): boolean {
  return none.test(text.trim());
}

export function readRouteItem(written: string): RouteItem {
  const text = written.trim();
  if (none.test(text)) return { slugs: [], purpose: null };
  const found = quoted.exec(text);
  const behind = found ? purposeOf(found[2] ?? "") : undefined;
  if (found && behind !== undefined) {
    const slugs = [...(found[1] ?? "").matchAll(/`([^`]+)`/g)].map((slug) => (slug[1] ?? "").trim());
    return { slugs, purpose: behind };
  }
  const plain = bare.exec(text);
  if (plain) return { slugs: [plain[1] ?? text], purpose: purposeOf(plain[2] ?? plain[3] ?? "") ?? null };
  return { prose: [...text.matchAll(/`([a-z0-9][a-z0-9-]*)`/g)].map((slug) => slug[1] ?? "") };
}

/** What stands behind a slug: null where nothing does, undefined where the sentence goes on and the slug was only part of it. */
function purposeOf(behind: string): string | null | undefined {
  const text = behind.trim();
  if (text === "") return null;
  const found = /^(?:[-:#—–]+|\()\s*/.exec(text);
  if (!found) return undefined;
  const words = text.slice(found[0].length).trim();
  const whole = found[0].startsWith("(") && words.endsWith(")") ? words.slice(0, -1) : words;
  const purpose = whole.replace(/^#+\s*/, "").trim();
  return purpose === "" ? null : purpose;
}

/** A route that is told in words: nobody can be held to it. */
export function proseProblem({ file, text, key, named, line, column }: ProseItem & { readonly file: string }): Problem {
  const back = /^[([]?(?:the )?(?:delegating|requesting|calling|assigning|invoking|originating)\b/i.test(text);
  const lines = named.map((slug) => `- ${slug} # For …`).join("\n");
  return {
    code: "route-in-prose",
    severity: "warning",
    message: `"${text.slice(0, 120)}" under ${key} names no role by its slug alone; no route is made of it.`,
    file,
    line,
    column,
    hint: back
      ? "What a role was asked goes back to whoever asked by itself: leave the line out, or name the roles that get a copy."
      : named.length > 0
        ? `Write one line for each role, with its purpose:\n${lines}`
        : "Name each role by its slug, with its purpose behind a #.",
  };
}
