/**
 * The sandbox on Linux: bubblewrap, started with a clean environment, in a control group where one can be had.
 *
 * S1. Whether it works is found by running a command in it that does nothing, once for each object (`try-out.ts`).
 * S2. A command ends when the first process of its PID namespace is killed: the kernel then ends all the others, whatever they did to get
 *     away, and only after the last is gone does bwrap report. If it does not report, it is killed itself, and everything dies with it.
 * S3. bwrap sees none of our environment: what is in it could be read inside, from /proc/1/environ (R8).
 * S4. A command that did not come to run is told as such, never as the command's own failure.
 */
import { spawn, type ChildProcess } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import type { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { bubblewrapArguments, commandInside, joiningGroups, type View } from "./bubblewrap-arguments.ts";
import { makeControlGroup, type ControlGroup } from "./control-group.ts";
import { HeldFolders } from "./held-folders.ts";
import { withoutInherited } from "./inherited-descriptors.ts";
import { missingHint, startHint } from "./install-hint.ts";
import { guardProtected } from "./protected-names.ts";
import { openReadingEnd, type ReadingEnd } from "./reading-end.ts";
import { commandEnvironment, madeUpFiles, systemView } from "./root-view.ts";
import type { Availability, Enforced, Sandbox, SandboxCommand, SandboxLimits, SandboxOutcome } from "./sandbox.ts";
import { seccompFilter } from "./seccomp.ts";
import { tryOut, type Machine } from "./try-out.ts";

export type BubblewrapOptions = {
  /** Absolute path of the Node that commands get as `node`. */
  readonly node: string;
  /** Absolute path of bwrap; default: where systems install it. PATH is not asked: it may name folders that a run can write. */
  readonly bwrap?: string;
};

const places = ["/usr/bin/bwrap", "/usr/local/bin/bwrap", "/bin/bwrap", "/run/current-system/sw/bin/bwrap"];
/** How long bwrap may take to report after its command was killed. */
const reportMs = 500;

type How = Parameters<Sandbox["run"]>[2];

export function bubblewrap(options: BubblewrapOptions): Sandbox {
  const folders = new HeldFolders();
  let machine: Machine | { readonly no: string } | undefined;
  const looked = (): Machine | { readonly no: string } => (machine ??= lookAt(options));
  return {
    available: (): Availability => {
      const found = looked();
      return "no" in found ? { no: found.no } : { yes: true };
    },
    run: async (command, limits, how) => {
      const found = looked();
      if ("no" in found) return { started: false, reason: found.no };
      return runGuarded(found, folders, command, limits, how);
    },
  };
}

/** S1. */
function lookAt(options: BubblewrapOptions): Machine | { readonly no: string } {
  const bwrap = options.bwrap ?? places.find((path) => fs.existsSync(path));
  if (process.platform !== "linux" || bwrap === undefined || !fs.existsSync(bwrap)) return { no: missingHint() };
  if (seccompFilter(process.arch, { network: false }) === null)
    return { no: `commands are not run on ${process.arch}: which system calls to refuse is known for x64 and arm64` };
  const system = systemView(options.node);
  const withGroups: Machine = { bwrap, system, groups: true };
  if (tryOut(withGroups) === null) return withGroups;
  const without: Machine = { ...withGroups, groups: false };
  const complaint = tryOut(without);
  return complaint === null ? without : { no: startHint(complaint) };
}

async function runGuarded(
  machine: Machine,
  folders: HeldFolders,
  command: SandboxCommand,
  limits: SandboxLimits,
  how: How,
): Promise<SandboxOutcome> {
  how.signal.throwIfAborted();
  const workspace = fs.realpathSync(command.workspace);
  const guard = await guardProtected(workspace, folders);
  if (typeof guard === "string") return { started: false, reason: guard };
  const place = join(workspace, "node_modules");
  const packages = command.packages !== null && folders.hold(place) ? command.packages : null;
  const group = machine.groups ? makeControlGroup(limits) : null;
  let ran: Omit<Extract<SandboxOutcome, { started: true }>, "removed" | "enforced"> | string;
  let removed: readonly string[];
  try {
    const writable = command.writable === undefined ? null : ownPlaces(workspace, command.writable);
    const view: View = { system: machine.system, writable, readOnly: guard.readOnly, packages };
    ran = await runInside(machine, { ...command, workspace }, limits, view, group, how);
  } finally {
    group?.remove();
    if (packages !== null) folders.letGo(place);
    removed = await guard.release();
  }
  return typeof ran === "string" ? { started: false, reason: ran } : { ...ran, removed, enforced: enforcedBy(group) };
}

/** R6: those that are there, and lie where their names say: a symlink on the way would bind another place. */
function ownPlaces(workspace: string, paths: readonly string[]): string[] {
  return paths.filter((path) => {
    const place = join(workspace, path);
    return fs.existsSync(place) && fs.realpathSync(place) === place;
  });
}

/** Real root is exempt from the kernel's ceiling on a user's processes. */
function enforcedBy(group: ControlGroup | null): Enforced {
  if (group !== null) return { memory: group.version, processes: group.version };
  return { memory: "each process by itself", processes: process.getuid?.() === 0 ? "none" : "rlimit" };
}

async function runInside(
  machine: Machine,
  command: SandboxCommand,
  limits: SandboxLimits,
  view: View,
  group: ControlGroup | null,
  how: How,
): Promise<Omit<Extract<SandboxOutcome, { started: true }>, "removed" | "enforced"> | string> {
  const files = Object.entries(madeUpFiles(command.network));
  const descriptors = {
    status: 3,
    seccomp: 4,
    files: Object.fromEntries(files.map(([place], index) => [place, 5 + index])),
  };
  const [program = "", ...args] = [
    ...joiningGroups(group?.joinBy ?? [], machine.bwrap),
    ...bubblewrapArguments(command, limits, view, descriptors),
    "--",
    ...commandInside(command.argv, limits, group === null),
  ];
  const output = await openReadingEnd(how.onOutput);
  const started = performance.now();
  const child = start(program, args, output.writing, 5 + files.length);
  if (typeof child === "string") return child; // S4
  feed(child, 4, seccompFilter(process.arch, command) ?? Buffer.alloc(0));
  for (const [index, [, text]] of files.entries()) feed(child, 5 + index, text);
  const watched = watch(child, output);
  const ended = await untilEnded(child, watched, limits.seconds * 1000, how.signal);
  const ms = Math.round(performance.now() - started);
  const { exitCode, startedInside } = readStatus(watched.status());
  if (!startedInside && ended === "by itself") return startHint(watched.complaint()); // S4
  return {
    started: true,
    exitCode: ended === "by itself" ? exitCode : null,
    ended,
    outOfMemory: group?.outOfMemory() ?? false,
    ms,
  };
}

/** S3, and nothing that was open when we were started. A text: why the system did not take it. */
function start(program: string, args: readonly string[], output: Socket, pipes: number): ChildProcess | string {
  const blank = fs.openSync("/dev/null", "r+");
  try {
    const stdio = ["ignore" as const, output, ...Array.from({ length: pipes - 2 }, () => "pipe" as const)];
    return spawn(program, args, { env: commandEnvironment, cwd: "/", stdio: withoutInherited(stdio, blank) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "E2BIG") throw error;
    return "the command is longer than the system takes: put what is long into a file of the workspace, and name that";
  } finally {
    fs.closeSync(blank);
    output.destroy();
  }
}

function feed(child: ChildProcess, fd: number, bytes: Buffer | string): void {
  const pipe = child.stdio[fd] as Writable | undefined;
  pipe?.on("error", () => undefined); // bwrap died early; its exit tells
  pipe?.end(bytes);
}

type Watched = {
  /** Everything that bwrap reported so far, as JSON lines. */
  status(): string;
  /** What bwrap complained about; bounded. */
  complaint(): string;
  /** Resolves when bwrap has ended and its pipes are read to the end. */
  readonly closed: Promise<void>;
  /** Reads no more of what the command wrote. */
  letGo(): void;
};

function watch(child: ChildProcess, output: ReadingEnd): Watched {
  const kept = { status: "", complaint: "" };
  const keep = (name: keyof typeof kept) => (chunk: Buffer) => {
    if (kept[name].length < 8192) kept[name] += chunk.toString("utf8");
  };
  child.stderr?.on("data", keep("complaint"));
  (child.stdio[3] as Readable | undefined)?.on("data", keep("status"));
  for (const fd of [2, 3]) (child.stdio[fd] as Readable | undefined)?.on("error", () => undefined);
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
    child.once("error", (error) => {
      kept.complaint += error.message;
      resolve();
    });
  });
  const closed = Promise.all([ended, output.ended]).then(() => undefined);
  return { status: () => kept.status, complaint: () => kept.complaint, closed, letGo: () => output.close() };
}

/** S2. */
async function untilEnded(
  child: ChildProcess,
  watched: Watched,
  ms: number,
  signal: AbortSignal,
): Promise<"by itself" | "timeout" | "aborted"> {
  const over = new AbortController();
  const endedEarly = await Promise.race([
    watched.closed.then(() => null),
    delay(ms, "timeout" as const, { signal: over.signal }).catch(() => null),
    aborted(signal, over.signal),
  ]);
  over.abort();
  if (endedEarly === null) return "by itself";
  // Killed while it sets up, bwrap would leave its child waiting for it.
  for (let tries = 0; tries < 15 && firstProcess(watched.status()) === null; tries += 1)
    await Promise.race([watched.closed, delay(20)]);
  const first = firstProcess(watched.status());
  if (first !== null) kill(first);
  else child.kill("SIGKILL");
  const reported = await Promise.race([watched.closed.then(() => true), delay(reportMs, false)]);
  if (!reported) {
    child.kill("SIGKILL");
    for (const fd of [2, 3]) (child.stdio[fd] as Readable | undefined)?.destroy();
    watched.letGo();
    await watched.closed;
  }
  return endedEarly;
}

function aborted(signal: AbortSignal, over: AbortSignal): Promise<"aborted" | null> {
  if (signal.aborted) return Promise.resolve("aborted");
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve("aborted"), { once: true, signal: over });
    over.addEventListener("abort", () => resolve(null), { once: true });
  });
}

/** The host's number of the first process in the sandbox; it cannot belong to another one while bwrap, its parent, has not ended. */
function firstProcess(status: string): number | null {
  const pid = /"child-pid": (\d+)/.exec(status)?.[1];
  return pid === undefined ? null : Number(pid);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has just ended.
  }
}

/** bwrap reports the exit code only of a command that it came to start. */
function readStatus(status: string): { readonly exitCode: number | null; readonly startedInside: boolean } {
  const code = /"exit-code": (\d+)/.exec(status)?.[1];
  return { exitCode: code === undefined ? null : Number(code), startedInside: code !== undefined };
}
