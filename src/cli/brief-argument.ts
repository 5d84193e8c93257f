/** The brief that a command line means: a file, stdin, or the words themselves. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import type { Brief } from "../briefs/brief.ts";
import { briefOrThrow } from "../briefs/load-brief.ts";
import { readBrief } from "../briefs/read-brief.ts";
import { readTextOrThrow } from "../documents/file.ts";
import { CadreError } from "../errors.ts";
import { visible } from "../views/escape.ts";
import type { Context } from "./context.ts";

/** More from stdin than from a file is refused too. */
const largest = 256 * 1024;

/**
 * One argument that names a file is that file; one that looks like a path and names none is a mistake, not words.
 * Errors: usage, file-unreadable, brief-invalid (with its place and every problem in `data`).
 */
export async function takeBrief(context: Context, said: readonly string[]): Promise<Brief> {
  const [only = ""] = said;
  if (said.length === 1 && only === "-") return checked(await fromStdin(context.stdin), null, context);
  if (said.join("").trim() === "") {
    throw new CadreError("usage", "the brief is empty", {
      hint: "name a file or say what is to be done: npx cadre run briefs/vietnamese-reviews.md",
    });
  }
  const file = said.length === 1 ? fileOf(context, only) : null;
  if (file !== null) {
    const shown = shownPath(context, file);
    return checked(await readTextOrThrow(file, shown), shown, context);
  }
  return checked(said.join(" "), null, context);
}

/** Looked for from here, then from the project. */
function fileOf(context: Context, text: string): string | null {
  for (const path of [resolve(text), resolve(context.dir, text)]) {
    if (text.length > 1024 || !existsSync(path)) continue;
    if (statSync(path).isFile()) return path;
    throw new CadreError("file-unreadable", `${text} is a folder, not a brief`, { hint: briefsIn(path, text) });
  }
  if (!looksLikePath(text)) return null;
  throw new CadreError("file-unreadable", `there is no file ${text}`, {
    hint: "check the path; words with blanks between them are taken as the brief itself",
  });
}

function briefsIn(path: string, text: string): string {
  const there = readdirSync(path).filter((name) => name.endsWith(".md"));
  if (there.length === 0) return "name a file with a brief";
  return `name a brief in it: ${there.map((name) => join(text, name)).join(", ")}`;
}

function looksLikePath(text: string): boolean {
  return !/\s/.test(text) && (/[/\\]/.test(text) || /\.(md|markdown|txt|ya?ml)$/i.test(text));
}

function shownPath(context: Context, file: string): string {
  const inside = relative(context.dir, file);
  return inside.startsWith("..") || isAbsolute(inside) ? file : inside.split(sep).join("/");
}

async function fromStdin(stdin: NodeJS.ReadStream): Promise<string> {
  if (stdin.isTTY) {
    throw new CadreError("usage", "- reads the brief from stdin, and nothing is piped in", {
      hint: "for example: npx cadre run - < briefs/vietnamese-reviews.md",
    });
  }
  let text = "";
  for await (const piece of stdin.setEncoding("utf8")) {
    text += piece as string;
    if (text.length > largest) throw new CadreError("brief-invalid", "the brief on stdin is larger than 256 KB");
  }
  return text;
}

function checked(text: string, file: string | null, context: Context): Brief {
  const read = readBrief(text, file);
  const brief = briefOrThrow(read);
  for (const problem of read.problems) {
    context.output.note(`${problem.severity}: ${visible(problem.message)} (${problem.file}:${problem.line})`);
  }
  return brief;
}
