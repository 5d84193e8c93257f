/**
 * `cadre init`: a starter project, copied from what ships with cadre.
 *
 * I1. Nothing is written unless everything can be: a file that is in the way is named, and the folder stays as it was.
 * I2. `--force` replaces empty files and files that an earlier init wrote and nobody has changed since; never anything else.
 */
import { existsSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { sha256 } from "../../canonical.ts";
import { CadreError } from "../../errors.ts";
import { counted } from "../../views/counted.ts";
import type { Context } from "../context.ts";
import { shellWord } from "../context.ts";
import { flag, word, type Input } from "../input.ts";
import { packageFolder } from "../package-files.ts";
import { starterConfig } from "../starter-config.ts";

const shipped = [
  "modes/**/*.md",
  "graphs/feature-workflow.ts",
  "briefs/vietnamese-reviews.md",
  "briefs/data/vietnamese-reviews.csv",
];

/** What init wrote, by path and hash, so that a later one knows its own files. */
const record = ".cadre/starter.json";

type Plan = { readonly path: string; readonly bytes: Buffer; readonly state: "new" | "same" | "own" | "theirs" };

/** Errors: usage, file-unreadable, config-invalid (a file in the way). */
export async function init(context: Context, input: Input): Promise<number> {
  const target = resolve(context.dir, word(input, 0) ?? ".");
  const status = statSync(target, { throwIfNoEntry: false });
  if (status && !status.isDirectory()) {
    throw new CadreError("usage", `${target} is a file, not a folder`, {
      hint: "name a folder: npx cadre init my-team",
    });
  }
  const plan = planFor(target);
  const blocked = plan.filter((file) => file.state === "theirs" || (file.state === "own" && !flag(input, "force")));
  if (blocked.length > 0) throw inTheWay(target, blocked);
  const written = plan.filter((file) => file.state !== "same");
  for (const { path, bytes } of written) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    writeFileSync(join(target, path), bytes);
  }
  remember(target, plan);
  show(
    context,
    target,
    written.map((file) => file.path),
  );
  return 0;
}

function planFor(target: string): Plan[] {
  const own = readRecord(target);
  const files = new Map<string, Buffer>([
    ...globSync(shipped, { cwd: packageFolder })
      .toSorted()
      .map((path): [string, Buffer] => [path, readFileSync(join(packageFolder, path))]),
    ["cadre.yaml", Buffer.from(starterConfig)],
    [".gitignore", Buffer.from(".cadre/\n")],
  ]);
  return [...files].map(([path, bytes]): Plan => {
    const there = readIfThere(join(target, path));
    if (there === null) return { path, bytes, state: "new" };
    if (there.equals(bytes) || path === ".gitignore") return { path, bytes, state: "same" };
    return { path, bytes, state: there.length === 0 || own[path] === sha256(there) ? "own" : "theirs" };
  });
}

function readIfThere(path: string): Buffer | null {
  const status = statSync(path, { throwIfNoEntry: false });
  if (!status) return null;
  // A folder where a file should be is in the way like any other content.
  return status.isFile() ? readFileSync(path) : Buffer.from(" ");
}

function readRecord(target: string): Record<string, string> {
  try {
    const value: unknown = JSON.parse(readFileSync(join(target, record), "utf8"));
    const files = typeof value === "object" && value !== null && "files" in value ? value.files : {};
    return Object.fromEntries(Object.entries(files ?? {}).filter((entry) => typeof entry[1] === "string"));
  } catch {
    return {};
  }
}

function remember(target: string, plan: readonly Plan[]): void {
  const files = Object.fromEntries(plan.map(({ path, bytes }) => [path, sha256(bytes)]));
  mkdirSync(join(target, dirname(record)), { recursive: true, mode: 0o700 });
  writeFileSync(join(target, record), `${JSON.stringify({ files }, null, 2)}\n`, { mode: 0o600 });
}

function inTheWay(target: string, blocked: readonly Plan[]): CadreError {
  const names = blocked.map((file) => file.path);
  const own = blocked.every((file) => file.state === "own");
  return new CadreError(
    "usage",
    `${names.length === 1 ? "a file is" : `${names.length} files are`} in the way in ${target}: ${names.join(", ")}`,
    {
      hint: own
        ? "--force writes them anew: nobody has changed them"
        : "init never replaces your own files; name an empty folder, or move them away",
      data: { files: names },
    },
  );
}

function show(context: Context, target: string, written: readonly string[]): void {
  const { output } = context;
  if (output.json) {
    output.document({ schema: "cadre.init/1", folder: target, written });
    return;
  }
  for (const path of written) output.line(path);
  const inside = relative(process.cwd(), target);
  const where = inside.startsWith("..") ? target : inside;
  output.note(
    written.length === 0 ? "everything is there already" : `${counted(written.length, "file")} written to ${target}`,
  );
  output.note("Next");
  if (where !== "") output.note(`  cd ${shellWord(where)}`);
  if (isInGit(target))
    output.note("  git add . && git commit -m 'Start with cadre'   (a run works on the last commit)");
  output.note("  npx cadre graph");
  output.note("  npx cadre run briefs/vietnamese-reviews.md");
}

function isInGit(folder: string): boolean {
  return existsSync(join(folder, ".git")) || (dirname(folder) !== folder && isInGit(dirname(folder)));
}
