/**
 * Text that a model or a stranger wrote, screened before a role reads it or a file keeps it. Small, deterministic rules; no judgement.
 *
 * S1. What cannot be seen is made visible: control, bidi, zero-width and tag characters become `\u{…}`. Letters of every script stay.
 * S2. What looks like a secret is taken out, its kind stays.
 * S3. The marks that separate a prompt's parts are broken, so that no text passes for another part of one; what sounds like an
 *     instruction to a model is only marked, for a person or a role to weigh.
 * S4. What is too long is cut, at a character, and says so.
 * S5. Screening twice changes nothing more.
 */

export type Mark = "hidden characters" | "secret" | "prompt marks" | "instructions" | "mixed scripts" | "cut";

export type Screened = {
  readonly text: string;
  /** What was found, with how often; empty for text that is plain. */
  readonly marks: Readonly<Partial<Record<Mark, number>>>;
};

/** Joiners between letters or emoji that need them are part of the writing. */
const joiner = /(?<=[\p{L}\p{M}\p{Extended_Pictographic}\p{Emoji_Modifier}\uFE0F])[\u200C\u200D](?=[^\p{ASCII}])/u;
const hidden =
  // eslint-disable-next-line no-control-regex -- finding control characters is the purpose
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\p{Cf}\p{Cs}\u2028\u2029\u115F\u1160\u3164\uFFA0\u{E0000}-\u{E0FFF}]/gu;

const secrets: readonly (readonly [string, RegExp])[] = [
  ["private key", /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]{0,8192}?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|$)/g],
  ["Hugging Face token", /\b(?:hf|api_org)_[A-Za-z0-9]{20,100}\b/g],
  ["GitHub token", /\b(?:gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_[A-Za-z0-9_]{22,255})\b/g],
  ["GitLab token", /\bglpat-[A-Za-z0-9_-]{20,100}/g],
  ["npm token", /\bnpm_[A-Za-z0-9]{36}\b/g],
  ["AWS key", /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g],
  ["Google key", /\bAIza[A-Za-z0-9_-]{35}/g],
  ["Slack token", /\bxox[abeoprs]-[A-Za-z0-9-]{10,250}/g],
  ["API key", /\bsk-(?:[a-z]{2,10}-){0,5}[A-Za-z0-9_-]{20,250}/g],
  ["JSON web token", /\beyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,1000}/g],
];

/** Between the parts of a prompt, in the templates of common model families, and around calls of tools. */
const promptMarks =
  /<\|[a-z_]{1,40}\|>|<\/?s>(?=\s*\[INST\])|\[\/?INST\]|<<\/?SYS>>|<\/?(?:tool_call|tool_response|function_calls?|start_of_turn|end_of_turn|system|assistant)>/gi;

const instructions: readonly RegExp[] = [
  /\b(?:ignore|disregard|forget|override)\b[^.\n]{0,40}\b(?:previous|prior|above|earlier|all|your|system)\b[^.\n]{0,30}\b(?:instructions?|prompts?|rules?|messages?|context)\b/giu,
  /\byou are now\b[^.\n]{0,60}\b(?:assistant|model|mode|agent|dan|unrestricted|developer)\b/giu,
  /\b(?:reveal|print|show|repeat)\b[^.\n]{0,30}\b(?:system prompt|hidden instructions|your instructions)\b/giu,
  /\b(?:do not|don't|never)\b[^.\n]{0,20}\btell\b[^.\n]{0,20}\b(?:the )?(?:user|human|operator)\b/giu,
  /\b(?:ignoriere|vergiss|missachte)\b[^.\n]{0,40}\b(?:anweisungen|regeln|vorgaben)\b/giu,
  /\b(?:ignore[zr]?|oublie[zr]?)\b[^.\n]{0,40}\b(?:instructions|consignes)\b[^.\n]{0,20}\bpr[ée]c[ée]dentes\b/giu,
  /\b(?:ignora|olvida)\b[^.\n]{0,40}\binstrucciones\b/giu,
  /(?:bỏ qua|quên)[^.\n]{0,40}(?:hướng dẫn|chỉ dẫn|chỉ thị)/giu,
  /忽略[^。\n]{0,20}(?:指令|说明|提示)/gu,
];

const wordOfTwoScripts =
  /(?=[\p{L}\p{M}]{0,80}\p{Script=Latin})(?=[\p{L}\p{M}]{0,80}[\p{Script=Cyrillic}\p{Script=Greek}])[\p{L}\p{M}]{2,80}/gu;

/** Characters that one text may have where nothing else is said. */
export const screenedLength = 16_000;

/**
 * One word in ASCII, shorter than any secret: none of the rules can find anything in it, for what they look for has more words, other
 * letters or other signs. Labels and keys are such, and a large batch has millions.
 */
const plainWord = /^[A-Za-z0-9_]{0,19}$/;
const nothing: Screened["marks"] = Object.freeze({});

export function screenText(text: string, limit: number = screenedLength): Screened {
  if (text.length <= limit && plainWord.test(text)) return { text, marks: nothing };
  const marks: Partial<Record<Mark, number>> = {};
  const mark = (name: Mark): void => {
    marks[name] = (marks[name] ?? 0) + 1;
  };
  let read = text;
  if (read.length > limit) {
    mark("cut");
    read = `${cutAt(read, limit)} […]`;
  }
  read = read.replaceAll("\r\n", "\n").replace(hidden, (character, at: number) => {
    if ((character === "\u200C" || character === "\u200D") && joiner.test(read.slice(Math.max(0, at - 2), at + 3)))
      return character;
    mark("hidden characters");
    return `\\u{${(character.codePointAt(0) as number).toString(16)}}`;
  });
  for (const [kind, pattern] of secrets)
    read = read.replace(pattern, () => {
      mark("secret");
      return `[${kind} taken out]`;
    });
  read = read.replace(promptMarks, (found) => {
    mark("prompt marks");
    return Array.from(found).join("\u00B7"); // S3: legible, and no longer a mark
  });
  for (const pattern of instructions) times(pattern, read, () => mark("instructions"));
  times(wordOfTwoScripts, read, () => mark("mixed scripts"));
  return { text: read, marks };
}

/** `matchAll` would copy the pattern for each text. */
function times(pattern: RegExp, text: string, each: () => void): void {
  pattern.lastIndex = 0;
  while (pattern.test(text)) each();
}

/** Every string in a JSON value; the shape stays. */
export function screenJson(
  value: unknown,
  limit: number = screenedLength,
): { readonly value: unknown; readonly marks: Screened["marks"] } {
  const all: Partial<Record<Mark, number>> = {};
  const walk = (each: unknown): unknown => {
    if (typeof each === "string") {
      const { text, marks } = screenText(each, limit);
      addMarks(all, marks);
      return text;
    }
    if (Array.isArray(each)) return each.map(walk);
    if (typeof each !== "object" || each === null) return each;
    return Object.fromEntries(Object.entries(each).map(([key, inner]) => [screenText(key, 200).text, walk(inner)]));
  };
  return { value: walk(value), marks: all };
}

export function addMarks(into: Partial<Record<Mark, number>>, marks: Screened["marks"]): void {
  for (const [name, count] of Object.entries(marks) as [Mark, number][]) into[name] = (into[name] ?? 0) + count;
}

/** `hidden characters (2), instructions`; empty where nothing was found. */
export function marksText(marks: Screened["marks"]): string {
  return Object.entries(marks)
    .map(([name, count]) => (count === 1 ? name : `${name} (${count})`))
    .join(", ");
}

function cutAt(text: string, limit: number): string {
  const code = text.charCodeAt(limit - 1);
  return text.slice(0, code >= 0xd800 && code <= 0xdbff ? limit - 1 : limit);
}
