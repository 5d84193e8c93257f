/** Steps of what a role does by itself: model calls, tools, and what was handed back or refused. */
import type { EventOf } from "../../events/event.ts";
import { isBelow, opinionText } from "../../events/opinion.ts";
import { argumentLines, callText, measureText, resultText } from "../call-text.ts";
import { outputLines } from "../command-output.ts";
import { details, linesOf, type Draft, type Place } from "./seen.ts";

export function turnTaken(event: EventOf<"turn_taken">, { seen }: Place): Draft {
  const player = event.model === event.tier ? event.model : `${event.model} (${event.tier})`;
  const before = seen.played.get(event.role) ?? player;
  seen.played.set(event.role, player);
  const calls = event.calls.map((call) => callText(call)).join(", ");
  return {
    kind: "model",
    from: event.role,
    to: null,
    verb: "decides",
    text: calls === "" ? "no call" : calls,
    frame: event.frame,
    usage: event.usage,
    effect: event.key,
    outcome: event.outcome,
    model: event.model,
    playedBefore: before === player ? null : before,
    details: details(
      ["says", linesOf(event.text)],
      ["model", [`${event.model} (${event.tier}), turn ${event.turn}`]],
      ["prompt", [`sha256 ${event.prompt}`]],
      ["copies seen", event.copiesSeen === 0 ? [] : [String(event.copiesSeen)]],
    ),
  };
}

/** It moves nothing: what was doubted is refused, or put to a person, in the step after it. */
export function opinionGiven(event: EventOf<"opinion_given">): Draft {
  return {
    kind: "opinion",
    from: event.role,
    to: null,
    verb: "has a route weighed",
    text: `${event.kind} to ${event.to}: ${event.model} ${opinionText(event)}`,
    rule: event.rule,
    frame: event.frame,
    usage: event.key === null ? null : event.usage,
    effect: event.key,
    outcome: event.key === null ? null : event.outcome,
    ok: !isBelow(event),
    model: event.model,
    details: details(["model", [`${event.model} (${event.tier})`]], ["asked", [`sha256 ${event.asked}`]]),
  };
}

export function actionProposed(event: EventOf<"action_proposed">, { seen }: Place): null {
  seen.proposals.set(event.key, event);
  return null;
}

export function actionDone(event: EventOf<"action_done">, { seen }: Place): Draft {
  const proposed = seen.proposals.get(event.key);
  const edited = event.hash === null ? undefined : seen.edits.get(event.hash);
  const texts = event.results.map((result) => {
    const call = proposed?.calls.find((candidate) => candidate.id === result.callId);
    const words = callText({ name: result.tool, args: edited ?? call?.args ?? {} });
    const more = resultText(result);
    return more === "" ? words : `${words}: ${more}`;
  });
  const args =
    edited === undefined ? (proposed?.calls ?? []).flatMap((call) => argumentLines(call.args)) : argumentLines(edited);
  const measurements = event.results.flatMap((result) => result.receipt?.measurements ?? []);
  return {
    kind: "tool",
    from: event.role,
    to: null,
    verb: "uses",
    text: texts.join(", "),
    frame: event.frame,
    files: event.results.flatMap((result) => result.receipt?.files ?? []),
    measurements,
    effect: event.key,
    outcome: event.outcome,
    ok: event.results.every((result) => result.ok),
    details: details(
      ["arguments", args],
      ["measured", measurements.map(measureText)],
      ["output", event.results.flatMap(({ receipt }) => outputLines(event.key, receipt))],
      ["action", event.hash === null ? [] : [`sha256 ${event.hash}`]],
    ),
  };
}

export function refused(event: EventOf<"refused">): Draft {
  return {
    kind: "refusal",
    from: event.role,
    to: event.to,
    verb: refusedVerb(event),
    text: event.reason,
    frame: event.frame,
    ok: false,
    details: details(
      ["code", [event.code]],
      ["allowed", event.allowed.map(({ to, rule }) => `${to}: “${rule.purpose}” ${rule.file}:${rule.line}`)],
    ),
  };
}

function refusedVerb(event: EventOf<"refused">): string {
  if (event.kind === "delegation") return "may not delegate to";
  if (event.kind === "escalation") return "may not escalate to";
  if (event.kind === "report") return "may not report yet";
  return event.code === "no-call" ? "made no call" : `may not use ${event.verb}`;
}

export function callsReturned(event: EventOf<"calls_returned">, { seen }: Place): Draft {
  return {
    kind: "returned",
    from: seen.frames.get(event.frame)?.to ?? event.role,
    to: null,
    verb: event.callIds.length === 1 ? "gets a call back undone" : `gets ${event.callIds.length} calls back undone`,
    text: event.reason,
    frame: event.frame,
  };
}
