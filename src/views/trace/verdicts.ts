/** Steps by which a report is judged: sent back by whoever gave the task out, or verified by someone other than its author. */
import type { EventOf, Verification } from "../../events/event.ts";
import { details, linesOf, type Draft, type Place } from "./seen.ts";

/** Told by the frame that works on it again. */
export function reportReturned(event: EventOf<"report_returned">, { seen }: Place): null {
  seen.returned.set(event.reopened, event);
  return null;
}

const verdictVerb = {
  accept: "accepts the report of",
  return: "returns the report of",
  not_verified: "does not verify the report of",
} as const;

export function reportVerified(event: EventOf<"report_verified">, { seen }: Place): Draft {
  const author = seen.frames.get(event.of);
  return {
    kind: "review",
    from: event.role,
    to: author?.to ?? null,
    verb: verdictVerb[event.verdict],
    text: event.summary,
    frame: event.frame,
    effect: event.check?.effect ?? null,
    ok: event.verdict === "accept",
    details: details(
      ["criteria", event.criteria.map((each) => `${each.id} ${each.verdict}: ${each.reason}`)],
      ["check", event.check === null ? [] : linesOf(checkLine(event.check))],
    ),
  };
}

function checkLine({ command, state, reason }: NonNullable<Verification["check"]>): string {
  return `${command.join(" ")}: ${state.replace("_", " ")} (${reason})`;
}
