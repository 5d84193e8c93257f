/** The sections that a role's rules require of its reports, each filled from what is known; where nothing is, it says so with the reason. */
import { candidateOf, cite, metricOf, notMeasured } from "./criteria.ts";
import { decisionLine } from "./deliverable.ts";
import { headlines, type Facts } from "./facts.ts";
import { describeInput } from "./inputs.ts";
import type { AssignmentSeen } from "./frames.ts";
import { settledNote } from "./raising.ts";
import { revisionAsked } from "./revision.ts";
import { propertiesOf, type Situation } from "./situation.ts";
import { sentencesOf, short, stems } from "./words.ts";

type Source = { readonly situation: Situation; readonly frame: AssignmentSeen; readonly facts: Facts };

/** Empty where nothing is required. */
export function requiredSections(source: Source): Record<string, string> {
  const schema = propertiesOf(source.situation.tools.get("attempt_completion"))["sections"];
  const names = Array.isArray(schema?.["required"])
    ? schema["required"].filter((name): name is string => typeof name === "string")
    : [];
  return Object.fromEntries(names.map((name) => [name, filled(name.replace(/[_-]+/g, " "), source)]));
}

/** First rule whose word occurs in the section's name. */
const fillers: readonly (readonly [RegExp, (source: Source) => string])[] = [
  [/task|modality|goal|scope/i, taskOf],
  [/fine ?tun|train/i, fineTuning],
  [/model|candidate/i, models],
  [
    /data/i,
    ({ facts }) =>
      [facts.inputs.map((input) => describeInput(input).replaceAll("`", "")).join("; "), noteLine(facts, /^- Split/)]
        .filter(Boolean)
        .join(". ") || fromReports(facts),
  ],
  [/latency|memory|speed|resource/i, latency],
  [/eval|metric|quality|result/i, evaluation],
  [
    /assum|limit|constraint/i,
    ({ frame, facts }) =>
      [...frame.constraints.filter((each) => each !== settledNote), ...facts.settled.map(plainDecision)].join(" ") ||
      "None beyond the assignment.",
  ],
  [
    /experiment/i,
    ({ facts }) =>
      headlines(facts.measurements).length > 0
        ? `One comparison: ${headlines(facts.measurements).join("; ")}.`
        : fromReports(facts),
  ],
  [/approach|method|plan/i, approach],
  [
    /deploy|serving|operation/i,
    ({ situation }) =>
      `Nothing was deployed. ${situation.brief.where ? `Meant for: ${short(situation.brief.where, 300)}` : `Where it will run is ${notMeasured}.`}`,
  ],
];

/** What the work is about; a revision is about what it revises. */
function taskOf({ situation, frame }: Source): string {
  const task = revisionAsked(frame).length > 0 && situation.brief.task !== "" ? situation.brief.task : frame.task;
  return short(sentencesOf(task).slice(0, 2).join(" ") || task, 500);
}

function filled(name: string, source: Source): string {
  const rule = fillers.find(([pattern]) => pattern.test(name));
  const text = rule ? rule[1](source) : sayingMost(name, source);
  return text.trim() || `${notMeasured}: nothing that was read or measured says anything on it.`;
}

function sayingMost(name: string, { frame }: Source): string {
  const words = stems(name);
  return sentencesOf([frame.task, ...frame.constraints].join("\n\n"))
    .filter((sentence) => stems(sentence).some((word) => words.includes(word)))
    .slice(0, 2)
    .join(" ");
}

function models({ facts }: Source): string {
  const names = [...new Set(facts.measurements.map((measured) => candidateOf(measured.name)).filter(Boolean))];
  const local =
    names.length > 0
      ? `Measured here: ${names.join(", ")}, local candidates without revision or licence of their own. `
      : "";
  return `${local}No model from outside was looked up: id, revision and licence are ${notMeasured}.`;
}

/** A section of a report is quoted as it is: marks of emphasis would stand in it as asterisks. */
function plainDecision(settled: Facts["settled"][number]): string {
  return decisionLine(settled).replaceAll("**", "");
}

function fineTuning({ facts }: Source): string {
  const decided = facts.settled.filter((each) => /tun|train/i.test(each.topic)).map(plainDecision);
  return [`No pretrained model was trained.`, ...decided].join(" ");
}

/** What a candidate takes, as its metrics are called; the others say how good it is. */
const takes = /latency|time|throughput|memory|disk|cost/i;

function latency({ facts }: Source): string {
  const taken = facts.measurements.filter((measured) => takes.test(metricOf(measured.name)));
  const memory = taken.some((measured) => /^memory/i.test(measured.name)) ? "" : ` Memory: ${notMeasured}.`;
  const told = taken.map((measured) => cite(measured)).join("; ");
  return `${told === "" ? `Latency: ${notMeasured}.` : `${told}.`}${memory}`;
}

function evaluation({ facts }: Source): string {
  const first = facts.measurements
    .filter(({ name }) => !takes.test(metricOf(name)) && !/rows|95 % (?:low|high)/i.test(name))
    .slice(0, 6)
    .map((measured) => cite(measured, facts.measurements));
  return first.length > 0
    ? `${first.join("; ")}. ${noteLine(facts, /^- Measured on/)}`
    : `${notMeasured}: there was no labelled sample, or nothing to measure it with.`;
}

function approach({ facts }: Source): string {
  const steps = [
    facts.inputs.some((input) => input.failure === null) ? "read the inputs" : "",
    facts.evaluations.length > 0 ? "measured the local candidates on a held-out part" : "",
    facts.settled.length > 0 ? "asked for the decisions that are not mine" : "",
    facts.handedOn.some((each) => each.report)
      ? `handed parts to ${facts.handedOn
          .filter((each) => each.report)
          .map((each) => each.to)
          .join(", ")}`
      : "",
    facts.written.length > 0 ? "wrote down what was found" : "",
  ].filter(Boolean);
  return steps.length > 0 ? `In this order: ${steps.join(", ")}.` : "";
}

/** A line of the evaluation's notes. */
function noteLine(facts: Facts, pattern: RegExp): string {
  return facts.evaluations
    .flatMap((each) =>
      each.text
        .split("\n")
        .filter((line) => pattern.test(line))
        .map((line) => line.slice(2)),
    )
    .join(" ");
}

function fromReports(facts: Facts): string {
  return facts.handedOn
    .flatMap((each) => (each.report ? [`${each.to}: ${short(each.report.summary, 300)}`] : []))
    .join(" ");
}
