/** How cadre.yaml and modes name a model file. Apart from the schemas: whoever only reads a name starts without them. */

const hubModel =
  /^hf:(?<repo>[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9][\w.-]{0,95})(?::(?<quant>[A-Za-z0-9_.-]{1,40})|\/(?<file>[\w./-]{1,200}\.gguf))?$/;

export type GgufSource =
  | { readonly kind: "file"; readonly path: string }
  /** `quant`: a quantisation such as Q4_K_M; `file`: a path in the repository; neither: the only file there. */
  | {
      readonly kind: "hub";
      readonly repo: string;
      readonly quant: string | null;
      readonly file: string | null;
      /** A branch, a tag or a commit; null: what cadre.lock says, else `main`. */
      readonly revision: string | null;
    };

/** `hf:<owner>/<repository>[:<quantisation> | /<file.gguf>]`, or the path of a GGUF file; null for neither. */
export function ggufSource(text: string, revision: string | null = null): GgufSource | null {
  const found = hubModel.exec(text)?.groups;
  if (found?.["repo"] !== undefined) {
    const file = found["file"] ?? null;
    if (file?.split("/").includes("..")) return null;
    return { kind: "hub", repo: found["repo"], quant: found["quant"] ?? null, file, revision };
  }
  return !text.startsWith("hf:") && /\.gguf$/i.test(text) ? { kind: "file", path: text } : null;
}

/** What is shown and stored of it: no folder of this machine. */
export function ggufName(source: GgufSource): string {
  if (source.kind === "file") return source.path.split(/[/\\]/).at(-1) ?? source.path;
  return source.quant === null
    ? [source.repo, source.file].filter((part) => part !== null).join("/")
    : `${source.repo}:${source.quant}`;
}
