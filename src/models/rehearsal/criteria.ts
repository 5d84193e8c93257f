/**
 * Holding a criterion against what there is.
 *
 * J1. `met` needs evidence: a measurement that reaches the number in the criterion, or another role's evidence. `not_met` needs a
 *     measurement that misses it. All else is not measured.
 * J2. A text is never `met` for the words that stand in it: what was written is named, with the words that it takes up and those
 *     that it does not, and a reader judges.
 */
import { figureText } from "../../events/figure.ts";
import type { Evidence, Measured, Status } from "./answers.ts";
import type { Criterion } from "./sections.ts";
import { stems } from "./words.ts";

export const notMeasured = "not measured (rehearsal)";

export type Grounds = {
  /** In the order of the tool's list: the best candidate first. */
  readonly measurements: readonly Measured[];
  readonly written: { readonly path: string; readonly text: string } | null;
  /** By criterion id: what other roles reported on it. */
  readonly others: ReadonlyMap<string, { readonly status: Status; readonly evidence: string }>;
};

export function judge(criterion: Criterion, grounds: Grounds): Evidence {
  const other = grounds.others.get(criterion.id);
  if (other && other.status !== "not_measured") return { id: criterion.id, ...other };
  const own = byMeasurement(criterion, grounds);
  if (own) return { id: criterion.id, ...own };
  return {
    id: criterion.id,
    status: "not_measured",
    evidence: inText(criterion, grounds) ?? other?.evidence ?? whyNot(criterion, grounds),
  };
}

function whyNot({ text }: Criterion, { written }: Grounds): string {
  if (outside.test(text)) return "no model was looked up, so id, revision and licence of none are known";
  if (boundsIn(text).length > 0) return "nothing here measures this number";
  if (written && asksForText.test(text))
    return `the sources do not say enough for ${written.path} to hold it; it lacks ${named(heldWords(text, written.text).lacking)}`;
  return "nothing that was made here shows it";
}

type Judged = { readonly status: Status; readonly evidence: string };

export type Bound = { readonly at: "least" | "most"; readonly value: number; readonly unit: string };

const numbers = [
  "zero",
  "one",
  "two",
  "three",
  "four",
  "five",
  "six",
  "seven",
  "eight",
  "nine",
  "ten",
  "eleven",
  "twelve",
];
const comparison =
  /(at least|no less than|not less than|no fewer than|a minimum of|≥|>=|more than|above|over|at most|no more than|not more than|a maximum of|≤|<=|less than|fewer than|below|under|up to)\s+(?:\p{L}+\s+of\s+)?(\d+(?:[.,]\d+)?|[a-z]+)\s*(%|\p{L}+)?/giu;

/** Numbers with a direction: `at least 0.80`, `≤ 200 ms`, `at least two candidates`. */
export function boundsIn(text: string): Bound[] {
  return [...text.matchAll(comparison)].flatMap(([, word, number, unit]) => {
    const spelled = numbers.indexOf((number ?? "").toLowerCase());
    const value = spelled >= 0 ? spelled : Number((number ?? "").replace(",", "."));
    if (!Number.isFinite(value)) return [];
    const at =
      /least|less than$|fewer than$|minimum|≥|>=|more than|above|over/i.test(word ?? "") &&
      !/^(?:no more|not more|less|fewer)/i.test(word ?? "");
    return [{ at: at ? ("least" as const) : ("most" as const), value, unit: unitOf(unit ?? "") }];
  });
}

/** `on`, `with`, `for` … after a number are no unit; any other word is one, or the thing that is counted. */
function unitOf(word: string): string {
  return stems(word).length === 0 && word !== "%" && !times.includes(word.toLowerCase()) ? "" : word.toLowerCase();
}

function byMeasurement(criterion: Criterion, grounds: Grounds): Judged | null {
  const relevant = grounds.measurements.filter((measured) => names(criterion.text, measured));
  if (relevant.length === 0) return null;
  if (relevant.every((measured) => measured.unit === "code")) return byExitCode(relevant);
  const asked = boundsIn(criterion.text);
  if (asked.length === 0) return { status: "met", evidence: compared(criterion.text, relevant, grounds.measurements) };
  const bound = asked.find((each) => relevant.some((measured) => comparable(each, measured)));
  const best = bound && relevant.find((measured) => comparable(bound, measured));
  if (!bound || !best) return null;
  const reached = bound.at === "least" ? scaled(best, bound) >= bound.value : scaled(best, bound) <= bound.value;
  const wanted = `${bound.at === "least" ? "at least" : "at most"} ${bound.value}${bound.unit === "" ? "" : ` ${bound.unit}`}`;
  return {
    status: reached ? "met" : "not_met",
    evidence: `${cite(best, grounds.measurements)}; asked for: ${wanted}. A local candidate; no model from outside was measured`,
  };
}

/** A command that ended with another code than 0 did not do what it was to do. */
function byExitCode(codes: readonly Measured[]): Judged {
  const evidence = codes.map((each) => cite(each)).join("; ");
  return { status: codes.every((each) => each.value === 0) ? "met" : "not_met", evidence };
}

/** A measurement is what a criterion speaks of when every part of its metric's name is said there. */
export function names(text: string, measured: Measured): boolean {
  const metric = metricWords(measured.name);
  const said = stems(text.replace(/[-_]/g, " "));
  return metric.length > 0 && metric.every((word) => said.includes(word));
}

/** `macro-F1 (naive-bayes)` is the metric macro-F1; what stands in parentheses says of which candidate. */
function metricWords(name: string): string[] {
  return stems(metricOf(name).replace(/[-_]/g, " "));
}

const times = ["ms", "s", "seconds", "milliseconds"];

/** A bound with any other noun after its number counts things; no measurement is held against it. */
function comparable(bound: Bound, measured: Measured): boolean {
  if (times.includes(bound.unit)) return times.includes(measured.unit);
  return (
    ["", "%", "score", "points"].includes(bound.unit) && !times.includes(measured.unit) && measured.unit !== "rows"
  );
}

/** The measured value in the bound's unit. */
function scaled(measured: Measured, bound: Bound): number {
  if (bound.unit === "%" && measured.unit !== "%") return measured.value * 100;
  const inSeconds = (unit: string): boolean => unit === "s" || unit === "seconds";
  if (!times.includes(bound.unit) || inSeconds(bound.unit) === inSeconds(measured.unit)) return measured.value;
  return inSeconds(bound.unit) ? measured.value / 1000 : measured.value * 1000;
}

/** `macro-F1 0.63 (95 % 0.51–0.75), candidate, receipt r-1.1/e8`; the interval where `all` holds one. */
export function cite(measured: Measured, all: readonly Measured[] = []): string {
  const candidate = candidateOf(measured.name);
  const metric = metricOf(measured.name);
  return [
    `${metric} ${figureText(measured)}${intervalText(measured, all)}`,
    ...(candidate === "" ? [] : [candidate]),
    `receipt ${measured.effect}`,
  ].join(", ");
}

/** `macro-F1: a 0.63 (95 % 0.51–0.75), b 0.17; 57 test rows, 129 train rows; receipt …`, by receipt. */
function compared(asked: string, relevant: readonly Measured[], all: readonly Measured[]): string {
  const told = /\brows?\b/i.test(asked) ? [...relevant, ...all.filter((each) => each.unit === "rows")] : relevant;
  return [...new Set(relevant.map((each) => each.effect))]
    .map((effect) => {
      const own = [...new Set(told.filter((each) => each.effect === effect))];
      const metrics = [...new Set(own.filter((each) => each.unit !== "rows").map((each) => metricOf(each.name)))];
      const lines = metrics.map((metric) => {
        const values = own.filter((each) => metricOf(each.name) === metric);
        return `${metric}: ${values.map((each) => `${candidateOf(each.name)} ${figureText(each)}${intervalText(each, all)}`.trim()).join(", ")}`;
      });
      const rows = own.filter((each) => each.unit === "rows").map((each) => `${each.value} ${each.name}`);
      return [...lines, ...(rows.length > 0 ? [rows.join(", ")] : []), `receipt ${effect}`].join("; ");
    })
    .join("; ");
}

function intervalText({ name, effect }: Measured, all: readonly Measured[]): string {
  const candidate = candidateOf(name);
  const end = (which: string): Measured | undefined =>
    all.find((each) => each.effect === effect && each.name === `${metricOf(name)} 95 % ${which} (${candidate})`);
  const [low, high] = [end("low"), end("high")];
  return low && high ? ` (95 % ${low.value}–${high.value})` : "";
}

/** `macro-F1 (naive-bayes)` is the metric `macro-F1` of the candidate `naive-bayes`. */
export function metricOf(name: string): string {
  return name.replace(/\s*\([^()]*\)\s*$/, "");
}

export function candidateOf(name: string): string {
  return /\(([^()]*)\)\s*$/.exec(name)?.[1] ?? "";
}

/** Facts about models and data that only a look-up outside could give. */
const outside = /\b(?:licen[cs]e|licensing|revision|model card|checkpoint)s?\b/i;
/** True where a criterion asks for facts that only a look-up outside could give. */
export function outsideFacts(text: string): boolean {
  return outside.test(text);
}

const asksForText =
  /\b(?:writ\w*|document\w*|describ\w*|descri\w*|page|plan|recommend\w*|compar\w*|explain\w*|state[sd]?|says?|list\w*|names?|named|summar\w*|report\w*|guide\w*|runbook\w*|note[sd]?)\b/i;

/** True where a criterion is about a text, so that only a reader can say whether it is met. */
export function isForReader(text: string): boolean {
  return asksForText.test(text) && !outside.test(text) && boundsIn(text).length === 0;
}

/** J2: what was written, and which of the criterion's words it holds; null where there is no such text, or it holds too few of them. */
function inText({ text }: Criterion, { written }: Grounds): string | null {
  if (!written || !isForReader(text)) return null;
  const { held, lacking } = heldWords(text, written.text);
  if (held.length === 0 || held.length < lacking.length) return null;
  const gap = lacking.length > 0 ? ` and lacks ${named(lacking)}` : "";
  return `written: ${written.path}. It has the words ${named(held)}${gap}; whether it says enough is for a reader`;
}

function named(words: readonly string[]): string {
  return words.slice(0, 8).join(", ");
}

function heldWords(asked: string, text: string): { readonly held: string[]; readonly lacking: string[] } {
  const said = new Set(stems(text));
  const words = contentWords(asked);
  return {
    held: words.filter(({ stem }) => said.has(stem)).map(({ word }) => word),
    lacking: words.filter(({ stem }) => !said.has(stem)).map(({ word }) => word),
  };
}

/** The content words as they are written, each stem once. */
function contentWords(text: string): { readonly word: string; readonly stem: string }[] {
  const words = (text.match(/[\p{L}\p{N}]+/gu) ?? []).flatMap((word) => {
    const [stem] = stems(word);
    return stem === undefined || formWords.has(stem) ? [] : [{ word: word.toLowerCase(), stem }];
  });
  return words.filter(({ stem }, index) => words.findIndex((each) => each.stem === stem) === index);
}

/** Words about the form of a text: a file that exists has the form already. */
export const formWords = new Set(stems("written page document report file text markdown says names lists describes"));
