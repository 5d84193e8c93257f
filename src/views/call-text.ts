/** Tool calls in a few words: what was read, written or run, without the contents. */
import type { Call, ToolResult } from "../events/event.ts";
import { figureText } from "../events/figure.ts";
import { cutText } from "./command-output.ts";

/** Arguments that say what a call is about, the most telling first. */
const telling = [
  "path",
  "paths",
  "file",
  "query",
  "regex",
  "pattern",
  "command",
  "model",
  "models",
  "dataset",
  "id",
  "mode",
  "to",
];
const longest = 240;
/** Figures of a receipt that the one-line text names; the details have all of them. */
const figuresNamed = 3;

/** `read_file briefs/data/reviews.csv` */
export function callText(call: Pick<Call, "name" | "args">): string {
  const args = asRecord(call.args);
  for (const key of telling) {
    const text = shortValue(args[key]);
    if (text !== "") return `${call.name} ${text}`;
  }
  return call.name;
}

/** Every argument on a line of its own; long ones are cut, with their length. */
export function argumentLines(args: unknown): string[] {
  return Object.entries(asRecord(args)).map(([key, value]) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    const units = Array.from(text);
    const shown = units.length > longest ? `${units.slice(0, longest).join("")}… (${units.length} characters)` : text;
    return `${key}: ${shown}`;
  });
}

/** What a result says about itself in a trace: measurements, or why it failed; and that what it wrote was cut. */
export function resultText(result: ToolResult): string {
  return [outcomeText(result), cutText(result.receipt)].filter((text) => text !== "").join("; ");
}

function outcomeText(result: ToolResult): string {
  if (!result.ok) return `failed: ${result.text.split("\n")[0] ?? ""}`;
  const measured = result.receipt?.measurements ?? [];
  if (measured.length === 0) return "";
  const named = measured.slice(0, figuresNamed).map(measureText).join(", ");
  const more = measured.length - figuresNamed;
  return more > 0 ? `measured ${named} and ${more} more` : `measured ${named}`;
}

export function measureText(measured: {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly n?: number | undefined;
}): string {
  const n = measured.n === undefined ? "" : ` (n ${measured.n})`;
  return `${measured.name} ${figureText(measured)}${n}`;
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function shortValue(value: unknown): string {
  if (typeof value === "string") return value.length <= longest ? value : "";
  if (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "string")) {
    const text = value.join(", ");
    return text.length <= longest ? text : "";
  }
  return "";
}
