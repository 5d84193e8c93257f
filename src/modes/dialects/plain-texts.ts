/**
 * Agents of other tools whose front matter is no YAML: `description: Use when: the tests fail` is a text to the tool that they were written
 * for, which reads what stands behind a key as it stands. They are read again with those texts in quotes.
 */
import type { Problem } from "../../documents/problem.ts";

export type Quoted = {
  /** With the same lines. */
  readonly text: string;
  /** One for each text that was put in quotes. */
  readonly problems: readonly Problem[];
};

/** A key at the start of a line, and on the same line a text that is not in quotes, brackets or a block. */
const plain = /^([A-Za-z][\w-]*:[ \t]+)([^\s"'[\]{}|>&*!#%@`,?-].*?)[ \t]*$/;

/** Null where the front matter, between lines that are `---`, holds no such text. */
export function quotePlainTexts(text: string, file: string): Quoted | null {
  const lines = text.split("\n");
  const end = lines.findIndex((line, index) => index > 0 && /^---[ \t]*\r?$/.test(line));
  const problems: Problem[] = [];
  for (let index = 1; index < end; index += 1) {
    const [line, ending = ""] = (lines[index] ?? "").split(/(\r)$/);
    const [, key = "", value = ""] = plain.exec(line ?? "") ?? [];
    // What goes on in the next line is not all there.
    if (!/: |:$| #/.test(value) || /^[ \t]+\S/.test(lines[index + 1] ?? "")) continue;
    lines[index] = `${key}'${value.replaceAll("'", "''")}'${ending}`;
    problems.push(problemOf(file, index + 1, key));
  }
  return problems.length === 0 ? null : { text: lines.join("\n"), problems };
}

function problemOf(file: string, line: number, key: string): Problem {
  return {
    code: "yaml-plain-text",
    severity: "warning",
    message: `What stands behind ${key.trim()} is no YAML; it was read as the text that it looks like.`,
    file,
    line,
    column: key.length + 1,
    hint: "Put it in quotes.",
  };
}
