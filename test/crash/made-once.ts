/** Files that crash tests need and that take time to make: kept by what they are made from, so that the next test process finds them. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Inside `node_modules`, because a bundle finds the native driver from there, and nothing else looks at it. */
const folder = fileURLToPath(new URL("../../node_modules/.cache/cadre-crash", import.meta.url));
/** Longer than any sweep that may still use an old one. */
const day = 24 * 3_600_000;

const underWay = new Map<string, Promise<string>>();

/** Path of the file that `make` writes, unless there is one already that was made from the same text. */
export function madeOnce(
  name: string,
  from: string | Uint8Array,
  make: (path: string) => Promise<void>,
): Promise<string> {
  const [stem, extension] = [name.slice(0, name.lastIndexOf(".")), name.slice(name.lastIndexOf("."))];
  const path = `${folder}/${stem}-${createHash("sha256").update(from).digest("hex").slice(0, 12)}${extension}`;
  const known = underWay.get(path) ?? makeUnlessThere(path, stem, extension, make);
  underWay.set(path, known);
  return known;
}

async function makeUnlessThere(
  path: string,
  stem: string,
  extension: string,
  make: (path: string) => Promise<void>,
): Promise<string> {
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  for (const old of readdirSync(folder)) {
    if (old.startsWith(`${stem}-`) && Date.now() - statSync(`${folder}/${old}`).mtimeMs > day)
      rmSync(`${folder}/${old}`, { recursive: true, force: true });
  }
  const fresh = `${folder}/.${stem}-${process.pid}${extension}`;
  await make(fresh);
  renameSync(fresh, path);
  return path;
}
