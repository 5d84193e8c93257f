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
import { openSentences } from "./raising.ts";
import type { Criterion } from "./sections.ts";
import { isWhole, type AssignmentSeen, type Situation } from "./situation.ts";
import { sentencesOf, short, stems } from "./words.ts";

export type Draft = {
  readonly situation: Situation;
  readonly frame: AssignmentSeen;
  readonly facts: Facts;
  /** Criteria that go to roles below. */
  readonly parts: readonly Part[];
};

const list = (items: readonly string[], none: string): string =>
  items.length > 0 ? items.map((item) => `- ${item}`).join("\n") : none;

export function deliverableText(draft: Draft, path: string): string {
  const { situation, frame, facts } = draft;
  const body = bodySections(draft);
  const own = body.map(([heading, text]) => `${heading}\n${text}`).join("\n");
  const title = isWhole(situation, frame) ? situation.brief.title || short(frame.task, 80) : short(frame.task, 80);
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
    ...returnedSection(facts),
  ]
    .join("\n\n")
    .concat("\n");
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
    ...(facts.settled.length > 0 ? [["Decisions", list(facts.settled.map(decisionLine), "")] as const] : []),
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
  return `**${topic}**: ${decision.decision.replace(/\.$/, "")}. Decided by ${decision.by}, asked through ${askedOf}. Reason: ${decision.reason.replace(/\.$/, "")}.`;
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

/** For each criterion that asks for something to be written: what the sources that were read say about it. */
function askedSections(draft: Draft): (readonly [string, string])[] {
  const mine = draft.frame.criteria.filter(
    (criterion) => !draft.parts.some((part) => part.criteria.includes(criterion)),
  );
  const wanted = mine.filter(
    (criterion) =>
      outsideFacts(criterion.text) === false &&
      judge(criterion, { measurements: draft.facts.measurements, written: null, others: draft.facts.others }).status ===
        "not_measured",
  );
  return wanted.flatMap((criterion) => {
    const found = excerpts(criterion, draft.facts.inputs);
    const example = /\bexamples?\b/i.test(criterion.text) ? examples(draft.facts.inputs) : [];
    if (found.length + example.length === 0) return [];
    return [
      [
        `On ${criterion.id}: what the sources say`,
        [...(found.length > 0 ? [list(found, "")] : []), ...example].join("\n\n"),
      ] as const,
    ];
  });
}

/** Sentences of the inputs that share at least two content words with the criterion, best first, with their source. */
function excerpts(criterion: Criterion, inputs: readonly InputSeen[]): string[] {
  const asked = stems(criterion.text);
  return inputs
    .filter((input) => input.failure === null && input.labelled === null)
    .flatMap((input) =>
      sentencesOf(proseOf(input.text)).map((sentence) => ({
        input,
        sentence,
        shared: stems(sentence).filter((word) => asked.includes(word)).length,
      })),
    )
    .filter((each) => each.shared >= 2)
    .toSorted((a, b) => b.shared - a.shared)
    .slice(0, 6)
    .map(({ input, sentence }) => `${short(sentence, 280)} (\`${input.path}\`)`);
}

/** Without headings, quotes and tables: they are form, or they repeat what was asked. */
function proseOf(markdown: string): string {
  return markdown
    .split("\n")
    .map((line) => (/^\s*(?:#|>|\||```)/.test(line) ? "" : line.replace(/^\s*[-*]\s+/, "\n\n")))
    .join("\n");
}

/** A true example out of a labelled table: a row as a request, its label as the answer. */
function examples(inputs: readonly InputSeen[]): string[] {
  return inputs.flatMap(({ labelled, path }) => {
    if (!labelled?.first) return [];
    const request = JSON.stringify({ [labelled.text]: labelled.first.text });
    const answer = JSON.stringify({ [labelled.label]: labelled.first.label });
    return [
      `Example request, the first row of \`${path}\`:\n\n\`\`\`json\n${request}\n\`\`\`\n\nExample answer, the label that a person gave it:\n\n\`\`\`json\n${answer}\n\`\`\`\n\nNames of the fields are those of the file; the interface itself is not specified by any source that was read.`,
    ];
  });
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

function returnedSection(facts: Facts): string[] {
  if (facts.returned.length === 0) return [];
  return [
    `## What changed after it was returned\n\n${list(
      facts.returned.map(
        ({ by, reason }) =>
          `${by} returned it: “${short(reason, 400)}” Taken up: the points above were gone through again with this in mind; what it asks for beyond them stands as an open point.`,
      ),
      "",
    )}`,
  ];
}
