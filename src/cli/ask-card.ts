/**
 * The card of an ask: what is asked, by whom, how it came here, by which rule, what exactly will happen, and the commands
 * that decide it. A person decides on what stands here, so nothing of an action is left out (R3).
 */
import { canonicalJson } from "../canonical.ts";
import type { Criterion } from "../briefs/brief.ts";
import type { Action } from "../events/event.ts";
import { USER } from "../org/chart.ts";
import { bumpsTo, clockDecides, hasExpired, isOverdue, mayExpire } from "../store/expiry.ts";
import type { AskRow } from "../store/rows.ts";
import { editOf, hashNow, standingVotes } from "../store/votes.ts";
import { timeText } from "../views/escalations.ts";
import { changeWord } from "../views/change-word.ts";
import { visible, visibleJson, visibleLines } from "../views/escape.ts";
import { labelled } from "./layout.ts";
import { commandsNow } from "./next-commands.ts";
import type { Output, Style } from "./output.ts";
import type { Spell } from "./spelling.ts";
import { reportLines, viewOfReport } from "./report-lines.ts";
import { untilWords } from "./words-of-time.ts";

const titles: Readonly<Record<AskRow["kind"], string>> = {
  question: "A question",
  escalation: "An escalation",
  assignment: "A task for a person",
  approval: "An approval",
  sign_off: "The sign-off",
  limit: "A limit was reached",
  doubt: "An effect in doubt",
  chart: "The chart has changed",
};

export type CardOptions = {
  readonly now: number;
  /** What the brief asks, to be read beside what a sign-off reports. */
  readonly criteria: readonly Criterion[];
};

/** Lines of the card, coloured as the output is. */
export function askCard(ask: AskRow, output: Output, options: CardOptions): string[] {
  const paint = output.paint;
  const field = (name: string, text: string, style?: Style): string[] => {
    const rows = labelled("".padEnd(10), text, inner(output));
    return rows.map((row, at) => {
      const words = row.slice(10);
      const label = at === 0 ? name.padEnd(10) : "".padEnd(10);
      return paint("dim", label) + (style ? paint(style, words) : words);
    });
  };
  const body = [
    ...questionLines(ask.question, output),
    "",
    ...field("asked by", `${visible(ask.role)}${ask.to === USER ? "" : `, for ${visible(ask.to)}`}`),
    ...field("path", pathText(ask)),
    ...field("rule", `“${visible(ask.rule.purpose)}” ${visible(ask.rule.file)}:${ask.rule.line}`),
    ...field("topic", `${visible(ask.topic)} (${ask.severity})`),
    ...(ask.deadline === null ? [] : field(...timeField(ask, ask.deadline, options.now))),
    ...peopleFields(ask).flatMap(([name, text]) => field(name, text)),
    // While it is open, the prompt or the commands below the card are the list of its options.
    ...(ask.state === "open" ? [] : ask.options).flatMap((choice, at) =>
      field(at === 0 ? "options" : "", `${visible(choice.id)}: ${visible(choice.text)}`),
    ),
    ...(ask.action === null
      ? []
      : [
          "",
          ...actionLines(actionNow(ask, ask.action), ask, output, options),
          ...field("hash", hashNow(ask).slice(0, 16), "dim"),
        ]),
  ];
  const bar = paint("yellow", "┃");
  const head = `${paint(["yellow", "bold"], titles[ask.kind])} ${paint("dim", `· ${ask.id}`)}`;
  return [head, ...body].map((row) => (output.terminal ? `${bar} ${row}`.trimEnd() : row));
}

/** What would run: with the arguments that a voter put in the place of those that were proposed (R3). */
function actionNow(ask: AskRow, action: Action): Action {
  const edit = editOf(ask);
  return edit?.args === undefined || action.type !== "tool" ? action : { ...action, args: edit.args };
}

/** Who has seen it, who has to decide, and who has. */
function peopleFields(ask: AskRow): [string, string][] {
  const { acknowledged, approvers, votes = [] } = ask;
  const rows: [string, string][] = [];
  if (acknowledged)
    rows.push(["seen by", `${visible(acknowledged.by)} (${visible(acknowledged.face)}, ${timeText(acknowledged.at)})`]);
  if (approvers === undefined) return rows;
  const who = approvers.by === null ? "anyone" : approvers.by.map((name) => visible(name)).join(", ");
  const not =
    approvers.notBy.length === 0 ? "" : `, but not ${approvers.notBy.map((name) => visible(name)).join(", ")}`;
  rows.push(["needs", `${approvers.quorum} of: ${who}${not}`]);
  const standing = new Set(standingVotes(ask));
  for (const vote of votes) {
    const words = vote.text === "" ? "" : `: ${visible(vote.text)}`;
    const state = standing.has(vote) || vote.verb === "reject" ? "" : ", void: the arguments were changed after it";
    const verb = vote.verb === "approve" ? "approves" : "rejects";
    rows.push(["vote", `${visible(vote.by)} ${verb} (${visible(vote.face)}, ${timeText(vote.at)}${state})${words}`]);
  }
  return rows;
}

/** A question is due and then goes up or is overdue, an approval runs out. */
function timeField(ask: AskRow, deadline: string, now: number): [string, string] {
  if (!mayExpire(ask)) {
    const route = ask.seat?.escalations.find(({ to }) => to === bumpsTo(ask));
    const then =
      route === undefined
        ? ""
        : `, then it goes up to ${visible(route.to)}: “${visible(route.rule.purpose)}” ${visible(route.rule.file)}:${route.rule.line}`;
    return [isOverdue(ask, now) ? "overdue" : "due", `${timeText(deadline)} (${untilWords(deadline, now)})${then}`];
  }
  if (hasExpired(ask, now)) return ["expired", `${timeText(deadline)}: it can no longer be decided`];
  return [
    "expires",
    ask.state === "open" ? `${timeText(deadline)} (${untilWords(deadline, now)})` : timeText(deadline),
  ];
}

/** The commands that decide an ask, one per line, with what each does. */
export function decideLines(ask: AskRow, output: Output, command: Spell, now: number = Date.now()): string[] {
  const head = clockDecides(ask, now) ? "Go on with" : "Decide with one of";
  return [head, ...commandsNow(ask, command, now).flatMap((next) => commandLines(next, output))];
}

/** A command that can be pasted, never wrapped, and what it is for below it. */
export function commandLines(next: { readonly command: string; readonly what: string }, output: Output): string[] {
  const what = labelled("      ", visible(next.what), output.width).map((row) => output.paint("dim", row));
  return [`  ${output.paint("cyan", next.command)}`, ...what];
}

function pathText(ask: AskRow): string {
  const to = ask.to === USER ? "you" : visible(ask.to);
  return `${ask.path.map((role) => (role === USER ? "you" : visible(role))).join(" › ")} → ${to}`;
}

function inner(output: Output): number | null {
  return output.width === null ? null : output.width - 2;
}

/**
 * The first paragraph is what is asked; what follows explains it. Set in from the card's own lines, which begin at its edge: whoever wrote
 * the question cannot write one of those (RELIABILITY 31).
 */
function questionLines(text: string, output: Output): string[] {
  const rows = labelled("  ", visibleLines(text.trim()).join("\n"), inner(output));
  const blank = rows.indexOf("");
  return rows.map((row, at) => (row !== "" && (blank === -1 || at < blank) ? output.paint("bold", row) : row));
}

function actionLines(action: Action, ask: AskRow, output: Output, options: CardOptions): string[] {
  if (action.type === "sign_off") {
    const files = action.changes.files.map((file) => `${changeWord(file).padEnd(9)} ${visible(file.path)}`);
    const view = viewOfReport(action.report, options.criteria);
    // The question has said it already.
    const summary = ask.question.includes(view.summary) ? "" : view.summary;
    return [
      ...reportLines({ ...view, summary }, output, inner(output)),
      output.paint(
        "dim",
        files.length === 0 ? "No file was changed." : `Files (change set ${action.changes.hash.slice(0, 16)})`,
      ),
      ...files.map((row) => `  ${row}`),
    ];
  }
  const args = typeof action.args === "object" && action.args !== null ? Object.entries(action.args) : [];
  const rows = args.flatMap(([name, value]) => {
    const text = typeof value === "string" ? visibleLines(value) : [visibleJson(value)];
    return text.length === 1
      ? [`  ${visible(name)}: ${text[0] ?? ""}`]
      : [`  ${visible(name)}:`, ...text.map((line) => `    ${line}`)];
  });
  return [
    `${output.paint("bold", visible(action.tool))} by ${visible(action.role)} (${canonicalJson(action.args ?? null).length} characters of arguments)`,
    ...rows,
  ];
}
