/** `cadre import`: role files of other tools, written as cadre's own modes, with a word for everything that is not held or not known. */
import { resolve } from "node:path";
import { statSync } from "node:fs";
import type { Problem } from "../../documents/problem.ts";
import { CadreError } from "../../errors.ts";
import { loadModes } from "../../modes/load.ts";
import type { Mode } from "../../modes/mode.ts";
import { slugFault } from "../../modes/slug.ts";
import { cadreText } from "../../modes/writing/cadre-text.ts";
import { counted } from "../../views/counted.ts";
import { visible } from "../../views/escape.ts";
import { shellWord, type Context } from "../context.ts";
import { flag, option, words, type Input } from "../input.ts";
import { showList } from "../list.ts";
import { writeNewFiles } from "../write-files.ts";

type Taken = { readonly mode: Mode; readonly path: string };
type LeftOut = { readonly slug: string; readonly file: string; readonly line: number; readonly why: string };

/** Exit code 1 where a role was left out, or a file could not be read. Errors: usage, folder-missing, folder-empty. */
export async function importModes(context: Context, input: Input): Promise<number> {
  const paths = words(input, 0);
  for (const path of paths) {
    if (statSync(resolve(path), { throwIfNoEntry: false })) continue;
    throw new CadreError("folder-missing", `there is no file or folder ${path}`, {
      hint: "check the path; it is taken from here",
    });
  }
  const { modes, problems } = await loadModes(paths, process.cwd());
  const { taken, left } = sort(modes);
  if (taken.length === 0) {
    throw new CadreError("folder-empty", `${paths.join(", ")}: no role was found there`, {
      hint: "cadre reads Roo Commander modes, .roomodes, and the agents of Claude Code, Copilot and opencode",
      data: { problems, left },
    });
  }
  const target = option(input, "to") ?? "modes";
  const files = taken.map(({ mode, path }) => ({ path, text: cadreText(mode) }));
  const dry = flag(input, "dryRun");
  const written = dry ? [] : writeNewFiles(resolve(context.dir, target), files, { force: flag(input, "force") });
  show(context, { taken, left, problems: problems.filter(worthSaying), target, written, dry });
  return left.length > 0 || isAnyUnread(modes, problems) ? 1 : 0;
}

/** Whether a file that is wrong gave no role. */
function isAnyUnread(modes: readonly Mode[], problems: readonly Problem[]): boolean {
  const read = new Set(modes.map(({ file }) => file));
  return problems.some(({ severity, file }) => severity === "error" && !read.has(file));
}

/** Of two roles with one slug the first is taken, and the other named: nobody can tell which was meant. */
function sort(modes: readonly Mode[]): { readonly taken: readonly Taken[]; readonly left: readonly LeftOut[] } {
  const taken = new Map<string, Taken>();
  const left: LeftOut[] = [];
  for (const mode of modes) {
    const { slug, file, keyLines } = mode;
    const first = taken.get(slug);
    const why = slugFault(slug) ?? (first ? `the slug is taken by ${first.mode.file}` : null);
    if (why === null) taken.set(slug, { mode, path: `${slug}.md` });
    else left.push({ slug, file, line: keyLines["slug"] ?? 1, why });
  }
  return { taken: [...taken.values()], left };
}

/** What is about the act of importing; what is wrong with the chart is lint's to say, of the files that were written. */
function worthSaying({ code }: Problem): boolean {
  return code !== "not-a-role" && code !== "key-unknown";
}

type Report = {
  readonly taken: readonly Taken[];
  readonly left: readonly LeftOut[];
  readonly problems: readonly Problem[];
  readonly target: string;
  readonly written: readonly string[];
  readonly dry: boolean;
};

function show(context: Context, { taken, left, problems, target, written, dry }: Report): void {
  const { output } = context;
  showList(context, {
    schema: "cadre.import/1",
    key: "roles",
    rows: taken,
    columns: [
      { key: "slug", title: "role", value: ({ mode }) => mode.slug },
      { key: "dialect", title: "read as", value: ({ mode }) => mode.dialect },
      {
        key: "routes",
        title: "routes",
        value: ({ mode }) => mode.routes.length,
        text: ({ mode }) => String(mode.routes.length),
      },
      {
        key: "kept",
        title: "kept as it was",
        value: ({ mode }) => keptKeys(mode),
        text: ({ mode }) => visible(keptKeys(mode).join(" ")),
        flexible: true,
      },
      {
        key: "from",
        title: "from",
        value: ({ mode }) => mode.file,
        text: ({ mode }) => visible(mode.file),
        flexible: true,
      },
      {
        key: "file",
        title: "file",
        value: ({ path }) => `${target}/${path}`,
        text: ({ path }) => visible(`${target}/${path}`),
        onlyPiped: true,
      },
    ],
    empty: "no roles",
    more: {
      written: written.map((path) => `${target}/${path}`),
      left,
      problems: problems.map((problem) => ({ ...problem, hint: problem.hint ?? null })),
    },
  });
  for (const { file, line, severity, message, hint } of problems) {
    output.note(`${severity} ${visible(file)}:${line} ${visible(message)}`);
    if (hint !== undefined) output.note(`  → ${visible(hint.split("\n")[0] ?? "")}`);
  }
  for (const { slug, file, line, why } of left)
    output.note(`left out ${visible(slug)} (${visible(file)}:${line}): ${visible(why)}`);
  const where = target === "modes" ? "" : ` ${shellWord(resolve(context.dir, target))}`;
  output.note(
    dry
      ? `${counted(taken.length, "role")} would be written to ${target}/; nothing was`
      : `${counted(written.length, "file")} written to ${target}/, ${taken.length - written.length} were there already`,
  );
  if (!dry) output.note(`Next: ${context.command(`lint${where}`)}   what is wrong with the chart that they make`);
}

function keptKeys(mode: Mode): readonly string[] {
  return Object.keys(mode.extra).filter((key) => key !== "from");
}
