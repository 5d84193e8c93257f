/** Decisions written beforehand, matched to asks by role, topic and kind; each is used once, in order. `read-answers.ts` reads them. */
import type { AskKind, Verdict } from "../events/event.ts";
import type { AskRow } from "../store/rows.ts";

export type PlannedAnswer = {
  /** The role on whose behalf it is asked; left out: any. */
  readonly role?: string | undefined;
  /** Words of the topic, in any case; left out: any. */
  readonly topic?: string | undefined;
  readonly kind?: AskKind | undefined;
  readonly verb: Verdict;
  readonly text: string;
};

export const answersFace = "answers-file";

/** Takes the first planned answer that fits the ask out of the list. */
export function takeAnswer(planned: PlannedAnswer[], ask: AskRow): PlannedAnswer | undefined {
  const at = planned.findIndex((answer) => fits(answer, ask));
  return at === -1 ? undefined : planned.splice(at, 1)[0];
}

function fits(answer: PlannedAnswer, ask: AskRow): boolean {
  const wanted: PlannedAnswer["verb"][] =
    ask.kind === "approval" || ask.kind === "sign_off" ? ["approve", "reject"] : ["answer"];
  return (
    wanted.includes(answer.verb) &&
    (answer.role === undefined || answer.role === ask.role) &&
    (answer.kind === undefined || answer.kind === ask.kind) &&
    (answer.topic === undefined || ask.topic.toLowerCase().includes(answer.topic.toLowerCase()))
  );
}
