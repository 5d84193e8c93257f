/**
 * Answering a question that was put to this role: decide, or hand it further up.
 *
 * Q1. Handed up at most once, and never to the one who asked, nor to a role that already waits on this one about the same topic.
 * Q2. What was decided above is passed on as it was decided.
 * Q3. What is handed up is the question as it was asked, word for word.
 */
import { readDecision } from "./answers.ts";
import { covers, sameTopic, type Cover } from "./matching.ts";
import { move, type Move } from "./move.ts";
import type { QuestionSeen } from "./frames.ts";
import { stepsOf, type Situation } from "./situation.ts";
import { inSentence, sentencesOf, stems } from "./words.ts";

export function answerQuestion(situation: Situation, frame: QuestionSeen): Move {
  const said = stepsOf(situation, "attempt_completion").length;
  const answer = answerOnce(situation, frame);
  const call = answer.calls[0];
  if (said === 0 || call?.name !== "attempt_completion") return answer;
  // Still here: the answer was not taken. The same words again would be a loop.
  const args = call.args as { readonly reason: string };
  return move(answer.say, call.name, { ...args, reason: `${args.reason} (Said again, time ${said + 1}.)` });
}

function answerOnce(situation: Situation, frame: QuestionSeen): Move {
  const asked = stepsOf(situation, "escalate");
  const decided = asked.flatMap((step) => (step.result === null ? [] : (readDecision(step.result) ?? []))).at(-1);
  if (decided) {
    return move(`It was decided above; I pass it on.`, "attempt_completion", {
      decision: decided.decision,
      reason: `Decided by ${decided.by}${decided.reason ? `: ${decided.reason}` : ""}`,
    });
  }
  const above = asked.length === 0 ? whoDecides(situation, frame) : null;
  if (above)
    return move(
      `This is for ${above.target.slug} to decide: ${inSentence(above.phrase)}.`,
      "escalate",
      handUp(frame, above),
    );
  return move("This I can decide.", "attempt_completion", decisionOf(frame));
}

/** The role above whose purpose clearly covers what is asked; null where it stays here. */
function whoDecides(situation: Situation, frame: QuestionSeen): Cover | null {
  const topic = stems(frame.topic);
  const again = situation.askedBefore.some((before) => sameTopic(stems(before), topic));
  const targets = situation.escalations.filter(
    ({ slug }) => slug !== frame.from && !(again && situation.waitingFor.has(slug)),
  );
  const subject = [frame.topic, ...sentencesOf(frame.question)];
  const best = covers(subject, targets, { single: "always" })[0] ?? null;
  // A purpose that is met by the words around the topic alone is about something else.
  return best && (best.words.length > 1 || sameTopic(best.words, topic)) ? best : null;
}

function handUp(frame: QuestionSeen, above: Cover): Record<string, unknown> {
  const options =
    frame.options.length > 0
      ? frame.options
      : ["Go on within what is allowed today", "Stop this part until it is settled"];
  return {
    to: above.target.slug,
    topic: frame.topic || inSentence(above.phrase),
    question: frame.question.trim(),
    severity: ["low", "medium", "high", "critical"].includes(frame.severity) ? frame.severity : "medium",
    tried:
      `${frame.tried.trim()} Handed on undecided: “${inSentence(above.phrase)}” is for you. The first option is what ${frame.from} advises.`.trim(),
    options,
  };
}

function decisionOf(frame: QuestionSeen): Record<string, unknown> {
  const first = frame.options[0];
  if (first === undefined) {
    return {
      decision:
        "Go by the brief as it stands: take the reading that changes least, and write it down as an assumption (rehearsed decision)",
      reason: "The brief says no more than this, and no options were given.",
    };
  }
  return {
    decision: `${first.trim().replace(/\.$/, "")} (rehearsed decision)`,
    reason: `It is what ${frame.from || "the one who asks"} advises first, and it can be gone beyond once more is known.`,
  };
}
