/** The port behind `execute_command`: one command, shut in, bounded, and surely ended. `bubblewrap.ts` implements it; no implementation, no command (R7). */

/** One command, and what of the machine it may reach. */
export type SandboxCommand = {
  /** Program and arguments; no shell reads them. */
  readonly argv: readonly string[];
  /** Absolute path of the one folder that can be written. */
  readonly workspace: string;
  /** Files and folders in it that can be written, where that is not all of it; what is not there yet cannot. Left out: all of it. */
  readonly writable?: readonly string[];
  /** True: the machine's network is reachable, with its local services. */
  readonly network: boolean;
  /** Absolute path of a `node_modules` shown read-only where the workspace has none of its own; null: none. */
  readonly packages: string | null;
};

/** What one command may take before it is ended. */
export type SandboxLimits = {
  readonly seconds: number;
  readonly memoryMb: number;
  readonly processes: number;
  /** No file that is written grows beyond this. */
  readonly fileMb: number;
};

/** What kept a limit; `none`: nothing could. Told in the receipt. */
export type Enforced = {
  readonly memory: "cgroup v2" | "cgroup v1" | "each process by itself";
  readonly processes: "cgroup v2" | "cgroup v1" | "rlimit" | "none";
};

/** How it ended. */
export type SandboxOutcome =
  /** The command was never started: the sandbox itself could not be set up. */
  | { readonly started: false; readonly reason: string }
  | {
      readonly started: true;
      /** 128 + n where signal n ended it; null where it was killed from here. */
      readonly exitCode: number | null;
      readonly ended: "by itself" | "timeout" | "aborted";
      /** A process of it was killed because the memory was used up. */
      readonly outOfMemory: boolean;
      readonly ms: number;
      readonly enforced: Enforced;
      /** Protected names that came into being while it ran, and were removed again; paths in the workspace. */
      readonly removed: readonly string[];
    };

/** Whether commands can run here; `no` says why not. */
export type Availability = { readonly yes: true } | { readonly no: string };

/** Where commands run; `openCadre` takes another one as `sandbox`. */
export interface Sandbox {
  /** Whether a command can be run here, found by really running one, once; `no` says why not, and what to install. */
  available(): Availability;
  /** `onOutput` gets what the command writes to either stream, as it comes; a chunk is only there until it returns. Resolves when nothing of the command is left; aborting ends it. */
  run(
    command: SandboxCommand,
    limits: SandboxLimits,
    how: { readonly signal: AbortSignal; readonly onOutput: (chunk: Buffer) => void },
  ): Promise<SandboxOutcome>;
}

/** Where no implementation was given. */
export const noSandbox: Sandbox = {
  available: () => ({ no: "there is no sandbox here, and without one no command is run" }),
  run: () => Promise.resolve({ started: false, reason: "there is no sandbox here" }),
};
