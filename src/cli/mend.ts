/** What `lint --fix` mends: garbled letters whose bytes are still there, and levels that are only spelled differently. Pure. */
import { mendMojibake } from "../documents/mojibake.ts";
import { readLevel } from "../modes/level.ts";

export type Mended = {
  readonly text: string;
  readonly letters: number;
  readonly level: { from: string; to: string } | null;
};

const digits = { executive: "00", director: "01", lead: "02", worker: "03", assistant: "04" } as const;

export function mend(text: string): Mended {
  const { text: letters, mended } = mendMojibake(text);
  const line = /^(level:[ \t]*)(["']?)([^"'#\r\n]*?)\2([ \t]*(?:#.*)?)$/m.exec(frontMatterOf(letters));
  const from = line?.[3]?.trim() ?? "";
  const to = line === null ? null : mendLevel(from);
  if (line === null || to === null) return { text: letters, letters: mended, level: null };
  const at = line.index;
  const mendedLine = `${line[1] ?? ""}${to}${line[4] ?? ""}`;
  return {
    text: letters.slice(0, at) + mendedLine + letters.slice(at + line[0].length),
    letters: mended,
    level: { from, to },
  };
}

/** Up to and without the closing `---`; offsets are those of the text. */
function frontMatterOf(text: string): string {
  const end = /^---[ \t]*$/gm;
  end.lastIndex = 4;
  return text.slice(0, end.exec(text)?.index ?? 0);
}

/** The level as it should be spelled; null where it is right already, or where nothing tells what was meant. */
export function mendLevel(text: string): string | null {
  if (text === "" || readLevel(text).fault === null) return null;
  const plain = text
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_/]+/g, "-");
  const name = Object.keys(digits).find((rank) => plain.split("-").includes(rank)) as keyof typeof digits | undefined;
  const number = /^(\d+)-/.exec(plain)?.[1];
  const candidates = [
    plain,
    // `37-worker-ai` has lost a nought, `worker-ai` its number.
    ...(number !== undefined && name !== undefined ? [`0${plain}`] : []),
    ...(number === undefined && name !== undefined && plain.startsWith(name) ? [`${digits[name]}0-${plain}`] : []),
  ];
  return candidates.find((candidate) => candidate !== text && readLevel(candidate).fault === null) ?? null;
}
