/** How far a file has come that is being fetched. */
import type { FetchProgress } from "../run/api.ts";

const width = 24;

export function fetchNote({ name, bytes }: FetchProgress): string {
  return `fetching ${name}, ${inBytes(bytes)}`;
}

export function fetchBar({ name, done, bytes }: FetchProgress): string {
  const share = bytes === 0 ? 1 : Math.min(1, done / bytes);
  const full = Math.floor(share * width);
  return `${"█".repeat(full)}${"░".repeat(width - full)} ${Math.floor(share * 100)} % of ${inBytes(bytes)} · ${name}`;
}

function inBytes(bytes: number): string {
  if (bytes < 1e6) return `${Math.ceil(bytes / 1e3)} KB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(0)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
