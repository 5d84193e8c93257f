/**
 * "Did you mean": the known name that is closest to one that is not known, by its letters or, for a renamed one, by its words. A pack in which
 * everything was renamed asks thousands of times for thousands of names: they are sorted and taken apart once, and each word is looked for once.
 */

export type KnownNames = {
  /** By its letters, or else by its words; null where no name is near. `but`: names that are no answer. */
  readonly likely: (word: string, but?: readonly string[]) => string | null;
  /** The one name that was surely meant: the same words in another order, or one letter off. Null where there is none, or more than one. */
  readonly surely: (word: string) => string | null;
};

export function knownNames(known: Iterable<string>): KnownNames {
  // What two files claim is one name still.
  const names = [...new Set(known)].toSorted().map(nameOf);
  const byLetters = remembered((word) => nearestOf(word, names, []));
  const byWords = remembered(renamedAmong(names));
  return {
    likely: (word, but = []) => {
      const near = byLetters(word);
      const found = near !== null && but.includes(near) ? nearestOf(word, names, but) : near;
      return found ?? singled(byWords(word).filter(({ name }) => !but.includes(name)));
    },
    surely: remembered(surelyAmong(names)),
  };
}

/** The nearest name within a third of the word's length (at least 2 edits); null if none is near. */
export function nearest(word: string, known: Iterable<string>): string | null {
  return nearestOf(word, [...known].toSorted().map(nameOf), []);
}

/** `Did you mean "x"?`, or the fallback. */
export function didYouMean(word: string, known: Iterable<string>, otherwise: string): string {
  return askedFor(knownNames(known).likely(word), otherwise);
}

export function askedFor(name: string | null, otherwise: string): string {
  return name === null ? otherwise : `Did you mean "${name}"?`;
}

type Name = {
  readonly name: string;
  readonly lower: string;
  readonly words: readonly string[];
  readonly letters: Letters;
};

function nameOf(name: string): Name {
  const lower = name.toLowerCase();
  return { name, lower, words: wordsOf(name), letters: lettersOf(lower) };
}

/** How often each letter occurs; letters of the same remainder are counted together. */
type Letters = Uint8Array;

const kindsOfLetters = 32;

function lettersOf(text: string): Letters {
  const letters = new Uint8Array(kindsOfLetters);
  for (let i = 0; i < text.length; i += 1) {
    const kind = text.charCodeAt(i) % kindsOfLetters;
    letters[kind] = Math.min(255, (letters[kind] ?? 0) + 1);
  }
  return letters;
}

/** No fewer edits than this: an edit takes away one letter at most, and brings one. Many times quicker than to count the edits. */
function editsAtLeast(one: Letters, other: Letters): number {
  let more = 0;
  let fewer = 0;
  for (let kind = 0; kind < kindsOfLetters; kind += 1) {
    const by = (one[kind] ?? 0) - (other[kind] ?? 0);
    if (by > 0) more += by;
    else fewer -= by;
  }
  return Math.max(more, fewer);
}

function wordsOf(name: string): string[] {
  return name
    .toLowerCase()
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .filter((each) => each !== "");
}

function remembered<T>(find: (word: string) => T): (word: string) => T {
  const found = new Map<string, { readonly answer: T }>();
  return (word) => {
    const before = found.get(word) ?? { answer: find(word) };
    found.set(word, before);
    return before.answer;
  };
}

function nearestOf(word: string, names: readonly Name[], but: readonly string[]): string | null {
  const wanted = word.toLowerCase().slice(0, 80);
  const words = wordsOf(wanted);
  const letters = lettersOf(wanted);
  const limit = Math.max(2, Math.floor(wanted.length / 3));
  let best: string | null = null;
  let least = limit + 1;
  for (const { name, lower, words: others, letters: its } of names) {
    if (Math.abs(name.length - wanted.length) > limit || but.includes(name)) continue;
    if (editsAtLeast(letters, its) >= least) continue;
    const distance = editDistance(wanted, lower, least);
    if (distance < least && !anotherWord(words, others)) [best, least] = [name, distance];
  }
  return best;
}

/** Whether names of several words differ in one that was replaced, not mistyped: `vite-specialist` is no `data-specialist`. */
function anotherWord(own: readonly string[], other: readonly string[]): boolean {
  if (own.length !== other.length || own.length === 1) return false;
  return own.some((word, index) => {
    const against = other[index] ?? "";
    return word !== against && editDistance(word, against) > Math.max(1, Math.floor(word.length / 3));
  });
}

type Scored = { readonly name: string; readonly score: number };

/**
 * The known names that share the most of what sets them apart: after a pack was renamed, `frontend-lead` is `lead-frontend` and
 * `technical-architect` is `core-architect`. A word counts the more the fewer names have it. Those that share nearly half, the likeliest first.
 */
function renamedAmong(names: readonly Name[]): (word: string) => readonly Scored[] {
  const having = new Map<string, number[]>();
  for (const [at, { words }] of names.entries()) {
    for (const word of new Set(words)) {
      const others = having.get(word);
      if (others) others.push(at);
      else having.set(word, [at]);
    }
  }
  const weight = (word: string): number => {
    const many = having.get(word)?.length ?? 0;
    return many === 0 ? lostWord : 1 / (1 + many);
  };
  const sum = (words: readonly string[]): number => [...new Set(words)].reduce((all, each) => all + weight(each), 0);
  const whole = names.map(({ words }) => sum(words));
  return (word) => {
    const own = wordsOf(word);
    const shared = new Map<number, number>();
    for (const each of new Set(own))
      for (const at of having.get(each) ?? []) shared.set(at, (shared.get(at) ?? 0) + weight(each));
    const all = sum(own);
    return [...shared]
      .map(([at, common]) => ({ name: names[at]?.name ?? "", score: common / (all + (whole[at] ?? 0) - common) }))
      .filter(({ score }) => score >= 0.45)
      .toSorted((a, b) => b.score - a.score);
  };
}

/** What a word counts that no known name has: the renaming has done away with it. */
const lostWord = 0.25;

/** The likeliest; null where another is as likely. */
function singled([first, second]: readonly Scored[]): string | null {
  return first && first.score - (second?.score ?? 0) > 1e-9 ? first.name : null;
}

function surelyAmong(names: readonly Name[]): (word: string) => string | null {
  const keyOf = (words: readonly string[]): string => words.toSorted().join(" ");
  const byWords = Map.groupBy(names, ({ words }) => keyOf(words));
  return (word) => {
    const words = wordsOf(word);
    const same = words.length === 0 ? [] : (byWords.get(keyOf(words)) ?? []);
    const close = (): readonly Name[] =>
      names.filter(
        ({ name }) => name.length > 3 && Math.abs(name.length - word.length) < 2 && editDistance(word, name, 2) === 1,
      );
    const found = same.length > 0 ? same : close();
    return found.length === 1 ? (found[0]?.name ?? null) : null;
  };
}

/** Edits: insert, delete, replace, swap two neighbours. `enough`: where there are as many or more, any number that is no smaller may be told. */
export function editDistance(a: string, b: string, enough = Infinity): number {
  const start = sharedStart(a, b);
  const [from, to] = withoutSharedEnd(a.slice(start), b.slice(start));
  if (Math.abs(from.length - to.length) >= enough) return enough;
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  let row: number[] = [];
  let fewest = 0;
  for (let i = 1; i <= from.length; i += 1) {
    row[0] = i;
    let least = i;
    let left = i;
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = at(last, j - 1) + (from[i - 1] === to[j - 1] ? 0 : 1);
      const swapped = isSwap(from, to, i, j) ? at(beforeLast, j - 2) + 1 : Infinity;
      left = Math.min(at(last, j) + 1, left + 1, replaced, swapped);
      row[j] = left;
      if (left < least) least = left;
    }
    // What follows comes from one of these two rows, by a swap from the earlier.
    if (least >= enough && fewest + 1 >= enough) return enough;
    fewest = least;
    [beforeLast, last, row] = [last, row, beforeLast];
  }
  return at(last, to.length);
}

function sharedStart(a: string, b: string): number {
  let many = 0;
  while (many < a.length && a[many] === b[many]) many += 1;
  return many;
}

function withoutSharedEnd(a: string, b: string): readonly [a: string, b: string] {
  let many = 0;
  while (many < Math.min(a.length, b.length) && a.at(-1 - many) === b.at(-1 - many)) many += 1;
  return [a.slice(0, a.length - many), b.slice(0, b.length - many)];
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}

function isSwap(a: string, b: string, i: number, j: number): boolean {
  return i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
}
