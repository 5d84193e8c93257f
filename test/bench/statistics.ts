/** What the benchmarks say about their rounds: the median, and how far the rounds lie apart. */

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** `1.24 (1.19 to 1.31)`: median, smallest, largest. */
export function spread(values: readonly number[], digits: number): string {
  if (values.length === 0) return "-";
  return `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)})`;
}

/** Each value over that of the same round: a slow moment of the machine touches both. */
export function ratios(values: readonly number[], base: readonly number[]): number[] {
  return values.flatMap((value, round) => {
    const under = base[round];
    return under === undefined ? [] : [value / under];
  });
}

/** Columns as wide as their widest cell. */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => (row[at] ?? "").length)));
  for (const row of [head, ...rows]) {
    console.log(
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join("   ")
        .trimEnd(),
    );
  }
}
