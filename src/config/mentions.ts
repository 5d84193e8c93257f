/**
 * What cadre.yaml says, as far as its words tell it. Reading the file as YAML with its schemas loads more than taking a decision up does, and
 * most projects name nobody to notify and nobody to approve.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Whether the file holds a word at all. One that is there and cannot be read may hold any: whoever reads it properly says what is wrong. */
export function configMentions(dir: string, word: string): boolean {
  return textOf(dir)?.includes(word) ?? true;
}

/** The variables that stand behind `token`, and every other word that could be the name of a variable. */
export function configWords(dir: string): { readonly tokens: readonly string[]; readonly words: readonly string[] } {
  const text = textOf(dir) ?? "";
  const tokens = [...text.matchAll(/\btoken["']?\s*:\s*["']?([A-Za-z_]\w*)/g)].flatMap(([, name]) => name ?? []);
  return { tokens: [...new Set(tokens)], words: [...new Set(text.match(/\b[A-Za-z_]\w*\b/g) ?? [])] };
}

/** Empty where there is no file; null where it cannot be read. */
function textOf(dir: string): string | null {
  try {
    return readFileSync(join(dir, "cadre.yaml"), "utf8");
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOENT" ? "" : null;
  }
}
