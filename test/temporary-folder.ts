/**
 * Where the tests keep their temporary folders: in memory (`/dev/shm`), where that has room and what lies there may run, so that no test waits for a disk
 * that it does not ask about. With TMPDIR set they lie there instead, as in CI: on a disk.
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync, statfsSync } from "node:fs";

const memory = "/dev/shm";
/** In bytes; the largest that a whole run was seen to hold at once is a tenth of it. */
const room = 4 * 1024 ** 3;

function fits(): boolean {
  try {
    const mount = readFileSync("/proc/mounts", "utf8")
      .split("\n")
      .map((line) => line.split(" "))
      .findLast(([, place]) => place === memory);
    if (!mount || mount[3]?.split(",").includes("noexec")) return false;
    const { bavail, bsize } = statfsSync(memory);
    return bavail * bsize >= room;
  } catch {
    return false; // not a Linux
  }
}

export function setup(): (() => void) | undefined {
  if (process.env["TMPDIR"] !== undefined || !fits()) return undefined;
  const folder = mkdtempSync(`${memory}/cadre-tests-`);
  chmodSync(folder, 0o1777); // as /tmp is: some tests are nobody
  process.env["TMPDIR"] = folder;
  return () => {
    delete process.env["TMPDIR"];
    rmSync(folder, { recursive: true, force: true });
  };
}
