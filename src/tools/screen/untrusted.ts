/**
 * Words of strangers in an answer to a model: one line each, short, screened, in quotes; longer texts in a frame that says what they are.
 * Whoever reads the answer can tell what the tool says from what somebody wrote on the Hub.
 */
import { screenText } from "./screen-text.ts";

/** One line, in quotes. */
export function quoted(text: string, limit = 200): string {
  return `"${oneLine(text, limit)}"`;
}

/** One line without quotes, for ids and words of a fixed vocabulary. */
export function oneLine(text: string, limit = 200): string {
  return screenText(text.replace(/\s+/gu, " ").trim(), limit).text.replaceAll('"', "'");
}

/** Several lines, each behind `| `, so that none passes for a line of the tool's. */
export function framed(text: string, limit: number): string {
  const screened = screenText(text, limit);
  return screened.text
    .split("\n")
    .map((line) => `| ${line}`.trimEnd())
    .join("\n");
}
