/** What a card says of use and limits, found by its headings; and how much a model can read at once, found in its configuration. */
import { readLines, readSections, textOf } from "../../documents/sections.ts";
import { framed, oneLine } from "../screen/untrusted.ts";

const wanted: readonly (readonly [string, RegExp])[] = [
  ["out of scope", /out[- ]of[- ]scope|misuse|malicious|prohibited/i],
  ["intended use", /intended|direct use|downstream use|^uses?$|how to use/i],
  ["limits and bias", /limit|bias|risk|caveat|ethic/i],
  ["training data", /training data|^data$|data ?set/i],
  ["evaluation", /evaluation|results|benchmark|performance/i],
];

const sectionLength = 1200;

/** Lines for an answer: each section's title and text in the author's words, framed. */
export function cardLines(card: string | null): string[] {
  if (card === null) return ["It has no card: what it is meant for, and where it fails, is not said."];
  const body = card.replace(/^\uFEFF?---\r?\n[\s\S]{0,100000}?\n---[ \t]*(?:\r?\n|$)/, "");
  const sections = readSections(readLines(body.slice(0, 200_000)));
  const lines: string[] = [];
  const missing: string[] = [];
  for (const [name, pattern] of wanted) {
    const found = sections
      .filter(({ title, lines: own }) => pattern.test(title) && textOf(own).trim() !== "")
      .slice(0, 2);
    if (found.length === 0) missing.push(name);
    for (const { title, lines: own } of found)
      lines.push(`Card on ${name}, under "${oneLine(title, 100)}":`, framed(textOf(own).trim(), sectionLength));
  }
  if (missing.length > 0) lines.push(`Its card has no section on ${missing.join(", ")}.`);
  return lines;
}

const contextKeys = [
  "max_position_embeddings",
  "n_positions",
  "n_ctx",
  "max_seq_len",
  "seq_length",
  "max_sequence_length",
  "model_max_length",
];

/** From config.json; null where it says nothing that can be read. */
export function contextLength(config: string | null): { readonly tokens: number; readonly key: string } | null {
  const read = parsed(config);
  for (const place of [read, isRecord(read) ? read["text_config"] : null]) {
    if (!isRecord(place)) continue;
    for (const key of contextKeys) {
      const value = Object.hasOwn(place, key) ? place[key] : undefined;
      if (typeof value === "number" && Number.isInteger(value) && value > 0 && value < 1e9)
        return { tokens: value, key };
    }
  }
  return null;
}

function parsed(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
