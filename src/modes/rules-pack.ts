/** Rules packs: `modes/rules/*.md`, the *Who* and *How* that a workflow binds to roles. Data like a mode (R5). */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { readTextFile } from "../documents/file.ts";
import { readMarkdown } from "../documents/front-matter.ts";
import { mojibakeProblems } from "../documents/mojibake.ts";
import { compareText, hasErrors } from "../documents/problem-order.ts";
import type { Problem } from "../documents/problem.ts";
import { readLines, readSections } from "../documents/sections.ts";
import { readText, readTexts, type Source } from "./keys.ts";

/** Same shape as `RulesPack` in `org/bound-chart.ts`, which may import this folder but not be imported by it. */
export type RulesFile = {
  readonly name: string;
  readonly title: string;
  readonly reportSections: readonly string[];
  readonly body: string;
  readonly file: string;
};

/** `file` is the path that problems cite; the pack's name is its last part without `.md`. Front matter may be absent. */
export function readRulesPack(
  text: string,
  file: string,
): { readonly pack: RulesFile | null; readonly problems: Problem[] } {
  const document = readMarkdown(text, file);
  const problems = [...document.problems, ...mojibakeProblems(text, file)];
  if (hasErrors(document.problems)) return { pack: null, problems };
  const body = document.body.replaceAll("\r\n", "\n");
  const heading = readSections(readLines(body)).find((section) => section.level === 1)?.title;
  const name = (file.split("/").at(-1) ?? file).replace(/\.md$/i, "");
  const own = document.frontMatter ? readKeys({ map: document.frontMatter, file, problems }) : null;
  return {
    pack: { name, title: own?.title ?? heading ?? name, reportSections: own?.reportSections ?? [], body, file },
    problems,
  };
}

function readKeys(source: Source): { readonly title: string | null; readonly reportSections: readonly string[] } {
  for (const entry of source.map.entries) {
    if (entry.key === "title" || entry.key === "report_sections") continue;
    source.problems.push({
      code: "key-unknown",
      severity: "info",
      message: `A rules pack has "title" and "report_sections"; "${entry.key}" has no effect.`,
      file: source.file,
      line: entry.line,
      column: entry.column,
    });
  }
  return { title: readText(source, "title"), reportSections: readTexts(source, "report_sections") ?? [] };
}

/** All packs of a folder, sorted by name; a folder that is not there holds none. */
export async function loadRules(
  folder: string,
  shown: string,
): Promise<{
  readonly rules: RulesFile[];
  readonly problems: Problem[];
  readonly sources: ReadonlyMap<string, string>;
}> {
  const names = (await readdir(folder, { withFileTypes: true }).catch(() => []))
    .filter((entry) => entry.isFile() && /\.md$/i.test(entry.name))
    .map((entry) => entry.name)
    .toSorted(compareText);
  const rules: RulesFile[] = [];
  const problems: Problem[] = [];
  const sources = new Map<string, string>();
  for (const name of names) {
    const file = `${shown}/${name}`;
    const read = await readTextFile(join(folder, name), file);
    if (!read.ok) {
      problems.push(read.problem);
      continue;
    }
    sources.set(file, read.text);
    const result = readRulesPack(read.text, file);
    problems.push(...result.problems);
    if (result.pack) rules.push(result.pack);
  }
  return { rules, problems, sources };
}
