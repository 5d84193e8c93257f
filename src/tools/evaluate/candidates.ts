/** Classifiers that run here, without a download: what a model has to beat. */
import type { Row } from "./labelled-table.ts";

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

export const localCandidateNames = ["majority-class", "char-ngram-naive-bayes"] as const;

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

export const localCandidates: ReadonlyMap<string, LocalCandidate> = new Map(
  [majority, naiveBayes].map((one) => [one.name, one]),
);
