/**
 * The rehearsal: a deterministic policy in place of the models, behind the same interface.
 *
 * R1. It sees what a model would see, the messages and the tools with their schemas, and nothing else.
 * R2. It is a pure function of the request: no clock, no chance, no memory. Ids of calls derive from the place in the transcript.
 * R3. It knows no role, no brief and no chart: what it does follows from words that stand in the prompt and in the purposes.
 * R4. What it cannot know it does not claim: numbers come from tools' receipts, everything else is said to be rehearsed.
 */
import { CadreError } from "../../errors.ts";
import type { Message, ModelReply, ModelRequest, RoleModel } from "../model.ts";
import { answerQuestion } from "./answering.ts";
import { lead } from "./leading.ts";
import type { Move } from "./move.ts";
import { readSituation, type Situation } from "./situation.ts";
import { takingUp } from "./taking-up.ts";
import { verifyReport } from "./verifying.ts";
import { work } from "./working.ts";

/** The policy as a model: free, immediate, and labelled by its tier wherever a model is shown. */
export function rehearsalModel(): RoleModel {
  return {
    id: "rehearsal",
    tier: "rehearsal",
    async call(request, { signal, onText }): Promise<ModelReply> {
      if (signal?.aborted) throw new CadreError("interrupted", "the rehearsal was stopped before it began");
      const reply = rehearse(request);
      onText?.(reply.text);
      return reply;
    },
  };
}

/** One reply, at once: what `call` gives, for whoever serves the policy over a wire of its own. */
export function rehearse(request: ModelRequest): ModelReply {
  const { say, calls } = nextMove(readSituation(request));
  const offered = new Set(request.tools.map((tool) => tool.name));
  const place = turnsIn(request.messages) + 1;
  const known = takingUp(
    request,
    calls.filter((call) => offered.has(call.name)),
  );
  return {
    text: say,
    calls: known.map((call, index) => ({ id: `call_${place}_${index + 1}`, name: call.name, args: call.args })),
    malformed: [],
    finish: known.length > 0 ? "tool_calls" : "stop",
    usage: { promptTokens: 0, completionTokens: 0, cachedTokens: 0, measured: false },
  };
}

function turnsIn(messages: readonly Message[]): number {
  return messages.filter((message) => message.role === "assistant").length;
}

function nextMove(situation: Situation): Move {
  const { frame } = situation;
  if (frame.kind === "question") return answerQuestion(situation, frame);
  if (situation.verifying) return verifyReport(situation, frame);
  return (leads(situation) ? lead(situation, frame) : null) ?? work(situation, frame);
}

/** Leading is for roles with somebody below who either cannot write or hold a leading rank. */
function leads(situation: Situation): boolean {
  if (situation.delegates.length === 0) return false;
  return !situation.tools.has("write_to_file") || ["executive", "director", "lead"].includes(situation.rank);
}
