/** What crosses from one part of a data set into another: equal texts, near-duplicates, and rows of one group. Pure; places, never texts. */
import { nearPairs, normalText } from "./near.ts";
import type { DataTable } from "./table.ts";

export type Leak = {
  readonly kind: "equal texts" | "near-duplicates" | "one group";
  /** `train.csv:12`. */
  readonly from: string;
  readonly to: string;
};

/** All of them, those of equal texts first. */
export function leaksBetween(parts: readonly DataTable[], threshold: number): Leak[] {
  const rows = parts.flatMap(({ path, rows: own }, part) =>
    own.map((row) => ({ ...row, part, place: `${path}:${row.line}` })),
  );
  const leaks: Leak[] = [];
  const pairs = nearPairs(
    rows.map((row) => row.text),
    threshold,
  );
  for (const { a, b } of pairs) {
    const [one, other] = [rows[a], rows[b]];
    if (!one || !other || one.part === other.part) continue;
    const equal = normalText(one.text) === normalText(other.text);
    leaks.push({ kind: equal ? "equal texts" : "near-duplicates", from: one.place, to: other.place });
  }
  const groups = new Map<string, (typeof rows)[number]>();
  for (const row of rows) {
    if (row.group === null) continue;
    const first = groups.get(row.group);
    if (first === undefined) groups.set(row.group, row);
    else if (first.part !== row.part) leaks.push({ kind: "one group", from: first.place, to: row.place });
  }
  const order = ["equal texts", "near-duplicates", "one group"];
  return leaks.toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
}

export function leakText({ kind, from, to }: Leak): string {
  return `${kind}: ${from} and ${to}`;
}
