/**
 * A program in a process group of its own, so that it can be ended with everything that it started.
 *
 * G1. It ends with whoever started it: asked to by the end of its stdin, told to by SIGTERM, made to by SIGKILL; after `close` nothing of
 *     its group is left. What leaves the group (setsid) is beyond this: such programs are the operator's choice.
 * G2. It ends even when cadre is killed: the kernel kills it with its parent where util-linux's setpriv can say so (Linux).
 */
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join, resolve } from "node:path";

export type ChildGroup = {
  readonly process: ChildProcessWithoutNullStreams;
  /** Resolves with how it ended, in words; it never rejects. */
  readonly ended: Promise<string>;
  /** Ends the group; a second call waits for the first. */
  close(patienceMs?: number): Promise<void>;
};

export type ProgramToStart = {
  readonly argv: readonly string[];
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
};

/** Milliseconds that a program gets to end by itself, and once more after SIGTERM. */
const patience = 500;

export function startChildGroup({ argv, dir, env }: ProgramToStart): ChildGroup {
  const [program = "", ...args] = tiedToParent(argv, dir, env["PATH"]);
  const child = spawn(program, args, { cwd: dir, env: { ...env }, stdio: ["pipe", "pipe", "pipe"], detached: true });
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(`could not be started (${codeOf(error)})`));
    child.once("exit", (code, signal) =>
      resolve(signal === null ? `ended with exit code ${code}` : `ended by ${signal}`),
    );
  });
  // A program that goes away while it is written to is an end like any other.
  child.stdin.on("error", () => undefined);
  const kill = (signal: NodeJS.Signals): void => killGroup(child.pid, signal);
  const atExit = (): void => kill("SIGKILL");
  process.once("exit", atExit);
  let closing: Promise<void> | undefined;
  const close = async (wait: number): Promise<void> => {
    child.stdin.end();
    if (!(await within(ended, wait))) {
      kill("SIGTERM");
      await within(ended, wait);
    }
    kill("SIGKILL");
    await ended;
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
    process.off("exit", atExit);
  };
  return { process: child, ended, close: (wait = patience) => (closing ??= close(wait)) };
}

/** Of a whole group; a group that is gone is as wanted. */
function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (codeOf(error) !== "ESRCH" && codeOf(error) !== "EPERM") throw error;
  }
}

/** G2. */
function tiedToParent(argv: readonly string[], dir: string, path: string | undefined): readonly string[] {
  const [program = ""] = argv;
  const setpriv = process.platform === "linux" ? onPath("setpriv", path) : null;
  // A program that is not there must be named by the error, not setpriv.
  const there = program.includes("/") ? mayRun(resolve(dir, program)) : onPath(program, path) !== null;
  if (setpriv === null || !there) return argv;
  return [setpriv, "--pdeathsig", "KILL", ...argv];
}

function onPath(program: string, path: string | undefined): string | null {
  const folders = (path ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, program)).find(mayRun) ?? null;
}

function mayRun(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function within(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown";
}
