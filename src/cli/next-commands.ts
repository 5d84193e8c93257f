/** What a person can do next, as commands that can be pasted. */
import { higherCeiling, stopsWithout } from "../events/raising.ts";
import type { AskKind } from "../events/event.ts";
import { asksVerdict } from "../events/verdict-ask.ts";
import { bumpsTo, clockDecides, mayExpire } from "../store/expiry.ts";
import type { AskRow, RunRow } from "../store/rows.ts";
import { shellWord } from "./context.ts";
import type { Spell } from "./spelling.ts";

export type NextCommand = { readonly command: string; readonly what: string };

/** How each kind of ask is decided. `choice`: the answer is the id of one of its options; `limit`: raise it, or stop. */
export const decidedBy: Readonly<Record<AskKind, "answer" | "approval" | "choice" | "limit">> = {
  question: "answer",
  escalation: "answer",
  assignment: "answer",
  approval: "approval",
  sign_off: "approval",
  limit: "limit",
  doubt: "choice",
  chart: "choice",
};

/** An effect in doubt may have given something that only the person knows. */
export function takesWords(ask: Pick<AskRow, "kind">, option: string): boolean {
  return ask.kind === "doubt" && option === "result";
}

export function commandsForAsk(ask: AskRow, command: Spell): readonly NextCommand[] {
  switch (decidedBy[ask.kind]) {
    case "approval":
      return ask.kind === "sign_off"
        ? [
            { command: command(`changes ${ask.run}`), what: "see exactly what would be signed off" },
            { command: command(`approve ${ask.id}`), what: "sign it off" },
            { command: command(`reject ${ask.id} "<reason>"`), what: "send it back with a reason" },
          ]
        : [
            { command: command(`approve ${ask.id}`), what: "let exactly this happen" },
            { command: command(`approve ${ask.id} --edit '<json>'`), what: "let it happen with other arguments" },
            { command: command(`reject ${ask.id} "<reason>"`), what: "send it back with a reason" },
          ];
    case "limit":
      return [
        {
          command: command(`approve ${ask.id} --raise-to ${ask.limit === null ? 1 : higherCeiling(ask.limit)}`),
          what: "raise the limit and go on",
        },
        {
          command: command(`reject ${ask.id} "<reason>"`),
          what: ask.limit && !stopsWithout(ask.limit) ? "send the tasks back: fewer at once" : "stop the run here",
        },
      ];
    case "choice":
      return ask.options.map((choice) => ({
        command: command(`answer ${ask.id} ${shellWord(choice.id)}${takesWords(ask, choice.id) ? ' "<result>"' : ""}`),
        what: choice.text,
      }));
    case "answer":
      return [
        ...ask.options.map((choice) => ({
          command: command(`answer ${ask.id} ${shellWord(choice.id)}`),
          what: choice.text,
        })),
        ...ownWords(ask, command),
        ...handingCommands(ask, command),
      ];
  }
}

function ownWords(ask: AskRow, command: Spell): readonly NextCommand[] {
  if (asksVerdict(ask))
    return [
      { command: command(`answer ${ask.id} "<why it holds>"`), what: "accept the report" },
      { command: command(`reject ${ask.id} "<reason>"`), what: "return it with a reason" },
    ];
  return ask.kind === "assignment"
    ? [{ command: command(`answer ${ask.id} "<what you did>"`), what: "your report, in your own words" }]
    : [{ command: command(`answer ${ask.id} "<your decision>"`), what: "in your own words" }];
}

/** What a person can do with an open ask now: of one whose time is over the clock has decided, and its run goes on with that. */
export function commandsNow(ask: AskRow, command: Spell, now: number): readonly NextCommand[] {
  if (!clockDecides(ask, now)) return commandsForAsk(ask, command);
  const what = mayExpire(ask)
    ? "its role is told that nobody decided, and may propose it again"
    : `nobody answered in time: it goes up to ${bumpsTo(ask) ?? ""}`;
  return [{ command: command(`resume ${ask.run}`), what }];
}

/** The routes of the role that a person is asked for, each with what it is for. */
function handingCommands({ id, seat }: AskRow, command: Spell): readonly NextCommand[] {
  if (seat === undefined) return [];
  return [
    ...seat.delegations.map(({ to, rule }) => ({
      command: command(`delegate ${id} --to ${shellWord(to)} "<the task>"`),
      what: `give a task on: ${rule.purpose}`,
    })),
    ...seat.escalations.map(({ to, rule }) => ({
      command: command(`escalate ${id} --to ${shellWord(to)} "<why>"`),
      what: `hand it up: ${rule.purpose}`,
    })),
  ];
}

export function commandsForRun(
  run: RunRow,
  asks: readonly AskRow[],
  owned: boolean,
  command: Spell,
  now: number = Date.now(),
): readonly NextCommand[] {
  switch (run.status) {
    case "waiting":
      return asks.flatMap((ask) => commandsNow(ask, command, now));
    case "running":
      return owned
        ? [{ command: command(`watch ${run.id}`), what: "follow it" }]
        : [{ command: command(`resume ${run.id}`), what: "nobody moves it: go on from its last step" }];
    case "finished":
      return [
        { command: command(`changes ${run.id}`), what: "what it made, as a diff" },
        { command: command(`apply ${run.id}`), what: "bring that into the project" },
        { command: command(`trace ${run.id}`), what: "who turned to whom, and why" },
      ];
    case "failed":
    case "stopped":
      return [
        { command: command(`retry ${run.id}`), what: "a new run that goes on from there" },
        { command: command(`trace ${run.id}`), what: "what happened up to there" },
        { command: command(`changes ${run.id}`), what: "what it had made" },
      ];
  }
}
