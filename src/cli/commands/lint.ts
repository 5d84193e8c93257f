/** `cadre lint`: everything that is wrong with the files, at once, each with its place. Exit 1 on errors. */
import { lstatSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Problem, Severity } from "../../documents/problem.ts";
import { visible } from "../../views/escape.ts";
import { codeFrame, readForFrame } from "../code-frame.ts";
import { shellWord, type Context } from "../context.ts";
import { count, flag, words, type Input } from "../input.ts";
import { labelled } from "../layout.ts";
import { readChart, type ReadChart } from "../read-chart.ts";
import { mend } from "../mend.ts";
import type { Style } from "../output.ts";
import { respell } from "../spelling.ts";

/** Errors: folder-missing, folder-empty, usage. */
export async function lint(context: Context, input: Input): Promise<number> {
  const paths = words(input, 0);
  const most = count(input, "maxWarnings", "--max-warnings");
  let read = await readChart(context, paths);
  if (flag(input, "fix") && mendFiles(context, read) > 0) read = await readChart(context, paths);
  const problems = read.problems.map((problem) => spelled(context, paths, problem));
  show(context, { ...read, problems });
  const warnings = problems.filter((problem) => problem.severity === "warning").length;
  const errors = problems.some((problem) => problem.severity === "error");
  return errors || (most !== undefined && warnings > most) ? 1 : 0;
}

/** `lint --fix` in a hint is meant for the files that were looked at. */
function spelled(context: Context, paths: readonly string[], problem: Problem): Problem {
  if (problem.hint === undefined) return problem;
  const files = paths.map((path) => ` ${shellWord(path)}`).join("");
  const hint = respell(problem.hint, context.command).replaceAll("lint --fix", () => `lint --fix${files}`);
  return { ...problem, hint };
}

/** Returns how many files were written. Only files that were read as modes, that are no links, and that are text still. */
function mendFiles(context: Context, read: ReadChart): number {
  let written = 0;
  for (const file of new Set(read.files)) {
    const path = resolve(read.base, file);
    if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) continue;
    const before = readFileSync(path, "utf8");
    const { text, letters, level } = mend(before);
    if (text === before) continue;
    writeFileSync(path, text, { mode: statSync(path).mode });
    written += 1;
    const what = [
      ...(letters > 0 ? [`${letters} garbled ${letters === 1 ? "place" : "places"}`] : []),
      ...(level ? [`level ${level.from} → ${level.to}`] : []),
    ].join(", ");
    context.output.note(`mended ${visible(file)}: ${visible(what)}`);
  }
  return written;
}

const styles: Readonly<Record<Severity, Style>> = { error: "red", warning: "yellow", info: "cyan" };

function show(context: Context, read: ReadChart): void {
  const { output } = context;
  const { problems } = read;
  if (output.json) {
    output.document({
      schema: "cadre.lint/1",
      modes: read.modes.map(({ slug, name, level, file }) => ({ slug, name, level: level?.text ?? null, file })),
      routes: read.declared,
      problems: problems.map((problem) => ({ ...problem, hint: problem.hint ?? null })),
    });
    return;
  }
  if (output.terminal) for (const line of frames(context, read)) output.line(line);
  else {
    for (const { file, line, column, severity, code, message, hint } of problems) {
      output.line(
        [`${visible(file)}:${line}:${column}`, severity, code, visible(message), visible(hint ?? "")].join("\t"),
      );
    }
  }
  const plural = (many: number, word: string): string => `${many} ${word}${many === 1 ? "" : "s"}`;
  const tell = (severity: Severity): number => problems.filter((problem) => problem.severity === severity).length;
  const verdict =
    problems.length === 0
      ? output.paintNote("green", "nothing to complain about")
      : `${plural(tell("error"), "error")}, ${plural(tell("warning"), "warning")}, ${tell("info")} notes`;
  output.note(`${plural(read.modes.length, "mode")}, ${plural(read.declared.length, "route")}: ${verdict}`);
}

/** Grouped by file, each with the lines around it. */
function frames(context: Context, read: ReadChart): string[] {
  const { output } = context;
  const files = [...new Set(read.problems.map((problem) => problem.file))];
  return files.flatMap((file) => {
    const source = readForFrame(resolve(read.base, file));
    const own = read.problems.filter((problem) => problem.file === file);
    return [
      output.paint(["bold", "underline"], visible(file)),
      ...own.flatMap((problem) => framed(context, problem, source)),
      "",
    ];
  });
}

function framed(context: Context, problem: Problem, source: string | null): string[] {
  const { output } = context;
  const place = `${problem.line}:${problem.column}`;
  const head = `  ${place.padEnd(7)} ${problem.severity.padEnd(8)} `;
  const [first = "", ...others] = labelled(head, visible(problem.message), output.width);
  const frame = codeFrame(source, problem, output.paint, (output.width ?? 100) - 4).map((row) => `    ${row}`);
  return [
    `  ${output.paint("dim", place.padEnd(7))} ${output.paint(styles[problem.severity], problem.severity.padEnd(8))} ${first.slice(head.length)} ${output.paint("dim", problem.code)}`,
    ...others,
    ...frame,
    ...(problem.hint === undefined
      ? []
      : labelled("    → ", visible(problem.hint), output.width).map((row) => output.paint("cyan", row))),
    "",
  ];
}
