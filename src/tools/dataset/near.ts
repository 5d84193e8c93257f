/**
 * Texts that are nearly the same: pairs by the share of character 5-grams that they have in common (Jaccard). Pure and deterministic.
 *
 * N1. Every pair that is found is held against the threshold exactly; what finds candidates (MinHash in bands) decides nothing.
 * N2. What MinHash may miss: with 32 bands of 2, a pair at 0.8 is missed once in more than 10^14, one at 0.5 once in ten thousand.
 * N3. Work and memory are bounded: texts of which more than `mostCompared` pairs look alike are refused, for they grow with their square.
 */
export type NearPair = { readonly a: number; readonly b: number; readonly share: number };

/** As many as 2,000 texts have that all look alike: some seconds, in which the process does nothing else. */
export const mostCompared = 2_000_000;

/** N3. */
export class TooManyAlike extends Error {}

const gram = 5;
const bands = 32;
const inBand = 2;

/** The text that duplicates are told by: case, white space and composition do not count. */
export function normalText(text: string): string {
  return text.normalize("NFC").toLowerCase().replace(/\s+/g, " ").trim();
}

/** Pairs of indexes, `a < b`, that share at least `threshold` of their 5-grams; equal texts among them. Errors: TooManyAlike. */
export function nearPairs(texts: readonly string[], threshold: number): NearPair[] {
  const grams = texts.map((text) => gramsOf(text));
  const signatures = grams.map((own) => signatureOf(own));
  const pairs: NearPair[] = [];
  let compared = 0;
  for (let band = 0; band < bands; band += 1)
    for (const bucket of buckets(signatures, band))
      for (let i = 0; i < bucket.length; i += 1)
        for (let j = i + 1; j < bucket.length; j += 1) {
          const [a, b] = [bucket[i] as number, bucket[j] as number];
          if (haveMet(signatures[a] as Uint32Array, signatures[b] as Uint32Array, band)) continue;
          compared += 1;
          if (compared > mostCompared) throw new TooManyAlike();
          const share = jaccard(grams[a] as Uint32Array, grams[b] as Uint32Array); // N1
          if (share >= threshold) pairs.push({ a, b, share });
        }
  return pairs.toSorted((one, other) => one.a - other.a || one.b - other.b);
}

/** Each once, ascending. */
function gramsOf(text: string): Uint32Array {
  const characters = Array.from(` ${normalText(text)} `);
  const grams = new Set<number>();
  for (let at = 0; at + gram <= Math.max(characters.length, gram); at += 1)
    grams.add(hash(characters.slice(at, at + gram).join("")));
  return Uint32Array.from(grams).sort();
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return value >>> 0;
}

function signatureOf(grams: Uint32Array): Uint32Array {
  return Uint32Array.from({ length: bands * inBand }, (_, row) => smallest(grams, row));
}

/** Indexes that agree in a band of their signature: small groups, each in order. */
function buckets(signatures: readonly Uint32Array[], band: number): number[][] {
  const found = new Map<string, number[]>();
  for (const [index, own] of signatures.entries()) {
    const key = own.subarray(band * inBand, (band + 1) * inBand).join(" ");
    const bucket = found.get(key);
    if (bucket) bucket.push(index);
    else found.set(key, [index]);
  }
  return [...found.values()].filter((bucket) => bucket.length > 1);
}

/** In a band before this one. */
function haveMet(one: Uint32Array, other: Uint32Array, band: number): boolean {
  for (let at = 0; at < band * inBand; at += inBand) {
    let same = 0;
    while (same < inBand && one[at + same] === other[at + same]) same += 1;
    if (same === inBand) return true;
  }
  return false;
}

function smallest(grams: Uint32Array, seed: number): number {
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

function jaccard(one: Uint32Array, other: Uint32Array): number {
  let common = 0;
  for (let i = 0, j = 0; i < one.length && j < other.length;) {
    const difference = (one[i] as number) - (other[j] as number);
    if (difference === 0) common += 1;
    if (difference <= 0) i += 1;
    if (difference >= 0) j += 1;
  }
  return common / (one.length + other.length - common);
}
