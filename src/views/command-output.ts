/** What a command wrote, as its receipt tells (`tools/command-tools.ts`): how much, where it is kept, and that it was cut, where it was. */
import type { Receipt } from "../events/event.ts";

type Kept = { readonly bytes: number; readonly kept: number; readonly file: string };

/** Null for what is no command's. */
function keptOf(receipt: Receipt | null): Kept | null {
  const { outputBytes: bytes, output } = receipt?.detail ?? {};
  if (typeof bytes !== "number" || typeof output !== "object" || output === null || Array.isArray(output)) return null;
  const { bytes: kept, file } = output as Readonly<Record<string, unknown>>;
  return typeof kept === "number" && typeof file === "string" ? { bytes, kept, file } : null;
}

/** To go on with after how it ended; empty where all of it was kept. */
export function cutText(receipt: Receipt | null): string {
  const found = keptOf(receipt);
  if (found === null || found.kept >= found.bytes) return "";
  return `output cut after ${figure(found.kept)} of ${figure(found.bytes)} bytes`;
}

/** `key`: the effect's, which says in whose workspace the file lies. */
export function outputLines(key: string, receipt: Receipt | null): string[] {
  const found = keptOf(receipt);
  if (found === null || found.bytes === 0) return [];
  const { bytes, kept, file } = found;
  const place = `workspaces/${key.split(".")[0] ?? ""}/${file} in the data folder`;
  if (kept >= bytes) return [`${figure(bytes)} bytes, in ${place}`];
  return [
    `${figure(bytes)} bytes, of which the first ${figure(kept)} are in ${place}; the rest was let go`,
    "more is kept with a larger `outputMb` under `commands` in the workflow",
  ];
}

function figure(count: number): string {
  return count.toLocaleString("en");
}
