/**
 * llama.cpp in this process, through node-llama-cpp: the only file that loads it.
 *
 * P1. It is an optional peer: 85 MB for the processor alone, many times that with graphics cards. Without it: `model-engine`, with the line that installs it.
 * P2. Nothing is built and nothing is fetched by it: a model file is there, or `model-file.ts` brings it.
 * P3. One reply at a time for each model: the weights are there once, and so is the memory of what was said.
 */
import { basename } from "node:path";
import type * as NodeLlamaCpp from "node-llama-cpp";
import type { Llama, LlamaContext, LlamaDecisionContext, LlamaModel } from "node-llama-cpp";
import { CadreError } from "../../errors.ts";
import type { Engine } from "./engine.ts";
import { generateReply, type Grammars, type Loaded } from "./generation.ts";
import { openTurnstile } from "./turnstile.ts";

export type EngineOptions = {
  /** An absolute path. */
  readonly file: string;
  /** In tokens; null: what the model was trained on and memory holds, 32,768 at most. */
  readonly context: number | null;
  readonly gpu: boolean;
  /** Null: llama.cpp's own choice. */
  readonly threads: number | null;
};

type Library = typeof NodeLlamaCpp;

const mostByDefault = 32_768;
const batch = 512;

export const llamaInstall = "npm install node-llama-cpp@^3.22.1";

/** Errors: `model-engine` without node-llama-cpp or without a binary for this machine; `model-file` for a file that llama.cpp does not load. */
export async function openLlamaEngine(
  options: EngineOptions,
  load: () => Promise<Library> = () => import("node-llama-cpp"),
): Promise<Engine> {
  const library = await loadLibrary(load);
  const llama = await start(library, options);
  const model = await loadModel(llama, options);
  const context = await contextOf(model, options);
  const loaded: Loaded = {
    llama: library,
    model,
    // Finding out which chat format a model speaks takes a fifth of a second.
    wrapper: library.resolveChatWrapper(model),
    sequence: context.getSequence(),
    batch,
    grammars: grammarCache(llama),
  };
  const turnstile = openTurnstile();
  let deciding: Promise<LlamaDecisionContext> | undefined;
  return {
    contextSize: context.contextSize,
    async *generate(request, signal) {
      const leave = await turnstile.enter(signal);
      try {
        yield* generateReply(loaded, request, signal);
      } finally {
        leave();
      }
    },
    choose: async ({ state, instructions, criteria }, signal) => {
      const leave = await turnstile.enter(signal);
      try {
        deciding ??= model.createDecisionContext({
          chatWrapper: loaded.wrapper,
          contextSize: Math.min(8192, context.contextSize),
          ...(options.threads === null ? {} : { threads: options.threads }),
        });
        const decision = await deciding.catch((error: unknown) => {
          deciding = undefined; // memory that was short may be there the next time
          throw error;
        });
        const questions = { route: { type: "choice" as const, instruction: instructions, criteria: { ...criteria } } };
        const { answers, tokenUsage } = await decision.decideWithMeta(state, questions, signal ? { signal } : {});
        return { probabilities: answers.route.probabilities, tokens: tokenUsage.input + tokenUsage.output };
      } finally {
        leave();
      }
    },
    dispose: async () => {
      await model.dispose();
    },
  };
}

/** Errors: `model-engine`, without loading anything. `isInstalled`: for tests. */
export function requireLlama(isInstalled: () => boolean = isLlamaInstalled): void {
  if (!isInstalled()) throw notInstalled();
}

export function isLlamaInstalled(): boolean {
  try {
    return import.meta.resolve("node-llama-cpp") !== "";
  } catch {
    return false;
  }
}

function notInstalled(cause?: unknown): CadreError {
  const message = "The embedded tier runs on node-llama-cpp, which is not installed.";
  return new CadreError("model-engine", message, { hint: llamaInstall, cause });
}

async function loadLibrary(load: () => Promise<Library>): Promise<Library> {
  try {
    return await load();
  } catch (error) {
    const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ERR_MODULE_NOT_FOUND") throw notInstalled(error);
    throw new CadreError("model-engine", "node-llama-cpp is installed, but it cannot be loaded.", {
      hint: llamaInstall,
      cause: error,
    });
  }
}

/** One binding for each kind of hardware, however many models are open on it: it lasts as long as the process. */
const bindings = new WeakMap<Library, Map<boolean, Promise<Llama>>>();

function start(library: Library, { gpu }: EngineOptions): Promise<Llama> {
  const known = bindings.get(library) ?? new Map<boolean, Promise<Llama>>();
  bindings.set(library, known);
  const found = known.get(gpu) ?? bind(library, gpu);
  known.set(gpu, found);
  found.catch(() => known.delete(gpu));
  return found;
}

async function bind(library: Library, gpu: boolean): Promise<Llama> {
  try {
    // P2. Warnings of llama.cpp go to the terminal, in the middle of whatever is shown there.
    return await library.getLlama({ gpu: gpu ? "auto" : false, build: "never", progressLogs: false, logger: () => {} });
  } catch (error) {
    throw new CadreError("model-engine", "node-llama-cpp has no binary of llama.cpp that runs on this machine.", {
      hint: "Build one with `npx node-llama-cpp source download`, or use a server: tier `endpoint` in cadre.yaml.",
      cause: error,
    });
  }
}

async function loadModel(llama: Llama, { file }: EngineOptions): ReturnType<Llama["loadModel"]> {
  try {
    return await llama.loadModel({ modelPath: file });
  } catch (error) {
    const memory = error instanceof Error && error.name === "InsufficientMemoryError";
    throw new CadreError(
      "model-file",
      memory ? `There is not enough memory for ${basename(file)}.` : `llama.cpp cannot load ${basename(file)}.`,
      {
        hint: memory
          ? "Use a smaller model or a smaller quantisation."
          : "Is it a whole GGUF file, of a kind that this version of node-llama-cpp knows?",
        data: { file },
        cause: error,
      },
    );
  }
}

/** Without a context the weights are of no use: they are let go of, or whoever tries again would load them a second time beside the first. */
async function contextOf(model: LlamaModel, { file, context, threads }: EngineOptions): Promise<LlamaContext> {
  try {
    return await model.createContext({
      contextSize: context ?? { max: mostByDefault },
      batchSize: batch,
      sequences: 1,
      ...(threads === null ? {} : { threads }),
    });
  } catch (error) {
    await model.dispose();
    const memory = error instanceof Error && error.name === "InsufficientMemoryError";
    const wanted = context === null ? "a context" : `a context of ${context} tokens`;
    throw new CadreError(
      "model-file",
      memory
        ? `There is not enough memory for ${wanted} of ${basename(file)}.`
        : `llama.cpp makes no context for ${basename(file)}.`,
      {
        hint: "Lower `context` of this model in cadre.yaml, or use a smaller model or a smaller quantisation.",
        data: { file },
        cause: error,
      },
    );
  }
}

/** Roles are offered the same tools again and again, and a grammar takes its time to be made. */
function grammarCache(llama: Llama): Grammars {
  const most = 256;
  const known = new Map<string, ReturnType<Llama["createGrammar"]>>();
  const once = (key: string, make: () => ReturnType<Llama["createGrammar"]>): ReturnType<Llama["createGrammar"]> => {
    const found = known.get(key) ?? make();
    known.delete(key);
    known.set(key, found);
    const oldest = known.keys().next().value;
    if (known.size > most && oldest !== undefined) known.delete(oldest);
    return found;
  };
  return {
    names: (grammar) => once(grammar, () => llama.createGrammar({ grammar })),
    json: (schema) => once(JSON.stringify(schema), () => llama.createGrammarForJsonSchema(schema as never)),
  };
}
