/**
 * A large .jsonl file through `run_inference`: how the memory of its process grows, from a cold start and from after the first 1,000 rows,
 * and beside it in a process whose young generation is kept small. V8 lets that grow to 134 MB in any program that runs for long enough,
 * whatever it holds; nothing that a program may do while it runs keeps it from that.
 *
 * Not measured: a network, a real model, the ledger (its rows are one for each 500 items).
 */
import { parseArgs } from "node:util";
import { memoryOf } from "../fixtures/inference-memory.ts";
import { printTable } from "./statistics.ts";

const settings: readonly (readonly [string, readonly string[]])[] = [
  ["as it is", []],
  ["8 MB", ["--max-semi-space-size=8"]],
  ["2 MB", ["--max-semi-space-size=2"]],
];

export async function inferenceBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { rows: { type: "string", default: "100000,300000,1000000" } },
  });
  const table: string[][] = [];
  for (const rows of values.rows.split(",").map(Number))
    for (const [young, flags] of settings) {
      const { bytes, start, warm, peak, seconds } = await memoryOf(rows, flags);
      const speed = Math.round(rows / seconds).toLocaleString("en");
      const input = `${(bytes / 1e6).toFixed(0)} MB`;
      const more = [mb(peak - warm), mb(peak - start)];
      table.push([rows.toLocaleString("en"), input, young, mb(start), mb(warm), mb(peak), ...more, speed]);
    }
  const resident = ["RSS before", "after 1,000", "at most", "from warm", "from cold"];
  printTable(["rows", "input", "semi-space", ...resident, "rows/s"], table);
  console.log("not measured: a network, a real model, the ledger");
}

function mb(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(0)} MB`;
}
