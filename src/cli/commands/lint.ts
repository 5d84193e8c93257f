/** `cadre lint`: everything that is wrong with the files, at once, each with its place. Exit 1 on errors. */
import { lstatSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { knownNames, type KnownNames } from "../../documents/nearest.ts";
import type { Problem, Severity } from "../../documents/problem.ts";
import { isCadreError } from "../../errors.ts";
import type { Mode, RouteDeclaration } from "../../modes/mode.ts";
import { slugLike } from "../../org/lint/routes.ts";
import { counted } from "../../views/counted.ts";
import { lintDocument } from "../../views/chart-document.ts";
import { visible } from "../../views/escape.ts";
import { codeFrame, readForFrame } from "../code-frame.ts";
import { shellWord, type Context } from "../context.ts";
import { choice, count, flag, words, type Input } from "../input.ts";
import { labelled } from "../layout.ts";
import { githubLine, lintFormats, sarifLog, unixLine, type LintFormat } from "../lint-formats.ts";
import { mend } from "../mend.ts";
import { liftRoutes, renameTargets, type Rename } from "../mend-routes.ts";
import { packageVersion } from "../package-files.ts";
import { readChart, type ReadChart } from "../read-chart.ts";
import { onStop } from "../signals.ts";
import { lookAgain } from "../watch-files.ts";
import type { Style } from "../output.ts";
import { respell } from "../respell.ts";

/** Errors: folder-missing, folder-empty, usage. */
export async function lint(context: Context, input: Input): Promise<number> {
  const asked: Asked = {
    paths: words(input, 0),
    most: count(input, "maxWarnings", "--max-warnings"),
    fix: flag(input, "fix"),
    format: context.output.json
      ? "json"
      : choice(input, "format", lintFormats, context.output.terminal ? "pretty" : "tabs"),
  };
  return flag(input, "watch") ? keepLinting(context, asked) : once(context, asked);
}

type Asked = {
  readonly paths: readonly string[];
  readonly most: number | undefined;
  readonly fix: boolean;
  readonly format: LintFormat;
};

async function once(context: Context, { paths, most, fix, format }: Asked): Promise<number> {
  let read = await readChart(context, paths, "every");
  if (fix && mendFiles(context, read) > 0) read = await readChart(context, paths, "every");
  else if (fix) context.output.note("nothing to mend: no file was changed");
  const problems = read.problems.map((problem) => spelled(context, paths, problem));
  show(context, { ...read, problems }, format);
  const warnings = problems.filter((problem) => problem.severity === "warning").length;
  const errors = problems.some((problem) => problem.severity === "error");
  return errors || (most !== undefined && warnings > most) ? 1 : 0;
}

/** Until it is interrupted, or whoever read the findings is gone. The exit code is that of the last look. */
async function keepLinting(context: Context, asked: Asked): Promise<number> {
  const stop = new AbortController();
  const release = onStop(() => {
    release(); // a second time ends it as it ends any program
    end();
  });
  const end = (): void => stop.abort();
  let code = 0;
  const folders = asked.paths.length === 0 ? [context.dir] : asked.paths.map((path) => folderOf(resolve(path)));
  await lookAgain([...new Set(folders)], stop.signal, async (changed) => {
    if (context.output.closed) return end();
    context.output.note(changed === null ? "watching; Ctrl-C ends it" : `${visible(changed)} changed`);
    code = await once(context, asked).catch((error: unknown) => {
      // A project that is being edited may be in pieces for a moment.
      if (!isCadreError(error)) throw error;
      context.output.note(visible(error.message));
      return 1;
    });
  });
  return code;
}

function folderOf(path: string): string {
  return statSync(path).isDirectory() ? path : dirname(path);
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
  const found = foundIn(read);
  for (const file of new Set(read.files)) {
    const path = resolve(read.base, file);
    if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) continue;
    const before = readFileSync(path, "utf8");
    const { text, what } = mendAll(before, file, found);
    if (text === before) continue;
    writeFileSync(path, text, { mode: statSync(path).mode });
    written += 1;
    context.output.note(`mended ${visible(file)}: ${visible(what.join(", "))}`);
  }
  return written;
}

/** Places first, as long as they are where they were found; then what adds lines; letters and levels last. */
function mendAll(
  before: string,
  file: string,
  found: Found,
): { readonly text: string; readonly what: readonly string[] } {
  const renamed = renameTargets(before, renamesIn(file, found));
  const lifted = liftRoutes(renamed.text, liftsIn(file, found, renamed.made));
  const { text, letters, level } = mend(lifted);
  const what = [
    ...renamed.made.map(({ from, to }) => `${from} → ${to}`),
    ...(lifted === renamed.text ? [] : ["routes of the body put into the front matter"]),
    ...(letters > 0 ? [`${letters} garbled ${letters === 1 ? "place" : "places"}`] : []),
    ...(level ? [`level ${level.from} → ${level.to}`] : []),
  ];
  return { text, what };
}

/** What was read, by file: a pack in which everything was renamed has thousands of findings in a thousand files. */
type Found = {
  readonly slugs: KnownNames;
  readonly modes: ReadonlyMap<string, readonly Mode[]>;
  readonly problems: ReadonlyMap<string, readonly Problem[]>;
};

function foundIn({ modes, problems, unread }: ReadChart): Found {
  return {
    slugs: knownNames([...modes.map((mode) => mode.slug), ...unread.map(slugLike)]),
    modes: Map.groupBy(modes, (mode) => mode.file),
    problems: Map.groupBy(problems, (problem) => problem.file),
  };
}

function renamesIn(file: string, { slugs, modes, problems }: Found): Rename[] {
  const own = problems.get(file) ?? [];
  const wrong = new Set(own.filter(({ code }) => code === "route-unknown-target").map(placeKey));
  return (modes.get(file) ?? [])
    .flatMap((mode) => mode.routes.map((route) => ({ mode, route })))
    .flatMap(({ mode, route }): Rename[] => {
      const to = route.file === file && wrong.has(placeKey(route)) ? slugs.surely(route.to) : null;
      return to === null || to === mode.slug || to === route.to
        ? []
        : [{ line: route.line, column: route.column, from: route.to, to }];
    });
}

function placeKey({ file, line, column }: Pick<Problem, "file" | "line" | "column">): string {
  return `${file}:${line}:${column}`;
}

/** A list with prose in it stays where it is: in the front matter its words would be lost. */
function liftsIn(file: string, { modes, problems }: Found, renamed: readonly Rename[]): RouteDeclaration[] {
  const own = problems.get(file) ?? [];
  if (!own.some(({ code }) => code === "route-in-body") || own.some(({ code }) => code === "route-in-prose")) return [];
  const routes = modes.get(file)?.[0]?.routes ?? [];
  return routes
    .filter(({ origin }) => origin === "body")
    .map((route) => {
      const now = renamed.find(
        ({ line, column, from }) => line === route.line && column === route.column && from === route.to,
      );
      return now ? { ...route, to: now.to } : route;
    });
}

const styles: Readonly<Record<Severity, Style>> = { error: "red", warning: "yellow", info: "cyan" };

function show(context: Context, read: ReadChart, format: LintFormat): void {
  const { output } = context;
  const { problems } = read;
  switch (format) {
    case "json":
      return output.document(lintDocument(read));
    case "sarif":
      return output.document(sarifLog(problems, packageVersion()));
    case "unix":
      for (const problem of problems) output.line(unixLine(problem));
      break;
    case "github":
      for (const problem of problems) output.line(githubLine(problem));
      break;
    case "pretty":
      for (const line of frames(context, read)) output.line(line);
      break;
    case "tabs":
      for (const { file, line, column, severity, code, message, hint } of problems)
        output.line(
          [`${visible(file)}:${line}:${column}`, severity, code, visible(message), visible(hint ?? "")].join("\t"),
        );
  }
  const tell = (severity: Severity): number => problems.filter((problem) => problem.severity === severity).length;
  const verdict =
    problems.length === 0
      ? output.paintNote("green", "nothing to complain about")
      : `${counted(tell("error"), "error")}, ${counted(tell("warning"), "warning")}, ${counted(tell("info"), "note")}`;
  output.note(`${counted(read.modes.length, "mode")}, ${counted(read.declared.length, "route")}: ${verdict}`);
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
