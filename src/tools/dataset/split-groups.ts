/**
 * Rows to train, validation and test, so that nothing that is known in one part is asked in another. Pure; the same seed gives the same parts.
 *
 * G1. A text stands once. Where equal texts carry different labels, none of them stands.
 * G2. Rows that belong together go together: near-duplicates, and rows of one group.
 * G3. Every label is in every part as nearly in its share as G2 allows.
 */
import { seededRandom, shuffled } from "../evaluate/random.ts";
import { nearPairs, normalText, type NearPair } from "./near.ts";
import type { DataRow } from "./table.ts";

export const partNames = ["train", "validation", "test"] as const;
export type PartName = (typeof partNames)[number];
export type Parts = Readonly<Record<PartName, readonly DataRow[]>>;
export type Shares = Readonly<Record<PartName, number>>;

export type Cleaned = {
  readonly rows: readonly DataRow[];
  readonly duplicates: number;
  readonly contradictory: number;
};

/** G1. */
export function cleaned(rows: readonly DataRow[]): Cleaned {
  const byText = new Map<string, DataRow[]>();
  for (const row of rows) {
    const key = normalText(row.text);
    const same = byText.get(key);
    if (same) same.push(row);
    else byText.set(key, [row]);
  }
  const kept: DataRow[] = [];
  let [duplicates, contradictory] = [0, 0];
  for (const same of byText.values()) {
    const [first] = same as [DataRow, ...DataRow[]];
    if (same.some((row) => row.label !== first.label)) contradictory += same.length;
    else {
      kept.push(first);
      duplicates += same.length - 1;
    }
  }
  return { rows: kept, duplicates, contradictory };
}

export type Divided = { readonly parts: Parts; readonly near: readonly NearPair[]; readonly groups: number };

export function divided(
  rows: readonly DataRow[],
  { seed, shares, threshold }: { readonly seed: number; readonly shares: Shares; readonly threshold: number },
): Divided {
  const near = nearPairs(
    rows.map((row) => row.text),
    threshold,
  );
  const groups = groupsOf(rows, near);
  const random = seededRandom(seed, 2);
  // Large groups first: what is left fits around them.
  const order = shuffled(groups, random).toSorted((a, b) => b.length - a.length);
  const wanted = new Map(labelCounts(rows));
  const placed: Record<PartName, DataRow[]> = { train: [], validation: [], test: [] };
  const counts = new Map<string, number>();
  for (const group of order) {
    const part = partNames.toSorted((a, b) => deficit(b) - deficit(a) || shares[b] - shares[a])[0] as PartName;
    placed[part].push(...group);
    for (const { label } of group) counts.set(`${part} ${label}`, (counts.get(`${part} ${label}`) ?? 0) + 1);

    // How much of the group's labels the part still lacks, in shares of what it is to have.
    function deficit(name: PartName): number {
      if (shares[name] === 0) return Number.NEGATIVE_INFINITY;
      let sum = 0;
      for (const { label } of group) {
        const goal = shares[name] * (wanted.get(label) ?? 0);
        sum += (goal - (counts.get(`${name} ${label}`) ?? 0)) / Math.max(goal, 1);
      }
      return sum;
    }
  }
  const inOrder = (part: readonly DataRow[]): DataRow[] => shuffled(part, random);
  return {
    parts: { train: inOrder(placed.train), validation: inOrder(placed.validation), test: inOrder(placed.test) },
    near,
    groups: groups.length,
  };
}

export function labelCounts(rows: readonly DataRow[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const { label } of rows) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** G2: connected rows. */
function groupsOf(rows: readonly DataRow[], near: readonly NearPair[]): DataRow[][] {
  const parent = rows.map((_, index) => index);
  const rootOf = (index: number): number => {
    let at = index;
    while (parent[at] !== at) at = parent[at] = parent[parent[at] as number] as number;
    return at;
  };
  const join = (a: number, b: number): void => {
    const [one, other] = [rootOf(a), rootOf(b)];
    parent[Math.max(one, other)] = Math.min(one, other);
  };
  for (const { a, b } of near) join(a, b);
  const byGroup = new Map<string, number>();
  for (const [index, { group }] of rows.entries()) {
    if (group === null) continue;
    const first = byGroup.get(group);
    if (first === undefined) byGroup.set(group, index);
    else join(first, index);
  }
  const groups = new Map<number, DataRow[]>();
  for (const [index, row] of rows.entries()) {
    const root = rootOf(index);
    const group = groups.get(root);
    if (group) group.push(row);
    else groups.set(root, [row]);
  }
  return [...groups.values()];
}
