/** "Did you mean": the known name that is closest to one that is not known, by its letters or, for a renamed one, by its words. */

/** The nearest name within a third of the word's length (at least 2 edits); null if none is near. */
export function nearest(word: string, known: Iterable<string>): string | null {
  const wanted = word.toLowerCase().slice(0, 80);
  const limit = Math.max(2, Math.floor(wanted.length / 3));
  let best: string | null = null;
  let least = limit + 1;
  for (const name of [...known].toSorted()) {
    if (Math.abs(name.length - wanted.length) > limit) continue;
    const distance = editDistance(wanted, name.toLowerCase());
    if (distance < least && !anotherWord(wanted, name.toLowerCase())) [best, least] = [name, distance];
  }
  return best;
}

/** Whether names of several words differ in one that was replaced, not mistyped: `vite-specialist` is no `data-specialist`. */
function anotherWord(a: string, b: string): boolean {
  const [own, other] = [wordsOf(a), wordsOf(b)];
  if (own.length !== other.length || own.length === 1) return false;
  return own.some((word, index) => {
    const against = other[index] ?? "";
    return word !== against && editDistance(word, against) > Math.max(1, Math.floor(word.length / 3));
  });
}

/**
 * The known name that shares the most of what sets it apart: after a pack was renamed, `frontend-lead` is `lead-frontend` and
 * `technical-architect` is `core-architect`. A word counts the more the fewer names have it. Null where none shares nearly half, or
 * two share as much.
 */
export function renamed(word: string, known: Iterable<string>): string | null {
  const names = [...known].map((name) => ({ name, words: wordsOf(name) }));
  const own = wordsOf(word);
  const weight = (each: string): number => {
    const having = names.filter(({ words }) => words.includes(each)).length;
    return having === 0 ? lostWord : 1 / (1 + having);
  };
  const sum = (words: Iterable<string>): number => [...words].reduce((total, each) => total + weight(each), 0);
  const scored = names
    .map(({ name, words }) => ({
      name,
      score: sum(new Set(own.filter((each) => words.includes(each)))) / sum(new Set([...own, ...words])),
    }))
    .filter(({ score }) => score >= 0.45)
    .toSorted((a, b) => b.score - a.score);
  const [first, second] = scored;
  return first && first.score > (second?.score ?? 0) ? first.name : null;
}

/** What a word counts that no known name has: the renaming has done away with it. */
const lostWord = 0.25;

function wordsOf(name: string): string[] {
  return name
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((each) => each !== "");
}

/** The one name that was surely meant: the same words in another order, or one letter off. Null where there is none, or more than one. */
export function surely(word: string, known: Iterable<string>): string | null {
  const names = [...known];
  const words = wordsOf(word).toSorted().join(" ");
  const same = names.filter((name) => wordsOf(name).toSorted().join(" ") === words);
  const close = names.filter(
    (name) => name.length > 3 && Math.abs(name.length - word.length) < 2 && editDistance(word, name) === 1,
  );
  const found = same.length > 0 ? same : close;
  return found.length === 1 ? (found[0] ?? null) : null;
}

/** `Did you mean "x"?`, or the fallback. */
export function didYouMean(word: string, known: Iterable<string>, otherwise: string): string {
  const names = [...known];
  const name = nearest(word, names) ?? renamed(word, names);
  return name === null ? otherwise : `Did you mean "${name}"?`;
}

/** Edits: insert, delete, replace, swap two neighbours. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = isSwap(a, b, i, j) ? at(beforeLast, j - 2) + 1 : Infinity;
      row.push(Math.min(at(last, j) + 1, at(row, j - 1) + 1, replaced, swapped));
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}

function isSwap(a: string, b: string, i: number, j: number): boolean {
  return i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
}
