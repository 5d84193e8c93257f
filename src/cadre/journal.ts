/** The journal of a run: written from its events, and read again as a memory that the store is held to. */
import { isAbsolute, join, relative, sep } from "node:path";
import { CadreError } from "../errors.ts";
import type { LineId, RunId } from "../ids.ts";
import type { Anchor } from "../run/api.ts";
import type { Store } from "../store/ports.ts";
import { knownRun } from "./preconditions.ts";

type JournalPlace = { readonly store: Store; readonly dir: string; readonly folder: string };

/**
 * Returns the paths written, relative to the journal folder. D8: pages that remember more than the store holds are kept as they are;
 * written anew, they would remember what the store says, and the next attempt would go on from it. Errors: run-unknown, chain-broken.
 */
export async function renderRunJournal({ store, dir, folder }: JournalPlace, id: RunId): Promise<readonly string[]> {
  const [{ renderJournal }, { writeJournal }] = await Promise.all([
    import("../views/journal/journal.ts"),
    import("../store/journal-files.ts"),
  ]);
  const run = await knownRun(store, id);
  await requireRemembered(store, folder, id);
  const events = await store.runEvents(id);
  return writeJournal(folder, id, renderJournal({ run, brief: run.brief, events, project: wayToProject(folder, dir) }));
}

/** From a run's folder to the project, for links to modes; null where the journal lies outside, and a link would lead nowhere elsewhere. */
function wayToProject(folder: string, dir: string): string | null {
  const inside = relative(dir, folder);
  if (inside.startsWith("..") || isAbsolute(inside)) return null;
  return `${[...inside.split(sep).filter((part) => part !== ""), "run"].map(() => "..").join("/")}/`;
}

/** What a run's journal remembers of its lines; nothing where there is none. */
export async function rememberedBy(journal: string, run: RunId): Promise<readonly Anchor[]> {
  const [{ readPage }, { readHistory }] = await Promise.all([
    import("../store/journal-files.ts"),
    import("../views/journal/anchor.ts"),
  ]);
  const source = join(journal, run, "README.md");
  return readHistory(readPage(source) ?? "").map((head) => ({ ...head, source }));
}

/**
 * D8: nothing resumes behind what its journal tells. A store that is behind was cut off, or is an old copy, and what came after was done
 * in the world already.
 */
export async function requireRemembered(store: Store, journal: string, run: RunId): Promise<void> {
  if (!(await store.run(run))) return; // the engine says so
  for (const { line, length, head, source } of await rememberedBy(journal, run)) {
    const [last] = await store.storedBytes(line as LineId, length - 1, 1);
    if (last?.index === length - 1 && last.hash === head) continue;
    throw new CadreError(
      "chain-broken",
      `nothing is done with ${run}: its journal remembers a history that the store does not hold`,
      {
        place: { file: source },
        hint: `\`cadre verify ${run}\` says where they part. Where an older copy of the data was put back on purpose, move the journal's folder away first.`,
        data: { run, line, length, head },
      },
    );
  }
}
