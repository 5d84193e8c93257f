/**
 * The rows beside the log say what the log says (D2, D6), and LangGraph's checkpoint stands where the log does.
 *
 * W1. A decision that a person made and the line has not taken up yet is in its row alone. It must be one that this ask could be given;
 *     that this person gave it is not in the file.
 */
import { z } from "zod";
import { canonicalJson, hashOf } from "../../canonical.ts";
import { decisionMisfit } from "../decide-ask.ts";
import { nextOf, type Desk } from "../../events/desk.ts";
import { decisionSchema, type Decision, type Event, type EventOf } from "../../events/event.ts";
import { bumpsTo, mayExpire } from "../../store/expiry.ts";
import type { PendingWrite } from "../../store/ports.ts";
import type { AskRow, CheckpointRow, RunRow } from "../../store/rows.ts";
import { standingProblem } from "./votes.ts";

type Ask = EventOf<"ask_raised">;

/** What a person is shown is what was raised, and its hash is the hash of just that (R3). */
export function askProblem(event: Ask, row: AskRow | undefined): string | null {
  const { type: _type, at, ask, frame: _frame, ...content } = event;
  const own = event.action ?? { ask, kind: event.kind, question: event.question, options: event.options };
  if (event.hash !== hashOf(own)) return "the ask does not match its own hash (R3)";
  if (row === undefined) return "its row is missing (D2)";
  const { id, run: _run, line: _line, raisedAt, state: _state, decision: _decision, ...beside } = row;
  const { votes: _votes, acknowledged: _acknowledged, ...shown } = beside;
  return canonicalJson({ ask, at, ...content }) === canonicalJson({ ask: id, at: raisedAt, ...shown })
    ? null
    : "its row does not show what the log says (D2)";
}

/** `event`: what ended the ask; null while it is open in the log. */
export function askStateProblem(
  event: EventOf<"ask_decided"> | EventOf<"ask_withdrawn"> | null,
  row: AskRow | undefined,
): string | null {
  const wrong = "its row does not say what the log says (D2)";
  if (row === undefined) return "its row is missing (D2)";
  if (event?.type === "ask_withdrawn") return row.state === "withdrawn" ? null : wrong;
  if (event) {
    const same = row.state === "decided" && canonicalJson(row.decision) === canonicalJson(event.decision);
    return same ? null : wrong;
  }
  const standing = standingProblem(row);
  if (standing !== null) return standing;
  if (row.state === "open")
    return row.decision === null ? null : "its row holds a decision and says that it is open (R4)";
  return row.state === "decided" ? decisionProblem(row) : wrong;
}

/** W1. */
function decisionProblem(ask: AskRow): string | null {
  const checked = decisionSchema().safeParse(ask.decision);
  if (!checked.success) return "the decision in its row is none (R4)";
  const { verb, text, by, face, args, to } = checked.data;
  if (by.trim() === "" || face.trim() === "") return "the decision in its row does not say who made it, and where (R4)";
  if (verb === "expire" || verb === "bump") return clockProblem(ask, checked.data);
  const problem = decisionMisfit(ask, { verb, text, to, ...(args === undefined ? {} : { args }) });
  return problem === null ? null : `the decision in its row is not one that it takes: ${problem} (R4)`;
}

function clockProblem(ask: AskRow, { verb, to, face, args }: Decision): string | null {
  const byClock = ask.deadline !== null && face === "clock" && args === undefined;
  if (verb === "expire")
    return mayExpire(ask) && byClock ? null : "the decision in its row is an expiry, and the ask does not expire (R4)";
  return byClock && to !== undefined && bumpsTo(ask) === to
    ? null
    : "the decision in its row hands it up where it does not go (R1)";
}

/** What a run's row is held against: how it began, or went on from a cut. */
export type Begun = Omit<EventOf<"run_started">, "type" | "run" | "chart" | "limits">;

/** D6: what is read from the run's row must be what its events say. `started` is null before the first event. */
/** `ceilings`: as all lines of the run tell them; `desk`: the main line's. */
export function runRowProblems(row: RunRow, started: Begun | null, desk: Desk, ceilings: Desk["ceilings"]): string[] {
  if (!started) return row.endedAt === null ? [] : ["the run's row says that it ended; it never began (D6)"];
  const ended = desk.ended;
  const pairs: [what: string, inRow: unknown, inLog: unknown][] = [
    ["title", row.title, started.title],
    ["brief", row.brief, started.brief],
    ["entry role", row.entry, started.entry],
    ["workflow", row.workflow, started.workflow],
    ["who started it", row.startedBy, started.startedBy],
    ["when it started", row.startedAt, started.at],
    ["whether it is a rehearsal", row.rehearsal, started.rehearsal],
    ["model", row.model, started.model === undefined ? row.model : started.model],
    ["chart", row.chart, desk.chart],
    ["limits", row.limits, ceilings],
    ["currency", row.currency, started.currency ?? null],
    ["how it ended", [row.endedAt, row.reason], [ended?.at ?? null, ended?.reason ?? null]],
    ["status", ended ? row.status : null, ended?.status ?? null],
  ];
  return pairs
    .filter(([, inRow, inLog]) => canonicalJson(inRow) !== canonicalJson(inLog))
    .map(([what]) => `the run's row and its events do not agree: ${what} (D6)`);
}

/** As far as it can be told from the log. What else is in it is LangGraph's own bookkeeping. */
const checkpointBody = z.looseObject({
  v: z.literal(4),
  id: z.string(),
  channel_values: z.record(z.string(), z.unknown()),
  channel_versions: z.record(z.string(), z.union([z.number(), z.string()])),
  versions_seen: z.record(z.string(), z.record(z.string(), z.union([z.number(), z.string()]))),
});

const branch = "branch:to:";

/** The checkpoint names the node that the log says is next. `last`: the line's last event. */
export function checkpointProblem(row: CheckpointRow, desk: Desk, last: Event | null): string | null {
  const body = checkpointBody.safeParse(parsed(row.checkpoint)).data;
  if (!body || parsed(row.metadata) === undefined) return "it is not one (D2)";
  if (body.id !== row.id) return "it is called otherwise in itself (D2)";
  // An input that was given and not taken up yet goes to wherever the log leads then.
  if ("__start__" in body.channel_values) return null;
  const due = Object.keys(body.channel_values).filter((channel) => channel.startsWith(branch));
  // Whoever has children rests until it is woken, and is woken by an input (`graph.ts`).
  if (due.length === 0 && nextOf(desk).at === "join") return null;
  const expected = nodeOf(desk, last);
  const wanted = expected === null ? [] : [branch + expected];
  if (canonicalJson(due) !== canonicalJson(wanted)) return "it goes on elsewhere than the log says (D6)";
  return expected === null || isNews(body, expected) ? null : "it would not go on at all (D6)";
}

/** LangGraph runs a node when the channel that leads to it is newer than what the node has seen of it. */
function isNews({ channel_versions, versions_seen }: z.infer<typeof checkpointBody>, node: string): boolean {
  const given = channel_versions[branch + node];
  const seen = versions_seen[node]?.[branch + node];
  return given !== undefined && (seen === undefined || given > seen);
}

/** The graph's names (`graph.ts`), which cannot be imported here without loading it. A line whose chart was just changed rests. */
function nodeOf(desk: Desk, last: Event | null): string | null {
  const next = nextOf(desk);
  if (last?.type === "chart_adopted" || next.at === "rest") return null;
  return next.at === "role" ? next.role : `_${next.at}`;
}

/** LangGraph's form of one interrupt; its id is LangGraph's own. */
const interrupts = z.tuple([z.strictObject({ id: z.string(), value: z.unknown() })]);

/** An interrupt that waits is the open ask's, as the gate gave it (`gate.ts`). */
export function writeProblem(write: PendingWrite, desk: Desk): string | null {
  const value = parsed(write.value);
  if (value === undefined) return "a pending write is not JSON (D2)";
  if (write.channel !== "__interrupt__") return null;
  const about = interrupts.safeParse(value).data?.[0].value ?? null;
  const ask = desk.ask && { ask: desk.ask.ask, kind: desk.ask.kind, question: desk.ask.question, hash: desk.ask.hash };
  return ask && canonicalJson(about) === canonicalJson(ask) ? null : "what waits is not the open ask (R4)";
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
