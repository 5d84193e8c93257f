/** One command as data: what `--help` shows, and where its module is. */
import type { Context, Needs } from "../context.ts";
import type { Input } from "../input.ts";

/** Returns the exit code. */
export type Handler = (context: Context, input: Input) => Promise<number>;

export type CommandSpec = {
  readonly name: string;
  readonly needs: Needs;
  readonly summary: string;
  /** Said below the summary in the command's own help. */
  readonly details?: string;
  /** Commander's notation and what it means. */
  readonly args?: readonly (readonly [string, string])[];
  readonly options?: readonly (readonly [string, string])[];
  readonly examples?: readonly (readonly [string, string])[];
  readonly load: () => Promise<Handler>;
};
