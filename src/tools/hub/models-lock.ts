/**
 * `models.lock.json` in the workspace: which commit of a model was looked at when it was first used here, under which licences, and what its
 * weights are at that commit, as the Hub says. It is part of the change set, so that what was used can be had again; roles cannot write it.
 *
 * K1. The first use pins. A later use of another commit is said to a person first (`concerns`), and pins anew once it was let pass.
 */
import { z } from "zod";
import { canonicalJson, sha256 } from "../../canonical.ts";
import { isCadreError } from "../../errors.ts";
import type { FileChange } from "../../events/event.ts";
import { commitPattern } from "../../models/hub/facts.ts";
import { modelsLock, liesIn } from "../paths.ts";
import { decodeText, readWhole } from "../read-bytes.ts";
import { isPathError } from "../safe-files.ts";
import type { ToolContext } from "../tool.ts";
import type { HubSource } from "./source.ts";
import { currentHash, writeWhole } from "../write-whole.ts";

export type ModelPin = {
  /** The Hub that was asked. */
  readonly hub: string;
  readonly commit: string;
  readonly licences: readonly string[];
  /** Its weights at that commit, by path; left out: the Hub told of none, or of more than it lists at a time. */
  readonly files?: readonly PinnedFile[];
};

export type PinnedFile = { readonly path: string; readonly bytes: number; readonly sha256: string };

const lockSchema = z.strictObject({
  lock: z.literal(1),
  models: z.record(
    z.string(),
    z.strictObject({
      hub: z.string(),
      commit: z.string().regex(commitPattern),
      licences: z.array(z.string()),
      files: z
        .array(z.strictObject({ path: z.string(), bytes: z.number(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }))
        .optional(),
    }),
  ),
});

/** The pin with what the Hub promises of the weights. Asked once for a commit: what a commit holds does not change. */
export async function withWeights(
  source: HubSource,
  { workspace, signal }: Pick<ToolContext, "workspace" | "signal">,
  id: string,
  pin: ModelPin,
): Promise<ModelPin> {
  const known = readModelsLock(workspace)?.[id];
  if (known?.commit === pin.commit && known.files) return { ...pin, files: known.files };
  try {
    const { files, more } = await source.open(signal).files("model", id, pin.commit);
    const weights = files.flatMap(({ path, size, sha256: hash }) =>
      hash !== null && weightsPattern.test(path) ? [{ path, bytes: size, sha256: hash }] : [],
    );
    return more || weights.length === 0
      ? pin
      : { ...pin, files: weights.toSorted((a, b) => (a.path < b.path ? -1 : 1)) };
  } catch (error) {
    signal.throwIfAborted();
    if (isCadreError(error) && error.code.startsWith("hub-")) return pin; // the answers are there: that is no reason to lose them
    throw error;
  }
}

const weightsPattern = /\.(?:safetensors|gguf)$/i;

/** Empty where there is none; null where what lies there is no lock file. */
export function readModelsLock(workspace: string): Readonly<Record<string, ModelPin>> | null {
  let bytes: Buffer;
  try {
    bytes = readWhole(workspace, modelsLock, 1024 * 1024);
  } catch (error) {
    if (!isPathError(error)) throw error;
    return error.code === "file-unreadable" && currentHash(workspace, modelsLock) === null ? {} : null;
  }
  try {
    return lockSchema.parse(JSON.parse(decodeText(bytes) ?? "")).models;
  } catch {
    return null;
  }
}

/** What changed, for the receipt; null where it is pinned so already, or this task may not write it. */
export function pinModel(
  { workspace, writable }: Pick<ToolContext, "workspace" | "writable">,
  id: string,
  pin: ModelPin,
): FileChange | null {
  if (writable !== null && !writable.some((own) => liesIn(modelsLock, own))) return null;
  const models = readModelsLock(workspace) ?? {};
  if (Object.hasOwn(models, id) && canonicalJson(models[id]) === canonicalJson(pin)) return null;
  const before = currentHash(workspace, modelsLock);
  const sorted = Object.fromEntries(Object.entries({ ...models, [id]: pin }).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const content = Buffer.from(`${JSON.stringify({ lock: 1, models: sorted }, null, 2)}\n`);
  writeWhole(workspace, modelsLock, content);
  return { path: modelsLock, before, after: sha256(content) };
}
