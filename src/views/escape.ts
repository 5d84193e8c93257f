/**
 * What a model, a file or a person wrote, made fit to be shown: nothing in it can move the cursor, turn the reading direction,
 * hide, or pass for another line of the page (RELIABILITY 31).
 *
 * V1. `visible` returns one line; no control, bidi, zero-width, tag or filler character and no lone surrogate is left in it.
 * V2. Letters of every script, emoji and their joiners stay as they are, so that text that means no harm reads as it was written.
 * V3. `visible(visible(text)) === visible(text)`.
 */

/** Scripts whose words need the joiners U+200C and U+200D. */
const joined =
  "\\p{Script=Arabic}\\p{Script=Syriac}\\p{Script=Mongolian}\\p{Script=Nko}\\p{Script=Devanagari}\\p{Script=Bengali}" +
  "\\p{Script=Gurmukhi}\\p{Script=Gujarati}\\p{Script=Oriya}\\p{Script=Tamil}\\p{Script=Telugu}\\p{Script=Kannada}" +
  "\\p{Script=Malayalam}\\p{Script=Sinhala}\\p{Script=Khmer}\\p{Script=Myanmar}";

const keptJoiner = [
  `(?<=[${joined}])[\\u200C\\u200D](?=[${joined}])`,
  "(?<=\\p{Extended_Pictographic}[\\uFE0F\\u{1F3FB}-\\u{1F3FF}]?)\\u200D(?=\\p{Extended_Pictographic})",
  "(?<=[\\p{Extended_Pictographic}0-9#*])\\uFE0F",
].join("|");

/** Formatting, separators, surrogates, variation selectors, fillers that look like nothing, noncharacters, a fifth stacked mark. */
const hidden = [
  "[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]",
  "[\\u034F\\u115F\\u1160\\u17B4\\u17B5\\u180B-\\u180F\\u2800\\u3164\\uFE00-\\uFE0F\\uFFA0\\uFFF9-\\uFFFC]",
  "[\\u{E0000}-\\u{E0FFF}]",
  "[\\uFDD0-\\uFDEF\\uFFFE\\uFFFF\\u{1FFFE}\\u{1FFFF}]",
  "(?<=\\p{M}{4})\\p{M}",
].join("|");

let compiled: RegExp | undefined;

/** Compiled when a text needs it: that takes milliseconds, and most texts are plain. */
function suspicious(): RegExp {
  return (compiled ??= new RegExp(`(?<kept>${keptJoiner})|(?:${hidden})`, "gu"));
}

/**
 * Letters, figures and punctuation of Western and Vietnamese writing, whole characters all of them: nothing that `hidden` names, whatever
 * stands beside it (tested over every code point). Not U+00AD, and none of the marks that turn or break a line around U+2028 and U+202A.
 */
const plain = /^[\x20-\x7E\xA0-\xAC\xAE-\u024F\u1E00-\u1EFF\u2010-\u2027\u2030-\u205E]*$/;

/** `\x1b` up to U+00FF, `\u{202e}` above. */
function codeOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  return code <= 0xff ? `\\x${hex.padStart(2, "0")}` : `\\u{${hex.padStart(4, "0")}}`;
}

function escapeHidden(text: string): string {
  if (plain.test(text)) return text;
  return text.replace(suspicious(), (character, kept: string | undefined) =>
    kept === undefined ? codeOf(character) : kept,
  );
}

/** The lines of a text, each safe to print; tabs become two blanks. For blocks that are indented or quoted by the caller. */
export function visibleLines(text: string): string[] {
  return text.split(/\r\n|\n/).map((line) => escapeHidden(line.replaceAll("\t", "  ")));
}

/** The whole text as one safe line: line ends become ` ⏎ `, so that no line of it can pass for a line of ours. */
export function visible(text: string): string {
  return visibleLines(text)
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join(" ⏎ ");
}

/**
 * JSON text in which hidden characters are `\uXXXX`: the value that is read back is the same. On one line without an indent; with
 * one, the line ends between members are the only ones in it.
 */
export function visibleJson(value: unknown, indent = 0): string {
  const json = JSON.stringify(value, null, indent);
  if (plain.test(json)) return json;
  return json.replace(suspicious(), (character, kept: string | undefined) =>
    character === "\n" ? character : (kept ?? unitsOf(character)),
  );
}

function unitsOf(character: string): string {
  return Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`,
  ).join("");
}
