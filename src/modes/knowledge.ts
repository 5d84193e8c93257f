/** The files that a mode names under *Context / Knowledge Base*: a role may search and read these, and cite them. */
import type { Problem } from "../documents/problem.ts";
import { leavesProject, plainPath } from "../documents/project-path.ts";
import { readList, type Section } from "../documents/sections.ts";
import type { KnowledgeReference } from "./mode.ts";
import { slugFault } from "./slug.ts";

const title = /\bknowledge\b|^(?:[\d.]+\s*)?context\b/i;
/** In back quotes: with a slash, or a file name with an extension. URLs and `pipeline()` are neither. */
const path = /^[^\s:*?"<>|()]+$/;

/** Paths relative to the project, forward slashes. Where none is named: the folder `modes/context/<slug>/`. */
export function readKnowledge(
  sections: readonly Section[],
  slug: string,
  file: string,
): { readonly knowledge: KnowledgeReference[]; readonly problems: Problem[] } {
  const relevant = sections.filter((section) => title.test(section.title));
  const named = relevant
    .flatMap((section) => readList(section.lines))
    .flatMap((item) => [...item.text.matchAll(/`([^`]+)`/g)].map((found) => ({ path: found[1] ?? "", ...item })))
    .filter((item) => path.test(item.path) && (item.path.includes("/") || /\.\w{1,5}$/.test(item.path)));
  const outside = named.filter((item) => leavesProject(item.path));
  const inside = named.filter((item) => !leavesProject(item.path));
  const problems = outside.map((item): Problem => ({
    code: "knowledge-outside",
    severity: "warning",
    message: `The knowledge file ${item.path} lies outside the project; it will not be read.`,
    file,
    line: item.line,
    column: item.column,
    hint: "Copy it into the project and name it by its relative path.",
  }));
  // A malformed slug names no folder: it could lead anywhere.
  const fallback = slugFault(slug) === null ? [{ path: `modes/context/${slug}/`, line: relevant[0]?.line ?? 1 }] : [];
  const knowledge = inside.map((item) => ({ path: plainPath(item.path), line: item.line }));
  return { knowledge: named.length === 0 ? fallback : knowledge, problems };
}
