/** Markdown as far as modes and briefs need it: headings, the lines under them, lists and bold labels, each with its line. */

export type SourceLine = {
  readonly text: string;
  /** 1-based line of the document. */
  readonly line: number;
  /** Inside a fenced code block, or one of its fences: no heading, list or label there. */
  readonly fenced: boolean;
};

export type Section = {
  /** 1 to 6; 0 for what stands before the first heading. */
  readonly level: number;
  /** Without `#` and trailing `#`; empty for level 0. */
  readonly title: string;
  readonly line: number;
  /** The lines up to the next heading of any level. */
  readonly lines: readonly SourceLine[];
};

export type ListItem = { readonly text: string; readonly line: number; readonly column: number };

/** Closing `#` are stripped by hand: a pattern for them takes quadratic time over a long run of spaces. */
const heading = /^ {0,3}(#{1,6})(?:[ \t](.*))?$/;
const fence = /^ {0,3}(`{3,}|~{3,})(.*)$/;
const bullet = /^([ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]+)(.*)$/;

/** Splits a text into numbered lines; `firstLine` is the number of the first. Fences are CommonMark's. */
export function readLines(text: string, firstLine = 1): SourceLine[] {
  let open: string | null = null;
  return text.split(/\r\n|\n|\r/).map((content, index) => {
    const mark = fence.exec(content);
    const wasOpen = open !== null;
    if (mark && open === null && !(mark[1]?.startsWith("`") && mark[2]?.includes("`"))) open = mark[1] ?? null;
    else if (mark && open !== null && closes(mark, open)) open = null;
    return { text: content, line: firstLine + index, fenced: wasOpen || open !== null };
  });
}

function closes(mark: RegExpExecArray, open: string): boolean {
  return (mark[1] ?? "").startsWith(open) && (mark[2] ?? "").trim() === "";
}

/**
 * All sections in order, flat; the first has level 0 and may be empty. An indented `# words` right below another line is no heading: in
 * lists of routes people group the items so.
 */
export function readSections(lines: readonly SourceLine[]): Section[] {
  const sections: { level: number; title: string; line: number; lines: SourceLine[] }[] = [
    { level: 0, title: "", line: lines[0]?.line ?? 1, lines: [] },
  ];
  for (const [index, line] of lines.entries()) {
    const found = line.fenced || groups(lines, index) ? null : heading.exec(line.text);
    if (found)
      sections.push({ level: found[1]?.length ?? 1, title: titleOf(found[2] ?? ""), line: line.line, lines: [] });
    else sections.at(-1)?.lines.push(line);
  }
  return sections;
}

function groups(lines: readonly SourceLine[], index: number): boolean {
  return lines[index]?.text.startsWith(" ") === true && lines[index - 1]?.text.trim() !== "";
}

function titleOf(text: string): string {
  const title = text.trim();
  let end = title.length;
  while (title[end - 1] === "#") end -= 1;
  const closed = end < title.length && (end === 0 || title[end - 1] === " " || title[end - 1] === "\t");
  return closed ? title.slice(0, end).trimEnd() : title;
}

/** The items of all lists in these lines; an item's continuation lines are joined to it with a space. */
export function readList(lines: readonly SourceLine[]): ListItem[] {
  const items: { text: string; line: number; column: number }[] = [];
  let open = false;
  for (const line of lines) {
    const found = line.fenced ? null : bullet.exec(line.text);
    if (found) {
      items.push({ text: (found[2] ?? "").trim(), line: line.line, column: (found[1] ?? "").length + 1 });
      open = true;
      continue;
    }
    const last = items.at(-1);
    if (line.fenced || !/^\s+[^\s#]/.test(line.text)) open = false;
    else if (open && last) last.text = `${last.text} ${line.text.trim()}`;
  }
  return items;
}

/** The lines of a part that are no item of its list and go on with none. */
export function besideList(lines: readonly SourceLine[]): SourceLine[] {
  let open = false;
  return lines.filter((line) => {
    const item = !line.fenced && bullet.test(line.text);
    open = item || (open && !line.fenced && /^\s+[^\s#]/.test(line.text));
    return !open;
  });
}

/** The text of lines, without blank lines at either end. */
export function textOf(lines: readonly SourceLine[]): string {
  return lines
    .map((line) => line.text.trimEnd())
    .join("\n")
    .replace(/^(?:[ \t]*\n)+/, "")
    .trimEnd();
}
