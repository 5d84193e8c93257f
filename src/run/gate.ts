/**
 * The gate waits for a person. It reads the decision from the asks table; an interrupt's resume value is only a wake-up (R4).
 *
 * G1. Nothing but what the clock decides is written before the interrupt, and there is one interrupt in this node: a restart from its
 *     first line changes nothing. What the clock decided stands: the restart reads it.
 * G2. What a decision means is decided by the ask's kind: an answer closes the frame that asked, all others are told in `following.ts`.
 * G3. Who had seen the ask and who had voted is told before the decision, from the row, in the same commit: neither can change any more.
 * G4. What another line asked for all of them, and withdrew because it was stopped, nobody decides any more: whoever waited for it goes on
 *     without it, and asks for itself what it still has to know.
 */
import { interrupt } from "@langchain/langgraph";
import { z } from "zod";
import { isoTime } from "../clock.ts";
import { deskOf, type DeskAsk } from "../events/desk.ts";
import { decisionSchema } from "../events/ask-parts.ts";
import type { Decision, Event } from "../events/event.ts";
import type { AskId } from "../ids.ts";
import { clockDecides, decideByClock } from "../store/expiry.ts";
import type { AskRow } from "../store/rows.ts";
import { closeWithAnswer } from "./frame-closing.ts";
import { endStopped } from "./ending.ts";
import { isHandingOn } from "./handed-on.ts";
import { acting, Batch, type RestingContext } from "./line-context.ts";
import { CadreError } from "../errors.ts";
import { once } from "../events/once.ts";

type Ask = DeskAsk;

export async function gate(context: RestingContext, log: readonly Event[]): Promise<Event[]> {
  const desk = deskOf(log);
  const batch = new Batch(log, context.clock);
  const ask = desk.ask;
  const frame = desk.frames.at(-1);
  if (!ask || !frame) return [];
  const stop = context.stopRequested();
  if (stop !== null) {
    endStopped(desk, batch, stop, `stopped by ${stop}`);
    return batch.events;
  }
  const row = await rowNow(context, ask.ask as AskId);
  if (ask.type === "ask_awaited" && row?.state === "withdrawn") {
    batch.add({ type: "ask_withdrawn", at: batch.now(), ask: ask.ask, reason: "the task that asked it was stopped" }); // G4
    return batch.events;
  }
  const decided =
    (row && decidedIn(row)) ??
    (await recordWakeUp(
      context,
      ask,
      interrupt({ ask: ask.ask, kind: ask.kind, question: ask.question, hash: ask.hash }),
    ));
  const { decision } = decided;
  if (ask.type === "ask_raised") tellWhoSaw(ask.ask, decided, batch); // G3
  batch.add({ type: "ask_decided", at: batch.now(), ask: ask.ask, decision });
  if (isAnswer(ask, decision)) {
    closeWithAnswer({ frame, batch }, answerOf(ask, decision), "person");
    return batch.events;
  }
  // An answer needs nothing of what acts and hands over, and is there sooner without.
  const { follow } = await import("./following.ts");
  await follow({ context: await acting(context), desk, frame, batch }, log, ask, decision);
  return batch.events;
}

/** Of a question, and no task or question to somebody else: it closes the frame that asked. */
function isAnswer({ kind }: Ask, decision: Decision): boolean {
  return (kind === "question" || kind === "escalation") && !isHandingOn(decision);
}

/** An ask with the decision that stands on it. */
type Decided = Pick<AskRow, "acknowledged" | "votes"> & { readonly decision: Decision };

/** Where its time is over, the clock decides here, unless a face looked first. */
async function rowNow({ store, clock }: RestingContext, id: AskId): Promise<AskRow | undefined> {
  const found = await store.ask(id);
  return found && clockDecides(found, clock.now()) ? decideByClock(store, found, clock) : found;
}

/** Null while it waits. Errors: store-corrupt. */
function decidedIn(row: AskRow): Decided | null {
  if (row.decision === null) return null;
  // In the row alone until it is taken up: no hash speaks for it, and whoever may open the file may write there.
  if (!decisionSchema().safeParse(row.decision, { jitless: true }).success)
    throw new CadreError(
      "store-corrupt",
      `${row.id} was not decided by what stands in its row: it was changed outside cadre`,
      {
        hint: `\`cadre verify ${row.run}\` says what is wrong. Restore the data folder from a backup.`,
        data: { ask: row.id, run: row.run },
      },
    );
  return { ...row, decision: row.decision };
}

function tellWhoSaw(ask: string, { acknowledged, votes = [] }: Decided, batch: Batch): void {
  if (acknowledged) batch.add({ type: "ask_acknowledged", at: batch.now(), ask, seen: acknowledged });
  for (const vote of votes) batch.add({ type: "vote_cast", at: batch.now(), ask, vote });
}

const wakeUp = once(() =>
  z.union([
    z.string(),
    z.object({
      verb: z.enum(["approve", "reject", "answer"]),
      text: z.string().default(""),
      args: z.json().optional(),
    }),
  ]),
);

/** A resume value from a tool that speaks LangGraph (Studio): recorded like any other decision, so that the first one still wins. */
async function recordWakeUp(context: RestingContext, ask: Ask, value: unknown): Promise<Decided> {
  const read = wakeUp().parse(value);
  const deciding = ask.kind === "approval" || ask.kind === "sign_off" || ask.kind === "limit";
  const said =
    typeof read === "string"
      ? {
          verb: deciding ? (read === "approve" ? ("approve" as const) : ("reject" as const)) : ("answer" as const),
          text: read,
        }
      : read;
  const decision: Decision = { ...said, by: "user", face: "langgraph", at: isoTime(context.clock) };
  const { ask: row } = await context.store.decide(ask.ask as AskId, decision, ask.hash);
  if (row.decision !== null) return { ...row, decision: row.decision };
  throw new CadreError(
    "decision-invalid",
    `${ask.ask} takes more than one person: ${decision.verb} was recorded as a vote`,
    {
      hint: `\`cadre show ${ask.ask}\` says who has voted. The run goes on with the last vote that it takes.`,
    },
  );
}

/** The chosen option's words where the answer is an option's number; a rejection is an answer too: none of the options. */
function answerOf(ask: Ask, decision: Decision): { decision: string; reason: string } {
  if (decision.verb === "reject") return { decision: "None of the options.", reason: decision.text };
  const option = ask.options.find((each) => each.id === decision.text.trim());
  return {
    decision: option?.text ?? decision.text,
    reason: option ? `chosen by ${decision.by}` : `answered by ${decision.by}`,
  };
}
