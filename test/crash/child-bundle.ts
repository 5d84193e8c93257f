/** One file out of `child.ts` and everything that it imports: it starts four times as fast as the sources, and a sweep starts it thousands of times. */
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { madeOnce } from "./made-once.ts";

let built: Promise<string> | undefined;

/** Path of the bundle. */
export function childBundle(): Promise<string> {
  return (built ??= bundle());
}

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: fileURLToPath(new URL("../..", import.meta.url)),
    entryPoints: ["test/crash/child.ts"],
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node22.18",
    write: false,
    external: ["better-sqlite3"],
    legalComments: "none",
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
  });
  const bytes = outputFiles[0]?.contents ?? new Uint8Array();
  return madeOnce("child.mjs", bytes, (path) => writeFile(path, bytes));
}
