/** Reading texts with fixed headings back into parts. Headings are looked for in their order, so that a heading inside a user's text does not shift what follows. */

/** The text under `## <heading>`, for headings in this order; empty for one that is missing. */
export function sectionsIn(text: string, headings: readonly string[]): (heading: string) => string {
  const starts: { heading: string; at: number; from: number }[] = [];
  let position = 0;
  for (const heading of headings) {
    const mark = `\n## ${heading}\n`;
    const at = `\n${text}\n`.indexOf(mark, position);
    if (at === -1) continue;
    starts.push({ heading, at, from: at + mark.length - 1 });
    position = at + 1;
  }
  const parts = new Map<string, string>();
  starts.forEach((start, index) => {
    const end = starts[index + 1]?.at ?? text.length;
    parts.set(start.heading, text.slice(start.from, Math.max(start.from, end)).trim());
  });
  return (heading) => parts.get(heading) ?? "";
}

/** `- item` lines; `- none` is an empty list. Lines that go on belong to the item before them. */
export function itemsIn(text: string): string[] {
  const items: string[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("- ")) items.push(line.slice(2).trim());
    else if (items.length > 0 && line.trim() !== "") items[items.length - 1] += ` ${line.trim()}`;
  }
  return items.filter((item) => item !== "none" && item !== "");
}

export type Criterion = { readonly id: string; readonly text: string };

/** `- [A1] text` lines. */
export function criteriaIn(text: string): Criterion[] {
  return itemsIn(text).flatMap((item) => {
    const match = /^\[([^\]\s]+)\]\s*(.*)$/s.exec(item);
    return match ? [{ id: match[1] as string, text: match[2] as string }] : [];
  });
}
