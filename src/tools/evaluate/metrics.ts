/**
 * What candidates are scored by, for each kind of answer. Data and definitions; the arithmetic is in `label-scores.ts`, `text-scores.ts` and
 * `number-scores.ts`.
 *
 * The first metric of a kind is what candidates are ranked by where nothing else is asked for.
 */
export const answerKinds = ["label", "text", "number"] as const;
/** What the label column holds: one of a few classes, a text of its own, or a number. */
export type AnswerKind = (typeof answerKinds)[number];

export const metricNames = [
  "macro_f1",
  "accuracy",
  "token_f1",
  "exact_match",
  "rouge_l",
  "mae",
  "rmse",
  "spearman",
  "pearson",
] as const;
export type MetricName = (typeof metricNames)[number];

export type Metric = {
  readonly name: MetricName;
  /** As it is shown and cited. */
  readonly title: string;
  readonly answers: AnswerKind;
  readonly better: "higher" | "lower";
  /** Smallest and largest value; null as the largest: as far as the labels go. */
  readonly range: readonly [number, number | null];
  /** How it is computed; empty where its name says so. */
  readonly definition: string;
};

const share = { better: "higher", range: [0, 1] } as const;
const error = { better: "lower", range: [0, null] } as const;
const correlation = { better: "higher", range: [-1, 1] } as const;

export const metrics: Readonly<Record<MetricName, Metric>> = {
  macro_f1: { name: "macro_f1", title: "macro-F1", answers: "label", ...share, definition: "" },
  accuracy: { name: "accuracy", title: "accuracy", answers: "label", ...share, definition: "" },
  token_f1: {
    name: "token_f1",
    title: "token F1",
    answers: "text",
    ...share,
    definition:
      "mean over the rows of 2PR/(P+R), where P and R are the shares of the answer's and of the label's words that they have in common, each as often as in both (as SQuAD 1.1 scores answers: Rajpurkar et al. 2016), after the normalisation",
  },
  exact_match: {
    name: "exact_match",
    title: "exact match",
    answers: "text",
    ...share,
    definition: "share of the rows in which answer and label are the same after the normalisation",
  },
  rouge_l: {
    name: "rouge_l",
    title: "ROUGE-L F",
    answers: "text",
    ...share,
    definition:
      "mean over the rows of 2PR/(P+R), where P and R are the longest common subsequence of words divided by the words of the answer and of the label (Lin 2004, beta 1); words are runs of letters and digits in lower case, nothing is stemmed, and the first 1,000 count",
  },
  mae: { name: "mae", title: "MAE", answers: "number", ...error, definition: "mean of |answer − label|" },
  rmse: {
    name: "rmse",
    title: "RMSE",
    answers: "number",
    ...error,
    definition: "square root of the mean of (answer − label)²",
  },
  spearman: {
    name: "spearman",
    title: "Spearman",
    answers: "number",
    ...correlation,
    definition:
      "Pearson's correlation of the ranks, equal values sharing the mean of theirs; undefined where all answers or all labels are equal",
  },
  pearson: {
    name: "pearson",
    title: "Pearson",
    answers: "number",
    ...correlation,
    definition: "product-moment correlation; undefined where all answers or all labels are equal",
  },
};

export function metricsOf(answers: AnswerKind): readonly Metric[] {
  return Object.values(metrics).filter((metric) => metric.answers === answers);
}

/** What two texts are compared by for exact match and token F1. */
export const normalisation =
  "Normalisation: NFC, lower case, no punctuation, no English articles (a, an, the), white space as one blank; letters of scripts without blanks between words are words of their own. A text of which nothing would be left keeps its punctuation and articles.";

/** Four decimals for what has a scale of its own; six digits for what is on the scale of the labels. */
export function shown(metric: Metric, value: number): number {
  return metric.range[1] === null ? Number(value.toPrecision(6)) : Math.round(value * 10_000) / 10_000;
}

/** Whether `a` is a better value than `b`; what is undefined is worse than all that is defined. */
export function isBetter(metric: Metric, a: number | null, b: number | null): boolean {
  if (a === null || b === null) return a !== null && b === null;
  return metric.better === "higher" ? a > b : a < b;
}
