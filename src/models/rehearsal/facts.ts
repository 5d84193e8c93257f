/** What a role knows by now in this frame: what it read, measured, wrote, asked, and what others reported to it. */
import { isRefusal, readReport, readReturned, type Evidence, type Measured, type ReportRead } from "./answers.ts";
import { candidateOf, judge, metricOf } from "./criteria.ts";
import { commandsMeasured, evaluationFailure, evaluationsSeen, type EvaluationSeen } from "./evaluation.ts";
import { describeInput, inputsSeen, knowledgeSeen, type InputSeen } from "./inputs.ts";
import { settled, type Settled } from "./raising.ts";
import type { AssignmentSeen } from "./frames.ts";
import { stepsOf, textArg, type Situation, type Step } from "./situation.ts";
import { short } from "./words.ts";

export type HandedOn = {
  readonly to: string;
  readonly criteria: readonly string[];
  readonly report: ReportRead | null;
  readonly note: string;
};

export type Facts = {
  readonly inputs: readonly InputSeen[];
  readonly knowledge: readonly string[];
  readonly evaluations: readonly EvaluationSeen[];
  readonly settled: readonly Settled[];
  readonly handedOn: readonly HandedOn[];
  /** Own and reported ones, each once. */
  readonly measurements: readonly Measured[];
  /** By the frame's criterion id: the best that others reported on a criterion of the same words. */
  readonly others: ReadonlyMap<string, Evidence>;
  /** Files that a tool said it wrote. */
  readonly written: readonly string[];
  /** What went wrong, a sentence each. */
  readonly failures: readonly string[];
  /** Why the work came back, newest last. */
  readonly returned: readonly { readonly by: string; readonly reason: string }[];
};

export function gatherFacts(situation: Situation, frame: AssignmentSeen): Facts {
  const evaluations = evaluationsSeen(situation);
  const handedOn = stepsOf(situation, "new_task").map(readHandedOn);
  const reports = handedOn.filter((each, index) => !isRevised(handedOn, index)).flatMap((each) => each.report ?? []);
  const all = [
    ...evaluations.flatMap((each) => each.measurements),
    ...commandsMeasured(situation),
    ...reports.flatMap((each) => each.measurements),
  ];
  const inputs = inputsSeen(situation);
  return {
    inputs,
    knowledge: knowledgeSeen(situation),
    evaluations,
    settled: settled(situation),
    handedOn,
    measurements: all.filter(
      (one, index) => all.findIndex((other) => other.name === one.name && other.effect === one.effect) === index,
    ),
    others: reportedOn(frame, handedOn),
    written: [...new Set(stepsOf(situation, "write_to_file").flatMap(writtenPath))],
    failures: failuresOf(situation, inputs, handedOn),
    returned: stepsOf(situation, "attempt_completion").flatMap((step) =>
      step.result === null ? [] : (readReturned(step.result) ?? []),
    ),
  };
}

/** A part that went back to the same role with the same criteria: its newer report is the one that counts. */
function isRevised(handedOn: readonly HandedOn[], index: number): boolean {
  const { to, criteria } = handedOn[index] as HandedOn;
  return handedOn
    .slice(index + 1)
    .some((later) => later.report && later.to === to && later.criteria.join("\n") === criteria.join("\n"));
}

function readHandedOn(step: Step): HandedOn {
  const criteria = Array.isArray(step.args["acceptance_criteria"]) ? step.args["acceptance_criteria"].map(String) : [];
  const report = step.result === null ? null : readReport(step.result);
  return {
    to: textArg(step, "mode"),
    criteria,
    report,
    note: report || step.result === null ? "" : short(step.result, 240),
  };
}

function reportedOn(frame: AssignmentSeen, handedOn: readonly HandedOn[]): Map<string, Evidence> {
  const best = new Map<string, Evidence>();
  // Whoever got the fewest criteria got this one on purpose: its word on what nobody measured stands.
  const broadFirst = handedOn.toSorted((a, b) => b.criteria.length - a.criteria.length);
  for (const { to, criteria, report } of broadFirst) {
    for (const [index, text] of criteria.entries()) {
      const own = frame.criteria.find((criterion) => criterion.text === text);
      const said = report?.criteria.find((evidence) => evidence.id === `A${index + 1}`);
      if (!own || !said) continue;
      if (said.status === "not_measured" && (best.get(own.id)?.status ?? "not_measured") !== "not_measured") continue;
      best.set(own.id, {
        id: own.id,
        status: said.status,
        evidence: said.evidence.startsWith(`${to}: `) ? said.evidence : `${to}: ${said.evidence}`,
      });
    }
  }
  return best;
}

/** The path as the tool names it: an approver may have changed it. */
function writtenPath(step: Step): string[] {
  const result = step.result ?? "";
  if (isRefusal(result)) return [];
  const named = /(?:Created|Changed|Left as it was:) (.+?), sha256 /.exec(result)?.[1];
  if (named !== undefined) return [named];
  const asked = textArg(step, "path");
  return asked !== "" && /\b(?:created|changed|wrote|written|saved|updated)\b/i.test(result) ? [asked] : [];
}

function failuresOf(situation: Situation, inputs: readonly InputSeen[], handedOn: readonly HandedOn[]): string[] {
  const evaluation = evaluationFailure(situation);
  const lost = stepsOf(situation, "write_to_file").filter(
    (step) => step.result !== null && writtenPath(step).length === 0,
  );
  return [
    ...inputs.filter((input) => input.failure !== null).map((input) => `${describeInput(input)}.`),
    ...(evaluation === null ? [] : [`The evaluation brought nothing: ${short(evaluation, 240)}`]),
    ...lost.map((step) => `${textArg(step, "path") || "A file"} was not written: ${short(step.result ?? "", 200)}`),
    ...handedOn.filter((each) => each.note !== "").map((each) => `${each.to} did not take the task: ${each.note}`),
  ];
}

/** What was found so far, in a few plain sentences: the `tried` of a question. */
export function foundSoFar(facts: Facts, frame: AssignmentSeen): string {
  const read = facts.inputs.filter((input) => input.failure === null).map(describeInput);
  const measured = headlines(facts.evaluations.flatMap((each) => each.measurements));
  const grounds = { measurements: facts.measurements, written: null, others: facts.others };
  const verdicts = frame.criteria.map((criterion) => judge(criterion, grounds));
  const of = (status: Evidence["status"]): string =>
    verdicts
      .filter((each) => each.status === status)
      .map((each) => each.id)
      .join(", ");
  const standing = [of("met") && `${of("met")} met`, of("not_met") && `${of("not_met")} missed`].filter(Boolean);
  return [
    read.length > 0 ? `Read ${read.join("; ").replaceAll("`", "")}.` : "",
    measured.length > 0 ? `Measured: ${measured.join("; ")}.` : "",
    measured.length > 0 && standing.length > 0 ? `By that, ${standing.join(", ")}.` : "",
    read.length + measured.length === 0 ? "Read the assignment; there were no inputs to look into." : "",
  ]
    .filter(Boolean)
    .join(" ");
}

/** The first number of each candidate, as it was ranked, with the receipt: a line for each evaluation. */
export function headlines(measurements: readonly Measured[]): string[] {
  const scores = measurements.filter((each) => each.unit !== "code");
  return [...new Set(scores.map((each) => each.effect))].flatMap((effect) => {
    const own = scores.filter((each) => each.effect === effect);
    const metric = metricOf(own[0]?.name ?? "");
    const first = own.filter((each) => metricOf(each.name) === metric && candidateOf(each.name) !== "");
    if (first.length === 0) return [];
    return [
      `${metric} ${first.map((each) => `${candidateOf(each.name)} ${each.value}`).join(", ")} (receipt ${effect})`,
    ];
  });
}
