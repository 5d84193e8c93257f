/**
 * The trace as text, for a terminal and for plain pipes.
 *
 * P1. Names and texts are escaped before they are printed (`escape.ts`): what a model wrote stays on its own line.
 * P2. Without a width nothing is wrapped and nothing is cut off.
 * P3. A step can be rendered alone; a list is its steps, one after the other.
 */
import { visible, visibleLines } from "../escape.ts";
import { onOneLine } from "../unwrap.ts";
import { painter, type Paint, type Style, type TextOptions } from "../paint.ts";
import { columnsOf, padColumns, wrap } from "../text-width.ts";
import { changeWord } from "../change-word.ts";
import { standInOf } from "../stand-in.ts";
import { isListed, playerText, type StepKind, type TraceStep } from "./step.ts";
import type { AskKind } from "../../events/event.ts";
import type { Rule } from "../../org/chart.ts";

const styles: Readonly<Record<StepKind, Style | null>> = {
  start: "bold",
  fork: "bold",
  delegation: "green",
  escalation: "yellow",
  question: "yellow",
  answer: "cyan",
  report: "blue",
  copy: "blue",
  review: "cyan",
  refusal: "red",
  approval: "magenta",
  decision: "magenta",
  tool: null,
  model: "dim",
  opinion: "cyan",
  ask: "magenta",
  limit: "magenta",
  returned: "dim",
  end: "bold",
};

/** Number and kind, then two blanks: where names and texts begin. */
const indent = 4 + 2 + 10 + 2;
/** Rows that a text may take on a terminal, unless verbose. */
const shortRows = 3;

/** The steps, model calls only where verbose. */
export function renderTrace(steps: readonly TraceStep[], options: TextOptions): string {
  return steps
    .filter((step) => options.verbose || isListed(step))
    .flatMap((step) => renderStep(step, options))
    .join("\n");
}

/** Lines of one step: what happened, then the rule that allowed it, then (verbose) everything else that is known. */
export function renderStep(step: TraceStep, options: TextOptions): string[] {
  const paint = painter(options.colour);
  const number = step.kind === "model" ? "·" : String(step.n);
  const style = step.ok ? styles[step.kind] : "red";
  const head = `${number.padStart(4)}  ${paint(style, step.kind.padEnd(10))}  `;
  const blank = " ".repeat(indent);
  const [first = "", ...more] = body(step, options, paint);
  return [
    head + first,
    ...[...more, ...notes(step, paint), ...ruleRows(step.rule, options, paint)].map((row) => blank + row),
    ...(options.verbose ? detailLines(step, options, paint).map((row) => blank + row) : []),
  ].map((row) => row.trimEnd());
}

/** `“purpose”  file:line` */
function ruleLine(rule: Rule): string {
  return `“${visible(rule.purpose)}”  ${visible(rule.file)}:${rule.line}`;
}

function ruleRows(rule: Rule | null, options: TextOptions, paint: Paint): string[] {
  if (rule === null) return [];
  const line = ruleLine(rule);
  const columns = options.width === null ? null : Math.max(24, options.width - indent);
  const rows = columns === null || columnsOf(line) <= columns ? [line] : wrap(line, columns);
  return rows.map((row) => paint("dim", row));
}

/** `from → to`; a refused hand-over is crossed out. */
function whoText(step: Pick<TraceStep, "from" | "to" | "kind">): string {
  if (step.to === null) return visible(step.from);
  return `${visible(step.from)} ${step.kind === "refusal" ? "↛" : "→"} ${visible(step.to)}`;
}

function body(step: TraceStep, options: TextOptions, paint: Paint): string[] {
  const who = whoText(step);
  const lead = leads[step.kind]?.(step) ?? "";
  const text = [lead, visible(step.kind === "approval" ? step.text : onOneLine(step.text, options.verbose === true))]
    .filter((part) => part !== "")
    .join(": ");
  const bold = paint("bold", who);
  if (text === "") return [bold];
  if (options.width === null) return [`${bold}  ${text}`];
  const columns = Math.max(24, options.width - indent);
  const room = columns - columnsOf(who) - 2;
  const rows = room < 16 ? ["", ...wrap(text, columns)] : wrap(text, columns, room);
  const [first = "", ...rest] = options.verbose || rows.length <= shortRows + 1 ? rows : cut(rows, columns);
  return [first === "" ? bold : `${bold}  ${first}`, ...rest];
}

function cut(rows: readonly string[], columns: number): string[] {
  const last = rows[shortRows - 1] ?? "";
  const room = wrap(last, columns - 2)[0] ?? "";
  return [...rows.slice(0, shortRows - 1), `${room} …`];
}

/** What the kind and the names do not say. */
const leads: Readonly<Partial<Record<StepKind, (step: TraceStep) => string>>> = {
  approval: verdictWords,
  decision: verdictWords,
  returned: (step) => step.verb,
  review: (step) => (step.toFrame === null ? step.verb : ""),
  end: (step) => step.verb,
  fork: (step) => step.verb,
  refusal: (step) => (step.verb.startsWith("may not use") || step.to === null ? visible(step.verb) : ""),
  ask: (step) => (step.ok ? askWords(step.ask?.kind) : step.verb),
  limit: (step) => (step.ask?.by === null ? "" : step.verb),
};

function askWords(kind: AskKind | undefined): string {
  if (kind === "sign_off") return "sign-off";
  return kind === "approval" || kind === "doubt" || kind === "chart" ? kind : "";
}

const verdicts = {
  approve: "approved",
  reject: "rejected",
  answer: "",
  expire: "expired",
  delegate: "given on",
  escalate: "handed up",
  bump: "not answered in time",
} as const;

function verdictWords(step: TraceStep): string {
  if (step.kind === "decision" && step.to === null) return step.verb;
  if (step.verb.startsWith("changes")) return "changed arguments";
  return step.ask?.verdict ? verdicts[step.ask.verdict] : step.verb;
}

function notes(step: TraceStep, paint: Paint): string[] {
  const rows: string[] = [];
  if ((step.kind === "start" || step.kind === "fork") && step.rehearsal) {
    rows.push(paint("yellow", "rehearsal: a deterministic policy stands in for the models"));
  }
  if (step.kind === "ask" && step.ok && step.ask)
    rows.push(paint("dim", `waits for ${visible(step.to ?? "a person")}: ${visible(step.ask.id)}`));
  const player = playerText(step);
  if (player !== null) rows.push(paint("yellow", visible(player)));
  const standIn = standInOf(step);
  if (standIn !== null) rows.push(paint("yellow", visible(standIn)));
  return [...rows, ...outcomeNotes(step, paint)];
}

function outcomeNotes({ kind, outcome }: TraceStep, paint: Paint): string[] {
  if (outcome === "replayed") return [paint("dim", "outcome taken from the ledger, not done again")];
  if (outcome !== "repeated") return [];
  const again =
    kind === "model" || kind === "opinion"
      ? "made again after a crash: possibly billed twice"
      : "run again after a crash, on a person's word";
  return [paint("yellow", again)];
}

function detailLines(step: TraceStep, options: TextOptions, paint: Paint): string[] {
  const facts = [...step.details, ...usageLines(step), ...fileLines(step), { label: "at", lines: [step.at] }];
  const label = 11;
  const columns = options.width === null ? null : Math.max(24, options.width - indent - label - 2);
  return facts.flatMap((fact) => {
    const rows = fact.lines.flatMap(visibleLines).flatMap((line) => (columns === null ? [line] : wrap(line, columns)));
    return rows.map((row, at) => `${paint("dim", padColumns(at === 0 ? fact.label : "", label))}  ${row}`);
  });
}

function usageLines(step: TraceStep): { label: string; lines: string[] }[] {
  if (step.usage === null) return [];
  const { promptTokens, completionTokens, cachedTokens, ms, measured } = step.usage;
  const tokens = measured
    ? `${promptTokens} prompt (${cachedTokens} cached) + ${completionTokens} completion tokens`
    : "tokens not counted";
  return [{ label: "usage", lines: [`${tokens}, ${ms} ms`] }];
}

function fileLines(step: TraceStep): { label: string; lines: string[] }[] {
  if (step.files.length === 0) return [];
  return [{ label: "files", lines: step.files.map((file) => `${changeWord(file)} ${file.path}`) }];
}

/**
 * The step as a JSON record, keys in this order: a line of `trace.jsonl`, an item of `cadre.trace/1`. The first ten are always
 * there; further ones only where they say something (`ok` only where it is false).
 */
export function stepRecord(step: TraceStep): Readonly<Record<string, unknown>> {
  const { n, seq, kind, from, to, verb, text, rule, at, usage, ...more } = step;
  const said = Object.entries(more).filter(([key, value]) => (key === "ok" ? value === false : saysSomething(value)));
  return { n, seq, kind, from, to, verb, text, rule, at, usage, ...Object.fromEntries(said) };
}

function saysSomething(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== null && value !== false && value !== 0;
}
