/**
 * The lexical decision model: which route fits a text, and how well. Pure and deterministic; it explains itself, because a
 * score rests on words that stand in the purpose or in the target's description.
 *
 * W1. The purpose weighs most: it is the rule. The target's own words only help where the purpose is silent.
 * W2. A task goes down and trouble goes up: an escalation weighs less for a text that asks nothing and tells of no trouble.
 * W3. Equal scores keep a fixed order (kind, slug, file, line), never the order of the files.
 */
import type { RouteKind } from "../modes/mode.ts";
import { compareText } from "../documents/problem-order.ts";
import { findRole, USER, type OrgChart, type Role, type Route } from "./chart.ts";
import { noPurpose } from "./declared.ts";
import { termsOf } from "./words.ts";

export type Candidate = {
  readonly role: string;
  readonly kind: RouteKind;
  /** 0 to 1: the share of the text's meaning, as far as the chart knows its words, that this route covers. */
  readonly score: number;
  readonly purpose: string;
  readonly file: string;
  readonly line: number;
};

export type RankOptions = {
  /** Only routes that start here: what this role could do with the text. */
  readonly from?: string;
  /** Default: delegations and escalations; a report assigns nothing. */
  readonly kinds?: readonly RouteKind[];
  /** Instead of the chart's routes, e.g. all that a single file declares. */
  readonly routes?: readonly Route[];
  /** Default 10. */
  readonly limit?: number;
};

/** What an escalation's score is multiplied with where the text is a plain task. */
const downhill = 0.6;

/** Questions, and the vocabulary of what does not work, is not allowed, or is not decided. */
function tellsOfTrouble(text: string): boolean {
  return (
    /\?\s*(?:$|\n)/.test(text) ||
    /\b(?:cannot|can't|can not|may we|may not|whether|unclear|unknown|undecided|disagree\w*|conflict\w*|contradict\w*|doubt\w*|blocked|stuck|missing|fail(?:s|ed|ing|ure)?|trouble|refus\w*|not (?:approved|allowed|decided|enough)|too (?:slow|late|expensive|large|small)|nobody)\b/i.test(
      text,
    )
  );
}

/** BM25's usual saturation and length parameters. */
const k1 = 1.2;
const b = 0.4;
const weights = { purpose: 3, labels: 1, description: 0.5 } as const;

/** Candidates for a text, best first: of each role and kind the best route. Those without any common word are left out. */
export function rankRoutes(chart: OrgChart, text: string, options: RankOptions = {}): Candidate[] {
  const kinds = options.kinds ?? ["delegation", "escalation"];
  const routes = (options.routes ?? chart.routes).filter(
    (route) => kinds.includes(route.kind) && (options.from === undefined || route.from === options.from),
  );
  const documents = routes.map((route) => weigh(route, findRole(chart, route.to)));
  const known = [...new Set(termsOf(text))]
    .map((term) => ({ term, idf: idf(documents, term) }))
    .filter((t) => t.idf > 0);
  const best = known.reduce((sum, { idf: weight }) => sum + weight * (k1 + 1), 0);
  const trouble = tellsOfTrouble(text);
  const average = documents.reduce((sum, terms) => sum + sizeOf(terms), 0) / Math.max(1, documents.length);
  const scored = routes.map((route, index) => {
    const terms = documents[index] ?? new Map<string, number>();
    const length = k1 * (1 - b + (b * sizeOf(terms)) / average);
    const raw = known.reduce((sum, { term, idf: weight }) => {
      const frequency = terms.get(term) ?? 0;
      return sum + (weight * frequency * (k1 + 1)) / (frequency + length);
    }, 0);
    const direction = route.kind === "escalation" && !trouble ? downhill : 1;
    return { route, score: best === 0 ? 0 : Math.round((raw / best) * direction * 1000) / 1000 };
  });
  const ordered = scored
    .filter(({ score }) => score > 0)
    .toSorted((x, y) => y.score - x.score || compareRoutes(x.route, y.route));
  const seen = new Set<string>();
  const candidates = ordered.flatMap(({ route, score }): Candidate[] => {
    const key = `${route.kind} ${route.to}`;
    if (seen.has(key)) return [];
    seen.add(key);
    return [{ role: route.to, kind: route.kind, score, purpose: route.purpose, file: route.file, line: route.line }];
  });
  return candidates.slice(0, options.limit ?? 10);
}

/**
 * How well a purpose covers what is sent along its route, 0 to 1: nothing in common 0, one word 0.5, two 0.75, and so on.
 * `target`, where given, counts half: its tags, categories and description. A route to `user`, or without a purpose,
 * excludes nothing, so everything fits it.
 */
export function fit(route: Pick<Route, "to" | "purpose">, text: string, target?: Role): number {
  if (route.to === USER || route.purpose === noPurpose) return 1;
  const sent = new Set(termsOf(text));
  const purpose = new Set(termsOf(route.purpose));
  const own = new Set(target ? termsOf([...target.tags, ...target.categories, target.description].join(" ")) : []);
  const hits = [...sent].reduce((sum, term) => sum + (purpose.has(term) ? 1 : own.has(term) ? 0.5 : 0), 0);
  return Math.round((1 - 0.5 ** hits) * 1000) / 1000;
}

function weigh(route: Route, target: Role | undefined): Map<string, number> {
  const terms = new Map<string, number>();
  const add = (text: string, weight: number): void => {
    for (const term of termsOf(text)) terms.set(term, (terms.get(term) ?? 0) + weight);
  };
  if (route.purpose !== noPurpose) add(route.purpose, weights.purpose);
  if (!target) return terms;
  add([...target.tags, ...target.categories].join(" "), weights.labels);
  add(target.description, weights.description);
  return terms;
}

/** 0 for a word that no route knows: it says nothing about which one to take. */
function idf(documents: readonly ReadonlyMap<string, number>[], term: string): number {
  const holding = documents.filter((terms) => terms.has(term)).length;
  return holding === 0 ? 0 : Math.log(1 + (documents.length - holding + 0.5) / (holding + 0.5));
}

function sizeOf(terms: ReadonlyMap<string, number>): number {
  return [...terms.values()].reduce((sum, count) => sum + count, 0);
}

function compareRoutes(x: Route, y: Route): number {
  return compareText(x.kind, y.kind) || compareText(x.to, y.to) || compareText(x.file, y.file) || x.line - y.line;
}
