/** Descriptors that this process was started with and hands on to every child: a folder of the host among them would be a way out of any sandbox. */
import fs from "node:fs";

/** O_CLOEXEC, as /proc shows it. Node opens everything with it, so what lacks it was inherited. */
const closedOnExec = 0o2000000;

/** Numbers above the three standard streams. */
export function inheritedDescriptors(): readonly number[] {
  return namesIn("/proc/self/fdinfo")
    .map(Number)
    .filter((fd) => fd > 2 && isHandedOn(fd));
}

/**
 * `stdio` for `spawn` with every inherited descriptor beyond it turned into `blank` (an open /dev/null): left out, the child would have it.
 */
export function withoutInherited<Each>(stdio: readonly Each[], blank: number): (Each | "ignore" | number)[] {
  const inherited = new Set(inheritedDescriptors());
  const length = Math.max(stdio.length, ...[...inherited].map((fd) => fd + 1));
  return Array.from({ length }, (_, fd) => stdio[fd] ?? (inherited.has(fd) ? blank : ("ignore" as const)));
}

function isHandedOn(fd: number): boolean {
  try {
    const flags = /^flags:\s*(\d+)/m.exec(fs.readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & closedOnExec) === 0;
  } catch {
    return false; // closed meanwhile
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return []; // not Linux
  }
}
