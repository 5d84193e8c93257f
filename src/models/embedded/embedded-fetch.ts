/**
 * A `fetch` whose server is an engine in this process: `/v1/chat/completions`, whole or as a stream. So InferenceClient, ChatHuggingFace and
 * the transport around them are the same on this tier as on every other, with their limits and their checks.
 */
import { CadreError, isCadreError } from "../../errors.ts";
import type { Engine, EnginePiece } from "./engine.ts";
import { readChatBody } from "./chat-body.ts";

/** No such host: nothing here reaches a network. */
export const embeddedUrl = "http://embedded.invalid/v1";

type End = Extract<EnginePiece, { kind: "end" }>;

/** `open` is called with every request. Errors: those of `open` and of the engine, as CadreErrors. */
export function embeddedFetch(
  open: () => Promise<Engine>,
  defaults: { readonly seed: number | null } = { seed: null },
): typeof fetch {
  return async (_input, init) => {
    const { request: asked, stream } = readChatBody(typeof init?.body === "string" ? init.body : "");
    const request = { ...asked, seed: asked.seed ?? defaults.seed };
    const left = new AbortController();
    const signal = init?.signal ? AbortSignal.any([init.signal, left.signal]) : left.signal;
    signal.throwIfAborted();
    const pieces = translated((await unlessAborted(open(), signal)).generate(request, signal), signal);
    // What is wrong with the request shows before the answer begins.
    const first = await pieces.next();
    if (!stream) return Response.json(await whole(first, pieces));
    return new Response(streamed(first, pieces, left), { headers: { "content-type": "text/event-stream" } });
  };
}

/** R8: what went wrong inside may quote the prompt, so only its name is kept. */
async function* translated(pieces: Pieces, signal: AbortSignal): Pieces {
  try {
    yield* pieces;
  } catch (error) {
    if (isCadreError(error) || signal.aborted) throw error;
    const name = error instanceof Error ? error.name : typeof error;
    throw new CadreError("model-engine", `llama.cpp failed in the middle of a reply (${name}).`, {
      hint: "Try again; if it stays so, take another model file.",
    });
  }
}

/** Loading a model, and fetching one, goes on for the next who asks. */
async function unlessAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  let leave = (): void => {};
  const left = new Promise<never>((_resolve, reject) => {
    leave = () => reject(signal.reason);
  });
  signal.addEventListener("abort", leave, { once: true });
  try {
    return await Promise.race([work, left]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}

type Pieces = AsyncGenerator<EnginePiece>;
type First = IteratorResult<EnginePiece, unknown>;

async function whole(first: First, pieces: Pieces): Promise<object> {
  let text = "";
  const calls: { name: string; arguments: string }[] = [];
  for (let at = first; at.done !== true; at = await pieces.next()) {
    const piece = at.value;
    if (piece.kind === "text") text += piece.text;
    else if (piece.kind === "call") calls.push({ name: piece.name, arguments: "" });
    else if (piece.kind === "arguments") (calls.at(-1) as { arguments: string }).arguments += piece.text;
    else {
      await pieces.return(undefined);
      const tool_calls = calls.map((call, index) => ({ id: `call_${index}`, type: "function", function: call }));
      const message = { role: "assistant", content: text, ...(calls.length === 0 ? {} : { tool_calls }) };
      return { ...head, choices: [{ index: 0, message, finish_reason: piece.finish }], usage: usageOf(piece) };
    }
  }
  return { ...head, choices: [{ index: 0, message: { role: "assistant", content: text }, finish_reason: null }] };
}

function streamed(first: First, pieces: Pieces, left: AbortController): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let waiting: First | null = first;
  let calls = 0;
  const next = async (): Promise<First> => {
    const at = waiting ?? (await pieces.next());
    waiting = null;
    return at;
  };
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const send = (data: object): void => controller.enqueue(encoder.encode(`data: ${JSON.stringify(data)}\n\n`));
        try {
          const at = await next();
          if (at.done === true) {
            controller.close();
            return;
          }
          const piece = at.value;
          if (piece.kind === "end") {
            send(chunk({}, piece.finish));
            send({ ...head, choices: [], usage: usageOf(piece) });
            controller.enqueue(encoder.encode("data: [DONE]\n\n"));
            // Whoever reads may stop here, and the next in the queue waits for this one to be over.
            await pieces.return(undefined);
            controller.close();
            return;
          }
          if (piece.kind === "call") calls += 1;
          send(chunk(deltaOf(piece, calls - 1)));
        } catch (error) {
          controller.error(error);
        }
      },
      cancel: async (reason) => {
        left.abort(reason);
        await pieces.return(undefined).catch(() => {});
      },
    },
    { highWaterMark: 0 },
  );
}

function deltaOf(piece: Exclude<EnginePiece, End>, index: number): object {
  switch (piece.kind) {
    case "text":
      return { content: piece.text };
    case "call":
      return {
        tool_calls: [{ index, id: `call_${index}`, type: "function", function: { name: piece.name, arguments: "" } }],
      };
    case "arguments":
      return { tool_calls: [{ index, function: { arguments: piece.text } }] };
  }
}

const head = {
  id: "chatcmpl-embedded",
  object: "chat.completion",
  created: 0,
  model: "embedded",
  system_fingerprint: "",
};

function chunk(delta: object, finish: string | null = null): object {
  return { ...head, object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason: finish }] };
}

function usageOf({ usage }: End): object {
  return {
    prompt_tokens: usage.prompt,
    completion_tokens: usage.completion,
    total_tokens: usage.prompt + usage.completion,
    prompt_tokens_details: { cached_tokens: usage.cached },
  };
}
