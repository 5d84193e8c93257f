/** A page of `decisions/`: what had to be decided, how it came to whom, what was decided, and what followed. */
import type { EventOf } from "../../events/event.ts";
import { visibleJson } from "../escape.ts";
import { type EscalationThread, timeText } from "../escalations.ts";
import type { DecisionPage, Journal } from "./index-page.ts";
import {
  backToRun,
  capital,
  criteriaBlocks,
  fileTable,
  projectUp,
  rehearsalNote,
  stepTable,
  titled,
  type PageContext,
} from "./parts.ts";
import { block, code, fence, frontMatter, inline, link, page, ruleText } from "../markdown.ts";
import { standInOf } from "../stand-in.ts";
import type { StepAsk, TraceStep } from "../trace/step.ts";

type Asked = NonNullable<DecisionPage["ask"]>;

export function renderDecision(journal: Journal, decision: DecisionPage): string {
  const context: PageContext = { journal, here: decision.path };
  if (decision.thread) return threadPage(context, decision, decision.thread);
  return decision.ask ? askPage(context, decision, decision.ask) : "";
}

/** What a list of decisions says of one. */
export type DecisionSummary = {
  readonly kind: string;
  readonly severity: string;
  readonly raisedBy: string;
  readonly raisedAt: string;
  /** Null while it is open, and where it was withdrawn. */
  readonly decidedBy: string | null;
  readonly how: "role" | "person" | null;
  readonly face: string | null;
  readonly decidedAt: string | null;
  /** Whom it was put to by name, where somebody else decided. */
  readonly askedOf: string | null;
  /** The decision in its own words; `withdrawn`, `expired`, or `open`. */
  readonly text: string;
  readonly rule: TraceStep["rule"];
};

export function summaryOf(decision: DecisionPage): DecisionSummary {
  return decision.thread ? threadSummary(decision.thread) : askSummary(decision.ask as Asked);
}

const undecided = { decidedBy: null, how: null, face: null, decidedAt: null, askedOf: null } as const;

function threadSummary(thread: EscalationThread): DecisionSummary {
  const { decision, question, hops } = thread;
  const raised = {
    kind: thread.kind,
    severity: question.severity,
    raisedBy: thread.raisedBy,
    raisedAt: hops[0]?.at ?? "",
    rule: hops.at(-1)?.rule ?? null,
  };
  if (decision === null) return { ...raised, ...undecided, text: thread.state };
  const { by, how, face, at, text, step } = decision;
  const askedOf = step.ask?.askedOf ?? null;
  return { ...raised, decidedBy: by, how, face, decidedAt: at, askedOf, text, rule: step.rule ?? raised.rule };
}

const verdicts = {
  approve: "approved",
  reject: "rejected",
  answer: "",
  expire: "expired",
  delegate: "given on",
  escalate: "handed up",
  bump: "handed up",
} as const;

function askSummary({ raised: asked, steps }: Asked): DecisionSummary {
  const raised = {
    kind: asked.kind,
    severity: asked.severity,
    raisedBy: asked.role,
    raisedAt: asked.at,
    rule: asked.rule,
  };
  const decided = decidedStep(steps);
  if (decided === undefined) {
    const withdrawn = steps.some((step) => step.kind === "ask" && !step.ok);
    return { ...raised, ...undecided, text: withdrawn ? "withdrawn" : "open" };
  }
  const { verdict, face, askedOf = null } = decided.ask;
  if (verdict === "expire" || verdict === "bump")
    return {
      ...raised,
      ...undecided,
      decidedAt: decided.at,
      text: verdict === "expire" ? "expired" : "not answered in time",
    };
  const text = [verdict === null ? "" : verdicts[verdict], decided.text].filter((part) => part !== "").join(": ");
  return { ...raised, decidedBy: decided.from, how: "person", face, decidedAt: decided.at, askedOf, text };
}

/** The step by which a person decided; a further one (changed arguments, a raised limit) names no face. */
function decidedStep(steps: readonly TraceStep[]): (TraceStep & { readonly ask: StepAsk }) | undefined {
  return steps.find(
    (step): step is TraceStep & { readonly ask: StepAsk } => step.ask !== null && step.ask.face !== null,
  );
}

function decisionFrontMatter(context: PageContext, decision: DecisionPage, summary: DecisionSummary): string[] {
  return frontMatter([
    ["run", context.journal.run.id],
    ["decision", Number(decision.nn)],
    ["topic", decision.title],
    ["kind", summary.kind],
    ["severity", summary.severity],
    ["raised_by", summary.raisedBy],
    ["raised", summary.raisedAt],
    ["decided_by", summary.decidedBy],
    ...(summary.askedOf === null ? [] : [["asked_of", summary.askedOf] as const]),
    ["how", summary.how],
    ["face", summary.face],
    ["decided", summary.decidedAt],
    ["rule", summary.rule === null ? null : `${summary.rule.file}:${summary.rule.line}`],
    ["rehearsal", context.journal.run.rehearsal],
  ]);
}

function heading(context: PageContext, decision: DecisionPage, summary: DecisionSummary, from: string): string[][] {
  const kind = summary.kind.replace("_", "-");
  return [
    decisionFrontMatter(context, decision, summary),
    [`# ${inline(capital(decision.title))}`],
    rehearsalNote(context),
    [`${capital(kind)}, ${summary.severity}, raised by ${from} on ${timeText(summary.raisedAt)}. ${backToRun}.`],
  ];
}

function verdictBlocks(context: PageContext, summary: DecisionSummary, step: TraceStep | undefined): string[][] {
  if (summary.decidedBy === null) return [["## Decision"], [undecidedText(summary)]];
  const who = summary.how === "person" ? `a person, by ${code(summary.face ?? "")}` : "a role";
  const when = summary.decidedAt === null ? "" : ` on ${timeText(summary.decidedAt)}`;
  const standIn = step ? standInOf(step) : null;
  const instead = standIn === null ? "" : ` ${inline(capital(standIn))}.`;
  return [
    ["## Decision"],
    [`**${inline(summary.decidedBy)}** (${who})${when}${step ? `, in step ${step.n}` : ""}.${instead}`],
    block(summary.text),
    ...(summary.rule ? [[`Rule: ${ruleText(summary.rule, projectUp(context))}`]] : []),
  ];
}

function undecidedText({ text, decidedAt }: DecisionSummary): string {
  if (text === "withdrawn") return "Withdrawn.";
  if (text === "expired" && decidedAt !== null)
    return `Expired: nobody had decided in time. The role was told on ${timeText(decidedAt)} and may propose it again.`;
  if (text === "not answered in time" && decidedAt !== null)
    return `Not answered in time: it was handed up on ${timeText(decidedAt)}.`;
  return "Open: nobody has decided yet.";
}

function threadPage(context: PageContext, decision: DecisionPage, thread: EscalationThread): string {
  const summary = threadSummary(thread);
  const { question } = thread;
  const asker = context.journal.tasks.find((task) => thread.askedIn !== null && task.opened.frame === thread.askedIn);
  const from = `**${inline(thread.raisedBy)}**`;
  const told = new Set(
    [...thread.hops, ...thread.asks, ...thread.handled, ...thread.passedBack].map((step) => step.seq),
  );
  const weighed = context.journal.steps.filter(
    (step) =>
      step.line === thread.line &&
      step.frame !== null &&
      thread.frames.includes(step.frame) &&
      ["tool", "refusal", "delegation"].includes(step.kind) &&
      !told.has(step.seq),
  );
  const way = [...thread.hops, ...thread.asks, ...thread.handled, ...thread.passedBack].toSorted(
    (one, other) => one.seq - other.seq,
  );
  return page(
    ...heading(context, decision, summary, asker ? link(from, `../${asker.path}`) : from),
    ["## Context"],
    block(question.question),
    ...(question.tried === "" ? [] : [["Tried so far:"], block(question.tried)]),
    ...titled(
      "## Options",
      question.options.map((option) => `- ${inline(option)}${isChosen(option, thread) ? " (**chosen**)" : ""}`),
    ),
    ...titled("## The way it went", stepTable(context, way)),
    ...titled("## What was looked at", stepTable(context, weighed)),
    ...verdictBlocks(context, summary, thread.decision?.step),
    ...reasonBlocks(thread.decision),
    ...titled("## What followed", stepTable(context, thread.followed)),
  );
}

/** That it was answered, and by whom, stands above already. */
function reasonBlocks(decision: EscalationThread["decision"]): string[][] {
  if (decision === null || decision.reason === "") return [];
  const { by, reason } = decision;
  return [`answered by ${by}`, `chosen by ${by}`].includes(reason) ? [] : [["Reason:"], block(reason)];
}

/** A role that takes an option over may add a word on how it came to that. */
function isChosen(option: string, { decision }: EscalationThread): boolean {
  const bare = option.trim().replace(/\.$/, "");
  return decision !== null && bare !== "" && (decision.text === option || decision.text.startsWith(`${bare} (`));
}

function askPage(context: PageContext, decision: DecisionPage, ask: Asked): string {
  const summary = askSummary(ask);
  const { raised } = ask;
  const task = context.journal.tasks.find(
    (each) => each.openedBy.line === ask.step.line && each.opened.frame === raised.frame,
  );
  const from = `**${inline(raised.role)}**`;
  return page(
    ...heading(context, decision, summary, task ? link(from, `../${task.path}`) : from),
    ["## Context"],
    block(raised.question),
    [`Step ${ask.step.n}; put to ${inline(raised.to)} as ${code(raised.ask)}.`],
    ...titled(
      "## Options",
      raised.options.map((option) => `- ${code(option.id)} ${inline(option.text)}`),
    ),
    ...actionBlocks(context, raised),
    ...editBlocks(context, raised),
    ...voteBlocks(context, raised),
    ...verdictBlocks(context, summary, decidedStep(ask.steps)),
    ...titled("## Steps", stepTable(context, ask.steps)),
  );
}

/** Exactly what the decision was about. */
function actionBlocks({ journal }: PageContext, raised: EventOf<"ask_raised">): string[][] {
  const { action } = raised;
  if (action === null) return [];
  const bound = `The decision is bound to this: sha256 ${code(raised.hash)}.`;
  if (action.type === "tool") {
    return [
      ["## What will run"],
      [`${code(action.tool)}, for ${inline(action.role)}:`],
      fence(visibleJson(action.args, 2), "json"),
      [bound],
    ];
  }
  const files = fileTable(action.changes.files);
  const asked = journal.brief.acceptance;
  return [
    ...criteriaBlocks("## What was reported", asked, action.report),
    ["## The change set"],
    files.length === 0 ? ["No file is changed."] : files,
    [bound],
  ];
}

/** Who had to approve, and who said what for what exactly: a vote for other arguments than those that stood at the end is void. */
function voteBlocks({ journal }: PageContext, { ask, approvers, hash }: EventOf<"ask_raised">): string[][] {
  if (approvers === undefined) return [];
  const votes = journal.events.flatMap(({ event }) =>
    event.type === "vote_cast" && event.ask === ask ? [event.vote] : [],
  );
  const last = votes.findLast((vote) => vote.args !== undefined)?.hash ?? hash;
  const who = approvers.by === null ? "anyone" : approvers.by.map((name) => inline(name)).join(", ");
  const not = approvers.notBy.length === 0 ? "" : `, but not ${approvers.notBy.map((name) => inline(name)).join(", ")}`;
  const cast = votes.map((vote) => {
    const word = vote.verb === "approve" ? "approves" : "rejects";
    const words = vote.text === "" ? "" : `: ${inline(vote.text)}`;
    const state = vote.hash === last || vote.verb === "reject" ? "" : " (void: the arguments were changed after it)";
    return `- ${inline(vote.by)} (${code(vote.face)}, ${timeText(vote.at)}) ${word} ${code(vote.hash.slice(0, 16))}${state}${words}`;
  });
  return [
    ["## Votes"],
    [`It takes ${approvers.quorum} of: ${who}${not}. Names are as they were given, not proven.`],
    ...(cast.length === 0 ? [] : [cast]),
  ];
}

/** What ran instead, where a person changed the arguments. */
function editBlocks({ journal }: PageContext, raised: EventOf<"ask_raised">): string[][] {
  return journal.events.flatMap(({ event }) => {
    if (event.type !== "action_edited" || event.ask !== raised.ask) return [];
    return [
      ["## What ran instead"],
      [`${inline(event.by)} changed the arguments; the approval holds for these, sha256 ${code(event.hash)}:`],
      fence(visibleJson(event.args, 2), "json"),
    ];
  });
}
