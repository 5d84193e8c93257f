/**
 * What a command may read in its workspace and not change: the rules that the run goes by, and its records (RELIABILITY 26).
 *
 * N1. What is there is shown read-only. What could be there at the workspace's root is held by an empty folder, read-only too, so that it
 *     cannot come into being; the folder goes when the last command of this process has ended.
 * N2. What came into being all the same (deeper down, or spelled in a way that is the same name on another system) is removed when the
 *     command has ended, and told.
 */
import fs from "node:fs";
import { join } from "node:path";
import { breathe } from "../answer.ts";
import { modelsLock, protectedBy } from "../paths.ts";
import type { HeldFolders } from "./held-folders.ts";

/** At the root, as they are spelled. */
const atRoot = [".git", ".cadre", "modes", "graphs", "journal", "cadre.yaml", "cadre.yml", modelsLock];

export type Guard = {
  /** Paths in the workspace to be shown read-only. */
  readonly readOnly: readonly string[];
  /** After the command: what it made of protected names, removed by now. */
  release(): Promise<readonly string[]>;
};

/** A string instead: why no command can be run in this workspace. */
export async function guardProtected(workspace: string, folders: HeldFolders): Promise<Guard | string> {
  const there = await protectedEntries(workspace);
  const link = there.find((path) => fs.lstatSync(join(workspace, path)).isSymbolicLink());
  if (link !== undefined)
    return `\`${link}\` in the workspace is a symlink: it is protected, and could not be kept from being replaced`;
  const held = atRoot.filter((name) => folders.hold(join(workspace, name)));
  const before = new Set([...there, ...atRoot]);
  return {
    readOnly: [...new Set([...there, ...held])].toSorted(),
    release: async () => {
      for (const name of held) folders.letGo(join(workspace, name));
      const made = (await protectedEntries(workspace)).filter((path) => !before.has(path));
      for (const path of made) fs.rmSync(join(workspace, path), { recursive: true, force: true });
      return made; // N2
    },
  };
}

/** Every protected name in the workspace, wherever it is; what lies below one is part of it. */
async function protectedEntries(workspace: string): Promise<string[]> {
  const found: string[] = [];
  const waiting = [""];
  for (let folder = waiting.pop(), looked = 1; folder !== undefined; folder = waiting.pop(), looked += 1) {
    for (const entry of entriesOf(join(workspace, folder))) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (protectedBy(path) !== null) found.push(path);
      else if (entry.isDirectory()) waiting.push(path);
    }
    if (looked % 50 === 0) await breathe();
  }
  return found;
}

function entriesOf(folder: string): readonly fs.Dirent[] {
  try {
    return fs.readdirSync(folder, { withFileTypes: true });
  } catch {
    return []; // gone meanwhile, or not to be read
  }
}
