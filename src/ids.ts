/**
 * Ids. A run's id is random and short enough to type; everything inside a run derives from line and index, so that a step
 * that is executed again makes the same ids.
 *
 *   run    r-7f3a9c            line   r-7f3a9c.1           (line 1 is the run's main line)
 *   frame  f12                 ask    a-7f3a9c-1-17        (the event's index in its line)
 *   effect r-7f3a9c.1/e17      model call r-7f3a9c.1/t4    (D3: the key is ours)
 *   paid call of an effect r-7f3a9c.1/e17/c0, /c1 …        (numbered by the tool that makes them)
 *   opinion on what a turn hands over r-7f3a9c.1/t4/o0, /o1 …
 *
 * A child line is named by its parent and the index of the event that opened it, and so on down: `r-7f3a9c.1.17`, its frames `f17.2`,
 * its asks `a-7f3a9c-1-17-23`. So every id is unique in its run.
 */
declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** `r-7f3a9c`. */
export type RunId = Branded<"RunId">;
/** `r-7f3a9c.1`: the main line of a run; `r-7f3a9c.1.17`: the line that its event 17 opened. */
export type LineId = Branded<"LineId">;
/** `f12`: one role at work on one assignment. */
export type FrameId = Branded<"FrameId">;
/** `a-7f3a9c-1-17`: something that waits for a person. */
export type AskId = Branded<"AskId">;
/** Of the ledger: `r-7f3a9c.1/e17`, what a tool did; `r-7f3a9c.1/t4`, the model call of a turn; and what either paid for or asked, `…/e17/c0`, `…/t4/o0`. */
export type EffectKey = Branded<"EffectKey">;

/** Where new run ids come from; tests inject a counter. */
export interface IdSource {
  runId(): RunId;
}

export const randomIds: IdSource = {
  runId: () => `r-${Buffer.from(crypto.getRandomValues(new Uint8Array(3))).toString("hex")}` as RunId,
};

const runPattern = /^r-[0-9a-f]{6}$/;
const askPattern = /^a-([0-9a-f]{6})-\d+(?:-\d+)+$/;

/** Whether a text has the form of a run's id; not whether there is such a run. */
export function isRunId(text: string): text is RunId {
  return runPattern.test(text);
}

/** Whether a text has the form of an ask's id; not whether there is such an ask. */
export function isAskId(text: string): text is AskId {
  return askPattern.test(text);
}

export function mainLine(run: RunId): LineId {
  return `${run}.1` as LineId;
}

/** The line that the event at this index of its parent opened. */
export function childLine(parent: LineId, openedAt: number): LineId {
  return `${parent}.${openedAt}` as LineId;
}

/** The line that opened this one, and at which event; null for a main line. */
export function openerOf(line: LineId): { readonly parent: LineId; readonly openedAt: number } | null {
  const at = line.lastIndexOf(".");
  if (at === line.indexOf(".")) return null;
  return { parent: line.slice(0, at) as LineId, openedAt: Number(line.slice(at + 1)) };
}

export function runOfLine(line: LineId): RunId {
  return line.slice(0, line.indexOf(".")) as RunId;
}

/** The indexes that lead from the main line to this one: none for the main line. */
function pathOf(line: LineId): string[] {
  return line.split(".").slice(2);
}

export function frameId(line: LineId, eventIndex: number): FrameId {
  return `f${[...pathOf(line), eventIndex].join(".")}` as FrameId;
}

export function askId(line: LineId, eventIndex: number): AskId {
  return `a-${line.slice(2).replaceAll(".", "-")}-${eventIndex}` as AskId;
}

/** The run that an ask belongs to, read from its id. */
export function runOfAsk(ask: AskId): RunId {
  return `r-${ask.split("-")[1]}` as RunId;
}

export function effectKey(line: LineId, proposedAt: number): EffectKey {
  return `${line}/e${proposedAt}` as EffectKey;
}

export function modelCallKey(line: LineId, turn: number): EffectKey {
  return `${line}/t${turn}` as EffectKey;
}

/** The opinion on the hand-over of this number that a turn's call asks for. */
export function opinionKey(line: LineId, turn: number, number: number): EffectKey {
  return `${modelCallKey(line, turn)}/o${number}` as EffectKey;
}

/** The model call of the turn that an opinion belongs to; null for every other key. */
export function turnOfOpinion(key: string): EffectKey | null {
  return (/^(.+\/t\d+)\/o\d+$/.exec(key)?.[1] as EffectKey | undefined) ?? null;
}

/** The call of this number that a tool makes to a model while it runs. */
export function paidCallKey(effect: string, number: number): EffectKey {
  return `${effect}/c${number}` as EffectKey;
}

/** The effect that a paid call belongs to; null for every other key. */
export function effectOfPaidCall(key: string): EffectKey | null {
  return (/^(.+\/e\d+)\/c\d+$/.exec(key)?.[1] as EffectKey | undefined) ?? null;
}
