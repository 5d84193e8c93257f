/**
 * Which process owns a line, and whether it still runs (D4). A pid alone would name whoever got the number next, so the
 * process's start time goes with it, and the boot and pid namespace in which both mean something.
 */
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import type { Owner } from "./rows.ts";

/** Where Linux tells about processes; another folder in tests. Missing: only the pid is checked. */
const proc = "/proc";

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function pidNamespace(): string {
  try {
    return readlinkSync(`${proc}/self/ns/pid`);
  } catch {
    return "";
  }
}

/** Boot id and pid namespace: two containers on one machine share the first and not the second. Empty where unknown. */
function thisBoot(): string {
  return [readText(`${proc}/sys/kernel/random/boot_id`)?.trim() ?? "", pidNamespace()].filter(Boolean).join(" ");
}

/** State letter and start time (clock ticks since boot) from a `stat` line; the name in parentheses may hold anything, `)` too. */
export function parseStat(stat: string): { readonly state: string; readonly start: string } {
  const fields = stat
    .slice(stat.lastIndexOf(")") + 1)
    .trim()
    .split(" ");
  // Field 3 is the first after the name; the start time is field 22.
  return { state: fields[0] ?? "", start: fields[19] ?? "" };
}

function processStat(pid: number | "self"): { readonly state: string; readonly start: string } | undefined {
  const stat = readText(`${proc}/${pid}/stat`);
  return stat === undefined ? undefined : parseStat(stat);
}

/** This process. */
export function thisOwner(): Owner {
  return { host: hostname(), boot: thisBoot(), pid: process.pid, start: processStat("self")?.start ?? "" };
}

/** True where a process of this number runs, whoever it is. */
export function signalReaches(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and not ours to signal.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/**
 * `elsewhere`: on another host, boot or pid namespace, where nothing can be known from here. `dead` also covers a process
 * that has ended but was not yet reaped: it writes nothing any more.
 */
export function ownerState(owner: Owner): "alive" | "dead" | "elsewhere" {
  if (owner.host !== hostname() || owner.boot !== thisBoot()) return "elsewhere";
  if (!Number.isInteger(owner.pid) || owner.pid <= 0 || !signalReaches(owner.pid)) return "dead";
  const stat = processStat(owner.pid);
  if (stat === undefined || owner.start === "") return "alive"; // no /proc: the pid is all there is
  return stat.start === owner.start && stat.state !== "Z" && stat.state !== "X" ? "alive" : "dead";
}
