/** A project in a temp folder, with or without git, and its workspaces. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { openWorkspaces } from "../../src/tools/workspace/folder.ts";
import type { Workspaces } from "../../src/tools/workspace/workspace.ts";
import { fill, snapshot, temporaryFolder } from "./tools-bench.ts";

export type ProjectBench = {
  readonly project: string;
  readonly data: string;
  readonly workspaces: Workspaces;
  git(...args: string[]): string;
  /** Files of the project without `.git` and the data folder. */
  files(): Record<string, string>;
};

/** Nothing of the machine's git configuration may decide a test. */
const gitEnvironment = {
  PATH: process.env["PATH"] ?? "",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "a",
  GIT_AUTHOR_EMAIL: "a@example.com",
  GIT_COMMITTER_NAME: "a",
  GIT_COMMITTER_EMAIL: "a@example.com",
};

/** `below`: the project is this folder of the repository; it must be among the files. */
export function openProject(
  files: Readonly<Record<string, string | Uint8Array>>,
  options: { readonly git?: boolean; readonly below?: string } = {},
): ProjectBench {
  const top = `${temporaryFolder()}/project`;
  const project = options.below === undefined ? top : `${top}/${options.below}`;
  fs.mkdirSync(project, { recursive: true });
  fill(top, files);
  const data = `${project}/.cadre`;
  const git = (...args: string[]): string =>
    execFileSync("git", args, { cwd: top, env: gitEnvironment, encoding: "utf8" });
  if (options.git === true) {
    git("init", "--quiet");
    git("add", "--all");
    git("commit", "--quiet", "--allow-empty", "--message", "first");
  }
  return {
    project,
    data,
    workspaces: openWorkspaces({ project, data }),
    git,
    files: () =>
      Object.fromEntries(Object.entries(snapshot(project)).filter(([path]) => !/^\.(?:git|cadre)\//.test(path))),
  };
}
