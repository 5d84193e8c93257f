/** `read_file` and `list_files`: what a role may look at. */
import fs from "node:fs";
import { z } from "zod";
import { answering, done, failed, isOutcome, pathOr, printable, textLimit } from "./answer.ts";
import { join, openFile, openFolder, type OpenOptions } from "./safe-files.ts";
import { readWindow, type Window } from "./text-window.ts";
import type { Tool, ToolContext, ToolOutcome } from "./tool.ts";
import { bulkyFolders, walkFolder, type Entry } from "./walk-folder.ts";

export const workspacePath = z
  .string()
  .describe("Path relative to the workspace, with forward slashes, e.g. `src/a.ts`.");

export const lineRange = {
  start_line: z.int().min(1).optional().describe("First line to read, counted from 1. Left out: the first."),
  end_line: z.int().min(1).optional().describe("Last line to read. Left out: as far as 64 KB reach."),
};

const readFileArgs = z.strictObject({ path: workspacePath, ...lineRange });
const listFilesArgs = z.strictObject({
  path: workspacePath.default(".").describe("Folder relative to the workspace. Left out: the whole workspace."),
  recursive: z.boolean().default(false).describe("True: also what lies in its folders."),
});

export const readFileTool: Tool<z.infer<typeof readFileArgs>> = {
  name: "read_file",
  description:
    "Read a text file of the workspace. Every line comes as `number | text`; the numbers and the bar are not part of the file. " +
    "At most 64 KB at a time: the answer says how to read on. Also says the file's sha256.",
  schema: readFileArgs,
  access: "read",
  run: (context, args) =>
    answering(context, () => {
      const parsed = pathOr(args.path);
      return isOutcome(parsed) ? parsed : showFile(context, context.workspace, parsed.path, args);
    }),
};

/** The answer of `read_file` and `read_knowledge`. */
export async function showFile(
  context: ToolContext,
  root: string,
  path: string,
  range: { readonly start_line?: number | undefined; readonly end_line?: number | undefined },
  options: OpenOptions = {},
): Promise<ToolOutcome> {
  const from = range.start_line ?? 1;
  const to = range.end_line ?? Number.MAX_SAFE_INTEGER;
  if (to < from) return failed(`end_line (${to}) is before start_line (${from}).`);
  const file = openFile(root, path, options);
  try {
    // The header needs room beside the lines.
    const window = await readWindow(file, from, to, textLimit - 2048, context.signal);
    if (window.binary !== null) {
      return done(
        `${path} is not text: ${window.binary}, ${file.stats.size.toLocaleString("en")} bytes${hashNote(window)}. Its content is not shown.`,
      );
    }
    if (window.total !== null && from > window.total && window.total > 0) {
      return failed(`${path} has ${window.total} lines; start_line ${from} is after its end.`);
    }
    return done(
      [
        header(path, window),
        ...window.lines.map((line, index) => `${from + index} | ${line}`),
        ...readOn(window, to),
      ].join("\n"),
    );
  } finally {
    file.close();
  }
}

function hashNote(window: Window): string {
  return window.sha256 === null ? "" : `, sha256 ${window.sha256}`;
}

function header(path: string, window: Window): string {
  const count = window.total === null ? "more lines than were looked at" : `${window.total} lines`;
  const shown =
    window.lines.length === 0 ? "" : `, lines ${window.from}–${window.from + window.lines.length - 1} below`;
  return `${path}: ${count}${shown}${hashNote(window)}${window.crlf ? ", lines end with CRLF" : ""}`;
}

function readOn(window: Window, to: number): string[] {
  const last = window.from + window.lines.length - 1;
  const end = window.total ?? Number.MAX_SAFE_INTEGER;
  if (last >= Math.min(to, end)) return [];
  if (window.full) return [`[64 KB are full; read on with start_line ${last + 1}]`];
  return window.total === null ? ["[the file is too large to be read to here]"] : [];
}

/** More would not help a model to find its way. */
const entryLimit = 1000;

export const listFilesTool: Tool<z.infer<typeof listFilesArgs>> = {
  name: "list_files",
  description: `List a folder of the workspace, sorted; folders end with a slash, files show their size in bytes. At most ${entryLimit} entries.`,
  schema: listFilesArgs,
  access: "read",
  run: (context, args) =>
    answering(context, () => {
      const parsed = pathOr(args.path);
      return isOutcome(parsed) ? parsed : listing(context.workspace, parsed.path, args.recursive);
    }),
};

function listing(root: string, path: string, recursive: boolean): ToolOutcome {
  const skip = (entry: Entry): boolean => bulkyFolders.has(nameOf(entry.path));
  const found: Entry[] = [];
  let more = false;
  for (const entry of walkFolder(root, path, recursive ? { skip } : { depth: 1 })) {
    if (found.length === entryLimit) {
      more = true;
      break;
    }
    found.push(entry);
  }
  const lines = found
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    .map((entry) => describe(root, entry, recursive && skip(entry)));
  const title = `${path || "."}: ${found.length}${more ? " of more" : ""} ${found.length === 1 ? "entry" : "entries"}`;
  const note = more ? [`[only the first ${entryLimit}, nearest first; list a folder of it for more]`] : [];
  return done([title, ...lines, ...note].join("\n"));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function describe(root: string, entry: Entry, skipped: boolean): string {
  const name = printable(entry.path);
  switch (entry.kind) {
    case "file":
      return `${name} (${sizeOf(root, entry.path)})`;
    case "folder":
      return skipped ? `${name}/ (not entered; list it by name)` : `${name}/`;
    case "symlink":
      return `${name} (symlink)`;
    case "other":
      return `${name} (neither file nor folder)`;
  }
}

/** Through the open folder, so that a folder swapped meanwhile tells nothing about what lies outside (F3). */
function sizeOf(root: string, path: string): string {
  const cut = path.lastIndexOf("/");
  const folder = openFolder(root, cut === -1 ? "" : path.slice(0, cut));
  try {
    const stats = fs.lstatSync(join(folder.at, nameOf(path)), { throwIfNoEntry: false });
    return stats ? String(stats.size) : "gone";
  } finally {
    folder.close();
  }
}
