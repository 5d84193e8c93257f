/**
 * Items sent to a model, several at a time, each with an answer or an error of its own.
 *
 * B1. What is wrong with one item is told of that item; what is wrong with the server, the token or the way there ends the batch.
 * B2. So many errors in a row are the server's, whatever they say: then they are no answers, and their items are sent again another time.
 * B3. At most `inFlight` items are under way, and none is sent further than `window` lines ahead of the oldest: memory does not grow with
 *     the batch. The gate before the server decides how many of them it really gets at a time.
 * B4. When it ends early, nothing is under way any more.
 */
import { CadreError, isCadreError } from "../../errors.ts";
import type { Inference, InferenceAnswer } from "../../models/inference/client.ts";
import type { ModelUsage } from "../../models/usage.ts";
import type { Progress, RowResult } from "./progress.ts";
import type { Row } from "./input.ts";

export type BatchOptions = {
  readonly inference: Inference;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly progress: Progress;
  /** Takes out the secrets that are known here (R8): none of them is sent. */
  readonly clean: (value: unknown) => unknown;
  /** Makes what is kept of an answer: screened, or a file. */
  readonly keep: (line: number, answer: InferenceAnswer) => Pick<RowResult, "output" | "marks">;
  readonly signal: AbortSignal;
  readonly inFlight?: number;
  readonly window?: number;
};

/** Less than a chunk of the ledger (`job.ts`). */
const errorsInARow = 20;

/** Sends those of the rows that have no answer yet. Errors: what ended it, `model-*` or the signal's reason. */
export async function runBatch(rows: AsyncIterable<Row>, options: BatchOptions): Promise<ModelUsage> {
  const { progress, inFlight = 16, window = 256 } = options;
  const leaving = new AbortController();
  const signal = AbortSignal.any([options.signal, leaving.signal]);
  const slots = new Slots(inFlight, window);
  const sums = { prompt: 0, completion: 0, cached: 0, counted: 0, sent: 0 };
  let failure: unknown = null;
  /** Those that came one after the other, until something else came. */
  const errors: RowResult[] = [];
  const told = (): void => {
    for (const result of errors.splice(0)) progress.answer(result);
  };
  const end = (error: unknown): void => {
    failure ??= error;
    leaving.abort(error);
  };
  const one = async (line: number, row: Extract<Row, { item: unknown }>): Promise<void> => {
    progress.send(line);
    const result = await answered(row, options, signal);
    if ("fatal" in result) return end(result.fatal);
    sums.sent += 1;
    if (result.usage?.measured) add(sums, result.usage);
    errors.push(result.row);
    if (result.row.error === null) told();
    if (errors.length < errorsInARow || failure !== null) return;
    end(tooMany(result.row)); // B2
  };
  try {
    for await (const row of rows) {
      if (failure !== null || options.signal.aborted) break;
      if (progress.isAnswered(row.line)) continue;
      if (!("item" in row)) {
        progress.answer({ line: row.line, output: null, error: { code: "row-unusable", message: row.problem } });
        continue;
      }
      await slots.take(row.line);
      if (failure !== null || options.signal.aborted) {
        slots.give(row.line);
        break;
      }
      void one(row.line, row)
        .catch(end)
        .finally(() => slots.give(row.line));
    }
  } catch (error) {
    end(error); // the rows could not be read any further, or what is wrong with one not be written down
  }
  await slots.idle(); // B4
  options.signal.throwIfAborted();
  if (failure !== null) throw failure;
  told();
  return {
    promptTokens: sums.prompt,
    completionTokens: sums.completion,
    cachedTokens: sums.cached,
    measured: sums.counted === sums.sent,
  };
}

type Answered = { readonly row: RowResult; readonly usage: ModelUsage | null } | { readonly fatal: unknown };

async function answered(
  { line, item }: Extract<Row, { item: unknown }>,
  { inference, parameters, clean, keep }: BatchOptions,
  signal: AbortSignal,
): Promise<Answered> {
  try {
    const answer = await inference.ask("bytes" in item ? item : (clean(item) as typeof item), parameters, signal);
    const row = { line, error: null, ...keep(line, answer), ...(answer.cut ? { cut: true } : {}) };
    return { row, usage: answer.usage };
  } catch (error) {
    if (signal.aborted || !isCadreError(error) || !isOfTheItem(error)) return { fatal: error };
    return { row: { line, output: null, error: { code: error.code, message: error.message } }, usage: null };
  }
}

/** B1. */
function isOfTheItem({ code, data }: CadreError): boolean {
  if (code === "model-malformed" || code === "model-truncated" || code === "model-timeout") return true;
  const status = data["status"];
  return code === "model-refused" && (status === 400 || status === 413 || status === 415 || status === 422);
}

function tooMany({ error }: RowResult): CadreError {
  const last = error === null ? "" : ` The last: ${error.message}`;
  return new CadreError("model-refused", `${errorsInARow} items in a row came to nothing.${last}`, {
    hint: "Check that the model is one for this task, and the parameters.",
  });
}

function add(sums: { prompt: number; completion: number; cached: number; counted: number }, usage: ModelUsage): void {
  sums.prompt += usage.promptTokens;
  sums.completion += usage.completionTokens;
  sums.cached += usage.cachedTokens;
  sums.counted += 1;
}

/** B3. A line is taken and given back; taking waits for a place, and for the oldest line to be near enough. */
class Slots {
  readonly #most: number;
  readonly #window: number;
  readonly #taken = new Set<number>();
  #waiting: (() => void) | null = null;

  constructor(most: number, window: number) {
    this.#most = most;
    this.#window = window;
  }

  async take(line: number): Promise<void> {
    while (this.#taken.size >= this.#most || line - this.#oldest(line) > this.#window) await this.#change();
    this.#taken.add(line);
  }

  give(line: number): void {
    this.#taken.delete(line);
    this.#waiting?.();
    this.#waiting = null;
  }

  async idle(): Promise<void> {
    while (this.#taken.size > 0) await this.#change();
  }

  /** Lines are taken in ascending order, and a set keeps the order in which they came. */
  #oldest(otherwise: number): number {
    return this.#taken.values().next().value ?? otherwise;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }
}
