/** A brief while it is written: its four fields and what goes with them, and the run that it would be. Pure. */
import type { BriefView } from "../../views/control-room.ts";
import type { NewRun } from "../data/source.ts";
import { shellWord } from "../parts/words.ts";

export type Draft = {
  readonly what: string;
  readonly why: string;
  readonly where: string;
  readonly when: string;
  readonly criteria: string;
  readonly inputs: string;
  readonly to: string;
  /** The file that it was read from, while nothing was changed. */
  readonly file: string | null;
};

export const emptyDraft: Draft = {
  what: "",
  why: "",
  where: "",
  when: "",
  criteria: "",
  inputs: "",
  to: "",
  file: null,
};

export function draftOf(brief: BriefView, file: string): Draft {
  return {
    what: brief.task,
    why: brief.why,
    where: brief.where,
    when: brief.when,
    criteria: brief.acceptance.map(({ text }) => text).join("\n"),
    inputs: brief.inputs
      .map(({ path, description }) => (description === undefined ? path : `${path}: ${description}`))
      .join("\n"),
    to: "",
    file,
  };
}

/** A brief that was only read is named, so that its front matter counts; one that was written here is sent as text. */
export function runOf(draft: Draft): NewRun {
  const to = draft.to === "" ? {} : { to: draft.to };
  return draft.file === null ? { text: textOf(draft), ...to } : { file: draft.file, ...to };
}

function textOf({ what, why, where, when, criteria, inputs }: Draft): string {
  const list = (text: string): string =>
    text
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map((line) => `- ${line.trim()}`)
      .join("\n");
  return (
    [
      ["What", what],
      ["Why", why],
      ["Where", where],
      ["When", when],
      ["Acceptance criteria", list(criteria)],
      ["Inputs", list(inputs)],
    ] as const
  )
    .filter(([, text]) => text.trim() !== "")
    .map(([name, text]) => `## ${name}\n\n${text.trim()}`)
    .join("\n\n");
}

export function commandOf(draft: Draft): string {
  const to = draft.to === "" ? "" : ` --to ${draft.to}`;
  if (draft.file !== null) return `run ${shellWord(draft.file)}${to}`;
  const what = draft.what.trim();
  return `run ${what === "" ? '"<what is to be done>"' : shellWord(what.length > 200 ? `${what.slice(0, 200)}…` : what)}${to}`;
}
