/** `disk.c` made into a library: a disk that fails on purpose, or that loses its power, under one process. */
import { execFile, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { madeOnce } from "./made-once.ts";

const source = fileURLToPath(new URL("disk.c", import.meta.url));

export const hasGcc = process.platform === "linux" && spawnSync("gcc", ["--version"]).status === 0;

/** Path of the library, for `LD_PRELOAD`. */
export async function diskLibrary(): Promise<string> {
  return madeOnce("disk.so", await readFile(source), async (path) => {
    await promisify(execFile)("gcc", ["-O1", "-shared", "-fPIC", "-o", path, source, "-ldl", "-lpthread"]);
  });
}

/** Makes what a disk held when the power went into a folder, which must not be there yet. See the header of `disk.c`. */
export function afterPowerLoss(shadow: string, folder: string, number = "0"): void {
  mkdirSync(folder, { mode: 0o700 });
  const names = join(shadow, "names", number);
  for (const name of existsSync(names) ? readdirSync(names) : []) {
    const entry = readFileSync(join(names, name), "utf8");
    if (entry.startsWith("d")) afterPowerLoss(shadow, join(folder, name), entry.slice(1));
    if (entry.startsWith("f")) restore(join(shadow, "bytes", entry.slice(1)), join(folder, name));
  }
}

/** A name without bytes is an empty file: its folder was synced, the file itself was not. */
function restore(bytes: string, path: string): void {
  if (existsSync(bytes)) cpSync(bytes, path);
  else writeFileSync(path, "", { mode: 0o600 });
}
