/**
 * How well words fit a purpose. Two questions are asked of it: which of several targets is a whole text for (`rank`), and does a
 * single sentence name something that a purpose covers (`covered`).
 *
 * M1. A score depends on the declared purposes and the text alone; equal scores keep the order of declaration.
 */
import { phrasesOf, soundsOpen, stems } from "./words.ts";

/** A declared route as its tool shows it. */
export type Target = { readonly slug: string; readonly purpose: string };

/** `hits`: how many words of the text the purpose shares. */
export type Ranked = { readonly target: Target; readonly score: number; readonly hits: number };

/** Best first. A word counts for more the fewer purposes share it; zero means that no word of the text occurs. */
export function rank(text: string, targets: readonly Target[]): Ranked[] {
  const documents = targets.map(
    (target) => new Set([...stems(target.purpose), ...stems(target.slug.replace(/-/g, " "))]),
  );
  const words = stems(text);
  return targets
    .map((target, index) => {
      const own = documents[index] as ReadonlySet<string>;
      const hits = words.filter((word) => own.has(word));
      const score = hits.reduce((sum, word) => sum + rarity(word, documents), 0);
      return { target, score: score / (1 + Math.log(1 + own.size) / 8), hits: hits.length };
    })
    .toSorted((a, b) => b.score - a.score);
}

function rarity(word: string, documents: readonly ReadonlySet<string>[]): number {
  const holding = documents.filter((document) => document.has(word)).length;
  return Math.log(1 + (documents.length - holding + 0.5) / (holding + 0.5)) + 0.2;
}

export type Cover = {
  readonly target: Target;
  readonly phrase: string;
  readonly words: readonly string[];
  readonly sentence: string;
  readonly score: number;
};

export type Strictness = {
  /** A phrase of one content word counts: never, only in a sentence that says that something is open, or always. */
  readonly single: "never" | "open" | "always";
};

/** Every clear match of a phrase with a sentence, best first. */
export function covers(sentences: readonly string[], targets: readonly Target[], strictness: Strictness): Cover[] {
  const phrases = targets.flatMap((target) =>
    phrasesOf(target.purpose).map((phrase) => ({ target, phrase, words: stems(phrase) })),
  );
  const documents = phrases.map((each) => new Set(each.words));
  return sentences
    .flatMap((sentence) => {
      const said = new Set(stems(sentence));
      const isOpen = soundsOpen(sentence);
      return phrases.flatMap(({ target, phrase, words }) => {
        const found = words.filter((word) => said.has(word));
        if (!isClear(words.length, found.length, isOpen, strictness)) return [];
        const weight = found.reduce((sum, word) => sum + rarity(word, documents), 0);
        return [
          {
            target,
            phrase,
            words: found,
            sentence,
            score: weight * (found.length / words.length) * (isOpen ? 1.5 : 1),
          },
        ];
      });
    })
    .toSorted((a, b) => b.score - a.score);
}

function isClear(size: number, found: number, isOpen: boolean, strictness: Strictness): boolean {
  if (size === 1) return found === 1 && (strictness.single === "always" || (strictness.single === "open" && isOpen));
  return found >= 2 && found / size >= 0.66;
}

/** Two matches are about the same thing when most words of the smaller one occur in the other. */
export function sameTopic(a: readonly string[], b: readonly string[]): boolean {
  const shared = a.filter((word) => b.includes(word)).length;
  return shared > 0 && shared / Math.min(a.length, b.length) > 0.5;
}
