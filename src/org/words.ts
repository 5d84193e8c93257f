/**
 * Words for lexical ranking. Texts by different people must meet: "licence", "license" and "licensing", "fine-tune" and
 * "Finetuning". The stemmer is light and works by suffixes of English; words of other languages pass through whole.
 */

const stopWords = new Set(
  (
    "a about after all also an and any are as at be been before being but by can could did do does each eg etc every for from " +
    "get had has have how i if in into is it its like make may more must my need needed needs no not of on once only or other " +
    "our out over per please report reports should so some such than that the their them then there these they this those " +
    "through to too under up us use used using via want was we were what when where whether which while who why will with " +
    "within without would you your issue issues problem problems question questions related"
  ).split(" "),
);

const scripts = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Khmer}\p{Script=Lao}]/u;
const word = /[\p{L}\p{M}\p{N}]+(?:[-‐‑'’][\p{L}\p{M}\p{N}]+)*/gu;

/** A text's terms in order, stemmed, without stop words. A compound gives its parts and itself joined. */
export function termsOf(text: string): string[] {
  return [...text.normalize("NFKC").toLowerCase().matchAll(word)].flatMap(([found]) => {
    const parts = found.replace(/['’]s?$/u, "").split(/[-‐‑'’]/u);
    const joined = parts.length > 1 ? [stem(parts.join(""))] : [];
    return [...joined, ...parts.filter((part) => !stopWords.has(part)).flatMap(pieces)];
  });
}

/** Scripts without spaces: pairs of neighbouring characters. */
function pieces(part: string): string[] {
  if (!scripts.test(part)) return [stem(part)];
  const characters = Array.from(part);
  if (characters.length < 2) return [part];
  return characters.slice(1).map((character, index) => `${characters[index]}${character}`);
}

/** Longest first within a group; what is left must keep at least the given number of letters. */
const endings: readonly (readonly [suffix: string, least: number, instead: string])[] = [
  ["ifications", 3, "ify"],
  ["ification", 3, "ify"],
  ["abilities", 4, ""],
  ["ability", 4, ""],
  ["ations", 4, ""],
  ["ation", 4, ""],
  ["ators", 4, ""],
  ["ator", 4, ""],
  ["ated", 4, ""],
  ["ates", 4, ""],
  ["ate", 4, ""],
  ["ating", 4, ""],
  ["ments", 4, ""],
  ["ment", 4, ""],
  ["ances", 4, ""],
  ["ance", 4, ""],
  ["able", 4, ""],
  ["ions", 4, ""],
  ["ion", 4, ""],
  ["ages", 4, ""],
  ["age", 4, ""],
  ["als", 5, ""],
  ["al", 5, ""],
  ["ing", 3, ""],
  ["ings", 3, ""],
  ["ies", 2, "y"],
  ["ied", 2, "y"],
  ["ed", 3, ""],
  ["es", 3, ""],
  ["s", 3, ""],
  ["ly", 4, ""],
];

/** One ending and what spelling adds to it; British and American spellings end up alike. */
export function stem(term: string): string {
  if (term.length <= 3 || /[^a-z]/.test(term)) return term;
  // `status` and `analysis` are no plurals; `gpus` and `cpus` are.
  const base = /(?:ss|us|is)$/.test(term) && !/^[^aeiou]{2}us$/.test(term) ? term : shorten(term);
  return base
    .replace(/e$/, "")
    .replace(/ment$/, (found, at: number) => (at >= 4 ? "" : found))
    .replace(/([^aeiou])\1$/, "$1")
    .replace(/i[sz]$/, "iz")
    .replace(/nc$/, "ns")
    .replace(/y$/, "i");
}

function shorten(term: string): string {
  for (const [suffix, least, instead] of endings) {
    const rest = term.length - suffix.length;
    if (rest >= least && term.endsWith(suffix) && /[aeiouy]/.test(term.slice(0, rest))) {
      return term.slice(0, rest) + instead;
    }
  }
  return term;
}
