/**
 * cadre.lock, beside cadre.yaml: which commit and which bytes a model file of the hub is. JSON, sorted, one entry for each model, made to be
 * committed: whoever checks the project out runs on the same weights.
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { CadreError } from "../../errors.ts";

const pinSchema = z.strictObject({
  /** A commit of the repository. */
  revision: z.string().regex(/^[0-9a-f]{40}$/),
  /** A path in the repository. */
  file: z.string().min(1),
  bytes: z.number().int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type ModelPin = z.infer<typeof pinSchema>;

const lockSchema = z.strictObject({ version: z.literal(1), models: z.record(z.string(), pinSchema) });

const name = "cadre.lock";

/** Errors: `config-invalid` for a file that is no lock file. */
export function readPin(dir: string, model: string): ModelPin | null {
  const { models } = readLock(dir);
  return Object.hasOwn(models, model) ? (models[model] ?? null) : null;
}

export function writePin(dir: string, model: string, pin: ModelPin): void {
  const models = { ...readLock(dir).models, [model]: pin };
  const sorted = Object.fromEntries(Object.entries(models).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const temporary = join(dir, `${name}.${process.pid}.tmp`);
  writeFileSync(temporary, `${JSON.stringify({ version: 1, models: sorted }, null, 2)}\n`);
  renameSync(temporary, join(dir, name));
}

function readLock(dir: string): z.infer<typeof lockSchema> {
  let text: string;
  try {
    text = readFileSync(join(dir, name), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { version: 1, models: {} };
    throw new CadreError("config-invalid", `${name} cannot be read.`, { place: { file: name }, cause: error });
  }
  try {
    return lockSchema.parse(JSON.parse(text));
  } catch {
    throw new CadreError("config-invalid", `${name} is not a lock file that this cadre reads.`, {
      place: { file: name },
      hint: "Take it back from version control, or remove it: models are then pinned anew.",
    });
  }
}
