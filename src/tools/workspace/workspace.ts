/** The run's workspace: how it is made, what changed in it, and how a signed-off change set reaches the user's tree. */
import type { ChangeSet, FileChange } from "../../events/event.ts";

export type WorkspaceSource =
  | { readonly kind: "git"; readonly head: string; readonly uncommitted: readonly string[] }
  | { readonly kind: "copy" }
  | { readonly kind: "empty" };

/** The files as they were when the workspace was made: path to sha256. Stored beside the workspace. */
export type Baseline = {
  readonly source: WorkspaceSource;
  readonly files: Readonly<Record<string, string>>;
  /** Those that are more than a plain file; left out in workspaces of older versions. */
  readonly kinds?: Readonly<Record<string, "executable" | "symlink">>;
  /** What of the project is not in the workspace, each with the reason; at most 1,000. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
};

/** What an effect left behind, in the order in which effects happened. */
export type Trace =
  | { readonly files: readonly FileChange[] }
  /** `within`: the files and folders that it might write; null: all of them. */
  | { readonly tree: string; readonly within: readonly string[] | null }
  /** It is not known; `why` in words. */
  | { readonly unknown: string };

/** What stands in the way of making a workspace as another one was; nothing does where both are empty. */
export type PastProblem = {
  /** Why it is not known what it held, in words. */
  readonly unknown: string | null;
  /** Files whose content is nowhere any more. */
  readonly missing: readonly string[];
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
  /**
   * Keeps what an effect left behind, so that a run can go on from there: the contents of the files that its receipt names (returns
   * null), or all that lies in the part of the workspace that it might write (returns the hash of the record).
   */
  record(
    run: string,
    left: { readonly files: readonly FileChange[] } | { readonly within: readonly string[] | null },
  ): Promise<string | null>;
  changes(run: string): Promise<ChangeSet>;
  /** One file's text before and after, for diffs; null where it is not there. */
  versions(run: string, path: string): Promise<{ readonly before: string | null; readonly after: string | null }>;
  /** Applies exactly this change set to the project: checks every `before` first, writes atomically; throws `apply-conflict`, nothing half done. */
  apply(run: string, changes: ChangeSet): Promise<void>;
}

/** Workspaces as they were. */
export interface WorkspacePasts {
  /** Whether the workspace of a run can be made again as it was after these effects. */
  pastProblem(run: string, traces: readonly Trace[]): Promise<PastProblem>;
  /** The workspace of a new run, as that of `from` was after these effects: whole, or not at all. Errors: run-exists, workspace-refused. */
  fork(run: string, from: string, traces: readonly Trace[]): Promise<{ readonly path: string }>;
}
