/**
 * A small seeded generator, so that a split and an interval can be made again anywhere: splitmix32 (32-bit state, increment
 * 0x9e3779b9, two multiply-xorshift rounds). For sampling, not for secrets.
 */
export type Random = {
  /** A whole number from 0 up to, but not including, `bound` (at most 2^32). */
  below(bound: number): number;
};

export const generatorName = "splitmix32";

/** `stream` keeps draws for different purposes apart: the interval does not depend on how the split was drawn. */
export function seededRandom(seed: number, stream: number): Random {
  let state = (Math.imul(seed | 0, 0x85ebca6b) ^ Math.imul(stream + 1, 0xc2b2ae35)) | 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  return { below: (bound) => Math.floor((next() / 2 ** 32) * bound) };
}

/** A new array in random order (Fisher-Yates). */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const result = [...items];
  for (let index = result.length - 1; index > 0; index -= 1) {
    const other = random.below(index + 1);
    [result[index], result[other]] = [result[other] as T, result[index] as T];
  }
  return result;
}
