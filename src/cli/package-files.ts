/** Files that ship with cadre. This module lies one folder deep, as its chunk does once bundled: two up is the package. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Absolute, with a closing slash. */
export const packageFolder = fileURLToPath(new URL("../../", import.meta.url));

export function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(`${packageFolder}package.json`, "utf8"));
  return typeof manifest === "object" && manifest !== null && "version" in manifest ? String(manifest.version) : "0";
}
