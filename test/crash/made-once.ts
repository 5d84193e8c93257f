/** Files that crash tests need and that take time to make: kept by what they are made from, so that the next test process finds them. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Inside `node_modules`, because a bundle finds the native driver from there, and nothing else looks at it. */
const folder = fileURLToPath(new URL("../../node_modules/.cache/cadre-crash", import.meta.url));
const hour = 3_600_000;

/** Path of the file that `make` writes, unless there is one already that was made from the same text. */
export async function madeOnce(
  name: string,
  from: string | Uint8Array,
  make: (path: string) => Promise<void>,
): Promise<string> {
  const [stem, extension] = [name.slice(0, name.lastIndexOf(".")), name.slice(name.lastIndexOf("."))];
  const path = `${folder}/${stem}-${createHash("sha256").update(from).digest("hex").slice(0, 12)}${extension}`;
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  for (const old of readdirSync(folder)) {
    if (old.startsWith(`${stem}-`) && Date.now() - statSync(`${folder}/${old}`).mtimeMs > hour)
      rmSync(`${folder}/${old}`, { recursive: true, force: true });
  }
  const fresh = `${folder}/.${process.pid}${extension}`;
  await make(fresh);
  renameSync(fresh, path);
  return path;
}
