/** The run's workspace: how it is made, what changed in it, and how a signed-off change set reaches the user's tree. */
import type { ChangeSet } from "../events/event.ts";

export type WorkspaceSource =
  | { readonly kind: "git"; readonly head: string; readonly uncommitted: readonly string[] }
  | { readonly kind: "copy" }
  | { readonly kind: "empty" };

/** The files as they were when the workspace was made: path to sha256. Stored beside the workspace. */
export type Baseline = {
  readonly source: WorkspaceSource;
  readonly files: Readonly<Record<string, string>>;
  /** What of the project is not in the workspace, each with the reason; at most 1,000. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
};

export interface Workspaces {
  /**
   * Makes the workspace of a run, or finds it whole: atomic, so a killed attempt leaves nothing behind. `check` sees it before it
   * appears: what it throws is thrown, and no workspace stays.
   */
  create(
    run: string,
    options: {
      readonly includeDirty: boolean;
      readonly check?: (workspace: { readonly holds: (path: string) => boolean }) => void;
    },
  ): Promise<{ readonly path: string; readonly baseline: Baseline }>;
  path(run: string): string;
  changes(run: string): Promise<ChangeSet>;
  /** One file's text before and after, for diffs; null where it is not there. */
  versions(run: string, path: string): Promise<{ readonly before: string | null; readonly after: string | null }>;
  /** Applies exactly this change set to the project: checks every `before` first, writes atomically; throws `apply-conflict`, nothing half done. */
  apply(run: string, changes: ChangeSet): Promise<void>;
}
