/**
 * A large .jsonl file through `run_inference`: how the memory of its process grows with the rows, from a cold start, and beside it in a
 * process whose young generation is kept small. V8 lets that grow by some tens of MB in any program that runs for a while, whatever it holds.
 *
 * Not measured: a network, a real model, the ledger (its rows are one for each 500 items).
 */
import { parseArgs } from "node:util";
import { memoryOf } from "../fixtures/inference-memory.ts";
import { printTable } from "./statistics.ts";

const settings: readonly (readonly [string, readonly string[]])[] = [
  ["as it is", []],
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
      const { bytes, start, peak, seconds } = await memoryOf(rows, flags);
      const speed = Math.round(rows / seconds).toLocaleString("en");
      const input = `${(bytes / 1e6).toFixed(0)} MB`;
      table.push([rows.toLocaleString("en"), input, young, mb(start), mb(peak), mb(peak - start), speed]);
    }
  printTable(["rows", "input", "young generation", "RSS before", "RSS at most", "more", "rows/s"], table);
  console.log("not measured: a network, a real model, the ledger");
}

function mb(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(0)} MB`;
}
