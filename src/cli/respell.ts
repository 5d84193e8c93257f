/**
 * One spelling of commands in whatever a person reads. The engine does not know how it was called: its hints say `cadre show r-1`,
 * which is no command in a checkout and leads to another project where --dir was given.
 *
 * S1. A command that is shown can be pasted: it starts with `npx cadre` and carries the places that were given.
 */
import { commands } from "./command-table.ts";
import type { Spell } from "./spelling.ts";

const verbs = commands.map((spec) => spec.name).join("|");
// What follows a path, a word or a hyphen is part of a name. Help is the same everywhere, so it stays as short as it is.
const command = new RegExp(`(?<![\\w/.@-])(?:npx )?cadre (?=(?:${verbs})(?![\\w-])(?! --help))`, "g");

/** S1. Respells every command of ours in a sentence, quoted or not. */
export function respell(text: string, spell: Spell): string {
  return text.replaceAll(command, () => spell(""));
}
