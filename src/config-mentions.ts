/**
 * Whether cadre.yaml holds a word at all. Reading the file as YAML with its schemas loads more than taking a decision up does, and most
 * projects name nobody to notify and nobody to approve.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export function configMentions(dir: string, word: string): boolean {
  try {
    return readFileSync(join(dir, "cadre.yaml"), "utf8").includes(word);
  } catch {
    return false;
  }
}
