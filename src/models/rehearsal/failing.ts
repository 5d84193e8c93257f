/**
 * What a tool said failed, of one of the kinds that have a matter: a question upward, once for each kind, to the role whose purpose
 * names the matter best.
 *
 * F1. Kind, checks and matter are the tool's words; whose matter it is, the declared purposes say.
 */
import { covers, rank, type Target } from "./matching.ts";
import { stepsOf, textArg, type Situation } from "./situation.ts";
import { atStart, short } from "./words.ts";

export type FailureSeen = {
  /** `model loading`. */
  readonly topic: string;
  readonly what: string;
  readonly checks: readonly string[];
  readonly matter: string;
};

export function failuresSeen(situation: Situation): FailureSeen[] {
  return situation.steps.flatMap(({ result }) => (result === null ? [] : (readFailure(result) ?? [])));
}

function readFailure(text: string): FailureSeen | null {
  const match =
    /^Failure class: ([a-z-]+)\. ([^\n]*)\n((?:- check [^\n]*\n)*)This is a matter of ([^\n]*?)\. If /m.exec(text);
  if (!match) return null;
  const [, kind = "", what = "", checks = "", matter = ""] = match;
  return {
    topic: kind.replaceAll("-", " "),
    what,
    checks: checks.split("\n").flatMap((line) => (line === "" ? [] : [line.replace("- check ", "")])),
    matter,
  };
}

/** The next failure to be put up, as the arguments of `escalate`; null where there is none, or nobody to put it to. */
export function failureQuestion(situation: Situation, found: string): Record<string, unknown> | null {
  const asked = stepsOf(situation, "escalate").map((step) => textArg(step, "topic"));
  const due = failuresSeen(situation).find(({ topic }) => !asked.includes(topic));
  const target = due && targetFor(due.matter, situation.escalations);
  if (!due || !target) return null;
  const { topic, what, checks } = due;
  return {
    to: target.slug,
    topic,
    question: `${atStart(topic)} failed: ${short(what, 400)} How shall this work go on?`,
    severity: "high",
    tried: `${found} Looked at: ${checks.join("; ")}.`.trim(),
    options: [
      "Go on without it, and name in the report what that leaves open",
      "It will be mended: leave out what depends on it until then",
      "Leave this part out for good",
    ],
  };
}

function targetFor(matter: string, targets: readonly Target[]): Target | null {
  const clear = covers([matter], targets, { single: "always" })[0];
  if (clear) return clear.target;
  const [best] = rank(matter, targets);
  return best && best.hits > 0 ? best.target : null;
}
