/**
 * Which files of a model may be loaded. Pickle runs code when it is read, and so may what is built from Python, Keras or Torch objects;
 * safetensors and GGUF hold numbers and metadata. Known by the name; whoever loads a file looks at its first bytes too.
 */
export type WeightFormat = "safetensors" | "gguf";

const refusedFormats: readonly (readonly [RegExp, string])[] = [
  [/\.(?:bin|pt|pth|ckpt|pkl|pickle|joblib|dill|npy|npz|mar)$/i, "a pickle, or may hold one: reading it can run code"],
  [/\.(?:h5|hdf5|keras)$/i, "Keras' format: a layer in it can run code when it is read"],
  [
    /\.(?:pb|tflite|mlmodel|mlpackage|engine|plan|nemo|t7|torchscript)$/i,
    "a built graph: only safetensors and GGUF are loaded here",
  ],
  [
    /\.(?:onnx|ort|msgpack|ot|gguf\.part\d*|ggml|ggmf|ggjt)$/i,
    "neither safetensors nor GGUF, and nothing else is loaded here",
  ],
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
