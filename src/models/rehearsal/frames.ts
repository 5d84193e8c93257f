/** The brief, and the assignment or question of a frame, read back from the texts in which a prompt holds them. */
import { criteriaIn, itemsIn, sectionsIn, type Criterion } from "./sections.ts";

export type BriefSeen = {
  readonly title: string;
  readonly task: string;
  readonly why: string;
  readonly where: string;
  readonly when: string;
};

export type AssignmentSeen = {
  readonly kind: "assignment";
  readonly from: string;
  readonly task: string;
  readonly criteria: readonly Criterion[];
  readonly inputs: readonly string[];
  readonly constraints: readonly string[];
};

export type QuestionSeen = {
  readonly kind: "question";
  readonly from: string;
  readonly topic: string;
  readonly severity: string;
  readonly question: string;
  readonly tried: string;
  readonly options: readonly string[];
};

const briefHeadings = [
  "Task",
  "Why it matters",
  "Where this applies",
  "When it is needed",
  "Acceptance criteria of the brief",
  "Inputs of the brief",
  "Constraints of the brief",
];

export function readBrief(text: string): BriefSeen {
  const part = sectionsIn(text, briefHeadings);
  const said = (heading: string): string => (part(heading) === "Not said." ? "" : part(heading));
  return {
    title: /^# Brief: ([^\n]*)/.exec(text)?.[1]?.trim() ?? "",
    task: said("Task"),
    why: said("Why it matters"),
    where: said("Where this applies"),
    when: said("When it is needed"),
  };
}

/** `answering`: the role's last word is a decision; otherwise it is a report. */
export function readFrame(text: string, brief: BriefSeen, answering: boolean): AssignmentSeen | QuestionSeen {
  const from = /^# [^\n]*, from ([^\n]+)/.exec(text)?.[1]?.trim() ?? "";
  return answering ? readQuestion(text, from) : readAssignment(text, from, brief);
}

function readQuestion(text: string, from: string): QuestionSeen {
  const part = sectionsIn(text, ["Topic", "Severity", "Question", "Tried", "Options"]);
  return {
    kind: "question",
    from,
    topic: part("Topic"),
    severity: part("Severity"),
    question: part("Question") || text.trim(),
    tried: part("Tried"),
    options: itemsIn(part("Options")),
  };
}

function readAssignment(text: string, from: string, brief: BriefSeen): AssignmentSeen {
  const part = sectionsIn(text, ["Assigned task", "Acceptance criteria", "Inputs", "Constraints"]);
  return {
    kind: "assignment",
    from,
    task: part("Assigned task") || brief.task || text.trim(),
    criteria: criteriaIn(part("Acceptance criteria")),
    inputs: itemsIn(part("Inputs")),
    constraints: itemsIn(part("Constraints")),
  };
}
