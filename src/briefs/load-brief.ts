/** Briefs for callers that cannot go on without one: reads the file, and turns problems into one error. */
import { readTextOrThrow } from "../documents/file.ts";
import type { Problem } from "../documents/problem.ts";
import { CadreError } from "../errors.ts";
import type { Brief } from "./brief.ts";
import { readBrief } from "./read-brief.ts";

/** @param shown the path as problems name it. Throws `file-unreadable`, `brief-invalid`. */
export async function loadBrief(path: string, shown: string = path): Promise<Brief> {
  return briefOrThrow(readBrief(await readTextOrThrow(path, shown), shown));
}

/** The brief of `readBrief`, or `brief-invalid` with the first error's place and all problems as data. */
export function briefOrThrow(result: { readonly brief: Brief | null; readonly problems: readonly Problem[] }): Brief {
  if (result.brief) return result.brief;
  const errors = result.problems.filter((problem) => problem.severity === "error");
  const first = errors[0];
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  throw new CadreError("brief-invalid", `${first?.message ?? "The brief cannot be read."}${more}`, {
    ...(first ? { place: { file: first.file, line: first.line, column: first.column } } : {}),
    ...(first?.hint === undefined ? {} : { hint: first.hint }),
    data: { problems: result.problems },
  });
}
