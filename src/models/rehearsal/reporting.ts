/**
 * The report that ends an assignment.
 *
 * P1. Every criterion of the assignment, once, with its evidence. Measurements exactly as their receipts hold them.
 * P2. A report that was refused is sent again with less in it, never the same: first without what was complained of, then bare.
 */
import { readReturned, type Evidence, type Measured } from "./answers.ts";
import { metricOf, names, notMeasured } from "./criteria.ts";
import { decider, verdictsOf } from "./deliverable.ts";
import type { Draft } from "./draft.ts";
import { headlines, type Facts } from "./facts.ts";
import { untried } from "./integration/integration.ts";
import { leavesUnspecified, unspecified } from "./passages.ts";
import { requiredSections } from "./report-sections.ts";
import type { Criterion } from "./sections.ts";
import { propertiesOf, stepsOf, type Situation } from "./situation.ts";
import { short } from "./words.ts";

/** The arguments of `attempt_completion` in an assignment. */
export function reportArgs(draft: Draft): Record<string, unknown> {
  const refusals = trailingRefusals(draft.situation);
  const report = refusals.length === 0 ? fullReport(draft) : lesserReport(draft, refusals);
  const known = propertiesOf(draft.situation.tools.get("attempt_completion"));
  const sections = requiredSections(draft);
  const all: Record<string, unknown> = Object.keys(sections).length > 0 ? { ...report, sections } : report;
  return Object.keys(known).length === 0
    ? all
    : Object.fromEntries(Object.entries(all).filter(([name]) => name in known));
}

/** Whatever came back instead of an end, since the work was last returned: the report was not accepted. */
function trailingRefusals(situation: Situation): string[] {
  const results = stepsOf(situation, "attempt_completion").map((step) => step.result ?? "");
  return results.slice(results.findLastIndex((result) => readReturned(result) !== null) + 1);
}

function fullReport(draft: Draft) {
  const { facts } = draft;
  const criteria = verdictsOf(draft, facts.written.at(-1) ?? null);
  const measurements = cited(facts, draft.frame.criteria);
  return {
    summary: summary(draft, criteria),
    criteria,
    artifacts: artifacts(facts),
    measurements,
    limitations: limitations(draft, criteria),
    resources: resources(draft.situation),
  };
}

/** The numbers that the summary and the evidence name, with their intervals, and how many rows they rest on. */
function cited(facts: Facts, criteria: readonly Criterion[]): Measured[] {
  const metric = metricOf(facts.measurements[0]?.name ?? "");
  const counts = (measured: Measured, index: number): boolean =>
    index < 3 ||
    metricOf(measured.name).replace(/ 95 % (?:low|high)$/, "") === metric ||
    measured.unit === "rows" ||
    criteria.some((criterion) => names(criterion.text, measured));
  return facts.measurements.filter(counts).slice(0, 20);
}

function artifacts(facts: Facts): string[] {
  return [...new Set([...facts.written, ...facts.handedOn.flatMap((each) => each.report?.artifacts ?? [])])];
}

function summary({ facts, situation }: Draft, criteria: readonly Evidence[]): string {
  const returned = facts.returned.at(-1);
  const by = [...new Set(facts.handedOn.flatMap((each) => (each.report ? [each.to] : [])))];
  const parts = [
    standing(criteria),
    returned
      ? `Gone through again after ${returned.by} returned it: “${short(returned.reason, 160).replace(/[.!?]$/, "")}”.`
      : "",
    ...headlines(facts.measurements).map((line) => `Measured: ${line}.`),
    ...facts.settled.flatMap(({ topic, decision }) =>
      decision
        ? [`Decided on ${topic} by ${decider(decision).by}: ${short(decision.decision, 160).replace(/\.$/, "")}.`]
        : [],
    ),
    facts.written.length > 0 ? `Written: ${facts.written.join(", ")}.` : "",
    by.length > 0 ? `${facts.written.length > 0 ? "With parts" : "The work is"} by ${by.join(" and ")}.` : "",
  ].filter(Boolean);
  return (
    parts.join(" ") || `${situation.role} went through the assignment; there was nothing to read, measure or write.`
  );
}

/** `2 of 6 criteria met (A1, A3), 1 missed (A2), 3 not measured (A4, A5, A6).` */
function standing(criteria: readonly Evidence[]): string {
  if (criteria.length === 0) return "";
  const words = { met: "met", not_met: "missed", not_measured: "not measured" } as const;
  const counts = Object.entries(words)
    .map(([status, word]) => [word, criteria.filter((each) => each.status === status).map((each) => each.id)] as const)
    .filter(([word, ids]) => ids.length > 0 || word === "met")
    .map(([word, ids], index) => {
      const of = index === 0 ? ` of ${criteria.length} ${criteria.length === 1 ? "criterion" : "criteria"}` : "";
      return `${ids.length}${of} ${word}${ids.length > 0 ? ` (${ids.join(", ")})` : ""}`;
    });
  return `${counts.join(", ")}.`;
}

function limitations(draft: Draft, criteria: readonly Evidence[]): string[] {
  const { facts } = draft;
  const reported = facts.handedOn.flatMap((each) => each.report?.limitations ?? []);
  const open = criteria.some((each) => each.status === "not_measured");
  const all = [
    "A rehearsal: a fixed policy stood in for the model, so judgement and wording are not a model's.",
    ...(open ? ["What is not measured stands open: it needs a model, a tool that is not here, or a reader."] : []),
    ...(leavesUnspecified(draft) ? [unspecified] : []),
    ...untried(draft.situation, draft.frame),
    ...facts.failures,
    ...reported,
  ];
  return [...new Set(all.map((each) => short(each, 300)))].slice(0, 10);
}

function resources(situation: Situation): string {
  const count = situation.steps.length;
  return `No model, no tokens; ${count} ${count === 1 ? "call" : "calls"} of tools and routes.`;
}

/** P2. */
function lesserReport(draft: Draft, refusals: readonly string[]) {
  const full = fullReport(draft);
  const complaint = refusals.join("\n");
  const named = [...complaint.matchAll(/criterion \[([^\]\s]+)\] "/g)].map((match) => match[1] as string);
  const unknown = new Set(
    [...complaint.matchAll(/there is no criterion \[([^\]\s]+)\]/g)].map((match) => match[1] as string),
  );
  const kept = full.criteria.filter((each) => !unknown.has(each.id));
  const added = named
    .filter((id) => !kept.some((each) => each.id === id))
    .map((id): Evidence => ({ id, status: "not_measured", evidence: notMeasured }));
  const criteria = [...kept, ...added];
  const again = `Sent again, time ${refusals.length + 1}, because: ${short(refusals.at(-1) ?? "", 200)}`;
  const bare = refusals.length > 1;
  return {
    ...full,
    criteria: bare
      ? criteria.map((each): Evidence => ({
          ...each,
          status: "not_measured",
          evidence: `${notMeasured}: the evidence was not accepted`,
        }))
      : criteria,
    artifacts:
      bare || /artifact/.test(complaint)
        ? full.artifacts.filter((path) => !bare && !complaint.includes(path))
        : full.artifacts,
    measurements: bare || /measurement|receipt/.test(complaint) ? [] : full.measurements,
    limitations: [...full.limitations, again],
  };
}
