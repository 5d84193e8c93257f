/** What a command is given: where the project is, where output goes, and how to spell a command that leads to the same project. */
import { existsSync, statSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname, join, resolve } from "node:path";
import { CadreError } from "../errors.ts";
import type { Output } from "./output.ts";

export type Context = {
  /** Absolute path of the project. */
  readonly dir: string;
  /** Absolute path of the database and the workspaces. */
  readonly data: string;
  /** Absolute path of the journal. */
  readonly journal: string;
  readonly output: Output;
  /** Opened when it is first looked at: a file or /dev/null there costs a start ten of Node's modules. */
  readonly stdin: NodeJS.ReadStream;
  /** `npx cadre <rest>`, with the global options that lead to the same project and data. */
  readonly command: (rest: string) => string;
};

/** As on the command line, or as in cadre.yaml. */
export type Places = { readonly dir?: string; readonly data?: string; readonly journal?: string };

/** What a command needs to be there: nothing, the project's files, or its data as well. */
export type Needs = "nothing" | "files" | "data";

/**
 * Errors: usage (a place that is empty, too long, or under a file).
 *
 * @param given on the command line, relative to the process.
 * @param configured in cadre.yaml, relative to the project.
 */
export function openContext(
  given: Places,
  configured: Places,
  output: Output,
  stdin: () => NodeJS.ReadStream,
): Context {
  for (const name of ["dir", "data", "journal"] as const)
    if (given[name]?.trim() === "")
      throw new CadreError("usage", `--${name} is empty`, { hint: `name a folder: --${name} <folder>` });
  const dir = resolve(given.dir ?? ".");
  const place = (name: "data" | "journal", otherwise: string): string => {
    const path = given[name] === undefined ? resolve(dir, configured[name] ?? otherwise) : resolve(given[name]);
    requireRoom(given[name] === undefined ? `${name} (cadre.yaml)` : `--${name}`, path);
    return path;
  };
  return {
    dir,
    data: place("data", ".cadre"),
    journal: place("journal", "journal"),
    output,
    get stdin() {
      return stdin();
    },
    command: spellingFor(given),
  };
}

/** A folder is there, or could be made. Whether it may be is shown when something is written. */
function requireRoom(option: string, path: string): void {
  const wrong = (what: string): CadreError =>
    new CadreError("usage", `${option} ${path}: ${what}`, {
      hint: "name a folder; what is missing of it is made",
      data: { path },
    });
  for (let folder = path; ; folder = dirname(folder)) {
    const there = look(folder);
    if (there === "too long") throw wrong("the name is too long for this file system");
    if (there === "file") throw wrong(`${folder} is a file, not a folder`);
    if (there === "folder" || dirname(folder) === folder) return;
  }
}

function look(path: string): "folder" | "file" | "nothing" | "too long" {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return "nothing";
    return found.isDirectory() ? "folder" : "file";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENAMETOOLONG" ? "too long" : "nothing";
  }
}

/** How a command is written that leads to the places that were given. */
export function spellingFor(given: Places): Context["command"] {
  const places = (["dir", "data", "journal"] as const)
    .flatMap((name) => (given[name] === undefined ? [] : [`--${name} ${shellWord(given[name])} `]))
    .join("");
  return (rest) => `npx cadre ${places}${rest}`;
}

/** Where cadre.yaml says that data lies. Errors: folder-missing, config-invalid (only where data is needed). */
export async function configuredPlaces(given: string | undefined, needs: Needs): Promise<Places> {
  if (needs === "nothing") return {};
  const dir = resolve(given ?? ".");
  if (!statSync(dir, { throwIfNoEntry: false })?.isDirectory()) {
    throw new CadreError("folder-missing", `there is no folder ${dir}`, {
      hint: "name the project with --dir, or make one with `npx cadre init <folder>`",
    });
  }
  if (!existsSync(join(dir, "cadre.yaml"))) return {};
  const { readConfig } = await import("../config/config.ts");
  const { config, problems } = readConfig(dir);
  const mistake = problems.find((problem) => problem.severity === "error");
  if (mistake && needs === "data") {
    const { file, line, column } = mistake;
    throw new CadreError("config-invalid", mistake.message, {
      place: { file, line, column },
      hint: mistake.hint ?? "`npx cadre lint` lists everything that is wrong",
      data: { problems },
    });
  }
  return {
    ...(config.data === undefined ? {} : { data: config.data }),
    ...(config.journal === undefined ? {} : { journal: config.journal }),
  };
}

/** A word as a shell reads it back unchanged. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Who decides where `--as` does not say. */
export function personOf(as: string | undefined): string {
  if (as !== undefined && as.trim() !== "") return as.trim();
  try {
    return userInfo().username;
  } catch {
    // A user id without an entry in the password file, as in some containers.
    return "user";
  }
}
