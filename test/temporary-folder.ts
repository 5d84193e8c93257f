/**
 * Where the tests keep their temporary folders: in memory (`/dev/shm`), where that has room and what lies there may run, so that no test waits for a disk
 * that it does not ask about. With TMPDIR set they lie there instead, as in CI: on a disk.
 */
import { chmodSync, globSync, mkdtempSync, readFileSync, rmSync, statfsSync } from "node:fs";
import { isAlive } from "./fixtures/is-alive.ts";

const memory = "/dev/shm";
/** How much must be free there, in bytes: a guess on the safe side. */
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

/** What tests left that were killed: nobody else would give that memory back. */
function removeLeft(): void {
  for (const path of globSync(`${memory}/cadre-tests-*`)) {
    const [, pid] = /cadre-tests-(\d+)-/.exec(path) ?? [];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(path, { recursive: true, force: true });
  }
}

export function setup(): (() => void) | undefined {
  if (process.env["TMPDIR"] !== undefined || !fits()) return undefined;
  removeLeft();
  const folder = mkdtempSync(`${memory}/cadre-tests-${process.pid}-`);
  chmodSync(folder, 0o1777); // as /tmp is: some tests are nobody
  process.env["TMPDIR"] = folder;
  return () => {
    delete process.env["TMPDIR"];
    rmSync(folder, { recursive: true, force: true });
  };
}
