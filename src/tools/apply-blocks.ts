/**
 * Search/replace blocks on a text. Pure.
 *
 * B1. Every block is looked for in the text as it was, and must be there exactly once; blocks must not overlap. So their order does not matter.
 * B2. All blocks or none.
 * B3. The line endings of a file that has CRLF throughout stay so, whichever the blocks have.
 */
export type Block = { readonly search: string; readonly replace: string };

export type Applied = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string };

type Found = { readonly start: number; readonly end: number; readonly replace: string; readonly number: number };

export function applyBlocks(text: string, blocks: readonly Block[]): Applied {
  const crlf = text.includes("\r\n") && !/(?:^|[^\r])\n/.test(text);
  const found: Found[] = [];
  const problems: string[] = [];
  for (const [index, block] of blocks.entries()) {
    const search = crlf ? toCrlf(block.search) : block.search;
    const starts = occurrences(text, search);
    if (starts.length === 1) {
      const start = starts[0] as number;
      const replace = crlf ? toCrlf(block.replace) : block.replace;
      found.push({ start, end: start + search.length, replace, number: index + 1 });
    } else {
      problems.push(`Block ${index + 1}: ${starts.length === 0 ? absent(text, search) : ambiguous(text, starts)}`);
    }
  }
  const ordered = found.toSorted((a, b) => a.start - b.start);
  for (const [index, next] of ordered.entries()) {
    const before = ordered[index - 1];
    if (before && before.end > next.start)
      problems.push(`Blocks ${before.number} and ${next.number} overlap; make one block of them.`);
  }
  if (problems.length > 0) return { ok: false, reason: problems.join("\n") };
  return { ok: true, text: spliced(text, ordered) };
}

function spliced(text: string, ordered: readonly Found[]): string {
  let result = "";
  let position = 0;
  for (const { start, end, replace } of ordered) {
    result += text.slice(position, start) + replace;
    position = end;
  }
  return result + text.slice(position);
}

const toCrlf = (text: string): string => text.replace(/\r?\n/g, "\r\n");

function occurrences(text: string, search: string): number[] {
  const starts: number[] = [];
  for (let at = text.indexOf(search); at !== -1 && starts.length < 100; at = text.indexOf(search, at + 1))
    starts.push(at);
  return starts;
}

function ambiguous(text: string, starts: readonly number[]): string {
  const lines = starts.slice(0, 8).map((start) => lineAt(text, start));
  return `its search text is there ${starts.length} times (lines ${lines.join(", ")}${starts.length > 8 ? ", …" : ""}); add lines around it until it is there once.`;
}

/** The nearest miss that can be told for certain. */
function absent(text: string, search: string): string {
  if (/^\s*\d+ \| /.test(search))
    return "its search text begins with a line number; leave out `number | `, it is not part of the file.";
  const lines = text.split("\n");
  const wanted = search.split("\n").find((line) => line.trim() !== "");
  const near = wanted === undefined ? -1 : lines.findIndex((line) => line.trim() === wanted.trim());
  if (near === -1) return "its search text is not in the file, nor is its first line. Read the file again.";
  const line = lines[near] as string;
  return line.includes(wanted as string)
    ? `its first line is line ${near + 1}, but what follows it there differs. Read the file again.`
    : `its first line is line ${near + 1} but for white space; write the white space exactly as in the file.`;
}

function lineAt(text: string, position: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at < position; at = text.indexOf("\n", at + 1)) line += 1;
  return line;
}
