/**
 * The public test kit: a model that answers from a script, a clock that ticks by itself, and a folder that goes away.
 *
 *   const model = scriptedModel({
 *     "ai-ml-lead": [reply.call("new_task", { mode: "huggingface-specialist", … }), reply.call("attempt_completion", { … })],
 *     "huggingface-specialist": [reply.call("escalate", { … }), …],
 *   });
 *   const cadre = openCadre({ dir, model, clock: fixedClock("2026-11-01T09:00:00Z") });
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "./clock.ts";
import { CadreError, isCadreError } from "./errors.ts";
import type { ModelReply, ModelRequest, RoleModel, Tier } from "./models/model.ts";
import { takingUp } from "./models/rehearsal/taking-up.ts";

/** A call without an id gets one that is unique in its transcript: `call-<turn>-<place>`. */
export type ScriptedReply = Partial<Omit<ModelReply, "calls">> & {
  readonly calls?: readonly { readonly id?: string; readonly name: string; readonly args: unknown }[];
};

/** What a script's function is told beside the request. */
export type ScriptContext = {
  /** The slug in the system prompt; empty where there is none. */
  readonly role: string;
  /** Replies that the transcript already holds: the same after a restart. */
  readonly turn: number;
  /** Calls of this model so far, this one included. */
  readonly n: number;
};

type Answer = ScriptedReply | Error;
type AnswerFunction = (request: ModelRequest, context: ScriptContext) => Answer | Promise<Answer>;

/** A function, a list for all, or a list or function for each role. Lists are played in order of the calls. */
export type Script = AnswerFunction | readonly Answer[] | Readonly<Record<string, AnswerFunction | readonly Answer[]>>;

/** A model that says what a script has for it. */
export type ScriptedModel = RoleModel & {
  /** Every request, in order. */
  readonly requests: readonly ModelRequest[];
  /** Number of calls, of one role if one is given. */
  calls(role?: string): number;
};

/** Errors of `call`: what the script holds as an Error; `interrupted` when aborted; `internal` when the script has run out. */
export function scriptedModel(
  script: Script,
  options: {
    readonly id?: string;
    readonly tier?: Tier;
    /** False: calls are sent as they are written. Otherwise they take decisions up where their tool asks for that. */
    readonly takesUp?: boolean;
  } = {},
): ScriptedModel {
  const requests: ModelRequest[] = [];
  const counts = new Map<string, number>();
  return {
    id: options.id ?? "scripted",
    tier: options.tier ?? "rehearsal",
    requests,
    calls: (role) => (role === undefined ? requests.length : (counts.get(role) ?? 0)),
    call: async (request, { signal, onText }) => {
      const role = roleOf(request);
      requests.push(request);
      counts.set(role, (counts.get(role) ?? 0) + 1);
      const context = { role, turn: turnOf(request), n: requests.length };
      throwIfAborted(signal);
      const answer = await unlessAborted(answerOf(script, request, context, counts.get(role) ?? 1), signal);
      if (answer instanceof Error) throw answer;
      const text = answer.text ?? "";
      if (text !== "") onText?.(text);
      return completed(options.takesUp === false ? answer : takenUp(answer, request), context.turn);
    },
  };
}

/** Short forms of replies. */
export const reply = {
  text: (text: string): ScriptedReply => ({ text }),
  call: (name: string, args: unknown, text = ""): ScriptedReply => ({ text, calls: [{ name, args }] }),
  /** Several calls in one reply. */
  calls: (...calls: readonly (readonly [name: string, args: unknown])[]): ScriptedReply => ({
    calls: calls.map(([name, args]) => ({ name, args })),
  }),
  /** A call that was cut off. */
  malformed: (name: string, raw: string): ScriptedReply => ({
    malformed: [{ id: "malformed", name, raw, error: "The arguments are not complete JSON." }],
    finish: "length",
  }),
} as const;

function roleOf(request: ModelRequest): string {
  const system = request.messages.find((message) => message.role === "system");
  return /\(`([^`]+)`/.exec(system?.content ?? "")?.[1] ?? "";
}

function turnOf(request: ModelRequest): number {
  return request.messages.filter((message) => message.role === "assistant").length;
}

async function answerOf(script: Script, request: ModelRequest, context: ScriptContext, nth: number): Promise<Answer> {
  if (typeof script === "function") return script(request, context);
  if (isList(script)) return entry(script, context.n, "the script");
  const own = Object.hasOwn(script, context.role) ? script[context.role] : undefined;
  if (own === undefined) throw new CadreError("internal", `The script has nothing for the role "${context.role}".`);
  return isList(own) ? entry(own, nth, `the script of ${context.role}`) : own(request, context);
}

function isList(script: AnswerFunction | readonly Answer[] | object): script is readonly Answer[] {
  return Array.isArray(script);
}

function entry(list: readonly Answer[], nth: number, what: string): Answer {
  const answer = list[nth - 1];
  if (answer !== undefined) return answer;
  throw new CadreError("internal", `${what} has ${list.length} replies, and a further one was asked for.`);
}

function takenUp(answer: ScriptedReply, request: ModelRequest): ScriptedReply {
  return answer.calls === undefined ? answer : { ...answer, calls: takingUp(request, answer.calls) };
}

function completed(answer: ScriptedReply, turn: number): ModelReply {
  const calls = (answer.calls ?? []).map((call, index) => ({
    ...call,
    id: call.id ?? `call-${turn + 1}-${index + 1}`,
  }));
  return {
    text: answer.text ?? "",
    calls,
    malformed: answer.malformed ?? [],
    finish: answer.finish ?? (calls.length > 0 ? "tool_calls" : "stop"),
    usage: answer.usage ?? { promptTokens: 0, completionTokens: 0, cachedTokens: 0, measured: false },
  };
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw isCadreError(signal.reason) ? signal.reason : new CadreError("interrupted", "The call was stopped.");
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  let leave = (): void => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    leave = () => reject(new CadreError("interrupted", "The call was stopped."));
    signal.addEventListener("abort", leave, { once: true });
    if (signal.aborted) leave(); // by the script itself, a moment ago
  });
  try {
    return await Promise.race([work, aborted]);
  } catch (error) {
    throwIfAborted(signal);
    throw error;
  } finally {
    signal.removeEventListener("abort", leave);
  }
}

/** Starts at `start` (ISO 8601 or milliseconds) and moves on by `stepMs` at every look. */
export function fixedClock(start: string | number, stepMs = 1000): Clock {
  let next = typeof start === "number" ? start : Date.parse(start);
  if (!Number.isFinite(next)) throw new TypeError("fixedClock needs an ISO date or milliseconds");
  return {
    now: () => {
      const now = next;
      next += stepMs;
      return now;
    },
  };
}

/** A new folder of its own; `remove` deletes it with everything in it. */
export async function temporaryFolder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "cadre-"));
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
}
