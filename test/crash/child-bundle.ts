/** One file out of a child's script and everything that it imports: it starts four times as fast as the sources, and a sweep starts it thousands of times. */
import { basename } from "node:path";
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { madeOnce } from "./made-once.ts";

const built = new Map<string, Promise<string>>();

/** Path of the bundle of the crash laboratory's child. */
export function childBundle(): Promise<string> {
  return bundleOf("test/crash/child.ts");
}

/** `entry`: relative to the repository. */
export function bundleOf(entry: string): Promise<string> {
  const known = built.get(entry) ?? bundle(entry);
  built.set(entry, known);
  return known;
}

async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: fileURLToPath(new URL("../..", import.meta.url)),
    entryPoints: [entry],
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node22.18",
    write: false,
    external: ["better-sqlite3", "node-llama-cpp"],
    legalComments: "none",
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
  });
  const bytes = outputFiles[0]?.contents ?? new Uint8Array();
  return madeOnce(`${basename(entry, ".ts")}.mjs`, bytes, (path) => writeFile(path, bytes));
}
