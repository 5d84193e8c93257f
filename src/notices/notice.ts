/**
 * The one document that is told: `cadre.notice/1`.
 *
 * W1. It holds no secret: the values of all variables that cadre.yaml names are taken out (R8).
 * W2. Models, files and people wrote most of its words: every text in it is fit to be shown as it is (RELIABILITY 31), and bounded.
 */
import { mayExpire } from "../store/expiry.ts";
import type { AskRow } from "../store/rows.ts";
import { visible, visibleJson, visibleLines } from "../views/escape.ts";
import type { Occasion } from "./occasions.ts";

const longestText = 4000;

export type NoticeWords = {
  /** With `{run}` and `{ask}`; null: there is no page to point to. */
  readonly link: string | null;
  /** Takes secrets out of a text. */
  readonly clean: (text: string) => string;
};

/** JSON on one line. */
export function noticeText(ask: AskRow, event: Occasion, { link, clean }: NoticeWords): string {
  const line = (text: string): string => clip(visible(clean(text)));
  return visibleJson({
    schema: "cadre.notice/1",
    event,
    ask: ask.id,
    run: ask.run,
    kind: ask.kind,
    role: line(ask.role),
    to: line(ask.to),
    topic: line(ask.topic),
    question: clip(visibleLines(clean(ask.question)).join("\n")),
    options: ask.options.map((option) => ({ id: line(option.id), text: line(option.text) })),
    tool: ask.action?.type === "tool" ? line(ask.action.tool) : null,
    severity: ask.severity,
    raisedAt: ask.raisedAt,
    deadline: ask.deadline,
    expires: ask.deadline !== null && mayExpire(ask),
    /** The role that got it because nobody answered in time. */
    bumpedTo: ask.decision?.verb === "bump" ? line(ask.decision.to ?? "") : null,
    path: ask.path.map(line),
    rule: { purpose: line(ask.rule.purpose), file: line(ask.rule.file), line: ask.rule.line },
    answerWith: answersTo(ask),
    link: link === null ? null : link.replaceAll("{run}", ask.run).replaceAll("{ask}", ask.id),
  });
}

/** Only ids that are ours stand in a command: what a model wrote is never part of one. */
function answersTo(ask: AskRow): string[] {
  const show = `cadre show ${ask.id}`;
  if (ask.decision?.verb === "bump") return [show, `cadre resume ${ask.run}`, `cadre inbox ${ask.run}`];
  const reject = `cadre reject ${ask.id} "<reason>"`;
  switch (ask.kind) {
    case "approval":
    case "sign_off":
    case "limit":
      return [show, `cadre approve ${ask.id}`, reject];
    case "doubt":
    case "chart":
      return [show, ...ask.options.map((option) => `cadre answer ${ask.id} ${option.id}`)];
    case "question":
    case "escalation":
    case "assignment":
      return [show, `cadre answer ${ask.id} "<your answer>"`, reject];
  }
}

function clip(text: string): string {
  return text.length > longestText ? `${text.slice(0, longestText).replace(/[\uD800-\uDBFF]$/, "")}…` : text;
}
