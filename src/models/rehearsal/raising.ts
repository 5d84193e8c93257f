/**
 * What the assignment itself raises: sentences that leave something open which the purpose of an escalation covers.
 *
 * A1. One question a topic, one topic a sentence, three questions at most; never the same topic to two roles.
 * A2. Where no sentence says that something is open, at most the one best match is raised: a task is not a question.
 */
import { isRefusal, readDecision, type DecisionRead } from "./answers.ts";
import { covers, sameTopic, type Cover } from "./matching.ts";
import type { AssignmentSeen } from "./frames.ts";
import { isWhole, stepsOf, textArg, type Situation } from "./situation.ts";
import { sentencesOf, short, soundsHard, soundsOpen, stems } from "./words.ts";
import { wordingOf } from "./wording.ts";

const questionLimit = 3;

/** The words by which an assigner says that questions were settled before. */
export const settledNote = "Decisions taken so far hold; do not raise them again.";

/** The sentences of the assignment that may raise something, with what the brief adds where the assignment is the brief. */
function sentencesToWeigh(situation: Situation, frame: AssignmentSeen): string[] {
  return [...new Set(textsToWeigh(situation, frame).flatMap(sentencesOf))];
}

function textsToWeigh(situation: Situation, frame: AssignmentSeen): string[] {
  const { where, when } = situation.brief;
  const around = isWhole(situation, frame) ? [where, when] : [];
  return [...frame.constraints, ...frame.criteria.map((criterion) => criterion.text), frame.task, ...around];
}

/** The sentence with what stands around it, if that is short enough to be read at once. */
function quoted(situation: Situation, frame: AssignmentSeen, sentence: string): string {
  const around = textsToWeigh(situation, frame).find((text) => sentencesOf(text).includes(sentence)) ?? sentence;
  return short(around.length <= 320 ? around : sentence, 320);
}

/** What should be asked upward, best first, whether or not it has been asked already. */
export function topicsRaised(situation: Situation, frame: AssignmentSeen): Cover[] {
  if (situation.escalations.length === 0 || frame.constraints.includes(settledNote)) return [];
  const all = covers(sentencesToWeigh(situation, frame), situation.escalations, { single: "open" });
  const open = all.filter((cover) => soundsOpen(cover.sentence));
  const chosen: Cover[] = [];
  for (const cover of open.length > 0 ? open : all.slice(0, 1)) {
    const known = chosen.some((other) => other.sentence === cover.sentence || sameTopic(other.words, cover.words));
    if (!known && chosen.length < questionLimit) chosen.push(cover);
  }
  return chosen;
}

/** Sentences that leave something open and that nobody above is there for. */
export function openSentences(situation: Situation, frame: AssignmentSeen): string[] {
  if (frame.constraints.includes(settledNote)) return [];
  const raised = topicsRaised(situation, frame).map((cover) => cover.sentence);
  return sentencesToWeigh(situation, frame).filter(
    (sentence) =>
      /\b(?:whether|unclear|undecided|open question|is open|not (?:yet |been )?(?:decided|approved))\b/i.test(
        sentence,
      ) && !raised.includes(sentence),
  );
}

/** The next question upward, as the arguments of `escalate`; null where all have been asked. */
export function questionDue(
  situation: Situation,
  frame: AssignmentSeen,
  found: string,
): Record<string, unknown> | null {
  const asked = stepsOf(situation, "escalate").map((step) => stems(textArg(step, "topic")));
  if (asked.length >= questionLimit) return null;
  const next = topicsRaised(situation, frame).find((cover) => {
    const topic = stems(topicOf(cover.phrase));
    return !asked.some((words) => sameTopic(words, topic));
  });
  if (!next) return null;
  const topic = topicOf(next.phrase);
  const { sentence } = next;
  const isOpen = soundsOpen(sentence);
  const { criteria } = frame;
  const wording = wordingOf({ topic, sentence, isOpen, criteria, quote: quoted(situation, frame, sentence) });
  return {
    to: next.target.slug,
    topic,
    question: wording.question,
    severity: isOpen && soundsHard(sentence) ? "high" : "medium",
    tried: `${found} Nothing that depends on the answer has been started.`,
    options: wording.options,
  };
}

/** The subject of a purpose's phrase, without the words that only say that it may become a question. */
export function topicOf(phrase: string): string {
  const bare = phrase
    .trim()
    .replace(
      /^(?:(?:any|all|the|a|an|some|hard|complex|need|needs|issues?|problems?|trouble|doubts?|questions?|related|about|with|for|to|of|on|when|over)\s+)+/i,
      "",
    );
  const topic = stems(bare).length > 0 ? bare : phrase.trim();
  return /^\p{Lu}\p{Ll}/u.test(topic) ? topic.charAt(0).toLowerCase() + topic.slice(1) : topic;
}

export type Settled = {
  readonly topic: string;
  readonly askedOf: string;
  readonly question: string;
  readonly decision: DecisionRead | null;
  readonly note: string;
};

/** Questions that were asked upward in this frame, with what was decided. */
export function settled(situation: Situation): Settled[] {
  return stepsOf(situation, "escalate").map((step) => {
    const decision = step.result === null ? null : readDecision(step.result);
    const note =
      decision || step.result === null
        ? ""
        : isRefusal(step.result)
          ? short(step.result, 200)
          : short(step.result, 400);
    return {
      topic: textArg(step, "topic"),
      askedOf: textArg(step, "to"),
      question: textArg(step, "question"),
      decision,
      note,
    };
  });
}
