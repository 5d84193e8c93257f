/** What a person has put together for an ask so far: what it would send, what is missing, and how it would be typed. Pure. */
import { ceilingWords, higherCeiling, stopsWithout, takesCeiling } from "../../events/raising.ts";
import { asksVerdict } from "../../events/verdict-ask.ts";
import type { AskView } from "../../views/control-room/asks.ts";
import type { Saying } from "../data/source.ts";
import { shellWord } from "./words.ts";

export type Mode = "say" | "edit" | "reject" | "delegate" | "escalate";
export type Draft = {
  readonly mode: Mode;
  readonly text: string;
  readonly option: string;
  readonly edit: string;
  readonly to: string;
  readonly raise: string;
};

/** How each kind is decided. */
export const decidedBy: Readonly<Record<AskView["kind"], "answer" | "approval" | "choice" | "limit">> = {
  question: "answer",
  escalation: "answer",
  assignment: "answer",
  approval: "approval",
  sign_off: "approval",
  limit: "limit",
  doubt: "choice",
  chart: "choice",
};

export function emptyDraft(ask: AskView): Draft {
  const args =
    ask.votes.findLast((vote) => vote.args !== undefined)?.args ?? (ask.action?.type === "tool" ? ask.action.args : {});
  return {
    mode: "say",
    text: "",
    option: "",
    edit: JSON.stringify(args, null, 2),
    to: ask.seat?.escalations[0]?.to ?? "",
    raise: String(ask.limit ? higherCeiling(ask.limit) : 1),
  };
}

/** A "no" to a limit stops the run, as a rule. */
function stopsIt({ limit }: AskView): boolean {
  return limit !== null && stopsWithout(limit);
}

export function submitWords(ask: AskView, { mode }: Draft): string {
  if (mode === "reject" && asksVerdict(ask)) return "Return the report";
  if (mode === "reject") return stopsIt(ask) ? "Stop the run" : "Reject";
  if (mode === "edit") return "Approve the edited";
  if (mode === "delegate") return "Give the task";
  if (mode === "escalate") return "Hand it up";
  switch (decidedBy[ask.kind]) {
    case "approval":
      return ask.kind === "sign_off" ? "Sign exactly this off" : "Approve exactly this";
    case "limit":
      return "Raise it and go on";
    case "choice":
      return "Choose";
    case "answer":
      if (asksVerdict(ask)) return "Accept the report";
      return ask.kind === "assignment" ? "Report" : "Answer and resume";
  }
}

/** What is sent; or, in words, what is still missing. */
export function sayingOf(ask: AskView, draft: Draft): Saying | string {
  const { hash } = ask;
  const text = draft.text.trim();
  switch (draft.mode) {
    case "reject":
      return text === "" ? "a rejection needs a reason" : { verb: "reject", text, hash };
    case "delegate":
    case "escalate":
      return text === "" || draft.to === "" ? "say to whom and what" : { verb: draft.mode, text, to: draft.to, hash };
    case "edit": {
      const args = parsed(draft.edit);
      return args === undefined ? "the arguments are not a JSON object" : { verb: "approve", text, args, hash };
    }
    case "say":
      return said(ask, draft, text);
  }
}

function said(ask: AskView, draft: Draft, text: string): Saying | string {
  const { hash } = ask;
  switch (decidedBy[ask.kind]) {
    case "approval":
      return { verb: "approve", text, hash };
    case "limit": {
      const to = Number(draft.raise);
      return ask.limit && takesCeiling(ask.limit, to)
        ? { verb: "approve", text, args: { to }, hash }
        : `the limit can be raised to ${ask.limit ? ceilingWords(ask.limit) : "more"}`;
    }
    case "choice":
      if (draft.option === "") return "choose one of the options";
      if (draft.option !== "result") return { verb: "answer", text: draft.option, hash };
      return text === "" ? "say what it gave" : { verb: "answer", text: "result", args: { result: text }, hash };
    case "answer": {
      const answer = draft.option === "" ? text : draft.option;
      return answer === "" ? "choose an option, or say it in your own words" : { verb: "answer", text: answer, hash };
    }
  }
}

function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** As it would be typed. */
export function commandOf(ask: AskView, draft: Draft): string {
  const words = (text: string, otherwise: string): string =>
    text.trim() === "" ? `"<${otherwise}>"` : shellWord(text.trim());
  const why = draft.text.trim() === "" ? "" : ` --reason ${shellWord(draft.text.trim())}`;
  switch (draft.mode) {
    case "reject":
      return `reject ${ask.id} ${words(draft.text, "reason")}`;
    case "delegate":
    case "escalate":
      return `${draft.mode} ${ask.id} --to ${shellWord(draft.to)} ${words(draft.text, draft.mode === "delegate" ? "the task" : "why")}`;
    case "edit":
      return `approve ${ask.id} --edit ${shellWord(JSON.stringify(parsed(draft.edit) ?? {}))}${why}`;
    case "say":
      switch (decidedBy[ask.kind]) {
        case "approval":
          return `approve ${ask.id}${why}`;
        case "limit":
          return `approve ${ask.id} --raise-to ${shellWord(draft.raise)}${why}`;
        case "choice":
          return draft.option === "result"
            ? `answer ${ask.id} result ${words(draft.text, "result")}`
            : `answer ${ask.id} ${draft.option === "" ? `"<${ask.options.map(({ id }) => id).join("|")}>"` : shellWord(draft.option)}`;
        case "answer":
          return `answer ${ask.id} ${draft.option === "" ? words(draft.text, "your decision") : shellWord(draft.option)}`;
      }
  }
}

function rejectWords(ask: AskView): string {
  if (stopsIt(ask)) return "Stop here…";
  return asksVerdict(ask) ? "Return it…" : "Reject…";
}

export type OtherWay = { readonly mode: Mode; readonly words: string; readonly to?: string };

/** What can be said to an ask besides what is asked for. */
export function otherWays(ask: AskView): readonly OtherWay[] {
  const how = decidedBy[ask.kind];
  const [given] = ask.seat?.delegations ?? [];
  const [up] = ask.seat?.escalations ?? [];
  const ways: OtherWay[] = [];
  if (ask.kind === "approval" && ask.action?.type === "tool") ways.push({ mode: "edit", words: "Edit, then approve…" });
  if (how !== "choice") ways.push({ mode: "reject", words: rejectWords(ask) });
  if (given) ways.push({ mode: "delegate", words: "Give a task…", to: given.to });
  if (up) ways.push({ mode: "escalate", words: "Hand it up…", to: up.to });
  return ways;
}
