/**
 * Names of channels, nodes and task paths, which every step repeats: a space keeps each once, and its rows say its number.
 *
 * N1. Names are only added, and at the end: what a number means never changes.
 */
import type { SpaceRow, Tables } from "./tables.ts";

export type Names = {
  /** Inside a write: an unknown name is added. */
  readonly numberOf: (name: string) => number;
  readonly nameOf: (number: number) => string;
};

type List = { readonly text: string; readonly names: string[]; readonly numbers: Map<string, number> };

function listOf(text: string): List {
  const names = JSON.parse(text) as string[];
  return { text, names, numbers: new Map(names.map((name, number) => [name, number])) };
}

export function spaceNames(tables: Pick<Tables, "spaceBySeq" | "setNames">): {
  readonly of: (space: number) => Names;
  readonly forget: () => void;
} {
  const lists = new Map<number, List>();

  /** Another process may have added names since. */
  const present = (space: number): List => {
    const row: SpaceRow | undefined = tables.spaceBySeq(space);
    const text = row?.names ?? "[]";
    const known = lists.get(space);
    if (known?.text === text) return known;
    const list = listOf(text);
    lists.set(space, list);
    return list;
  };

  return {
    of: (space) => {
      let list = lists.get(space) ?? present(space);
      return {
        numberOf: (name) => {
          const known = list.numbers.get(name) ?? present(space).numbers.get(name);
          if (known !== undefined) return known;
          const names = [...present(space).names, name];
          list = listOf(JSON.stringify(names));
          tables.setNames(space, list.text);
          lists.set(space, list);
          return names.length - 1;
        },
        nameOf: (number) => {
          if (list.names[number] === undefined) list = present(space);
          return list.names[number] ?? "";
        },
      };
    },
    forget: () => lists.clear(),
  };
}
