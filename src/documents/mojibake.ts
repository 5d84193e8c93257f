/**
 * Mojibake: UTF-8 that was once read as Windows-1252 or Windows-1254 and saved again, e.g. `ðŸ¤—` or `ğŸ¤—` for 🤗.
 *
 * M1. Only sequences that are UTF-8 bytes in disguise are touched; all other text stays byte for byte as it is.
 * M2. What was lost cannot be mended: the code pages have no character for some bytes, and editors drop them. Such places
 *     are reported with `after: null`, never guessed; the one exception is U+FE0F, of which no other reading makes sense.
 * M3. Text that merely looks odd ("CAFÉ”") is left alone: a letter followed by ordinary closing punctuation is no finding.
 */
import type { Problem } from "./problem.ts";

export type Mojibake = {
  /** In UTF-16 code units, in the text as given. */
  readonly offset: number;
  readonly line: number;
  readonly column: number;
  readonly before: string;
  /** What it should read; null where bytes are lost (M2). */
  readonly after: string | null;
};

/** Bytes 0x80 to 0x9f in Windows-1252; the five that it leaves undefined are kept as control characters by some decoders. */
const upper = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";
/** Where Windows-1254 differs; its other differences are undefined bytes. No character stands for two bytes. */
const turkish: readonly (readonly [string, number])[] = [
  ["Ğ", 0xd0],
  ["İ", 0xdd],
  ["Ş", 0xde],
  ["ğ", 0xf0],
  ["ı", 0xfd],
  ["ş", 0xfe],
];

const byteOf: ReadonlyMap<string, number> = new Map([
  ...Array.from(upper, (character, index): [string, number] => [character, 0x80 + index]),
  ...Array.from({ length: 0x60 }, (_, index): [string, number] => [String.fromCharCode(0xa0 + index), 0xa0 + index]),
  ...turkish,
  ["\u008e", 0x8e],
  ["\u009e", 0x9e],
]);

/** Punctuation that people write after a letter (M3). */
const ordinary = new Set("“”‘’…–—«»‹›„‚");
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

type Found = { readonly length: number; readonly after: string | null };

/** Every place, in order. Sequences that touch are one place; what was encoded twice is mended twice. */
export function findMojibake(text: string): Mojibake[] {
  const found: Mojibake[] = [];
  let line = 1;
  let lineStart = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === "\n") {
      line += 1;
      lineStart = at + 1;
      continue;
    }
    if (text.charCodeAt(at) < 0x80) continue;
    const place = placeAt(text, at);
    if (!place) continue;
    const before = text.slice(at, at + place.length);
    found.push({ offset: at, line, column: at - lineStart + 1, before, after: place.after });
    at += place.length - 1;
  }
  return found;
}

/** The text with every mendable place mended, and how many places are left as they were. */
export function mendMojibake(text: string): { readonly text: string; readonly mended: number; readonly left: number } {
  let result = "";
  let end = 0;
  let mended = 0;
  const places = findMojibake(text);
  for (const place of places) {
    if (place.after === null) continue;
    result += text.slice(end, place.offset) + place.after;
    end = place.offset + place.before.length;
    mended += 1;
  }
  return { text: result + text.slice(end), mended, left: places.length - mended };
}

/** One warning for a file, at the first place. */
export function mojibakeProblems(text: string, file: string): Problem[] {
  const places = findMojibake(text);
  const first = places[0];
  if (!first) return [];
  const shown = places.find((place) => place.after !== null);
  const lost = places.filter((place) => place.after === null).length;
  const example = shown ? `, e.g. "${shown.before}" for "${shown.after}"` : "";
  const rest = lost > 0 ? ` ${lost} of them cannot be mended: bytes are lost.` : "";
  const count = places.length === 1 ? "One place is" : `${places.length} places are`;
  return [
    {
      code: "mojibake",
      severity: "warning",
      message: `${count} UTF-8 that was read as Windows-1252 or -1254 and saved again${example}.${rest}`,
      file,
      line: first.line,
      column: first.column,
      hint: shown ? "`cadre lint --fix` mends what can be mended." : "Write the characters anew.",
    },
  ];
}

function placeAt(text: string, at: number): Found | null {
  let length = 0;
  let after = "";
  let sequences = 0;
  for (let next = sequenceAt(text, at, false); next; next = sequenceAt(text, at + length, true)) {
    if (next.after === null) return length === 0 ? next : ended(text.slice(at, at + length), length, after, sequences);
    length += next.length;
    after += next.after;
    sequences += 1;
  }
  return length === 0 ? null : ended(text.slice(at, at + length), length, after, sequences);
}

/** A single two-byte sequence proves little unless it stands for Latin-1; twice encoded text is mended again. */
function ended(before: string, length: number, after: string, sequences: number): Found | null {
  const lead = byteAt(before, 0);
  if (sequences === 1 && lead > 0xc3 && lead < 0xe0) return null;
  return { length, after: mendMojibake(after).text };
}

/** One UTF-8 sequence in disguise at `at`; `after: null` where it begins like one and bytes are lost. */
function sequenceAt(text: string, at: number, adjacent: boolean): Found | null {
  const lead = byteAt(text, at);
  if (lead < 0xc2 || lead > 0xf4) return null;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  const tail = text.slice(at + 1, at + length).split("");
  const bytes = tail.map((character) => byteOf.get(character) ?? 0).filter((byte) => byte >= 0x80 && byte < 0xc0);
  if (bytes.length < tail.length || tail.length < length - 1) return lostAt(text, at, lead);
  if (!adjacent && isOrdinary(text, at, tail)) return null;
  try {
    return { length, after: utf8.decode(Uint8Array.of(lead, ...bytes)) };
  } catch {
    return null;
  }
}

/** M3: "voilà”…" and the like. */
function isOrdinary(text: string, at: number, tail: readonly string[]): boolean {
  const previous = text[at - 1] ?? "";
  return tail.every((character) => ordinary.has(character)) && /\p{L}/u.test(previous);
}

/** 0 where the character stands for no byte above ASCII. */
function byteAt(text: string, at: number): number {
  return byteOf.get(text[at] ?? "") ?? 0;
}

/** M2: an emoji's first two bytes, or a variation selector's, or a symbol's first, with the rest gone. */
function lostAt(text: string, at: number, lead: number): Found | null {
  const second = byteAt(text, at + 1);
  if (lead === 0xef && second === 0xb8) return { length: 2, after: "\ufe0f" };
  if (lead === 0xf0 && second === 0x9f) return { length: byteAt(text, at + 2) > 0 ? 3 : 2, after: null };
  const symbol = lead === 0xe2 && second >= 0x80 && second < 0xc0 && isSymbol(text, at);
  return symbol ? { length: 2, after: null } : null;
}

/** A lone "â" with a sign behind it, neither within a word nor in quotation marks. */
function isSymbol(text: string, at: number): boolean {
  return !/\p{L}/u.test(text[at - 1] ?? "") && !ordinary.has(text[at + 1] ?? "");
}
