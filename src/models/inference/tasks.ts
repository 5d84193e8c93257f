/**
 * The tasks of InferenceClient that a role can run, each with what one item of input is and how it is asked.
 *
 * A1. Parameters are checked here: what a task does not know is refused before anything is sent.
 * A2. Pictures and sound go in as bytes and come out as bytes; everything else is JSON.
 */
import type { InferenceClient } from "@huggingface/inference";
import { z } from "zod";

/** What one item is: a text, named texts, or the bytes of a file. */
export type ItemKind = "text" | "question" | "sentences" | "image" | "audio";

export type Item =
  | { readonly text: string }
  | { readonly fields: Readonly<Record<string, unknown>> }
  | { readonly bytes: Uint8Array; readonly type: string };

export type Asked = {
  readonly client: InferenceClient;
  readonly to: { readonly endpointUrl: string; readonly model: string };
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
};

export type InferenceTask = {
  readonly name: string;
  readonly item: ItemKind;
  /** What comes out is somebody's words, not a label or a number: it is screened (`tools/screen`). */
  readonly generative: boolean;
  /** What comes back is the bytes of a file. */
  readonly media?: "image" | "audio";
  readonly parameters: z.ZodType<Record<string, unknown>>;
  /** Null: by a chat, see `client.ts`. */
  readonly ask: ((item: Item, asked: Asked) => Promise<unknown>) | null;
};

const count = z.int().min(1).max(100);
const tokens = z.int().min(1).max(32_768);
const words = z.string().min(1).max(8000);
const labels = z.array(z.string().min(1).max(300)).min(1).max(100);
const none = z.strictObject({});

const generation = z.strictObject({
  max_new_tokens: tokens.optional(),
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().gt(0).lte(1).optional(),
  repetition_penalty: z.number().min(0.1).max(10).optional(),
  return_full_text: z.boolean().optional(),
  stop: z.array(z.string().min(1).max(100)).max(8).optional(),
});

const textOf = (item: Item): string => ("text" in item ? item.text : "");
const fieldsOf = (item: Item): Readonly<Record<string, unknown>> => ("fields" in item ? item.fields : {});
const blobOf = (item: Item): Blob =>
  "bytes" in item ? new Blob([item.bytes as Uint8Array<ArrayBuffer>], { type: item.type }) : new Blob([]);

/** `{inputs, parameters}`, as most tasks want it; without parameters where there are none. */
function given<Inputs>(
  inputs: Inputs,
  { to, parameters }: Asked,
): { inputs: Inputs; endpointUrl: string; model: string; parameters?: never } {
  const more = Object.keys(parameters).length === 0 ? {} : { parameters };
  return { ...to, inputs, ...more } as { inputs: Inputs; endpointUrl: string; model: string };
}

const all: readonly InferenceTask[] = [
  {
    name: "chat",
    item: "text",
    generative: true,
    parameters: z.strictObject({
      system: words.optional(),
      /** `{text}` stands for the item. */
      prompt: words.refine((text) => text.includes("{text}"), { error: "needs {text} where the item goes" }).optional(),
      max_tokens: tokens.optional(),
      temperature: z.number().min(0).max(2).optional(),
    }),
    ask: null,
  },
  {
    name: "text-generation",
    item: "text",
    generative: true,
    parameters: generation,
    ask: (item, asked) => asked.client.textGeneration(given(textOf(item), asked), { signal: asked.signal }),
  },
  {
    name: "text-classification",
    item: "text",
    generative: false,
    parameters: z.strictObject({
      top_k: count.optional(),
      function_to_apply: z.enum(["sigmoid", "softmax", "none"]).optional(),
    }),
    ask: (item, asked) => asked.client.textClassification(given(textOf(item), asked), { signal: asked.signal }),
  },
  {
    name: "zero-shot-classification",
    item: "text",
    generative: false,
    parameters: z.strictObject({
      candidate_labels: labels,
      multi_label: z.boolean().optional(),
      hypothesis_template: z.string().min(1).max(300).optional(),
    }),
    ask: (item, asked) =>
      asked.client.zeroShotClassification(
        { ...asked.to, inputs: textOf(item), parameters: asked.parameters as { candidate_labels: string[] } },
        { signal: asked.signal },
      ),
  },
  {
    name: "token-classification",
    item: "text",
    generative: false,
    parameters: z.strictObject({
      aggregation_strategy: z.enum(["none", "simple", "first", "average", "max"]).optional(),
      ignore_labels: labels.optional(),
    }),
    ask: (item, asked) => asked.client.tokenClassification(given(textOf(item), asked), { signal: asked.signal }),
  },
  {
    name: "fill-mask",
    item: "text",
    generative: false,
    parameters: z.strictObject({ top_k: count.optional(), targets: labels.optional() }),
    ask: (item, asked) => asked.client.fillMask(given(textOf(item), asked), { signal: asked.signal }),
  },
  {
    name: "summarization",
    item: "text",
    generative: true,
    parameters: z.strictObject({ min_length: tokens.optional(), max_length: tokens.optional() }),
    ask: (item, asked) => asked.client.summarization(given(textOf(item), asked), { signal: asked.signal }),
  },
  {
    name: "translation",
    item: "text",
    generative: true,
    parameters: z.strictObject({ src_lang: z.string().max(30).optional(), tgt_lang: z.string().max(30).optional() }),
    ask: (item, asked) => asked.client.translation(given(textOf(item), asked), { signal: asked.signal }),
  },
  {
    name: "question-answering",
    item: "question",
    generative: true,
    parameters: z.strictObject({ top_k: count.optional(), max_answer_len: tokens.optional() }),
    ask: (item, asked) => {
      const { question, context } = fieldsOf(item);
      const inputs = { question: String(question), context: String(context) };
      return asked.client.questionAnswering(given(inputs, asked), { signal: asked.signal });
    },
  },
  {
    name: "feature-extraction",
    item: "text",
    generative: false,
    parameters: z.strictObject({
      normalize: z.boolean().optional(),
      prompt_name: z.string().max(60).optional(),
      truncate: z.boolean().optional(),
    }),
    ask: (item, asked) =>
      asked.client.featureExtraction(
        { ...asked.to, inputs: textOf(item), ...asked.parameters },
        { signal: asked.signal },
      ),
  },
  {
    name: "sentence-similarity",
    item: "sentences",
    generative: false,
    parameters: none,
    ask: (item, asked) => {
      const { source_sentence, sentences } = fieldsOf(item);
      const inputs = {
        sourceSentence: String(source_sentence),
        source_sentence: String(source_sentence),
        sentences: sentences as string[],
      };
      return asked.client.sentenceSimilarity(given(inputs, asked), { signal: asked.signal });
    },
  },
  {
    name: "image-classification",
    item: "image",
    generative: false,
    parameters: none,
    ask: (item, asked) =>
      asked.client.imageClassification({ ...asked.to, inputs: blobOf(item) }, { signal: asked.signal }),
  },
  {
    name: "object-detection",
    item: "image",
    generative: false,
    parameters: none,
    ask: (item, asked) => asked.client.objectDetection({ ...asked.to, inputs: blobOf(item) }, { signal: asked.signal }),
  },
  {
    name: "image-to-text",
    item: "image",
    generative: true,
    parameters: none,
    ask: (item, asked) => asked.client.imageToText({ ...asked.to, inputs: blobOf(item) }, { signal: asked.signal }),
  },
  {
    name: "zero-shot-image-classification",
    item: "image",
    generative: false,
    parameters: z.strictObject({ candidate_labels: labels }),
    ask: (item, asked) =>
      asked.client.zeroShotImageClassification(
        {
          ...asked.to,
          inputs: { image: blobOf(item) },
          parameters: { candidate_labels: asked.parameters["candidate_labels"] as string[] },
        },
        { signal: asked.signal },
      ),
  },
  {
    name: "automatic-speech-recognition",
    item: "audio",
    generative: true,
    parameters: none,
    ask: (item, asked) =>
      asked.client.automaticSpeechRecognition({ ...asked.to, inputs: blobOf(item) }, { signal: asked.signal }),
  },
  {
    name: "audio-classification",
    item: "audio",
    generative: false,
    parameters: none,
    ask: (item, asked) =>
      asked.client.audioClassification({ ...asked.to, inputs: blobOf(item) }, { signal: asked.signal }),
  },
  {
    name: "text-to-image",
    item: "text",
    generative: true,
    media: "image",
    parameters: z.strictObject({
      negative_prompt: words.optional(),
      width: z.int().min(64).max(4096).optional(),
      height: z.int().min(64).max(4096).optional(),
      num_inference_steps: z.int().min(1).max(200).optional(),
      guidance_scale: z.number().min(0).max(50).optional(),
      seed: z
        .int()
        .min(0)
        .max(2 ** 31 - 1)
        .optional(),
    }),
    ask: (item, asked) =>
      asked.client.textToImage(given(textOf(item), asked), { outputType: "blob", signal: asked.signal }),
  },
];

export const inferenceTasks: ReadonlyMap<string, InferenceTask> = new Map(all.map((task) => [task.name, task]));
export const taskNames = all.map(({ name }) => name) as [string, ...string[]];
