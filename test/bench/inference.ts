/**
 * A large .jsonl file through `run_inference` and HTTP: how the memory of its process grows, from a cold start and from after the first
 * 1,000 rows, with V8's heap as Node comes and as the `cadre` command keeps it. The server is in the bench's own process.
 *
 * Not measured: a network, a real model, the ledger (its rows are one for each 500 items).
 */
import { parseArgs } from "node:util";
import { memoryOf, type MemorySetting } from "../fixtures/inference-memory.ts";
import { median as medianOf, printTable } from "./statistics.ts";

const settings: readonly (readonly [string, MemorySetting])[] = [
  ["as cadre keeps it", { kept: true }],
  ["as Node comes", {}],
];

export async function inferenceBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { rows: { type: "string", default: "100000,1000000" }, rounds: { type: "string", default: "3" } },
  });
  const table: string[][] = [];
  for (const rows of values.rows.split(",").map(Number)) {
    const seen = settings.map(() => [] as Awaited<ReturnType<typeof memoryOf>>[]);
    for (let round = 0; round < Number(values.rounds); round += 1)
      for (const [index, [, setting]] of settings.entries()) seen[index]?.push(await memoryOf(rows, setting));
    for (const [index, [heap]] of settings.entries()) table.push(rowOf(rows, heap, seen[index] ?? []));
  }
  const resident = ["RSS before", "after 1,000", "at most", "from warm", "from cold"];
  printTable(["rows", "input", "heap", ...resident, "rows/s"], table);
  console.log(`medians of ${values.rounds}; not measured: a network, a real model, the ledger`);
}

function rowOf(rows: number, heap: string, seen: Awaited<ReturnType<typeof memoryOf>>[]): string[] {
  const median = (of: (each: (typeof seen)[number]) => number): number => medianOf(seen.map(of));
  return [
    rows.toLocaleString("en"),
    `${(median(({ bytes }) => bytes) / 1e6).toFixed(0)} MB`,
    heap,
    mb(median(({ start }) => start)),
    mb(median(({ warm }) => warm)),
    mb(median(({ peak }) => peak)),
    mb(median(({ peak, warm }) => peak - warm)),
    mb(median(({ peak, start }) => peak - start)),
    Math.round(median(({ seconds }) => rows / seconds)).toLocaleString("en"),
  ];
}

function mb(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(0)} MB`;
}
