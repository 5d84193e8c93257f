/** A copy of the shipped project whose one run waits for an answer, and the way back to that state. */
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { timeNode } from "./node-process.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
export const main = join(root, "dist/cli/main.js");
/** The exit code of a run that waits. */
export const waiting = 8;

export type PausedProject = {
  readonly dir: string;
  readonly data: string;
  /** Everything as it was when the run first waited, or when `keep` was called last. */
  readonly pause: () => void;
  readonly keep: () => void;
  readonly remove: () => void;
};

export function pausedProject(): PausedProject {
  if (!existsSync(main)) throw new Error("dist/cli/main.js is not there: npm run build");
  const folder = mkdtempSync(join(tmpdir(), "cadre-bench-"));
  const dir = join(folder, "project");
  const data = join(dir, ".cadre");
  const kept = join(folder, "paused");
  for (const part of ["modes", "graphs", "briefs", "cadre.yaml"]) {
    if (existsSync(join(root, part))) cpSync(join(root, part), join(dir, part), { recursive: true });
  }
  timeNode([main, "run", "briefs/vietnamese-reviews.md", "--json"], dir, waiting);
  const keep = (): void => {
    rmSync(kept, { recursive: true, force: true });
    cpSync(data, kept, { recursive: true });
  };
  keep();
  return {
    dir,
    data,
    keep,
    pause: () => {
      for (const part of [data, join(dir, "journal")]) rmSync(part, { recursive: true, force: true });
      cpSync(kept, data, { recursive: true });
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Takes the answer up in a process of its own; its output is NDJSON. */
export const answerArgs = (ask: string): string[] => [main, "answer", ask, "1", "--json"];

export function isStep(line: string): boolean {
  return line.startsWith('{"type":"step"');
}
