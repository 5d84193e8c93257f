/** What a policy decides: a sentence for whoever watches, and the calls of one reply. */
export type Move = {
  readonly say: string;
  readonly calls: readonly { readonly name: string; readonly args: unknown }[];
};

export function move(say: string, name: string, args: unknown): Move {
  return { say, calls: [{ name, args }] };
}
