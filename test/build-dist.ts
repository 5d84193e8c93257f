/** Brings `dist` up to date before tests that run the built command; costs a walk over the sources where it already is. */
import { execFileSync } from "node:child_process";
import { globSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

function changedAt(file: string): number {
  return statSync(join(root, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

export function setup(): void {
  const sources = globSync(["src/**/*.{ts,tsx,css,svg}", "graphs/*.ts", "scripts/*.ts", "package.json"], {
    cwd: root,
  });
  const newest = Math.max(...sources.map(changedAt));
  // The build writes meta.json last of all scripts.
  if (newest < changedAt("dist/meta.json")) return;
  execFileSync(process.execPath, ["scripts/build.ts", "--js"], { cwd: root, stdio: "inherit" });
}
