/**
 * How a question upward is put: what is to be decided, in the words of the sentence that leaves it open, and what can be chosen.
 *
 * K1. The first option commits to nothing: where a policy has to decide, it takes that one.
 * K2. Each option is a whole decision; a person can take it as it stands.
 */
import type { Criterion } from "./sections.ts";
import { atStart, short, stems } from "./words.ts";

export type Wording = { readonly question: string; readonly options: readonly string[] };

export type Raised = {
  readonly topic: string;
  readonly sentence: string;
  /** The sentence with what stands around it. */
  readonly quote: string;
  readonly isOpen: boolean;
  readonly criteria: readonly Criterion[];
};

export function wordingOf(raised: Raised): Wording {
  const { sentence, isOpen, quote } = raised;
  const { ask, options } = isOpen ? openWording(raised) : doubtWording(raised);
  const source = isOpen ? "The assignment leaves it open" : "The assignment says";
  const bears = bearsOn(raised);
  return {
    question: [ask, `${source}: “${quote || sentence}”`, ...(bears === "" ? [] : [bears])].join(" "),
    options,
  };
}

type Ask = { readonly ask: string; readonly options: readonly string[] };

function openWording({ topic, sentence }: Raised): Ask {
  const whether = whetherClause(sentence);
  if (whether !== null) {
    return {
      ask: `${atStart(topic)}: please decide whether ${whether}.`,
      options: [
        "Leave it open for now: do only what holds either way, and name in the report what waits for it",
        `Yes: ${whether}`,
        "No: go on without it, and name in the report what that rules out",
      ],
    };
  }
  const which = whichClause(sentence);
  if (which !== null || /\b(?:unclear|unknown|ambiguous|vague)\b/i.test(sentence)) {
    return {
      ask: which === null ? `${atStart(topic)}: please say what is meant.` : `Please say ${which}.`,
      options: [
        "Take the reading that asks for least, and write it down as an assumption",
        "Leave this part out, and name it in the report as open",
        "It does not matter for this work: go on without an answer",
      ],
    };
  }
  if (/\b(?:approv\w*|permission|permit\w*|consent|grant\w*|allow\w*|budget\w*|limit\w*)\b/i.test(sentence)) {
    return {
      ask: `${atStart(topic)}: may this work count on more than is granted today?`,
      options: [
        "No: stay with what is granted today, and name in the report what that leaves open",
        "Yes: as far as this assignment needs it, and report what was used",
        "Not yet: write down what it would cost and gain, for a decision of its own",
      ],
    };
  }
  return {
    ask: `${atStart(topic)}: how shall this work go on?`,
    options: [
      "Go on without it: commit to nothing new, and name in the report what that leaves open",
      "Go ahead with it as the assignment describes it, and report what follows",
      "Leave out what depends on it until it is settled",
    ],
  };
}

function doubtWording({ topic }: Raised): Ask {
  return {
    ask: `${atStart(topic)}: does this stand as it is written?`,
    options: [
      "Go on as it is written, and say in the report that nobody confirmed it",
      "It is confirmed: go on as it is written",
      "Leave this part out until it is settled",
    ],
  };
}

const stillOpen =
  /\s+(?:(?:is|are|remains?|stays?)\s+(?:still\s+|not\s+|yet\s+)*(?:open|undecided|unclear|unknown|pending|decided|settled|to be|an?\s+(?:\p{L}+\s+){0,4}(?:question|matter|issue|decision)\b)|(?:has|have|needs?)\s+(?:still\s+|not\s+|yet\s+|to\s+)*(?:be|been)\b).*$/isu;

/** What stands after `whether`, up to the words that say that it is open; null where that is too little or too much to be read. */
export function whetherClause(sentence: string): string | null {
  return clauseOf(/\bwhether\s+([^.;!?]+)/iu.exec(sentence)?.[1] ?? "");
}

/** `which …`, `who …` after a word that says that nobody knows. */
function whichClause(sentence: string): string | null {
  const found =
    /\b(?:unclear|unknown|undecided|open|not (?:\w+ )?(?:known|decided|agreed|said)|decide|agree)\b[^.;!?]{0,20}?\b((?:which|what|who|how|when|where)\s[^.;!?]+)/iu;
  return clauseOf(found.exec(sentence)?.[1] ?? "");
}

function clauseOf(text: string): string | null {
  const clause = text
    .replace(/\s+/g, " ")
    .replace(stillOpen, "")
    .replace(/[,:\s]+$/, "");
  return clause.split(" ").length < 3 || clause.length > 140 ? null : clause;
}

/** Criteria that speak of the topic, by most of its words. */
function bearsOn({ topic, sentence, criteria }: Raised): string {
  const words = stems(topic);
  const touched = criteria.filter(({ text }) => {
    const said = stems(text);
    return (
      text !== sentence && words.length > 0 && words.filter((word) => said.includes(word)).length > words.length / 2
    );
  });
  if (touched.length === 0) return "";
  return `It bears on ${touched.map(({ id, text }) => `${id} (“${short(text, 90)}”)`).join(" and ")}.`;
}
