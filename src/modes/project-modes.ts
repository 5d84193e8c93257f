/** What a project's `modes/` folder holds: its modes and its rules packs, in one call. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { sortProblems } from "../documents/problem-order.ts";
import { CadreError } from "../errors.ts";
import { loadModes, type LoadedModes } from "./load.ts";
import { loadRules, type RulesFile } from "./rules-pack.ts";

export type ProjectModes = LoadedModes & { readonly rules: readonly RulesFile[] };

/**
 * @param dir the project's folder; cited paths are relative to it (`modes/x.md`), so charts hash alike on every machine.
 * Throws `folder-missing` and `folder-empty`; everything else is among the problems.
 */
export async function loadProjectModes(dir: string): Promise<ProjectModes> {
  const folder = join(dir, "modes");
  const status = await stat(folder).catch(() => null);
  if (!status?.isDirectory()) {
    throw new CadreError("folder-missing", `There is no folder ${folder}, so there are no roles to work with.`, {
      hint: "Run `cadre init` to get a starter project, or name another one with --dir.",
      data: { folder },
    });
  }
  const loaded = await loadModes("modes", dir);
  if (loaded.sources.size === 0 && loaded.problems.length === 0) {
    throw new CadreError(
      "folder-empty",
      `The folder ${folder} holds no mode: not one *.md file outside rules/ and context/.`,
      {
        hint: "Run `cadre init` to get a starter project, or add a mode file.",
        data: { folder },
      },
    );
  }
  const { rules, problems, sources } = await loadRules(join(folder, "rules"), "modes/rules");
  return {
    modes: loaded.modes,
    rules,
    problems: sortProblems([...loaded.problems, ...problems]),
    sources: new Map([...loaded.sources, ...sources]),
    unread: loaded.unread,
  };
}
