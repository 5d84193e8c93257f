/**
 * Which files of a model may be loaded. Pickle runs code when it is read, and so may what is built from Python, Keras or Torch objects;
 * safetensors and GGUF hold numbers and metadata.
 *
 * W1. A format is known by its name and, once bytes are there, by its first bytes: a pickle that is called `.safetensors` is one.
 */
export type WeightFormat = "safetensors" | "gguf";

const refusedFormats: readonly (readonly [RegExp, string])[] = [
  [/\.(?:bin|pt|pth|ckpt|pkl|pickle|joblib|dill|npy|npz|mar)$/i, "a pickle, or may hold one: reading it can run code"],
  [/\.(?:h5|hdf5|keras)$/i, "Keras' format: a layer in it can run code when it is read"],
  [/\.(?:pb|tflite|mlmodel|mlpackage|engine|plan|nemo|t7|torchscript)$/i, "a built graph: only safetensors and GGUF are loaded here"],
  [/\.(?:onnx|ort|msgpack|ot|gguf\.part\d*|ggml|ggmf|ggjt)$/i, "neither safetensors nor GGUF, and nothing else is loaded here"],
];

/** Null: the name is no weight's that is loaded here. */
export function weightFormat(path: string): WeightFormat | null {
  if (/\.safetensors$/i.test(path)) return "safetensors";
  return /\.gguf$/i.test(path) ? "gguf" : null;
}

/** Why a file that looks like weights is not loaded, in words; null for weights that are, and for what is none. */
export function refusedWeights(path: string): string | null {
  return refusedFormats.find(([pattern]) => pattern.test(path))?.[1] ?? null;
}

/** W1. Enough of a file to tell: the length of a safetensors header, and its first character. */
export const magicBytes = 9;

export function isFormat(format: WeightFormat, start: Uint8Array): boolean {
  if (start.length < magicBytes) return false;
  const bytes = Buffer.from(start.buffer, start.byteOffset, start.length);
  if (format === "gguf") return bytes.toString("latin1", 0, 4) === "GGUF";
  const length = bytes.readBigUInt64LE(0);
  return length >= 2n && length <= 100_000_000n && bytes[8] === 0x7b;
}
