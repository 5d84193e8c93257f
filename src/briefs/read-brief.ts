/** One text to one Brief. Pure; never throws for what the text contains. All problems are reported at once. */
import { fileLimit } from "../documents/file.ts";
import { readMarkdown } from "../documents/front-matter.ts";
import { mojibakeProblems } from "../documents/mojibake.ts";
import { hasErrors, sortProblems } from "../documents/problem-order.ts";
import type { Problem } from "../documents/problem.ts";
import { leavesProject, plainPath } from "../documents/project-path.ts";
import { readList, textOf } from "../documents/sections.ts";
import type { YamlMap } from "../documents/yaml-tree.ts";
import type { Brief, BriefInput } from "./brief.ts";
import { readFields, type FieldName, type Fields } from "./fields.ts";
import { placeOfItem, readFrontMatter, type BriefFrontMatter } from "./front-matter.ts";

type Located<Value> = { readonly value: Value; readonly line: number; readonly column: number };

/** `file` is cited in problems; null for words and stdin. `brief` is null when there is a problem of severity error. */
export function readBrief(
  text: string,
  file: string | null,
): { readonly brief: Brief | null; readonly problems: Problem[] } {
  const shown = file ?? "(brief)";
  if (text.length > fileLimit) {
    const message = `The brief is longer than ${fileLimit / 1024} KB.`;
    const hint = "Put long material into files and name them under inputs.";
    return { brief: null, problems: [problemAt("brief-too-large", message, shown, { line: 1, column: 1 }, hint)] };
  }
  const document = readMarkdown(text, shown);
  const front = document.frontMatter ? readFrontMatter(document.frontMatter, shown) : { data: {}, problems: [] };
  const problems = [...document.problems, ...mojibakeProblems(text, shown), ...front.problems];
  if (hasErrors(document.problems)) return { brief: null, problems: sortProblems(problems) };
  const fields = readFields(document.body, document.bodyLine);
  const inputs = inputsOf(front.data ?? {}, document.frontMatter, fields, shown, problems);
  const task = fieldText(fields, "task");
  if (task === "") problems.push(withoutTask(fields, shown));
  if (hasErrors(problems)) return { brief: null, problems: sortProblems(problems) };
  return { brief: briefOf(front.data ?? {}, fields, task, inputs, file), problems: sortProblems(problems) };
}

function briefOf(
  front: BriefFrontMatter,
  fields: Fields,
  task: string,
  inputs: readonly BriefInput[],
  file: string | null,
): Brief {
  const acceptance = [...(front.acceptance ?? []), ...listOf(fields, "acceptance")];
  return {
    title: oneLine(front.title ?? "") || oneLine(fields.heading ?? "") || titleFrom(task),
    task,
    why: fieldText(fields, "why"),
    where: fieldText(fields, "where"),
    when: fieldText(fields, "when"),
    acceptance: acceptance.map((criterion, index) => ({ id: `A${index + 1}`, text: oneLine(criterion) })),
    inputs,
    constraints: [...(front.constraints ?? []), ...listOf(fields, "constraints")].map(oneLine),
    limits: front.limits ?? {},
    to: front.to ?? null,
    file,
  };
}

/** Without what a template leaves behind: `(Optional)` and placeholders in square brackets. */
function fieldText(fields: Fields, name: FieldName): string {
  const lines = fields.parts.get(name)?.lines ?? [];
  const own = lines.filter((line) => line.fenced || !/^\s*\(optional\)\s*$/i.test(line.text));
  const text = textOf(own);
  return /^\[[^\][]*\]$/.test(text) ? "" : text;
}

/** The items of a part; where it holds no list, its paragraphs. */
function listOf(fields: Fields, name: FieldName): string[] {
  const lines = fields.parts.get(name)?.lines ?? [];
  const items = readList(lines).map((item) => item.text.replace(/^\[[ xX]\]\s+/, ""));
  if (items.length > 0) return items.filter((item) => item !== "");
  return fieldText(fields, name)
    .split(/\n\s*\n/)
    .filter((paragraph) => paragraph.trim() !== "");
}

function inputsOf(
  front: BriefFrontMatter,
  map: YamlMap | null,
  fields: Fields,
  file: string,
  problems: Problem[],
): BriefInput[] {
  const own = (front.inputs ?? []).map((input, index): Located<BriefInput> => {
    const value = typeof input === "string" ? { path: input } : withoutUndefined(input);
    return { value, ...placeOfItem(map, "inputs", index) };
  });
  const listed = readList(fields.parts.get("inputs")?.lines ?? []).flatMap((item): Located<BriefInput>[] => {
    const value = inputFrom(item.text);
    if (value) return [{ value, line: item.line, column: item.column }];
    const hint = "Begin the item with a path, e.g. `data/sample.csv`: what it is.";
    const message = `The input "${item.text}" names no file.`;
    problems.push({ ...problemAt("brief-input-unclear", message, file, item, hint), severity: "warning" });
    return [];
  });
  return [...own, ...listed].flatMap(({ value, ...place }) => {
    if (leavesProject(value.path)) {
      const message = `The input ${value.path} lies outside the project: roles see only files inside it.`;
      const hint = "Copy it into the project and name it by its relative path.";
      problems.push(problemAt("brief-input-outside", message, file, place, hint));
      return [];
    }
    return { ...value, path: plainPath(value.path) };
  });
}

/** `[text](path) more`, `` `path`: description ``, `path - description`: what is the path, what the rest. */
const inputSpellings: readonly RegExp[] = [
  /^\[(?<text>[^\]]*)\]\((?<path>[^)\s]+)\)(?<rest>.*)$/,
  /^`(?<path>[^`]+)`(?<rest>.*)$/,
  /^(?<path>[^\s:]*[^\s:/.]\.\w{1,8}|[^\s:]+\/[^\s:]*)(?=[\s:]|$)(?<rest>.*)$/,
];

/** Null where nothing looks like a path. */
function inputFrom(text: string): BriefInput | null {
  for (const spelling of inputSpellings) {
    const found = spelling.exec(text)?.groups;
    const path = found?.["path"]?.trim() ?? "";
    if (!found || path === "") continue;
    const description = `${found["text"] ?? ""}${found["rest"] ?? ""}`.replace(/^[\s:–—-]+/, "").trim();
    return description === "" ? { path } : { path, description };
  }
  return null;
}

function withoutUndefined(input: { path: string; description?: string | undefined }): BriefInput {
  return input.description === undefined ? { path: input.path } : { path: input.path, description: input.description };
}

/** First sentence of the task, or its beginning up to a colon or a bracket: at most 80 characters. */
function titleFrom(task: string): string {
  const line = oneLine(task.replace(/^#+\s+/, ""));
  const sentence = /^.*?[.!?。](?=\s|$)/u.exec(line)?.[0] ?? line;
  const plain = sentence.replace(/[.。]$/u, "") || line; // a full stop alone is all there is to go by
  const characters = Array.from(plain);
  if (characters.length <= 80) return plain;
  const cut = characters.slice(0, 79).join("");
  // What comes after a colon or in brackets explains the title; it is no part of it.
  const subject = /^.{20,}?(?=:\s|\s\()/u.exec(cut)?.[0];
  return subject ?? `${(cut.replace(/\s+\S*$/u, "") || cut).replace(/[\s,;:(]+$/u, "")}…`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

function withoutTask(fields: Fields, file: string): Problem {
  const line = fields.parts.get("task")?.line ?? 1;
  const message = "The brief says nowhere what is to be done.";
  const hint = "Add a heading `## What` with the task below it, or a line `Task: …`.";
  return problemAt("brief-no-task", message, file, { line, column: 1 }, hint);
}

function problemAt(
  code: Problem["code"],
  message: string,
  file: string,
  place: { readonly line: number; readonly column: number },
  hint: string,
): Problem {
  return { code, severity: "error", message, file, line: place.line, column: place.column, hint };
}
