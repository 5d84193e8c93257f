/** `search_files`: lines of the workspace's files that a regular expression matches, in bounded time and without holding up anyone. */
import { z } from "zod";
import { answering, done, failed, isOutcome, pathOr, printable } from "../answer.ts";
import { openFile, openFolder, isPathError } from "../safe-files.ts";
import type { Tool, ToolOutcome } from "../tool.ts";
import { workspacePath } from "../read-tools.ts";
import type { SearchResult, SearchTally } from "./search-thread.ts";

const timeLimitMs = 5000;
const matchLimit = 200;

const searchFilesArgs = z.strictObject({
  path: workspacePath
    .default(".")
    .describe("Folder or file to search, relative to the workspace. Left out: all of it."),
  regex: z
    .string()
    .min(1)
    .max(1000)
    .describe(
      "Regular expression (RE2 syntax: no look-around, no back-references), tried on each line; `(?i)` ignores case.",
    ),
  file_pattern: z
    .string()
    .min(1)
    .max(200)
    .default("**")
    .describe("Which files, e.g. `*.ts` or `docs/**/*.md`. Left out: all."),
});

export const searchFilesTool: Tool<z.infer<typeof searchFilesArgs>> = {
  name: "search_files",
  description:
    `Search the workspace's text files line by line. Gives \`path:line: text\`, ${matchLimit} matches at most. ` +
    "node_modules and other folders of that kind are searched only when named as path.",
  schema: searchFilesArgs,
  access: "read",
  run: (context, args) =>
    answering(context, async () => {
      const parsed = pathOr(args.path);
      if (isOutcome(parsed)) return parsed;
      const isFile = checkStart(context.workspace, parsed.path);
      const { searchInThread } = await import("./search-thread.ts");
      const request = {
        root: context.workspace,
        path: parsed.path,
        isFile,
        regex: args.regex,
        filePattern: isFile ? "**" : args.file_pattern,
        matchLimit,
        fileLimit: 4 * 1024 * 1024,
      };
      return report(await searchInThread(request, timeLimitMs, context.signal));
    }),
};

/** True for a file, false for a folder; anything else is refused here, where the answer names it. */
function checkStart(root: string, path: string): boolean {
  try {
    openFolder(root, path).close();
    return false;
  } catch (error) {
    if (!isPathError(error)) throw error;
    openFile(root, path).close();
    return true;
  }
}

function report(found: SearchResult): ToolOutcome {
  if (found.invalid)
    return failed(`The ${found.invalid.what} is not valid: ${printable(found.invalid.reason)}. It is RE2 syntax.`);
  const { matches, tally } = found;
  const lines = matches.map((match) => `${printable(match.path)}:${match.line}: ${match.text}`);
  const where = tally === null ? "" : ` in ${tally.files} ${tally.files === 1 ? "file" : "files"}`;
  const notes = [
    `${lines.length} ${lines.length === 1 ? "match" : "matches"}${where}`,
    ...(found.stopped === null ? [] : [stops[found.stopped]]),
    ...(matches.length >= matchLimit ? [`only the first ${matchLimit} are shown`] : []),
    ...(tally === null ? [] : leftOut(tally)),
  ];
  const text = [`${notes.join("; ")}.`, ...lines].join("\n");
  return found.stopped !== null && lines.length === 0 ? failed(text) : done(text);
}

const stops = {
  time: `stopped after ${timeLimitMs / 1000} s; narrow the path, the files or the regex`,
  memory: "stopped: the regex needs too much memory; make it simpler",
} as const;

function leftOut(tally: SearchTally): string[] {
  const notes = [];
  if (tally.notText > 0) notes.push(`${tally.notText} not text`);
  if (tally.refused > 0) notes.push(`${tally.refused} could not be opened`);
  if (tally.tooLarge.length > 0) {
    notes.push(
      `larger than 4 MB, not searched: ${tally.tooLarge.slice(0, 5).map(printable).join(", ")}${tally.tooLarge.length > 5 ? ", …" : ""}`,
    );
  }
  return notes;
}
