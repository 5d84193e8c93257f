/**
 * How a rehearsal of the shipped brief on reviews ended. What it measures itself (latencies) is another number each time, in reports and in
 * the hashes of the files that hold them; all else must be the same from run to run.
 */
import type { Cadre } from "../../src/cadre/api.ts";
import type { RunRow } from "../../src/store/rows.ts";
import { stateOf, type EndState } from "./end-state.ts";

export async function reviewsEnd({ store }: Cadre, run: RunRow): Promise<EndState> {
  return stateOf(store, run, await store.runEvents(run.id), (held) => {
    if (typeof held === "string") return withoutMeasures(held, run.id);
    return isLatency(held) ? { ...held, value: 0 } : held;
  });
}

function withoutMeasures(text: string, run: string): string {
  return (
    text
      .replaceAll(run, "r-000000")
      .replaceAll(/\ba-[0-9a-f]{6}-/g, "a-000000-")
      .replaceAll(/\b[0-9a-f]{64}\b/g, "0".repeat(64))
      .replaceAll(/\d+(\.\d+)? ms\b/g, "MS")
      .replaceAll(/\d+(\.\d+)? texts\/s/g, "RATE")
      .replaceAll(/(latency[^|\n]*?[|=] *)\d+(\.\d+)?/g, "$1MS")
      // The last two columns of a table of candidates, and rates, in its page and in its table for machines.
      .replaceAll(/(\| \d+\.\d{4} ){2}\|$/gm, "| MS | MS |")
      .replaceAll(/\| \d+(\.\d+)? \(measured\) \|/g, "| RATE |")
      .replaceAll(/(throughput, measured[^|\n]*?[|=] *)\d+(\.\d+)?/g, "$1RATE")
      .replaceAll(/^((?:majority-class|char-ngram)[^\n]*?,0),[\d.]+,[\d.]+,(\d+),[\d.]+,/gm, "$1,MS,MS,$2,RATE,")
      .replaceAll(/"p95_ms":[\d.]+/g, '"p95_ms":0')
      .replaceAll(/"at":"[^"]+"/g, '"at":""')
  );
}

function isLatency(held: unknown): held is { readonly name: string } {
  return typeof held === "object" && held !== null && "name" in held && /latency|throughput/.test(String(held.name));
}
