/** Steps of what waits for a person, and of what people decided. */
import type { Decision, EventOf } from "../../events/event.ts";
import { argumentLines, callText } from "../call-text.ts";
import { counted } from "../counted.ts";
import { askedInstead } from "../stand-in.ts";
import type { TraceStep } from "./step.ts";
import { details, linesOf, type Draft, type Place } from "./seen.ts";

type Asked = EventOf<"ask_raised">;

/** Something waits for a person. The hand-over that led to it is a step of its own, which walked the route. */
export function askRaised(event: Asked, { seen }: Place): Draft {
  seen.asks.set(event.ask, event);
  const put = ["escalation", "question", "assignment"].includes(event.kind)
    ? seen.openedAt.get(event.frame)
    : undefined;
  return {
    kind: event.kind === "limit" ? "limit" : "ask",
    from: event.role,
    to: event.to,
    verb: "asks",
    text:
      put === undefined ? event.question : `the ${event.kind === "assignment" ? "task" : "question"} of step ${put}`,
    rule: event.rule,
    frame: event.frame,
    ask: { id: event.ask, kind: event.kind, verdict: null, by: null, face: null },
    files: event.action?.type === "sign_off" ? event.action.changes.files : [],
    details: details(
      ["question", put === undefined ? [] : linesOf(event.question)],
      ["topic", [`${event.topic} (${event.severity})`]],
      ["options", event.options.map((option) => `${option.id}: ${option.text}`)],
      ["path", [event.path.join(" → ")]],
      ["will run", event.action?.type === "tool" ? [event.action.tool, ...argumentLines(event.action.args)] : []],
      ["action", event.action === null ? [] : [`sha256 ${event.hash}`]],
      ["deadline", event.deadline === null ? [] : [event.deadline]],
    ),
  };
}

const decidedVerb = {
  approve: "gives approval to",
  reject: "says no to",
  answer: "decides for",
  expire: "ends unanswered, for",
  delegate: "gives it on to",
  escalate: "hands it up to",
  bump: "takes it up to",
} as const;

/** What a person or the clock does with an ask other than deciding it. */
function handed(asked: Asked | undefined, { verb, to, text }: Decision): Partial<Draft> {
  if (verb !== "delegate" && verb !== "escalate" && verb !== "bump") return {};
  return {
    to: to ?? null,
    text: verb === "bump" ? `nobody had answered by ${asked?.deadline ?? "its deadline"}` : text,
  };
}

/** Somebody sees to it. */
export function askAcknowledged({ ask, seen }: EventOf<"ask_acknowledged">, place: Place): Draft {
  return {
    ...besideDecision(place, ask),
    kind: "decision",
    from: seen.by,
    verb: "acknowledges",
    details: details(["face", [seen.face]], ["seen", [seen.at]]),
  };
}

export function voteCast({ ask, vote }: EventOf<"vote_cast">, place: Place): Draft {
  const { by, verb, text, face, at, hash, args } = vote;
  return {
    ...besideDecision(place, ask),
    kind: "approval",
    from: by,
    verb: verb === "approve" ? "votes to approve" : "votes to reject",
    text,
    ok: verb === "approve",
    details: details(
      ["face", [face]],
      ["cast", [at]],
      ["for", [`sha256 ${hash}`]],
      ["instead", args === undefined ? [] : argumentLines(args)],
    ),
  };
}

function besideDecision({ seen }: Place, ask: string): Pick<Draft, "to" | "text" | "rule" | "frame" | "ask"> {
  const asked = seen.asks.get(ask);
  return {
    to: asked?.role ?? null,
    text: asked?.topic ?? "",
    rule: asked?.rule ?? null,
    frame: asked?.frame ?? null,
    // Without a face: this is not the step that decided it.
    ask: { id: ask, kind: asked?.kind ?? "question", verdict: null, by: null, face: null },
  };
}

export function decisionTakenUp(event: EventOf<"decision_taken_up">): Draft {
  return {
    kind: "decision",
    from: event.role,
    to: null,
    verb: "takes the decision up",
    text: [event.chosen, event.how].filter((part) => part !== "").join(": "),
    frame: event.frame,
  };
}

export function askDecided(event: EventOf<"ask_decided">, { seen }: Place): Draft {
  const asked = seen.asks.get(event.ask);
  const { verb, text, by, face, args } = event.decision;
  const draft = {
    kind: "decision" as const,
    from: by,
    to: null,
    verb: decidedVerb[verb],
    text,
    ask: { id: event.ask, kind: "question" as const, verdict: verb, by, face },
    ok: verb !== "reject" && verb !== "expire" && verb !== "bump",
    details: details(
      ["face", [face]],
      [asked?.kind === "doubt" ? "result" : "instead", args === undefined ? [] : argumentLines(args)],
    ),
  };
  return asked === undefined
    ? { ...draft, ...handed(asked, event.decision) }
    : { ...draft, ...knownAsk(asked, event.decision, draft) };
}

/** What the ask itself adds to its decision. */
function knownAsk(asked: Asked, decision: Decision, draft: Required<Pick<Draft, "details">>): Partial<Draft> {
  const approval = asked.kind === "approval" || asked.kind === "sign_off";
  const chosen = asked.options.find((option) => option.id === decision.text.trim())?.text ?? decision.text;
  return {
    kind: approval ? "approval" : "decision",
    to: asked.role,
    text: [approval ? subjectOf(asked) : "", chosen].filter((part) => part !== "").join(": "),
    rule: asked.rule,
    frame: asked.frame,
    ask: decidedAsk(asked, decision),
    files: asked.action?.type === "sign_off" ? asked.action.changes.files : [],
    details: [
      ...draft.details,
      ...details(
        ["question", linesOf(asked.question)],
        ["action", asked.action === null ? [] : [`sha256 ${asked.hash}`]],
      ),
    ],
    ...handed(asked, decision),
  };
}

function decidedAsk({ ask, kind, to }: Asked, decision: Decision): TraceStep["ask"] {
  const { verb, by, face } = decision;
  const asked = askedInstead(to, decision);
  return { id: ask, kind, verdict: verb, by, face, ...(asked === null ? {} : { askedOf: asked }) };
}

/** What an approval is about. */
function subjectOf(ask: Asked): string {
  if (ask.action?.type === "tool") return callText({ name: ask.action.tool, args: ask.action.args });
  const files = ask.action?.changes.files.length ?? 0;
  return `the change set of ${counted(files, "file")}`;
}

export function askWithdrawn(event: EventOf<"ask_withdrawn">, { seen }: Place): Draft {
  const ask = seen.asks.get(event.ask);
  return {
    kind: "ask",
    from: ask?.role ?? "the run",
    to: ask?.to ?? null,
    verb: "no longer asks",
    text: event.reason,
    frame: ask?.frame ?? null,
    rule: ask?.rule ?? null,
    ask: { id: event.ask, kind: ask?.kind ?? "question", verdict: null, by: null, face: null },
    ok: false,
  };
}

export function actionEdited(event: EventOf<"action_edited">, { seen }: Place): Draft {
  seen.edits.set(event.hash, event.args);
  const ask = seen.asks.get(event.ask);
  return {
    kind: "approval",
    from: event.by,
    to: event.role,
    verb: "changes the arguments of",
    text: argumentLines(event.args).join("; "),
    frame: event.frame,
    rule: ask?.rule ?? null,
    ask: { id: event.ask, kind: ask?.kind ?? "approval", verdict: "approve", by: event.by, face: null },
    details: details(["new hash", [event.hash]]),
  };
}

export function limitRaised(event: EventOf<"limit_raised">, { seen }: Place): Draft {
  return {
    kind: "limit",
    from: event.by,
    to: null,
    verb: "raises a limit",
    text: `${event.limit} from ${event.from} to ${event.to}`,
    rule: seen.asks.get(event.ask)?.rule ?? null,
    ask: { id: event.ask, kind: "limit", verdict: null, by: event.by, face: null },
  };
}

export function chartAdopted(event: EventOf<"chart_adopted">, { seen }: Place): Draft {
  return {
    kind: "decision",
    from: event.by,
    to: null,
    verb: "adopts the changed chart",
    text: `${event.from.slice(0, 12)} to ${event.to.slice(0, 12)}`,
    rule: seen.asks.get(event.ask)?.rule ?? null,
    ask: { id: event.ask, kind: "chart", verdict: "answer", by: event.by, face: null },
  };
}
