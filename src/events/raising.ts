/** A limit that is reached, as a person decides about it: the run and every face go by the same numbers and the same meaning of "no". */
import type { LimitName } from "./ask-parts.ts";

/** `value`: what the run has used, or, of breadth, what it would come to. */
export type LimitReached = { readonly name: LimitName; readonly value: number; readonly ceiling: number };

/** Whether the run can go on with that ceiling. */
export function goesOnWith({ name, value }: Omit<LimitReached, "ceiling">, to: number): boolean {
  return name === "breadth" ? to >= value : to > value;
}

/** A ceiling beyond it is a slip of the hand. */
const mostCeiling = 1e12;

/** Whether that ceiling can be set: the run goes on with it, and it is an amount of money or a whole number. */
export function takesCeiling(limit: Omit<LimitReached, "ceiling">, to: number): boolean {
  return goesOnWith(limit, to) && to <= mostCeiling && (limit.name === "money" || Number.isSafeInteger(to));
}

/** `an amount from 0.26 on`: what a limit can be raised to, for whoever asked for something else. */
export function ceilingWords(limit: Omit<LimitReached, "ceiling">): string {
  return `${limit.name === "money" ? "an amount" : "a whole number"} from ${leastCeiling(limit)} on`;
}

/** What a ceiling must be raised to at least, so that the run can go on: money in steps of a cent, everything else in whole numbers. */
export function leastCeiling({ name, value }: Omit<LimitReached, "ceiling">): number {
  if (name === "breadth") return value;
  return name === "money" ? (Math.floor(value * 100) + 1) / 100 : Math.floor(value) + 1;
}

/** What faces propose: twice as high, or what it takes to go on. */
export function higherCeiling(limit: LimitReached): number {
  const twice = 2 * limit.ceiling;
  return takesCeiling(limit, twice) ? twice : leastCeiling(limit);
}

/** Who wants more at once can take smaller helpings, and is told so; who has used up what there was can only stop. */
export function stopsWithout({ name }: Pick<LimitReached, "name">): boolean {
  return name !== "breadth";
}
