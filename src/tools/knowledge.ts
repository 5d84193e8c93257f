/**
 * `search_knowledge` and `read_knowledge`: the files that a role's mode names as its knowledge. They lie in the project, not in
 * the workspace, and are only read. What is missing is noted, never fatal (DESIGN §3).
 *
 * K1. A mode names paths, but does not widen what can be read: nothing outside the project, nothing under a hidden name, not the
 *     operator's configuration, wherever a symlink leads (R6, R8).
 */
import { z } from "zod";
import { answering, breathe, clip, done, failed, isOutcome, pathOr, printable } from "./answer.ts";
import { parsePath } from "./paths.ts";
import { decodeText, readWhole } from "./read-bytes.ts";
import { lineRange, showFile } from "./read-tools.ts";
import { isPathError, openFile, openFolder, refuse, type OpenOptions } from "./safe-files.ts";
import type { Tool, ToolContext } from "./tool.ts";
import { walkFolder } from "./walk-folder.ts";

/** Every role that may read or analyse has these too; a role that may not, has neither. */
export const knowledgeTools = ["search_knowledge", "read_knowledge"] as const;
const groupsWithKnowledge: readonly string[] = ["read", "file_management", "code_analysis"];

/** The knowledge tools that come with these tool groups. */
export function knowledgeToolsFor(groups: readonly string[]): readonly string[] {
  return groups.some((group) => groupsWithKnowledge.includes(group)) ? knowledgeTools : [];
}

/** Files of a project belong to its user: a backup by hard links must not hide them. */
const inProject: OpenOptions = { hardLinks: "allow" };
const fileLimit = 1024 * 1024;
const filesLimit = 500;
const hitLimit = 20;

type Shelf = { readonly files: readonly string[]; readonly notes: readonly string[] };

/** Null where the path may be read as knowledge. */
function forbidden(path: string): string | null {
  if (path.split("/").some((name) => name.startsWith("."))) return "hidden files are not knowledge";
  return /^cadre\.ya?ml$/i.test(path) ? "the operator's configuration is not knowledge" : null;
}

function shelfOf(context: ToolContext): Shelf {
  const files = new Set<string>();
  const notes: string[] = [];
  for (const reference of context.knowledge) {
    const parsed = parsePath(reference);
    const reason = parsed.ok ? forbidden(parsed.path) : parsed.reason;
    if (!parsed.ok || reason !== null) {
      notes.push(`${printable(reference)}: not read, ${reason}`);
      continue;
    }
    try {
      for (const file of filesUnder(context.project, parsed.path)) files.add(file);
    } catch (error) {
      if (!isPathError(error)) throw error;
      notes.push(
        error.code === "file-unreadable" ? `${printable(reference)}: named by the role, but not there` : error.message,
      );
    }
  }
  if (files.size > filesLimit) notes.push(`only the first ${filesLimit} of ${files.size} files`);
  return { files: [...files].toSorted().slice(0, filesLimit), notes };
}

function filesUnder(project: string, path: string): string[] {
  if (!isFolder(project, path)) {
    checkInside(project, path);
    return [path];
  }
  return [...walkFolder(project, path)].flatMap((entry) =>
    entry.kind === "file" && forbidden(entry.path) === null ? [entry.path] : [],
  );
}

function isFolder(project: string, path: string): boolean {
  let folder;
  try {
    folder = openFolder(project, path);
  } catch (error) {
    if (isPathError(error)) return false;
    throw error;
  }
  folder.close();
  const reason = forbidden(folder.resolved);
  if (reason !== null) throw refuse(path, reason);
  return true;
}

/** K1, where the path really leads. */
function checkInside(project: string, path: string): void {
  const file = openFile(project, path, inProject);
  try {
    const reason = forbidden(file.resolved);
    if (reason !== null) throw refuse(path, reason);
  } finally {
    file.close();
  }
}

const searchArgs = z.strictObject({
  query: z.string().min(1).max(500).describe("Words to look for; lines that hold more of them come first."),
});

export const searchKnowledgeTool: Tool<z.infer<typeof searchArgs>> = {
  name: "search_knowledge",
  description: `Search the knowledge files of your role. Gives passages as \`path:line\`, the best first, ${hitLimit} at most; cite them like that.`,
  schema: searchArgs,
  access: "read",
  run: (context, { query }) =>
    answering(context, async () => {
      const words = wordsOf(query);
      if (words.length === 0) return failed("The query holds no words.");
      const shelf = shelfOf(context);
      const hits: Hit[] = [];
      for (const path of shelf.files) {
        for (const hit of hitsIn(context.project, path, words)) hits.push(hit);
        context.signal.throwIfAborted();
        await breathe();
      }
      const best = hits.toSorted((a, b) => b.score - a.score || order(a, b)).slice(0, hitLimit);
      const notes = shelf.notes.map((note) => `(${note})`);
      if (shelf.files.length === 0) return done(["Your role has no knowledge files here.", ...notes].join("\n"));
      const title = `${hits.length} ${hits.length === 1 ? "passage" : "passages"} in ${shelf.files.length} ${shelf.files.length === 1 ? "file" : "files"}`;
      return done([title, ...best.map((hit) => `${hit.path}:${hit.line}: ${hit.text}`), ...notes].join("\n"));
    }),
};

type Hit = { readonly path: string; readonly line: number; readonly text: string; readonly score: number };

function order(a: Hit, b: Hit): number {
  if (a.path !== b.path) return a.path < b.path ? -1 : 1;
  return a.line - b.line;
}

/** Lower case, without accents: `Đánh giá` and `danh gia` are the same words. */
function fold(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replaceAll("đ", "d");
}

function wordsOf(text: string): string[] {
  return [...new Set(fold(text).match(/[\p{L}\p{N}]{2,}/gu) ?? [])];
}

function hitsIn(project: string, path: string, words: readonly string[]): Hit[] {
  let text;
  try {
    text = decodeText(readWhole(project, path, fileLimit, inProject));
  } catch (error) {
    if (isPathError(error)) return [];
    throw error;
  }
  if (text === undefined) return [];
  return text.split("\n").flatMap((line, index) => {
    const folded = fold(line.slice(0, 5000));
    const found = words.filter((word) => folded.includes(word)).length;
    if (found === 0) return [];
    const score = found + (line.startsWith("#") ? 0.5 : 0);
    return [{ path, line: index + 1, text: clip(line.trim(), 500), score }];
  });
}

const readArgs = z.strictObject({
  path: z.string().describe("A knowledge file as `search_knowledge` names it, relative to the project."),
  ...lineRange,
});

export const readKnowledgeTool: Tool<z.infer<typeof readArgs>> = {
  name: "read_knowledge",
  description: "Read a knowledge file of your role, as `number | text`; cite what you use as `path:line`.",
  schema: readArgs,
  access: "read",
  run: (context, args) =>
    answering(context, () => {
      const parsed = pathOr(args.path);
      if (isOutcome(parsed)) return parsed;
      const shelf = shelfOf(context);
      if (!shelf.files.includes(parsed.path)) {
        const known = shelf.files.slice(0, 30).map((file) => `- ${file}`);
        const notes = shelf.notes.map((note) => `(${note})`);
        return failed(
          [
            `${parsed.path || "."} is not a knowledge file of your role. ${known.length === 0 ? "It has none here." : "It has:"}`,
            ...known,
            ...notes,
          ].join("\n"),
        );
      }
      checkInside(context.project, parsed.path);
      return showFile(context, context.project, parsed.path, args, inProject);
    }),
};
