/** Whether this machine lets a command be sandboxed: found by running one that does nothing, shut in as every other will be. */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bubblewrapArguments, commandInside, joiningGroups } from "./bubblewrap-arguments.ts";
import { makeControlGroup, type ControlGroup } from "./control-group.ts";
import { commandEnvironment } from "./root-view.ts";
import type { SandboxLimits } from "./sandbox.ts";
import { seccompFilter } from "./seccomp.ts";

export type Machine = {
  /** Absolute path. */
  readonly bwrap: string;
  /** From `systemView`. */
  readonly system: readonly string[];
  /** Whether commands get control groups. */
  readonly groups: boolean;
};

const limits: SandboxLimits = { seconds: 5, memoryMb: 256, processes: 64, fileMb: 16 };

/** Null where it ran; otherwise what was said against it. */
export function tryOut(machine: Machine): string | null {
  const group = machine.groups ? makeControlGroup(limits) : null;
  if (machine.groups && group === null) return "there is no control group to be had";
  const folder = fs.mkdtempSync(join(tmpdir(), "cadre-sandbox-"));
  try {
    return runIn(folder, machine, group);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
    group?.remove();
  }
}

function runIn(folder: string, machine: Machine, group: ControlGroup | null): string | null {
  fs.writeFileSync(`${folder}/filter`, seccompFilter(process.arch, { network: false }) ?? "");
  fs.mkdirSync(`${folder}/workspace`);
  const filter = fs.openSync(`${folder}/filter`, "r");
  try {
    const view = { system: machine.system, writable: null, readOnly: [], packages: null };
    const descriptors = { seccomp: 3, status: 4, files: {} };
    const [program = "", ...args] = [
      ...joiningGroups(group?.joinBy ?? [], machine.bwrap),
      ...bubblewrapArguments({ workspace: `${folder}/workspace`, network: false }, limits, view, descriptors),
      "--",
      ...commandInside(["/bin/sh", "-c", ":"], limits, group === null),
    ];
    const { status, stderr, error } = spawnSync(program, args, {
      env: commandEnvironment,
      cwd: "/",
      timeout: limits.seconds * 1000,
      stdio: ["ignore", "ignore", "pipe", filter, "pipe"],
    });
    return status === 0 ? null : stderr?.toString("utf8") || (error?.message ?? `it ended with ${status}`);
  } finally {
    fs.closeSync(filter);
  }
}
