/**
 * What a workflow says of commands, and which of them need no person (R3, R7).
 *
 * M1. Without a word about it, a person approves every command. An entry of `commands.allow` is a convenience, not a boundary: what a
 *     command can do is the sandbox's business.
 * M2. A call that asks for the network is never allowed by the list; without `commands.network` it is refused.
 */
import type { Workflow } from "./workflow.ts";

export const commandTool = "execute_command";

/** Ends an entry of `commands.allow` that stands for everything that begins so. */
export const andMore = "...";

export type CommandPolicy = {
  readonly allow: readonly (readonly string[])[];
  readonly network: boolean;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  readonly outputMb: number;
};

/** Charts of earlier versions say nothing of commands: the default stands. */
export function commandPolicy({ commands }: Pick<Workflow, "commands">): CommandPolicy {
  return {
    allow: commands?.allow ?? [],
    network: commands?.network ?? false,
    timeoutSeconds: commands?.timeoutSeconds ?? 600,
    memoryMb: commands?.memoryMb ?? 2048,
    outputMb: commands?.outputMb ?? 64,
  };
}

/** M1, M2. `args`: of a proposed call, as yet unchecked. */
export function isAllowedCommand(policy: Pick<CommandPolicy, "allow">, args: unknown): boolean {
  const { command, network } = fieldsOf(args);
  if (network !== false && network !== undefined) return false;
  if (!Array.isArray(command)) return false;
  return policy.allow.some((entry) => fits(entry, command));
}

/** M2. In words; null where nothing forbids it. */
export function forbiddenCommand(policy: Pick<CommandPolicy, "network">, args: unknown): string | null {
  const { network } = fieldsOf(args);
  if (policy.network || network === false || network === undefined) return null;
  return "this workflow lets no command use the network (`commands.network` is not set). Do without it, or escalate.";
}

function fits(entry: readonly string[], command: readonly unknown[]): boolean {
  const open = entry.at(-1) === andMore;
  const fixed = open ? entry.slice(0, -1) : entry;
  if (fixed.length === 0 || command.length < fixed.length) return false;
  return (open || command.length === fixed.length) && fixed.every((part, index) => part === command[index]);
}

function fieldsOf(args: unknown): { readonly command?: unknown; readonly network?: unknown } {
  return typeof args === "object" && args !== null ? args : {};
}
