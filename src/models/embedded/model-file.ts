/**
 * From what cadre.yaml says of an embedded model to a GGUF file that lies here.
 *
 * V1. A file of the Hub is pinned at its first use, in cadre.lock: commit, path, size, sha256. From then on exactly those bytes, whatever the branch holds.
 * V2. What is pinned and in the cache needs no network.
 * V3. Only GGUF, and only a whole one: other formats may hold code.
 */
import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { defaultHub, type HubConfig } from "../../config/hub.ts";
import { CadreError, isCadreError } from "../../errors.ts";
import { openHub, place, type Hub } from "../hub/hub.ts";
import type { HubFile } from "../hub/facts.ts";
import type { EmbeddedSpec } from "../resolve.ts";
import { download, isGguf, type Progress } from "./download.ts";
import { readPin, writePin, type ModelPin } from "./model-lock.ts";

export type ModelFileDeps = {
  /** The project's folder: where cadre.lock is, and what paths are relative to. */
  readonly dir: string;
  /** The data folder: where files lie, unless cadre.yaml says otherwise. */
  readonly data: string;
  /** Undefined: cadre.yaml says nothing of the Hub, and yet names a file of it. */
  readonly hub: HubConfig | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onProgress: (progress: Progress) => void;
  readonly fetch?: typeof fetch;
  readonly freeSpace?: (folder: string) => number;
};

type Source = EmbeddedSpec["source"];
type HubSource = Extract<Source, { kind: "hub" }>;

/** An absolute path. Errors: `model-file`, `hub-*`, `disk-full`, `config-invalid` for a lock file that is none; the signal's reason. */
export async function modelFile(deps: ModelFileDeps, source: Source, signal: AbortSignal): Promise<string> {
  if (source.kind === "file") return fileHere(resolve(deps.dir, source.path), source.path);
  const config = deps.hub ?? defaultHub;
  const hub = (): Hub => openHub(config, { env: deps.env, signal, ...(deps.fetch ? { fetch: deps.fetch } : {}) });
  const pinned = pinOf(deps, source);
  const pin = pinned ?? (await choose(hub(), source).catch(unreached(source)));
  const path = cachePath(deps, config, pin);
  if (!isCached(path, pin)) await fetched(deps, config, hub(), source, pin, path, signal);
  if (pin !== pinned) writePin(deps.dir, lockName(source), pin);
  return path;
}

/** What keeps `modelFile` from a file, as far as that shows without asking the Hub. Errors: as there. */
export function requireModelFile(deps: Pick<ModelFileDeps, "dir" | "data" | "hub" | "env">, source: Source): void {
  if (source.kind === "file") {
    fileHere(resolve(deps.dir, source.path), source.path);
    return;
  }
  if (isFetched(deps, source)) return;
  const config = deps.hub ?? defaultHub;
  const pin = pinOf(deps, source);
  if (pin !== null) requireSize(config, source, pin);
  openHub(config, { env: deps.env, signal: new AbortController().signal }); // the token that it would be asked with
}

/** V2. Whether it is asked of nobody. Errors: `config-invalid` for a lock file that is none. */
export function isFetched(deps: Pick<ModelFileDeps, "dir" | "data" | "hub">, source: HubSource): boolean {
  const pin = pinOf(deps, source);
  return pin !== null && isCached(cachePath(deps, deps.hub ?? defaultHub, pin), pin);
}

/** Null: none that goes for what is asked for. */
function pinOf({ dir }: Pick<ModelFileDeps, "dir">, source: HubSource): ModelPin | null {
  const pinned = readPin(dir, lockName(source));
  return pinned !== null && agrees(source, pinned) ? pinned : null;
}

function cachePath({ dir, data }: Pick<ModelFileDeps, "dir" | "data">, { cache }: HubConfig, pin: ModelPin): string {
  return join(cache === undefined ? join(data, "models") : resolve(dir, cache), `${pin.sha256}.gguf`);
}

function isCached(path: string, pin: ModelPin): boolean {
  return existsSync(path) && statSync(path).size === pin.bytes;
}

/** What is wrong with a file that is to be loaded, without loading it; null where nothing is seen. */
export function fileFault(path: string): string | null {
  if (!existsSync(path)) return "is not there";
  try {
    return statSync(path).isFile() && isGguf(path) ? null : "is no GGUF file";
  } catch {
    return "cannot be read";
  }
}

function fileHere(path: string, said: string): string {
  const fault = fileFault(path);
  if (fault === null) return path;
  throw new CadreError("model-file", `The model file ${said} ${fault}.`, {
    hint: "Paths are relative to the project; GGUF is the only format that is loaded.",
    data: { file: said },
  });
}

async function fetched(
  deps: ModelFileDeps,
  config: HubConfig,
  hub: Hub,
  source: HubSource,
  pin: ModelPin,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  requireSize(config, source, pin);
  const way = pin.file.split("/").map(encodeURIComponent).join("/");
  const address = `${config.url.replace(/\/+$/, "")}/${place("model", source.repo)}/resolve/${pin.revision}/${way}`;
  await download(
    {
      open: async (from) => {
        const response = await hub.fetched
          .file(address, { from, maxBytes: pin.bytes + 1, signal })
          .catch(unreached(source));
        if (response.body === null) throw new CadreError("hub-refused", `${hub.origin} sent no file.`);
        return { body: response.body, partial: response.status === 206 };
      },
      onProgress: deps.onProgress,
      ...(deps.freeSpace ? { freeSpace: deps.freeSpace } : {}),
    },
    { path, bytes: pin.bytes, sha256: pin.sha256, name: lockName(source) },
  );
}

function requireSize({ maxFileGb }: HubConfig, source: HubSource, { bytes }: ModelPin): void {
  if (bytes <= maxFileGb * 1e9) return;
  throw new CadreError("model-file", `${lockName(source)} is larger than ${maxFileGb} GB, and is not fetched.`, {
    hint: "Raise `hub.maxFileGb` in cadre.yaml, or take a smaller quantisation.",
    data: { bytes },
  });
}

/** Without the Hub a file of it is of no use, and one that is here is. */
function unreached(source: HubSource): (error: unknown) => never {
  return (error) => {
    if (!isCadreError(error, "hub-unreachable")) throw error;
    const { code, message, hint = "", data } = error;
    const way = `${lockName(source)} is fetched once and needs no network from then on; without one, name a GGUF file that is here (\`file\` in cadre.yaml, or --model embedded:<file.gguf>).`;
    throw new CadreError(code, message, { hint: `${hint} ${way}`.trim(), data, cause: error });
  };
}

function lockName({ repo, quant, file }: HubSource): string {
  return `hf:${repo}${quant === null ? "" : `:${quant}`}${file === null ? "" : `/${file}`}`;
}

/** Another commit in cadre.yaml than in the lock file: it was changed on purpose. A branch says nothing about that. */
function agrees({ revision }: HubSource, pin: ModelPin): boolean {
  return revision === null || !/^[0-9a-f]{40}$/.test(revision) || revision === pin.revision;
}

async function choose(hub: Hub, source: HubSource): Promise<ModelPin> {
  const { repo, revision } = source;
  const { commit } = await hub.facts("model", repo, revision ?? undefined);
  if (commit === null) throw new CadreError("hub-refused", `${hub.origin} names no commit of ${repo}.`);
  const { files } = await hub.files("model", repo, commit);
  const file = theOne(
    source,
    files.filter(({ path }) => /\.gguf$/i.test(path) && !isBeside(path)),
  );
  if (file.sha256 === null) {
    throw new CadreError("model-file", `The Hub promises no sha256 for ${file.path} of ${repo}.`, {
      hint: "Fetch it yourself, and name it as `file` in cadre.yaml.",
    });
  }
  return { revision: commit, file: file.path, bytes: file.size, sha256: file.sha256 };
}

/** Projectors of images lie beside models in the same format. */
function isBeside(path: string): boolean {
  return /(^|[/._-])(mmproj|imatrix)/i.test(path);
}

function theOne(source: HubSource, files: readonly HubFile[]): HubFile {
  const { repo, quant, file } = source;
  const wanted = files.filter(({ path }) => {
    if (file !== null) return path === file;
    return (
      quant === null || new RegExp(`(^|[/._-])${escaped(quant)}([._/-]|$)`, "i").test(path.replace(/\.gguf$/i, ""))
    );
  });
  const inParts = wanted.some(({ path }) => /-\d{5}-of-\d{5}\.gguf$/i.test(path));
  const [first] = wanted;
  if (first !== undefined && wanted.length === 1 && !inParts) return first;
  const none = wanted.length === 0 ? "is not there" : "is not one file";
  const names = files.map(({ path }) => path);
  const shown = names.slice(0, 12).join(", ") + (names.length > 12 ? " …" : "");
  throw new CadreError(
    "model-file",
    `${lockName(source)} ${inParts ? "comes in parts, which are not fetched" : none}.`,
    {
      hint:
        names.length === 0 ? `${repo} holds no GGUF file.` : `There are: ${shown}. Name one: hf:${repo}/<file.gguf>`,
      data: { files: names },
    },
  );
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\-]/g, "\\$&");
}
