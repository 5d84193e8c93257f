/**
 * Words, as far as the rehearsal understands them: stems of content words, sentences, the phrases of a purpose.
 *
 * W1. Nothing here knows a role, a brief or a field of work: lists hold function words and the vocabulary of asking, no more.
 */
import { termsOf } from "../../org/words.ts";

/** Words that only say that there is a matter at all; the ranking's own list has the function words. */
const empty = new Set(
  termsOf(
    "again against anything somebody someone something nobody nothing advice come comes concern concerns concerning doubt doubts " +
      "during example goes going guidance guide help instance just made makes making matter matters might most off one shall still " +
      "take takes taken trouble until upon very whole whose",
  ),
);

/** Stems of the content words, each once, in order. */
export function stems(text: string): string[] {
  return [...new Set(termsOf(text))].filter((term) => term.length > 1 && !empty.has(term));
}

/** Sentences and list items; a text without marks is one sentence. */
export function sentencesOf(text: string): string[] {
  return text
    .split(/\n\s*\n|\n\s*[-*]\s+|(?<=[.!?;])\s+(?=\P{Ll})/u)
    .map((sentence) =>
      sentence
        .replace(/\s+/g, " ")
        .replace(/^\s*[-*]\s/, "")
        .trim(),
    )
    .filter((sentence) => /\p{L}\s+\S*\p{L}/u.test(sentence));
}

/** The separate things that a purpose names: `a (b, c), d; e` is five phrases. */
export function phrasesOf(purpose: string): string[] {
  return purpose
    .split(/[,;:()[\]–—/]+|\.\s|\bsuch as\b|\be\.g\.|\bi\.e\./u)
    .map((phrase) => phrase.replace(/^\s*(?:and|or|for|with|to|of)\s+/i, "").trim())
    .filter((phrase) => stems(phrase).length > 0);
}

/** Vocabulary by which a text says that something is still to be decided. */
const open =
  /\b(?:whether|unclear|unknown|undecided|(?:is|are|still|left) open|open (?:\w+ (?:and \w+ )?)?question|pending|decid\w*|decision|approv\w*|permission|consent|unless|not yet|nobody|budget\w*|limited|if needed|if necessary|to be (?:set|agreed|named))\b/i;

export function soundsOpen(sentence: string): boolean {
  return open.test(sentence);
}

/** Vocabulary by which a text says that it is hard. */
export function soundsHard(sentence: string): boolean {
  return /\b(?:must|cannot|never|nobody|has to|have to|not been|before|law|legal|licen[cs]\w*)\b/i.test(sentence);
}

/** First letter large: for the start of a sentence. */
export function atStart(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** First letter small, no full stop: for use inside a sentence. Abbreviations keep their capitals. */
export function inSentence(text: string): string {
  const bare = text.trim().replace(/[.;:]+$/, "");
  return /^\p{Lu}\p{Ll}/u.test(bare) ? bare.charAt(0).toLowerCase() + bare.slice(1) : bare;
}

/** A text as one short line, cut at a word. */
export function short(text: string, limit: number): string {
  const line = text.replace(/\s+/g, " ").trim();
  if (line.length <= limit) return line;
  const cut = line.slice(0, limit - 1);
  const space = cut.lastIndexOf(" ");
  return `${space > limit / 2 ? cut.slice(0, space) : cut}…`;
}

/** A short name for a file that people will see: the words before the first mark, none of the small ones at its end. */
export function nameSlug(text: string): string {
  const subject = text.split(/[:;,.!?(–—](?:\s|$)/u, 1)[0] ?? "";
  const slug = fileSlug(stems(subject).length > 0 ? subject : text);
  return slug.replace(/(?:-(?:a|an|the|of|for|from|in|on|at|to|by|with|and|or|how|new))+$/, "") || slug;
}

/** A name for a file: letters and digits of the title, in ASCII as far as that is possible. */
export function fileSlug(text: string, limit = 48): string {
  const ascii = text
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .replace(/[đĐ]/g, "d")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-");
  const cut = ascii.length > limit ? ascii.slice(0, limit).replace(/-[^-]*$/, "") : ascii;
  return cut.replace(/^-+|-+$/g, "") || "work";
}
