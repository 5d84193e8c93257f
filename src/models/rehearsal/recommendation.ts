/** Which of the measured candidates to take, and what speaks against it: only where something was measured. */
import { candidateOf, judge, metricOf, notMeasured } from "./criteria.ts";
import { list, type Draft } from "./draft.ts";
import type { EvaluationSeen } from "./evaluation.ts";

/** No section or one. */
export function recommendation({ facts, frame }: Draft): (readonly [string, string])[] {
  const evaluation = facts.evaluations.at(-1);
  if (!evaluation) return [];
  const best = candidateOf(evaluation.measurements[0]?.name ?? "");
  if (best === "") return [];
  const missed = frame.criteria.filter(
    (criterion) =>
      judge(criterion, { measurements: facts.measurements, written: null, others: new Map() }).status === "not_met",
  );
  const verdict =
    missed.length > 0
      ? `Which model to take: none of those measured. **${best}** is the best of them and misses ${missed.map((each) => each.id).join(", ")}. Keep it as the baseline that a pretrained model has to beat on the same split.`
      : `Which model to take: **${best}**, the best of those measured. It misses none of the numbers that the criteria give.`;
  return [["Recommendation", `${verdict}\n\nWhat speaks against it:\n\n${list(against(evaluation, best), "")}`]];
}

function against(evaluation: EvaluationSeen, best: string): string[] {
  const metric = metricOf(evaluation.measurements[0]?.name ?? "");
  const value = (name: string): number | undefined => evaluation.measurements.find((each) => each.name === name)?.value;
  const [low, high] = [value(`${metric} 95 % low (${best})`), value(`${metric} 95 % high (${best})`)];
  const rows = value("test rows");
  return [
    ...(low !== undefined && high !== undefined
      ? [
          `Its ${metric} lies between ${low} and ${high}${rows === undefined ? "" : ` on ${rows} held-out rows`}: the sample cannot say more exactly.`,
        ]
      : []),
    "It was trained and measured on parts of one sample; real inputs will differ from it.",
    `No pretrained model was looked up or run, so what one would gain is ${notMeasured}.`,
  ];
}
