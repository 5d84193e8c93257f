/** How alike two texts are: what the definitions in `metrics.ts` say, pair by pair, and their means. Pure. */
import { weightedMean, type Statistic } from "./statistic.ts";

/** ASCII symbols count as punctuation, as in SQuAD's script; others do not, or an answer of one emoji would be like that of another. */
const punctuation = /[\p{P}$+<=>^`|~]/gu;
const articles = /(?<![\p{L}\p{N}])(?:an?|the)(?![\p{L}\p{N}])/gu;
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]\p{M}*/gu;

/** Words that ROUGE-L looks at: its work grows with their square. */
const mostWords = 1000;

/** What exact match compares. */
export function normalised(text: string): string {
  const plain = blank(text.normalize("NFC").toLowerCase());
  return blank(plain.replace(punctuation, "").replace(articles, " ")) || plain;
}

function blank(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

function wordsOf(text: string): string[] {
  return text
    .replace(unspaced, " $& ")
    .split(" ")
    .filter((word) => word !== "");
}

export function exactMatch(answer: string, label: string): number {
  return normalised(answer) === normalised(label) ? 1 : 0;
}

export function tokenF1(answer: string, label: string): number {
  const said = wordsOf(normalised(answer));
  const wanted = wordsOf(normalised(label));
  const left = new Map<string, number>();
  for (const word of wanted) left.set(word, (left.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of said) {
    const there = left.get(word) ?? 0;
    if (there === 0) continue;
    left.set(word, there - 1);
    common += 1;
  }
  return fOf(common, said.length, wanted.length);
}

export function rougeL(answer: string, label: string): number {
  const said = runsOf(answer);
  const wanted = runsOf(label);
  return fOf(longestCommon(said, wanted), said.length, wanted.length);
}

/** Runs of letters and digits. A text that has none is one word, so that it is like itself. */
function runsOf(text: string): string[] {
  const plain = text.normalize("NFC").toLowerCase();
  const runs = wordsOf(plain.replace(/[^\p{L}\p{M}\p{N}]+/gu, " "));
  return (runs.length > 0 ? runs : wordsOf(blank(plain))).slice(0, mostWords);
}

/** 2PR/(P+R) is twice what is common over all words. Two texts without a word are alike. */
function fOf(common: number, said: number, wanted: number): number {
  return said + wanted === 0 ? 1 : (2 * common) / (said + wanted);
}

/** Length of the longest common subsequence. */
function longestCommon(a: readonly string[], b: readonly string[]): number {
  let before = new Int32Array(b.length + 1);
  for (const word of a) {
    const now = new Int32Array(b.length + 1);
    for (let index = 0; index < b.length; index += 1) {
      now[index + 1] =
        word === b[index] ? (before[index] as number) + 1 : Math.max(before[index + 1] as number, now[index] as number);
    }
    before = now;
  }
  return before[b.length] as number;
}

/** No answer is worth nothing. */
export function textStatistics(
  actual: readonly string[],
  predicted: readonly (string | null)[],
): Record<"token_f1" | "exact_match" | "rouge_l", Statistic> {
  const mean = (alike: (answer: string, label: string) => number): Statistic => {
    const each = Float64Array.from(actual, (label, row) => {
      const answer = predicted[row] ?? null;
      return answer === null ? 0 : alike(answer, label);
    });
    return (weights) => weightedMean(each, weights);
  };
  return { token_f1: mean(tokenF1), exact_match: mean(exactMatch), rouge_l: mean(rougeL) };
}
