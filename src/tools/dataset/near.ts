/**
 * Texts that are nearly the same: pairs by the share of character 5-grams that they have in common (Jaccard). Pure and deterministic.
 *
 * N1. Every pair that is found is held against the threshold exactly; what finds candidates (MinHash in bands) decides nothing.
 * N2. What MinHash may miss: with 32 bands of 2, a pair at 0.8 is missed once in more than 10^14, one at 0.5 once in ten thousand.
 */
export type NearPair = { readonly a: number; readonly b: number; readonly share: number };

const gram = 5;
const bands = 32;
const inBand = 2;

/** The text that duplicates are told by: case, white space and composition do not count. */
export function normalText(text: string): string {
  return text.normalize("NFC").toLowerCase().replace(/\s+/g, " ").trim();
}

/** Pairs of indexes, `a < b`, that share at least `threshold` of their 5-grams; equal texts among them. */
export function nearPairs(texts: readonly string[], threshold: number): NearPair[] {
  const grams = texts.map(gramsOf);
  const seen = new Set<number>();
  const pairs: NearPair[] = [];
  for (const bucket of buckets(grams)) {
    for (let i = 0; i < bucket.length; i += 1)
      for (let j = i + 1; j < bucket.length; j += 1) {
        const [a, b] = [bucket[i] as number, bucket[j] as number];
        const id = a * texts.length + b;
        if (seen.has(id)) continue;
        seen.add(id);
        const share = jaccard(grams[a] as Set<number>, grams[b] as Set<number>); // N1
        if (share >= threshold) pairs.push({ a, b, share });
      }
  }
  return pairs.toSorted((one, other) => one.a - other.a || one.b - other.b);
}

function gramsOf(text: string): Set<number> {
  const characters = Array.from(` ${normalText(text)} `);
  const grams = new Set<number>();
  for (let at = 0; at + gram <= Math.max(characters.length, gram); at += 1)
    grams.add(hash(characters.slice(at, at + gram).join("")));
  return grams;
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return value >>> 0;
}

/** Indexes that agree in some band of their signature: small groups, each in order. */
function buckets(grams: readonly ReadonlySet<number>[]): number[][] {
  const byBand = new Map<string, number[]>();
  for (const [index, own] of grams.entries()) {
    for (let band = 0; band < bands; band += 1) {
      const key = Array.from({ length: inBand }, (_, row) => smallest(own, band * inBand + row)).join(" ");
      const bucket = byBand.get(`${band} ${key}`);
      if (bucket) bucket.push(index);
      else byBand.set(`${band} ${key}`, [index]);
    }
  }
  return [...byBand.values()].filter((bucket) => bucket.length > 1);
}

function smallest(grams: ReadonlySet<number>, seed: number): number {
  let least = 0xffffffff;
  const salt = Math.imul(seed + 1, 0x9e3779b1);
  for (const each of grams) {
    let mixed = each ^ salt;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    const value = (mixed ^ (mixed >>> 15)) >>> 0;
    if (value < least) least = value;
  }
  return least;
}

function jaccard(one: ReadonlySet<number>, other: ReadonlySet<number>): number {
  const [small, large] = one.size <= other.size ? [one, other] : [other, one];
  let common = 0;
  for (const each of small) if (large.has(each)) common += 1;
  return common / (one.size + other.size - common);
}
