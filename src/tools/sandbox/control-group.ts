/**
 * A control group of its own for one command: the kernel's ceiling on its memory and its processes, all of them together.
 *
 * G1. Made only where the kernel lets us: a group that we may create beside or below our own. Nothing that others made is changed.
 * G2. A group is removed when its command has ended; one that a killed process left is removed when the next is made.
 * G3. Whatever is still in a group when it is removed is killed first: bwrap itself, cut off while it sets up, would wait for ever.
 */
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import { dirname } from "node:path";
import type { Enforced } from "./sandbox.ts";

export type ControlGroup = {
  readonly version: Extract<Enforced["memory"], `cgroup ${string}`>;
  /** A process joins by writing `0` into each of these files. */
  readonly joinBy: readonly string[];
  /** True once a process in it was killed because the memory was used up. */
  outOfMemory(): boolean;
  /** Once, when the command has ended. */
  remove(): void;
};

type Ceilings = { readonly memoryMb: number; readonly processes: number };

const prefix = "cadre-command-";

/** Null where there is no such group to be had. */
export function makeControlGroup(ceilings: Ceilings): ControlGroup | null {
  const own = ownGroups();
  return fs.existsSync("/sys/fs/cgroup/cgroup.controllers")
    ? unified(own.get("") ?? "/", ceilings)
    : split(own, ceilings);
}

/** From controller to the path of our own group; version 2's is called "". */
function ownGroups(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const line of readOr("/proc/self/cgroup").split("\n")) {
    const [, controllers = "", path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    for (const controller of controllers.split(",")) if (path !== undefined) found.set(controller, path);
  }
  return found;
}

/** Version 2: the nearest group upward that hands memory and processes on to its children, and lets us make one. */
function unified(own: string, { memoryMb, processes }: Ceilings): ControlGroup | null {
  for (let path = own; ; path = dirname(path)) {
    const parent = `/sys/fs/cgroup${path === "/" ? "" : path}`;
    const handedOn = readOr(`${parent}/cgroup.subtree_control`).trim().split(" ");
    if (handedOn.includes("memory") && handedOn.includes("pids")) {
      const group = makeIn(parent, { "memory.max": memoryMb * 1024 * 1024, "pids.max": processes });
      if (group !== null) {
        attempt(() => fs.writeFileSync(`${group}/memory.swap.max`, "0"));
        return {
          version: "cgroup v2",
          joinBy: [`${group}/cgroup.procs`],
          outOfMemory: () => /^oom_kill [1-9]/m.test(readOr(`${group}/memory.events`)),
          remove: () => clear(group),
        };
      }
    }
    if (path === "/" || path === ".") return null;
  }
}

/** Version 1: one hierarchy for each controller. */
function split(own: ReadonlyMap<string, string>, { memoryMb, processes }: Ceilings): ControlGroup | null {
  const memory = belowOwn("memory", own, { "memory.limit_in_bytes": memoryMb * 1024 * 1024 });
  const pids = memory === null ? null : belowOwn("pids", own, { "pids.max": processes });
  if (memory === null || pids === null) {
    if (memory !== null) attempt(() => fs.rmdirSync(memory));
    return null;
  }
  attempt(() => fs.writeFileSync(`${memory}/memory.memsw.limit_in_bytes`, String(memoryMb * 1024 * 1024)));
  return {
    version: "cgroup v1",
    joinBy: [`${memory}/cgroup.procs`, `${pids}/cgroup.procs`],
    outOfMemory: () => /^oom_kill [1-9]/m.test(readOr(`${memory}/memory.oom_control`)),
    remove: () => {
      clear(memory);
      clear(pids);
    },
  };
}

/** In a container our own path may not be visible: then the hierarchy's visible top is what we are in. */
function belowOwn(
  controller: string,
  own: ReadonlyMap<string, string>,
  settings: Readonly<Record<string, number>>,
): string | null {
  const path = own.get(controller);
  if (path === undefined) return null;
  const top = `/sys/fs/cgroup/${controller}`;
  return makeIn(path === "/" ? top : `${top}${path}`, settings) ?? makeIn(top, settings);
}

function makeIn(parent: string, settings: Readonly<Record<string, number>>): string | null {
  const group = `${parent}/${prefix}${process.pid}-${randomBytes(6).toString("hex")}`;
  try {
    sweep(parent); // G2
    fs.mkdirSync(group);
    for (const [file, value] of Object.entries(settings)) fs.writeFileSync(`${group}/${file}`, String(value));
    fs.accessSync(`${group}/cgroup.procs`, fs.constants.W_OK);
    return group;
  } catch {
    attempt(() => fs.rmdirSync(group));
    return null; // G1
  }
}

function sweep(parent: string): void {
  for (const name of fs.readdirSync(parent)) {
    const owner = name.startsWith(prefix) ? /^\d+/.exec(name.slice(prefix.length))?.[0] : undefined;
    if (owner !== undefined && !fs.existsSync(`/proc/${owner}`)) clear(`${parent}/${name}`);
  }
}

/** G3. */
function clear(group: string): void {
  for (const pid of readOr(`${group}/cgroup.procs`).split("\n").filter(Boolean))
    attempt(() => process.kill(Number(pid), "SIGKILL"));
  attempt(() => fs.rmdirSync(group));
}

function readOr(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function attempt(act: () => void): void {
  try {
    act();
  } catch {
    // Best effort: an empty group costs nothing, and the next one's making sweeps it.
  }
}
