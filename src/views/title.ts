/** Short names for long texts: titles and file names. */
import { unwrap } from "./unwrap.ts";

/** The first sentence or line of a text, cut to about so many characters at a blank. */
export function titleOf(text: string, longest = 80): string {
  const line = unwrap(text.trim()).split("\n", 1)[0]?.trim() ?? "";
  const ended = /^(.{12,}?[.!?])(?:\s|$)/u.exec(line)?.[1] ?? line;
  const title = ended.replace(/[.:]$/, "");
  const characters = Array.from(title);
  if (characters.length <= longest) return title;
  const cut = characters.slice(0, longest).join("");
  const blank = cut.lastIndexOf(" ");
  const kept = blank > longest / 2 ? cut.slice(0, blank) : cut;
  // A bracket that the cut left open says nothing.
  const bracket = /\s*\([^()]*$/.exec(kept)?.index ?? 0;
  return `${(bracket > longest / 2 ? kept.slice(0, bracket) : kept).replace(/[\s,;:(]+$/, "")}…`;
}

/** Lower-case ASCII letters, digits and single hyphens; `other` where nothing of the text is left. */
export function slugOf(text: string, other: string, longest = 48): string {
  const slug = text
    .normalize("NFKD")
    .replaceAll(/[đĐ]/g, "d")
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  if (slug.length <= longest) return slug === "" ? other : slug;
  const cut = slug.slice(0, longest);
  const hyphen = cut.lastIndexOf("-");
  const kept = hyphen > longest / 2 ? cut.slice(0, hyphen) : cut;
  return kept.replace(/(?:-(?:a|an|the|of|for|from|in|on|at|to|by|with|and|or))*-*$/, "");
}
