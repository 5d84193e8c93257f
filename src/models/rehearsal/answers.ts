/** What comes back from others, read out of the tool results: reports, decisions, refusals, returned work. */
import { criteriaIn, itemsIn, sectionsIn } from "./sections.ts";

export type Status = "met" | "not_met" | "not_measured";

export type Evidence = { readonly id: string; readonly status: Status; readonly evidence: string };

/** A number with the receipt that holds it. */
export type Measured = {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly n?: number;
  readonly effect: string;
};

/** A unit as it is written behind a value, with the number of rows where one follows. */
export function unitAndN(text: string): { readonly unit: string; readonly n?: number } {
  const match = /^(.*), n (\d+)$/.exec(text);
  return match ? { unit: (match[1] as string).trim(), n: Number(match[2]) } : { unit: text.trim() };
}

export type ReportRead = {
  readonly from: string;
  readonly summary: string;
  readonly criteria: readonly Evidence[];
  readonly artifacts: readonly string[];
  readonly measurements: readonly Measured[];
  readonly limitations: readonly string[];
};

const reportHeadings = ["Summary", "Criteria", "Artifacts", "Measurements", "Limitations"];

/** Null where the text is no report. */
export function readReport(text: string): ReportRead | null {
  const from = /^# Report from (\S+)/.exec(text)?.[1];
  if (from === undefined) return null;
  const cut = text.search(/\n## Section /);
  const part = sectionsIn(cut === -1 ? text : text.slice(0, cut), reportHeadings);
  return {
    from,
    summary: part("Summary"),
    criteria: criteriaIn(part("Criteria")).flatMap(({ id, text: rest }) => {
      const match = /^(met|not_met|not_measured):\s*(.*)$/s.exec(rest);
      return match ? [{ id, status: match[1] as Status, evidence: match[2] as string }] : [];
    }),
    artifacts: itemsIn(part("Artifacts")),
    measurements: itemsIn(part("Measurements")).flatMap(readMeasured),
    limitations: itemsIn(part("Limitations")),
  };
}

function readMeasured(item: string): Measured[] {
  const match = /^(.+) = (-?\d[\d.]*(?:e[+-]?\d+)?)\s?(.*?)\s*\((?:receipt )?([^()\s]+)\)$/i.exec(item);
  if (!match) return [];
  return [
    {
      name: match[1] as string,
      value: Number(match[2]),
      ...unitAndN(match[3] as string),
      effect: match[4] as string,
    },
  ];
}

export type DecisionRead = {
  readonly from: string;
  readonly decision: string;
  readonly reason: string;
  readonly by: string;
};

export function readDecision(text: string): DecisionRead | null {
  const match = /^# Decision from ([^\n]+)\n+Decision: ([\s\S]*?)\nReason: ([\s\S]*?)\nDecided by: ([^\n]*)/.exec(text);
  if (!match) return null;
  const [, from, decision, reason, by] = match as unknown as [string, string, string, string, string];
  return { from: from.trim(), decision: decision.trim(), reason: reason.trim(), by: by.trim() };
}

/** Why work came back: from the sign-off, by a person. */
export function readReturned(text: string): { readonly by: string; readonly reason: string } | null {
  const match = /^Returned by ([^:\n]+):\s*([\s\S]*)$/.exec(text);
  return match ? { by: match[1] as string, reason: (match[2] as string).trim() } : null;
}

const refusals = ["Refused:", "Rejected by ", "Not executed", "Nothing of your reply", "one decision a reply"];

export function isRefusal(text: string): boolean {
  return refusals.some((start) => text.startsWith(start));
}
