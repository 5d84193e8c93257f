/**
 * The arguments of bwrap for one command. Pure: what is on the machine was looked at before.
 *
 * B1. Every namespace is new (the network's too, unless the approved call asks for it), no capability is left, no further user
 *     namespace can be made, and the calls that no namespace shuts in are filtered (`seccomp.ts`).
 * B2. It dies with us, and is its own session: no terminal to type into.
 * B3. Mounts in order: the system, the workspace (or what of it this task may write), what in it is protected, and last everything else is
 *     made read-only.
 */
import type { SandboxCommand, SandboxLimits } from "./sandbox.ts";
import { workspacePlace } from "./root-view.ts";

export type Descriptors = {
  /** bwrap tells here how far it came, as JSON. */
  readonly status: number;
  readonly seccomp: number;
  /** From the place of a made-up file to the descriptor that holds its text. */
  readonly files: Readonly<Record<string, number>>;
};

export type View = {
  /** From `systemView`. */
  readonly system: readonly string[];
  /** Paths in the workspace that can be written; null: the workspace itself. */
  readonly writable: readonly string[] | null;
  /** Paths in the workspace that are shown read-only. */
  readonly readOnly: readonly string[];
  /** Folder of the host shown as `node_modules`; null: none. */
  readonly packages: string | null;
};

export function bubblewrapArguments(
  command: Pick<SandboxCommand, "workspace" | "network">,
  limits: Pick<SandboxLimits, "memoryMb">,
  view: View,
  descriptors: Descriptors,
): string[] {
  const scratch = String(Math.max(1, Math.floor(limits.memoryMb / 2)) * 1024 * 1024);
  const inside = (path: string): string => `${workspacePlace}/${path}`;
  return [
    ["--unshare-all", "--unshare-user", "--disable-userns", "--cap-drop", "ALL"], // B1
    command.network ? ["--share-net"] : [],
    ["--die-with-parent", "--new-session"], // B2
    ["--uid", "1000", "--gid", "1000", "--hostname", "cadre"],
    view.system,
    Object.entries(descriptors.files).flatMap(([place, fd]) => ["--ro-bind-data", String(fd), place]),
    ["--proc", "/proc", "--remount-ro", "/proc"],
    ["--dev", "/dev", "--size", scratch, "--tmpfs", "/dev/shm", "--remount-ro", "/dev"],
    ["--size", scratch, "--tmpfs", "/tmp"],
    [view.writable === null ? "--bind" : "--ro-bind", command.workspace, workspacePlace],
    (view.writable ?? []).flatMap((path) => ["--bind", `${command.workspace}/${path}`, inside(path)]),
    view.packages === null ? [] : ["--ro-bind", view.packages, inside("node_modules")],
    view.readOnly.flatMap((path) => ["--ro-bind", `${command.workspace}/${path}`, inside(path)]),
    ["--remount-ro", "/", "--chdir", workspacePlace],
    ["--json-status-fd", String(descriptors.status), "--seccomp", String(descriptors.seccomp)],
  ].flat();
}

/**
 * Run inside, by a shell that then becomes the command: both streams into one, in order, and the ceilings of a single process.
 * They are set inside, where the processes of this sandbox alone are counted. dash calls that ceiling `-p`, bash `-u`.
 */
const becomeCommand =
  'ulimit -c 0; ulimit -f "$1" || exit 125; if [ "$2" != 0 ]; then ulimit -d "$2" || exit 125; if (ulimit -u "$3") 2>/dev/null; then ulimit -u "$3"; else ulimit -p "$3" || exit 125; fi; fi; shift 3; exec "$@" 2>&1';

/** `alone`: no control group keeps memory and processes, so each process has ceilings of its own. */
export function commandInside(argv: readonly string[], limits: SandboxLimits, alone: boolean): string[] {
  const fileBlocks = String(limits.fileMb * 2048); // of 512 bytes
  const dataKb = alone ? String(limits.memoryMb * 1024) : "0";
  return ["/bin/sh", "-c", becomeCommand, "sh", fileBlocks, dataKb, String(limits.processes), ...argv];
}

/** Run outside, by a shell that then becomes bwrap: joins the control groups first, so that nothing of the command is outside of them. */
export function joiningGroups(joinBy: readonly string[], bwrap: string): string[] {
  if (joinBy.length === 0) return [bwrap];
  const join = 'while [ "$1" != -- ]; do echo 0 > "$1" || exit 125; shift; done; shift; exec "$@"';
  return ["/bin/sh", "-c", join, "sh", ...joinBy, "--", bwrap];
}
