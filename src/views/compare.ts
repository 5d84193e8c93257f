/**
 * Two runs beside each other: how they ended, what each criterion came to, what was measured, decided and changed, which ways were taken.
 * Pure.
 *
 * C1. What is compared is named in both, or named as missing in one: a row is never left out because a run lacks it.
 * C2. Nothing here says which of two is better.
 * C3. A run that goes on from another one says so, and its model calls and tokens are its own: what both share stands in a row apart.
 */
import type { NumberedEvent } from "../events/numbered.ts";
import { figureText } from "../events/figure.ts";
import { escalationThreads } from "./escalations.ts";
import { visible } from "./escape.ts";
import { runOutcome, type RunOutcome } from "./outcome.ts";
import { painter, type TextOptions } from "./paint.ts";
import { columnsOf, wrap } from "./text-width.ts";
import { titleOf } from "./title.ts";
import { traceSteps } from "./trace/fold.ts";

export type ComparedRow = {
  /** What the row is about: `criteria`, `routes`, … */
  readonly section: string;
  readonly what: string;
  /** Null: this run has none of it. */
  readonly one: string | null;
  readonly other: string | null;
};

type Facts = ReadonlyMap<string, string>;

/** In the order in which they are shown. */
const sections: readonly (readonly [
  name: string,
  of: (outcome: RunOutcome, events: readonly NumberedEvent[]) => Facts,
])[] = [
  ["outcome", (outcome) => endOf(outcome)],
  [
    "criteria",
    ({ criteria }) =>
      new Map(criteria.map(({ id, text, status }) => [`${id} ${text}`.trim(), status.replace("_", " ")])),
  ],
  [
    "measurements",
    ({ measurements }) => new Map(measurements.map((measured) => [measured.name, figureText(measured)])),
  ],
  ["decisions", (_outcome, events) => decisionsOf(events)],
  [
    "files",
    ({ files }) =>
      new Map(
        files.map(({ path, change, after }) => [path, `${change}${after === null ? "" : ` ${after.slice(0, 12)}`}`]),
      ),
  ],
  ["routes", (_outcome, events) => routesOf(events)],
  ["figures", (outcome) => figuresOf(outcome)],
];

/** Every row, also those in which the two agree. */
export function compareRuns(one: readonly NumberedEvent[], other: readonly NumberedEvent[]): ComparedRow[] {
  const outcomes = [runOutcome(one), runOutcome(other)] as const;
  return sections.flatMap(([section, of]) => {
    const first = of(outcomes[0], one);
    const second = of(outcomes[1], other);
    return [...new Set([...first.keys(), ...second.keys()])].map((what) => ({
      section,
      what,
      one: first.get(what) ?? null,
      other: second.get(what) ?? null,
    }));
  });
}

function endOf({ title, status, reason, entry, rehearsal, signedOff, past }: RunOutcome): Facts {
  return new Map([
    ...(past === null ? [] : [["goes on from", `${past.run} after step ${past.step}`] as const]),
    ["brief", title],
    ["status", reason === null ? status : `${status}: ${reason}`],
    ["entry role", entry ?? "none"],
    ["models", rehearsal ? "rehearsal" : "real"],
    ["signed off", signedOff ? "yes" : "no"],
  ]);
}

/** By topic; a topic that came up again is numbered. */
function decisionsOf(events: readonly NumberedEvent[]): Facts {
  const facts = new Map<string, string>();
  for (const { question, raisedBy, decision, state } of escalationThreads(events)) {
    const topic = `${raisedBy}: ${question.topic}`;
    let name = topic;
    for (let at = 2; facts.has(name); at += 1) name = `${topic} (${at})`;
    facts.set(name, decision === null ? state : `${titleOf(decision.text)} (${decision.by})`);
  }
  return facts;
}

const ways: ReadonlySet<string> = new Set(["delegation", "escalation", "copy", "refusal"]);

function routesOf(events: readonly NumberedEvent[]): Facts {
  const taken = new Map<string, number>();
  for (const { kind, from, to } of traceSteps(events)) {
    if (!ways.has(kind) || to === null) continue;
    const way = `${kind} ${from} → ${to}`;
    taken.set(way, (taken.get(way) ?? 0) + 1);
  }
  return new Map([...taken].map(([way, times]) => [way, times === 1 ? "once" : `${times} times`]));
}

function figuresOf({ counts, usage, past }: RunOutcome): Facts {
  const { steps, delegations, escalations, refusals, tools, decisions } = counts;
  const figures = {
    steps,
    delegations,
    escalations,
    refusals,
    "tool calls": tools,
    decisions,
    "model calls": usage.calls - usage.rehearsed,
    "turns of the rehearsal": usage.rehearsed,
    tokens: usage.promptTokens + usage.completionTokens,
    ...(past === null
      ? {}
      : {
          "model calls shared": past.usage.calls - past.usage.rehearsed,
          "turns of the rehearsal shared": past.usage.rehearsed,
        }),
  };
  return new Map(Object.entries(figures).map(([what, figure]) => [what, String(figure)]));
}

/** The rows in which the two differ, and how many others there are; all of them where verbose. */
export function renderComparison(
  rows: readonly ComparedRow[],
  names: readonly [one: string, other: string],
  options: TextOptions,
): string {
  const paint = painter(options.colour);
  const shown = options.verbose ? rows : rows.filter(({ one, other }) => one !== other);
  const cells = shown.map(({ section, what, one, other }) => ({
    section,
    what: visible(what),
    one: visible(one ?? "-"),
    other: visible(other ?? "-"),
  }));
  const widthOf = (key: "what" | "one", name: string): number =>
    Math.max(columnsOf(name), ...cells.map((cell) => columnsOf(cell[key])));
  const widths = { what: widthOf("what", ""), one: widthOf("one", names[0]) };
  const tail = Math.max(columnsOf(names[1]), ...cells.map((cell) => columnsOf(cell.other)));
  const fits = options.width === null || widths.what + widths.one + tail + 6 <= options.width;
  const padded = (text: string, width: number): string => text + " ".repeat(Math.max(0, width - columnsOf(text)));
  const line = (what: string, one: string, other: string): string =>
    `  ${padded(what, widths.what)}  ${padded(one, widths.one)}  ${other}`.trimEnd();
  const groups = Map.groupBy(cells, ({ section }) => section);
  const equal = rows.filter(({ one, other }) => one === other).length;
  return [
    ...(fits ? [line("", ...names)] : []),
    ...[...groups].flatMap(([section, group]) => [
      paint("bold", section),
      ...group.flatMap((cell) =>
        fits ? [line(cell.what, cell.one, cell.other)] : below(cell, names, options.width ?? 0),
      ),
    ]),
    `${rows.length - equal} of ${rows.length} rows differ`,
  ].join("\n");
}

/** Where a row is too wide for the terminal: what it is about, and each run's below it. */
function below(
  { what, one, other }: { readonly what: string; readonly one: string; readonly other: string },
  names: readonly [one: string, other: string],
  width: number,
): string[] {
  const label = Math.max(...names.map(columnsOf)) + 2;
  const said = (name: string, text: string): string[] =>
    wrap(text, Math.max(24, width - 4 - label)).map((row, at) => `    ${at === 0 ? name : ""}`.padEnd(4 + label) + row);
  return [
    ...wrap(what, Math.max(24, width - 2)).map((row) => `  ${row}`),
    ...said(names[0], one),
    ...said(names[1], other),
  ];
}
