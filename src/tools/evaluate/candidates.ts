/** What runs here, without a download, and a model has to beat: classifiers, and for texts and numbers what needs no learning. */
import type { Row } from "./labelled-table.ts";
import type { AnswerKind } from "./metrics.ts";

/** What was learned from the training part: predicts one text at a time. */
export type Trained = {
  readonly predict: (text: string) => string;
  /** Size of what was learned, as it would be kept. */
  readonly bytes: number;
};

export type LocalCandidate = {
  readonly name: string;
  /** What it does, with its settings: part of what was measured. */
  readonly description: string;
  /** Learns from `train` and nothing else. */
  train(train: readonly Row[]): Promise<Trained>;
};

const shortest = 1;
const longest = 4;

/** Character n-grams of the text with a blank around each word, so that beginnings and ends of words differ from their middles. */
export function characterNgrams(text: string): string[] {
  const words = text
    .normalize("NFC")
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  const characters = Array.from(` ${words.join(" ")} `);
  const grams: string[] = [];
  for (let length = shortest; length <= longest; length += 1) {
    for (let start = 0; start + length <= characters.length; start += 1)
      grams.push(characters.slice(start, start + length).join(""));
  }
  return grams;
}

/** The most frequent label; the first in code-unit order among equals. */
export function majorityLabel(rows: readonly Row[]): string {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(row.label, (counts.get(row.label) ?? 0) + 1);
  const ordered = [...counts].toSorted(([a, left], [b, right]) => right - left || (a < b ? -1 : 1));
  return (ordered[0] as [string, number])[0];
}

const majority: LocalCandidate = {
  name: "majority-class",
  description: "always the label that is most frequent in the training part",
  train: (train) => {
    const label = majorityLabel(train);
    return Promise.resolve({ predict: () => label, bytes: Buffer.byteLength(JSON.stringify(label)) });
  },
};

const naiveBayes: LocalCandidate = {
  name: "char-ngram-naive-bayes",
  description: `Naive Bayes over character ${shortest}- to ${longest}-grams (presence only, smoothing 0.5; wink-naive-bayes-text-classifier); the majority label where no n-gram is known`,
  train: async (train) => {
    const { default: makeClassifier } = await import("wink-naive-bayes-text-classifier");
    const classifier = makeClassifier();
    classifier.defineConfig({ considerOnlyPresence: true, smoothingFactor: 0.5 });
    classifier.definePrepTasks([characterNgrams]);
    for (const row of train) classifier.learn(row.text, row.label);
    classifier.consolidate();
    const fallback = majorityLabel(train);
    const predict = (text: string): string => {
      const odds = classifier.computeOdds(text);
      // One pair alone is the library's way to say that it knows none of the n-grams.
      return odds.length < 2 ? fallback : (odds[0] as [string, number])[0];
    };
    return { predict, bytes: Buffer.byteLength(classifier.exportJSON()) };
  },
};

const mostFrequent: LocalCandidate = {
  name: "most-frequent-answer",
  description: "always the label that is most frequent in the training part, the first in code-unit order among equals",
  train: (train) => majority.train(train),
};

const firstSentence: LocalCandidate = {
  name: "first-sentence",
  description: "the first sentence of the text itself (the lead, by Unicode's rules of sentences)",
  train: () => {
    const sentences = new Intl.Segmenter("en", { granularity: "sentence" });
    const predict = (text: string): string =>
      sentences.segment(text.trim().slice(0, leadLimit)).containing(0)?.segment.trim() ?? "";
    return Promise.resolve({ predict, bytes: 0 });
  },
};

/** Characters that a first sentence is looked for in. */
const leadLimit = 10_000;

function constant(name: string, description: string, of: (sorted: readonly number[]) => number): LocalCandidate {
  return {
    name,
    description,
    train: (train) => {
      const number = String(of(train.map((row) => Number(row.label)).toSorted((a, b) => a - b)));
      return Promise.resolve({ predict: () => number, bytes: Buffer.byteLength(number) });
    },
  };
}

export function meanOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each / numbers.length, 0);
}

/** Of numbers in order; the mean of the two in the middle where there are two. */
export function medianOf(sorted: readonly number[]): number {
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return (low as number) / 2 + (high as number) / 2;
}

const byKind: Readonly<Record<AnswerKind, readonly LocalCandidate[]>> = {
  label: [majority, naiveBayes],
  text: [mostFrequent, firstSentence],
  number: [
    constant("training-median", "always the median of the labels in the training part", medianOf),
    constant("training-mean", "always the mean of the labels in the training part", meanOf),
  ],
};

/** By name. The first is measured whether it is asked for or not. */
export function candidatesFor(answers: AnswerKind): ReadonlyMap<string, LocalCandidate> {
  return new Map(byKind[answers].map((one) => [one.name, one]));
}
