/**
 * Holding a criterion against what there is.
 *
 * J1. `met` needs evidence: a measurement that reaches the number in the criterion, a text of our own that says what the criterion
 *     asks to be written, or another role's evidence. `not_met` needs a measurement that misses it. All else is not measured.
 */
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
  const own = byMeasurement(criterion, grounds) ?? byText(criterion, grounds);
  if (own) return { id: criterion.id, ...own };
  return {
    id: criterion.id,
    status: "not_measured",
    evidence: other?.evidence ?? `${notMeasured}: ${whyNot(criterion, grounds)}`,
  };
}

function whyNot({ text }: Criterion, { written }: Grounds): string {
  if (outside.test(text)) return "no model was looked up, so id, revision and licence of none are known";
  if (boundsIn(text).length > 0) return "nothing here measures this number";
  if (written && asksForText.test(text))
    return `${written.path} is there, but the sources do not say enough to fill it`;
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
  const asked = boundsIn(criterion.text);
  if (asked.length === 0) return { status: "met", evidence: relevant.slice(0, 6).map(cite).join("; ") };
  const bound = asked.find((each) => relevant.some((measured) => comparable(each, measured)));
  const best = bound && relevant.find((measured) => comparable(bound, measured));
  if (!bound || !best) return null;
  const reached = bound.at === "least" ? scaled(best, bound) >= bound.value : scaled(best, bound) <= bound.value;
  const wanted = `${bound.at === "least" ? "at least" : "at most"} ${bound.value}${bound.unit === "" ? "" : ` ${bound.unit}`}`;
  return {
    status: reached ? "met" : "not_met",
    evidence: `${cite(best)}; asked for: ${wanted}. A local candidate: no model from outside was measured`,
  };
}

/** A measurement is what a criterion speaks of when every part of its metric's name is said there. */
function names(text: string, measured: Measured): boolean {
  const metric = metricWords(measured.name);
  const said = stems(text.replace(/[-_]/g, " "));
  return metric.length > 0 && metric.every((word) => said.includes(word));
}

/** `macro-F1 (naive-bayes)` is the metric macro-F1; what stands in parentheses says of which candidate. */
function metricWords(name: string): string[] {
  return stems(name.replace(/\([^()]*\)\s*$/, "").replace(/[-_]/g, " "));
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

export function cite(measured: Measured): string {
  return `${measured.name} = ${measured.value}${measured.unit ? ` ${measured.unit}` : ""} (receipt ${measured.effect})`;
}

/** Facts about models and data that only a look-up outside could give. */
const outside = /\b(?:licen[cs]e|licensing|revision|model card|checkpoint)s?\b/i;
/** True where a criterion asks for facts that only a look-up outside could give. */
export function outsideFacts(text: string): boolean {
  return outside.test(text);
}

const asksForText =
  /\b(?:writ\w*|document\w*|describ\w*|descri\w*|page|plan|recommend\w*|compar\w*|explain\w*|state[sd]?|says?|list\w*|names?|named|summar\w*|report\w*|guide\w*|runbook\w*|note[sd]?)\b/i;

/** What a criterion asks to be written is written when most of its content words stand in the text. */
function byText(criterion: Criterion, grounds: Grounds): Judged | null {
  if (!grounds.written || !asksForText.test(criterion.text) || outside.test(criterion.text)) return null;
  if (boundsIn(criterion.text).length > 0) return null;
  const asked = stems(criterion.text).filter((word) => !formWords.has(word));
  const said = new Set(stems(grounds.written.text));
  const found = asked.filter((word) => said.has(word));
  if (asked.length === 0 || found.length / asked.length < 0.6) return null;
  return { status: "met", evidence: `written: ${grounds.written.path}` };
}

/** Words about the form of a text: a file that exists has the form already. */
export const formWords = new Set(stems("written page document report file text markdown says names lists describes"));
