/**
 * Measures a model of cadre.yaml on the test part.
 *
 * M4. Every call is paid for through the ledger under a number that follows from candidate and row: an evaluation that was cut off goes on
 *     where it was.
 * M5. The first texts go one at a time and give the latency; the others go several at once and give the throughput. A time that was
 *     interrupted is none.
 * M6. An answer that is none of what was asked for is a wrong prediction. A server that does not answer is no prediction: then the candidate is not measured.
 */
import { performance } from "node:perf_hooks";
import { hashOf } from "../../canonical.ts";
import { isCadreError } from "../../errors.ts";
import type { Answered, ServedModel } from "../../models/served-model.ts";
import type { Question } from "../../models/text-question.ts";
import type { ModelUsage } from "../../models/usage.ts";
import { paidSum, type PaidAnswer, type PaidCalls } from "../paid-calls.ts";
import { costOf } from "./cost.ts";
import { notMeasured, significant, type Candidate, type Figure, type Measured, type Unmeasured } from "./facts.ts";
import { quantile } from "./scores.ts";
import { scored, type Parts } from "./scored.ts";

export type Load = {
  readonly calls: PaidCalls;
  /** The number of the candidate's first call. */
  readonly first: number;
  /** Calls at a time, once the latency is known. */
  readonly atOnce: number;
  /** From what a model says to a label of the sample. */
  readonly labelMap: Readonly<Record<string, string>>;
  readonly onProgress: (done: number) => void;
  readonly signal: AbortSignal;
};

/** Texts that go one at a time. */
export const timedAlone = 20;

/** `read`: false where it cannot be read as an answer at all (M6). */
type Answer = Omit<PaidAnswer, "answer"> & { readonly answered: string | null; readonly read: boolean };

export async function measureServed(model: ServedModel, parts: Parts, load: Load): Promise<Measured | Unmeasured> {
  const candidate = candidateOf(model, parts.question);
  const answers: Answer[] = [];
  const alone = Math.min(timedAlone, parts.test.length);
  try {
    await eachRow(model, parts, load, { from: 0, to: alone, atOnce: 1 }, answers);
    const started = performance.now();
    await eachRow(model, parts, load, { from: alone, to: parts.test.length, atOnce: load.atOnce }, answers);
    const seconds = (performance.now() - started) / 1000;
    return measured(candidate, parts, answers, { alone, seconds, atOnce: load.atOnce });
  } catch (error) {
    if (load.signal.aborted || !isCadreError(error) || !error.code.startsWith("model-")) throw error;
    return { candidate, code: error.code, reason: [error.message, error.hint].filter(Boolean).join(" ") };
  }
}

export function candidateOf(model: ServedModel, question: Question): Candidate {
  const { name, id, about, price } = model;
  return {
    name,
    description: `${id} at a server of cadre.yaml: ${model.how(question)}`,
    runs: "served",
    id,
    about,
    price,
  };
}

type Span = { readonly from: number; readonly to: number; readonly atOnce: number };

/** The rows of a span, `atOnce` at a time, in order; the first failure ends it. Those under way are let go, unless they will be asked for again. */
async function eachRow(
  model: ServedModel,
  parts: Parts,
  load: Load,
  { from, to, atOnce }: Span,
  into: Answer[],
): Promise<void> {
  const stop = new AbortController();
  let next = from;
  let limited = false;
  const work = async (): Promise<void> => {
    while (next < to && !limited) {
      stop.signal.throwIfAborted();
      const row = next;
      next += 1;
      try {
        into[row] = await ask(model, parts, load, row, stop.signal);
      } catch (error) {
        limited ||= isCadreError(error, "limit-reached");
        if (!limited) stop.abort(error);
        throw error;
      }
      load.onProgress(into.length);
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: Math.min(atOnce, to - from) }, work));
  const failure = ended.find((each) => each.status === "rejected");
  if (failure) throw stop.signal.aborted ? stop.signal.reason : failure.reason;
}

async function ask(model: ServedModel, parts: Parts, load: Load, row: number, stop: AbortSignal): Promise<Answer> {
  const text = (parts.test[row] as Parts["test"][number]).text;
  const { question } = parts;
  const { answer, ...paid } = await load.calls.pay({
    number: load.first + row,
    model: model.id,
    tier: model.tier,
    request: hashOf({ how: model.how(question), model: model.id, text, question }),
    tokens: model.tokens(text, question),
    terms: model.terms,
    make: async (signal) => {
      try {
        const given = await model.ask(text, question, AbortSignal.any([signal, stop]));
        const answered = given.answer?.slice(0, answerLimit) ?? null;
        return { answer: { said: given.said.slice(0, saidLimit), answer: answered }, usage: given.usage };
      } catch (error) {
        // It came, and was paid for: on the ledger as an answer, it is not asked for again by an evaluation that goes on.
        if (isCadreError(error, "model-malformed") || isCadreError(error, "model-truncated"))
          return { answer: { unread: error.code }, usage: uncounted };
        throw error;
      }
    },
  });
  if ("unread" in (answer as object)) return { ...paid, answered: null, read: false };
  const { said, answer: answered } = answer as Pick<Answered, "said" | "answer">;
  const mapped = Object.hasOwn(load.labelMap, said.trim()) ? load.labelMap[said.trim()] : undefined;
  return { ...paid, answered: mapped ?? answered, read: true };
}

const uncounted: ModelUsage = { promptTokens: 0, completionTokens: 0, cachedTokens: 0, measured: false };

/** Characters that are kept on the ledger: of all that was said, and of a text that is an answer, which is scored as it is kept. */
const saidLimit = 200;
const answerLimit = 8000;

type Timing = { readonly alone: number; readonly seconds: number; readonly atOnce: number };

function measured(
  candidate: Candidate,
  parts: Parts,
  answers: readonly Answer[],
  { alone, seconds, atOnce }: Timing,
): Measured | Unmeasured {
  const times = answers.slice(0, alone).flatMap(({ read, ms }) => (read ? [ms] : []));
  if (times.length === 0)
    return { candidate, code: "model-malformed", reason: "None of its first answers could be read." };
  const how = `one text at a time, the first ${times.length} of the test part, as seen from here, the way to the server included`;
  const sumOf = (of: readonly Answer[]) => paidSum(candidate.id, "served", of);
  return {
    candidate,
    ...scored(
      parts,
      answers.map(({ answered }) => answered),
    ),
    latency: { p50: quantile(times, 0.5), p95: quantile(times, 0.95), n: times.length, how },
    throughput: throughputOf(answers.slice(alone), { seconds, atOnce }),
    memory: declared(candidate.about.memoryMb, "the server's own is not seen from here"),
    disk: declared(candidate.about.diskMb, "the size of the weights is not known here"),
    cost: costOf(candidate.price, sumOf(answers.filter(({ read }) => read))),
    paid: sumOf(answers),
  };
}

function throughputOf(answers: readonly Answer[], { seconds, atOnce }: Omit<Timing, "alone">): Figure {
  if (answers.length === 0) return notMeasured(`the test part is too small for load: ${timedAlone} texts go alone`);
  if (answers.some((answer) => answer.outcome === "replayed"))
    return notMeasured("the evaluation was interrupted and went on from the ledger");
  return {
    from: "measured",
    value: significant(answers.length / seconds),
    how: `${atOnce} at once, ${answers.length} texts`,
  };
}

function declared(value: number | undefined, otherwise: string): Figure {
  return value === undefined ? notMeasured(otherwise) : { from: "declared", value, how: "as cadre.yaml says" };
}
