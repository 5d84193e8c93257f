/**
 * The document that a working role leaves in the workspace: what was asked, seen, measured, decided and left open.
 *
 * B1. Numbers stand in it as a tool gave them, with the receipt. What no tool and no colleague said is marked as not measured.
 */
import { cite, isForReader, judge, notMeasured, outsideFacts } from "./criteria.ts";
import { evaluationBody } from "./evaluation.ts";
import type { Facts } from "./facts.ts";
import { describeInput, type InputSeen } from "./inputs.ts";
import { moduleFolder, untried, wantsModule } from "./integration/integration.ts";
import { cell, list, type Draft } from "./draft.ts";
import { askedSections } from "./passages.ts";
import { openSentences } from "./raising.ts";
import { recommendation } from "./recommendation.ts";
import { revisionAsked } from "./revision.ts";
import type { DecisionRead, Evidence } from "./answers.ts";
import { itemsIn } from "./sections.ts";
import type { AssignmentSeen } from "./frames.ts";
import { deliverablePath, isWhole, type Situation } from "./situation.ts";
import { atStart, sentencesOf, short, stems } from "./words.ts";

export function deliverableText(draft: Draft, path: string): string {
  const { situation, frame } = draft;
  const verdicts = verdictsOf(draft, path);
  return [
    `# ${earlierVersion(draft, path)?.headings[0] ?? titleOf(situation, frame)}`,
    `> Rehearsal: written by the policy that stands in for \`${situation.role}\`. No model took part. Numbers come from tools and carry their receipts;\n> what would need a model or a reader is *${notMeasured}*.`,
    ...taskSection(draft),
    ...bodySections(draft).map(([heading, text]) => `## ${heading}\n\n${text}`),
    ...(verdicts.length > 0 ? [`## Criteria\n\n${criteriaTable(draft, verdicts, path)}`] : []),
    ...returnedSection(draft),
  ]
    .join("\n\n")
    .concat("\n");
}

/** What each criterion can be said to be: by measurement, by what this text itself holds, or by what others reported. */
export function verdictsOf(draft: Draft, path: string | null): Evidence[] {
  const { facts, frame } = draft;
  const own = path === null ? null : { path, text: ownText(draft) };
  return frame.criteria.map((criterion) =>
    judge(criterion, {
      measurements: facts.measurements,
      written: isHanded(draft, criterion.id) ? null : own,
      others: facts.others,
    }),
  );
}

/** Left to a role below: its evidence counts, not ours. */
function isHanded(draft: Draft, id: string): boolean {
  return draft.parts.some((part) => part.criteria.some((criterion) => criterion.id === id));
}

function criteriaTable(draft: Draft, verdicts: readonly Evidence[], path: string): string {
  const rows = verdicts.map((verdict, index) => {
    const part = draft.parts.find((each) => each.criteria.some((criterion) => criterion.id === verdict.id));
    const waiting = part !== undefined && !draft.facts.others.has(verdict.id);
    const [status, evidence] = waiting
      ? [`left to ${part.target.slug}`, "see its own page"]
      : [
          verdict.status.replace("_", " "),
          verdict.evidence
            .replace(`written: ${path}. It`, "this page")
            .replace(`for ${path} to hold it; it`, "for this page, which"),
        ];
    return `| ${verdict.id} | ${cell(draft.frame.criteria[index]?.text ?? "")} | ${status} | ${cell(evidence)} |`;
  });
  return ["| id | criterion | status | evidence |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

function titleOf(situation: Situation, frame: AssignmentSeen): string {
  const first = short(frame.task.trim().split("\n", 1)[0] ?? "", 100).replace(/\.$/, "");
  return (isWhole(situation, frame) && situation.brief.title) || first || "Result";
}

/** Decisions of this assignment, after those that an earlier version of the page holds. */
function decisions(draft: Draft): (readonly [string, string])[] {
  const lines = [...earlierItems(draft, "Decisions"), ...draft.facts.settled.map(decisionLine)];
  return lines.length > 0 ? [["Decisions", list([...new Set(lines)], "")]] : [];
}

/** What an earlier version of the page lists under a heading: a revision must not lose it. */
function earlierItems(draft: Draft, heading: string): string[] {
  const text = earlierVersion(draft)?.text ?? "";
  return itemsIn(new RegExp(`\\n## ${heading}\\n([\\s\\S]*?)(?=\\n## |$)`).exec(text)?.[1] ?? "");
}

/** The page as it was before it came back. */
function earlierVersion(
  { facts, situation, frame }: Draft,
  path = deliverablePath(situation, frame),
): InputSeen | undefined {
  return facts.inputs.find((input) => input.path === path && input.failure === null);
}

/** What the judging of criteria by text looks at: everything of our own, nothing that merely repeats the assignment. */
function ownText(draft: Draft): string {
  return bodySections(draft)
    .map(([heading, text]) => `${heading}\n${text}`)
    .join("\n");
}

function taskSection(draft: Draft): string[] {
  const { situation, frame } = draft;
  const before = /\n## Task\n([\s\S]*?)(?=\n## |$)/.exec(earlierVersion(draft)?.text ?? "")?.[1]?.trim();
  if (before && revisionAsked(frame).length > 0) return [`## Task\n\n${before}`];
  const { why, where, when } = situation.brief;
  const told: readonly (readonly [string, string])[] = isWhole(situation, frame)
    ? [
        ["Why", why],
        ["Where", where],
        ["When", when],
      ]
    : [];
  const lines = told.flatMap(([word, text]) => (text === "" ? [] : [`**${word}:** ${text.replace(/\s+/g, " ")}`]));
  return [
    `## Task\n\n${frame.task.trim() || "The assignment holds no words."}`,
    ...(lines.length > 0 ? [list(lines, "")] : []),
  ];
}

function bodySections(draft: Draft): (readonly [string, string])[] {
  const { facts, situation, frame } = draft;
  const asked = askedSections(draft);
  const sections: (readonly [string, string])[] = [
    ["What the inputs hold", inputLines(draft)],
    ...facts.evaluations.map((evaluation): readonly [string, string] => [
      "What was measured",
      evaluationBody(evaluation),
    ]),
    ...decisions(draft),
    ...recommendation(draft),
    ...moduleSection(draft),
    ...asked,
    ...(facts.knowledge.length > 0 ? [["From the team's notes", list(facts.knowledge, "")] as const] : []),
    ["Next steps", nextSteps(draft)],
    [
      "Open points",
      list(
        [
          ...earlierItems(draft, "Open points"),
          ...facts.failures,
          ...facts.settled.flatMap(({ topic, decision }) =>
            decision ? [`${atStart(topic)}: what goes beyond the decision above has not been started.`] : [],
          ),
          ...openSentences(situation, frame).map(
            (sentence) => `Nobody was asked, because no role above is there for it: “${short(sentence, 240)}”`,
          ),
        ],
        "",
      ),
    ],
  ];
  return sections.filter(([, text]) => text !== "");
}

/** Its files, how its commands ended, and what was not tried. */
function moduleSection({ situation, frame, facts }: Draft): (readonly [string, string])[] {
  const folder = moduleFolder(situation, frame);
  const files = facts.written.filter((path) => path.startsWith(`${folder}/`));
  if (!wantsModule(frame) || files.length === 0) return [];
  const lines = [
    ...files.map((path) => `\`${path}\``),
    ...facts.measurements.filter((each) => each.unit === "code").map((each) => `${cite(each)}.`),
    ...untried(situation, frame),
    "Its tests have a stub in the model's place: they say nothing about how good a model is.",
  ];
  return [["The Python module", list(lines, "")]];
}

/** An earlier version of this very page is no input of its own. */
function inputLines(draft: Draft): string {
  const earlier = earlierVersion(draft);
  const others = draft.facts.inputs.filter((input) => input !== earlier);
  return list(
    others.map((input) => `${describeInput(input)}.`),
    "There were no inputs.",
  );
}

/** Who really decided: a decision that was handed up says so in its reason. */
export function decider({ by, reason }: DecisionRead): { readonly by: string; readonly reason: string } {
  const handed = /^Decided by ([^:]+)(?:: ([\s\S]*))?$/.exec(reason);
  return handed ? { by: handed[1] as string, reason: handed[2] ?? "" } : { by, reason };
}

export function decisionLine({ topic, askedOf, decision, note }: Facts["settled"][number]): string {
  if (!decision) return `**${topic}**: asked ${askedOf}, no decision${note ? ` (${note})` : " yet"}.`;
  const { by, reason: given } = decider(decision);
  const reason = /^(?:answered|chosen) by \S+$/.test(given) ? "" : given; // no reason, but who said it
  const through = by === askedOf ? "" : `, asked through ${askedOf}`;
  return `**${topic}**: ${decision.decision.replace(/\.$/, "")}. Decided by ${by}${through}.${reason ? ` Reason: ${reason.replace(/\.$/, "")}.` : ""}`;
}

function nextSteps(draft: Draft): string {
  const { facts, frame, parts } = draft;
  const grounds = { measurements: facts.measurements, written: null, others: facts.others };
  const steps = frame.criteria.flatMap((criterion) => {
    const part = parts.find((each) => each.criteria.includes(criterion));
    if (part)
      return facts.others.has(criterion.id)
        ? []
        : [`${criterion.id}: left to ${part.target.slug} (${part.phrase}); its report says what came of it.`];
    const { status } = judge(criterion, grounds);
    if (status === "met") return [];
    if (status === "not_met")
      return [`${criterion.id}: compare stronger candidates on the same split and seed, then decide again.`];
    if (isForReader(criterion.text)) return [`${criterion.id}: have a person or a model judge what is written on it.`];
    if (outsideFacts(criterion.text))
      return [`${criterion.id}: look candidates up, and write down id, revision and licence of each with its source.`];
    return [];
  });
  const bound = facts.settled.flatMap(({ topic, decision }) =>
    decision
      ? [`Keep to the decision on ${topic}.`]
      : [`Wait for a decision on ${topic}; start nothing that depends on it.`],
  );
  const nothing =
    facts.evaluations.length === 0 &&
    !facts.inputs.some((input) => input.failure === null && input !== earlierVersion(draft));
  const sources = nothing
    ? ["Name what to write from: nothing was given, so this page holds the task and no answer to it."]
    : [];
  return list([...sources, ...steps, ...bound], "");
}

/** Sections in which an answer to a reason can stand; what was asked and seen is none. */
const answering = ["What was measured", "Decisions", "Recommendation", "Open points"];

/** What was asked for when it came back, and where the text says something on it by now: a reader sees at once what was not taken up. */
function returnedSection(draft: Draft): string[] {
  const reasons = [...draft.facts.returned, ...revisionAsked(draft.frame)];
  if (reasons.length === 0) return [];
  const own = bodySections(draft).flatMap(([heading, text]) =>
    answering.includes(heading) ? sentencesOf(text).map((sentence) => ({ heading, sentence })) : [],
  );
  const lines = reasons.map(({ by, reason }) => {
    const wanted = stems(reason).filter((word) => !/^[a-z]\d+$/.test(word));
    const shared = (sentence: string): number => stems(sentence).filter((word) => wanted.includes(word)).length;
    const said = own
      .filter(({ sentence }) => shared(sentence) >= Math.max(2, wanted.length / 3))
      .toSorted((a, b) => shared(b.sentence) - shared(a.sentence))[0];
    const answer = said
      ? `Closest to it, under “${said.heading}”: “${short(said.sentence.replaceAll("**", ""), 240)}” Whether that answers it is for a reader.`
      : `Not answered here: nothing that was read or measured speaks of it, so it is left to a model or a person.`;
    return `${by} returned it: “${short(reason, 400)}” ${answer}`;
  });
  return [`## After it was returned\n\n${list(lines, "")}`];
}
