/**
 * The document that a working role leaves in the workspace: what was asked, seen, measured, decided and left open.
 *
 * B1. Numbers stand in it as a tool gave them, with the receipt. What no tool and no colleague said is marked as not measured.
 */
import { judge, notMeasured, outsideFacts } from "./criteria.ts";
import { evaluationBody, type EvaluationSeen } from "./evaluation.ts";
import { candidateOf, metricOf, type Facts } from "./facts.ts";
import { describeInput, type InputSeen } from "./inputs.ts";
import type { Part } from "./handing-on.ts";
import { askedSections } from "./passages.ts";
import { openSentences } from "./raising.ts";
import { revisionAsked } from "./revision.ts";
import { itemsIn } from "./sections.ts";
import { deliverablePath, isWhole, type AssignmentSeen, type Situation } from "./situation.ts";
import { sentencesOf, short, stems } from "./words.ts";

export type Draft = {
  readonly situation: Situation;
  readonly frame: AssignmentSeen;
  readonly facts: Facts;
  /** Criteria that go to roles below. */
  readonly parts: readonly Part[];
};

export const list = (items: readonly string[], none: string): string =>
  items.length > 0 ? items.map((item) => `- ${item}`).join("\n") : none;

export function deliverableText(draft: Draft, path: string): string {
  const { situation, frame, facts } = draft;
  const body = bodySections(draft);
  const own = body.map(([heading, text]) => `${heading}\n${text}`).join("\n");
  const title = earlierVersion(draft, path)?.headings[0] ?? titleOf(situation, frame);
  const verdicts = frame.criteria.map((criterion) => {
    const part = draft.parts.find((each) => each.criteria.includes(criterion));
    if (part && !facts.others.has(criterion.id))
      return `| ${criterion.id} | ${cell(criterion.text)} | left to ${part.target.slug} | see its own page |`;
    const verdict = judge(criterion, {
      measurements: facts.measurements,
      written: { path, text: own },
      others: facts.others,
    });
    return `| ${criterion.id} | ${cell(criterion.text)} | ${verdict.status.replace("_", " ")} | ${cell(verdict.evidence)} |`;
  });
  return [
    `# ${title}`,
    `> Rehearsal: written by the policy that stands in for \`${situation.role}\`. No model took part. Numbers come from tools and carry their receipts;\n> what would need a model says *${notMeasured}*.`,
    ...taskSection(draft),
    ...body.map(([heading, text]) => `## ${heading}\n\n${text}`),
    ...(verdicts.length > 0
      ? [`## Criteria\n\n| id | criterion | status | evidence |\n| --- | --- | --- | --- |\n${verdicts.join("\n")}`]
      : []),
    ...returnedSection(draft, own),
  ]
    .join("\n\n")
    .concat("\n");
}

function titleOf(situation: Situation, frame: AssignmentSeen): string {
  const first = short(frame.task.trim().split("\n", 1)[0] ?? "", 100).replace(/\.$/, "");
  return (isWhole(situation, frame) && situation.brief.title) || first || "Result";
}

/** Decisions of this assignment, after those that an earlier version of the page holds. */
function decisions(draft: Draft): (readonly [string, string])[] {
  const before = /\n## Decisions\n([\s\S]*?)(?=\n## |$)/.exec(earlierVersion(draft)?.text ?? "")?.[1] ?? "";
  const lines = [...itemsIn(before), ...draft.facts.settled.map(decisionLine)];
  return lines.length > 0 ? [["Decisions", list([...new Set(lines)], "")]] : [];
}

/** The page as it was before it came back. */
function earlierVersion(
  { facts, situation, frame }: Draft,
  path = deliverablePath(situation, frame),
): InputSeen | undefined {
  return facts.inputs.find((input) => input.path === path && input.failure === null);
}

/** What the judging of criteria by text looks at: everything of our own, nothing that merely repeats the assignment. */
export function ownText(draft: Draft): string {
  return bodySections(draft)
    .map(([heading, text]) => `${heading}\n${text}`)
    .join("\n");
}

function cell(text: string): string {
  return text.replace(/\s+/g, " ").replaceAll("|", "\\|");
}

function taskSection({ situation, frame }: Draft): string[] {
  const { why, where, when } = situation.brief;
  const around = isWhole(situation, frame)
    ? [
        ["Why", why],
        ["Where", where],
        ["When", when],
      ].filter(([, text]) => text !== "")
    : [];
  const told = around.map(([word, text]) => `- **${word}:** ${(text ?? "").replace(/\s+/g, " ")}`).join("\n");
  return [`## Task\n\n${frame.task.trim() || "The assignment holds no words."}`, ...(told === "" ? [] : [told])];
}

function bodySections(draft: Draft): (readonly [string, string])[] {
  const { facts, situation, frame } = draft;
  const asked = askedSections(draft);
  const sections: (readonly [string, string])[] = [
    [
      "What the inputs hold",
      list(
        facts.inputs.map((input) => `${describeInput(input)}.`),
        "There were no inputs.",
      ),
    ],
    ...facts.evaluations.map((evaluation): readonly [string, string] => [
      "What was measured",
      evaluationBody(evaluation),
    ]),
    ...decisions(draft),
    ...recommendation(draft),
    ...asked,
    ...(facts.knowledge.length > 0 ? [["From the team's notes", list(facts.knowledge, "")] as const] : []),
    ["Next steps", nextSteps(draft)],
    [
      "Open points",
      list(
        [
          ...facts.failures,
          ...openSentences(situation, frame).map(
            (sentence) => `Nobody was asked, because no role above is there for it: “${short(sentence, 240)}”`,
          ),
        ],
        "None that is known here.",
      ),
    ],
    ["What was not measured", list(unmeasured(draft), "Everything that the criteria ask for was measured or written.")],
  ];
  return sections;
}

export function decisionLine({ topic, askedOf, decision, note }: Facts["settled"][number]): string {
  if (!decision) return `**${topic}**: asked ${askedOf}, no decision${note ? ` (${note})` : " yet"}.`;
  return `**${topic}**: ${decision.decision.replace(/\.$/, "")}. Decided by ${decision.by}${decision.by === askedOf ? "" : `, asked through ${askedOf}`}. Reason: ${decision.reason.replace(/\.$/, "")}.`;
}

function recommendation({ facts, frame }: Draft): (readonly [string, string])[] {
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

function nextSteps(draft: Draft): string {
  const { facts, frame, parts } = draft;
  const grounds = { measurements: facts.measurements, written: null, others: facts.others };
  const steps = frame.criteria.flatMap((criterion) => {
    const part = parts.find((each) => each.criteria.includes(criterion));
    if (part)
      return facts.others.has(criterion.id)
        ? []
        : [`${criterion.id}: ${part.target.slug} takes it on (${part.phrase}).`];
    const { status } = judge(criterion, grounds);
    if (status === "met") return [];
    if (status === "not_met")
      return [`${criterion.id}: compare stronger candidates on the same split and seed, then decide again.`];
    if (outsideFacts(criterion.text))
      return [`${criterion.id}: look candidates up, and write down id, revision and licence of each with its source.`];
    return [];
  });
  const bound = facts.settled.flatMap(({ topic, decision }) =>
    decision
      ? [`Keep to the decision on ${topic}.`]
      : [`Wait for a decision on ${topic}; start nothing that depends on it.`],
  );
  return list([...steps, ...bound], "None: what can be done in a rehearsal is done.");
}

/** A criterion that is about to be answered by this very text is not unmeasured; those that need a model or a look-up are. */
export function unmeasured({ facts, frame, parts }: Draft): string[] {
  return frame.criteria.flatMap((criterion) => {
    if (parts.some((part) => part.criteria.includes(criterion))) return [];
    const verdict = judge(criterion, {
      measurements: facts.measurements,
      written: { path: "", text: criterion.text },
      others: facts.others,
    });
    return verdict.status === "not_measured" ? [`${criterion.id}: ${verdict.evidence}.`] : [];
  });
}

/** What was asked for when it came back, and what the text says on it by now. */
function returnedSection(draft: Draft, own: string): string[] {
  const reasons = [...draft.facts.returned.map(({ by, reason }) => ({ by, reason })), ...revisionAsked(draft.frame)];
  if (reasons.length === 0) return [];
  const lines = reasons.map(({ by, reason }) => {
    const wanted = stems(reason);
    const said = sentencesOf(own).filter(
      (sentence) => stems(sentence).filter((word) => wanted.includes(word)).length >= 2,
    );
    const answer =
      said.length > 0
        ? `This page says on it: ${said
            .slice(0, 2)
            .map((sentence) => `“${short(sentence, 240)}”`)
            .join(" ")} More than that is ${notMeasured}.`
        : `Nothing that was read or measured says anything on it; it stays an open point, ${notMeasured}.`;
    return `${by} returned it: “${short(reason, 400)}” ${answer}`;
  });
  return [`## What changed after it was returned\n\n${list(lines, "")}`];
}
