/** `cadre changes`: what a run did to its workspace, as one unified diff. */
import { createTwoFilesPatch } from "diff";
import type { ChangedFile, Changes } from "../../run/api.ts";
import { visible, visibleLines } from "../../views/escape.ts";
import type { Context } from "../context.ts";
import { findRun } from "../find-run.ts";
import { flag, word, type Input } from "../input.ts";
import { withCadre } from "../open.ts";
import type { Output, Style } from "../output.ts";

export function changes(context: Context, input: Input): Promise<number> {
  return withCadre(
    context,
    async (cadre) => {
      const run = await findRun(cadre.store, word(input, 0));
      const found = await cadre.changes(run.id);
      const { output } = context;
      if (output.json) output.document({ schema: "cadre.changes/1", run: run.id, applied: false, ...record(found) });
      else if (found.files.length === 0) output.note(`${run.id} changed no file`);
      else if (flag(input, "stat")) stat(output, found.files);
      else showPatch(found.files, output);
      if (!output.json && found.files.length > 0) output.note(standing(context, run.id, found));
      return 0;
    },
    { readOnly: true },
  );
}

function record({ set, files, approved }: Changes): Record<string, unknown> {
  return { hash: set.hash, approved, files: files.map((file) => ({ ...file, patch: patchOf(file) })) };
}

function standing(context: Context, run: string, { set, files, approved }: Changes): string {
  const count = `${files.length} ${files.length === 1 ? "file" : "files"}, change set ${set.hash.slice(0, 16)}`;
  if (approved === null) return `${count}: not signed off yet`;
  if (approved !== set.hash) return `${count}: not what was signed off (${approved.slice(0, 16)})`;
  return `${count}: signed off; ${context.command(`apply ${run}`)} brings it into the project`;
}

function patchOf({ path, kind, before, after }: ChangedFile): string {
  const from = kind === "added" ? "/dev/null" : `a/${path}`;
  const to = kind === "deleted" ? "/dev/null" : `b/${path}`;
  return createTwoFilesPatch(from, to, before ?? "", after ?? "", undefined, undefined, { context: 3 });
}

/** The files as one unified diff. */
export function showPatch(files: readonly ChangedFile[], output: Output): void {
  for (const file of files) for (const line of patchLines(file, output)) output.line(line);
}

/** Without the line of `=` that the library begins with, so that the whole is what `git apply` reads. */
function patchLines(file: ChangedFile, output: Output): string[] {
  const lines = patchOf(file).replace(/\n$/, "").split("\n");
  const own = lines[0]?.startsWith("====") ? lines.slice(1) : lines;
  // A pipe gets the bytes: it may be a patch for `git apply`. A terminal gets what cannot move its cursor.
  return output.terminal ? own.map((line) => painted(visibleLines(line).join(" "), output)) : own;
}

const lineStyles: readonly (readonly [string, Style])[] = [
  ["---", "bold"],
  ["+++", "bold"],
  ["@@", "cyan"],
  ["+", "green"],
  ["-", "red"],
];

function painted(line: string, output: Output): string {
  const style = lineStyles.find(([start]) => line.startsWith(start))?.[1];
  return style === undefined ? line : output.paint(style, line);
}

function stat(output: Output, files: readonly ChangedFile[]): void {
  const rows = files.map((file) => {
    const lines = patchOf(file).split("\n").slice(4);
    const many = (sign: string): number => lines.filter((line) => line.startsWith(sign)).length;
    return { file, added: many("+"), removed: many("-") };
  });
  output.table(
    [
      { key: "kind", title: "what", cell: ({ file }) => file.kind },
      { key: "added", title: "added", cell: ({ added }) => `+${added}`, style: () => "green" },
      { key: "removed", title: "removed", cell: ({ removed }) => `-${removed}`, style: () => "red" },
      { key: "path", title: "file", cell: ({ file }) => visible(file.path), flexible: true },
    ],
    rows,
  );
}
