/**
 * Where a value lies.
 * - `j`: here, as JSON text (short ones)
 * - `i`: an item
 * - `l`: a log, up to a length: a list of which each element is an item
 * - `a`: a list of such places; only in pending writes, whose elements the next checkpoint's log will share
 */
export type Ref =
  | readonly ["j", string]
  | readonly ["i", number]
  | readonly ["l", number, number]
  | readonly ["a", readonly Ref[]];

/** Those inside of lists too. */
export function* refsIn(refs: Iterable<Ref>): Generator<Ref> {
  for (const ref of refs) {
    if (ref[0] === "a") yield* refsIn(ref[1]);
    else yield ref;
  }
}
