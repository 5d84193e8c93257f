/** Steps of what waits for a person, and of what people decided. */
import type { EventOf } from "../events/event.ts";
import { argumentLines, callText } from "./call-text.ts";
import { details, frameKey, linesOf, type Draft, type Place } from "./trace-seen.ts";

type Asked = EventOf<"ask_raised">;

/** Something waits for a person. The hand-over that led to it is a step of its own, which walked the route. */
export function askRaised(event: Asked, { seen, line }: Place): Draft {
  seen.asks.set(event.ask, event);
  const put = ["escalation", "question", "assignment"].includes(event.kind)
    ? seen.openedAt.get(frameKey(line, event.frame))
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

const decidedVerb = { approve: "approves for", reject: "rejects for", answer: "decides for" } as const;

export function askDecided(event: EventOf<"ask_decided">, { seen }: Place): Draft {
  const ask = seen.asks.get(event.ask);
  const { verb, text, by, face } = event.decision;
  const approval = ask?.kind === "approval" || ask?.kind === "sign_off";
  const option = ask?.options.find((candidate) => candidate.id === text);
  return {
    kind: approval ? "approval" : "decision",
    from: by,
    to: ask?.role ?? null,
    verb: decidedVerb[verb],
    text: [approval && ask ? subjectOf(ask) : "", option?.text ?? text].filter((part) => part !== "").join(": "),
    rule: ask?.rule ?? null,
    frame: ask?.frame ?? null,
    ask: { id: event.ask, kind: ask?.kind ?? "question", verdict: verb, by, face },
    files: ask?.action?.type === "sign_off" ? ask.action.changes.files : [],
    ok: verb !== "reject",
    details: details(
      ["face", [face]],
      ["question", ask === undefined ? [] : [ask.question]],
      ["instead", event.decision.args === undefined ? [] : argumentLines(event.decision.args)],
      ["action", ask === undefined || ask.action === null ? [] : [`sha256 ${ask.hash}`]],
    ),
  };
}

/** What an approval is about. */
function subjectOf(ask: Asked): string {
  if (ask.action?.type === "tool") return callText({ name: ask.action.tool, args: ask.action.args });
  const files = ask.action?.changes.files.length ?? 0;
  return `the change set of ${files} ${files === 1 ? "file" : "files"}`;
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
