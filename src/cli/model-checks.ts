/** What `doctor` says of cadre.yaml and the models in it. Tokens are named, never shown; servers are asked when it is told to. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { ggufSource } from "../config/gguf.ts";
import { readConfig, type Config, type ConfiguredModel } from "../config/config.ts";
import { namedModel, type ModelSpec } from "../models/resolve.ts";
import { counted } from "../views/counted.ts";
import { check, type Check } from "./check.ts";
import type { Context } from "./context.ts";
import { asCadreError } from "./errors.ts";

/** `reach`: ask every server for its list and for a word. */
export async function modelChecks(context: Context, reach: boolean): Promise<Check[]> {
  if (!existsSync(join(context.dir, "cadre.yaml"))) {
    return [
      check(
        "cadre.yaml",
        "note",
        "none: every role is rehearsed, no model is called",
        "`npx cadre init` writes one to start from",
      ),
    ];
  }
  const { config, problems } = readConfig(context.dir);
  const [first] = problems.filter((problem) => problem.severity === "error");
  if (first)
    return [check("cadre.yaml", "broken", `${first.message} (${first.file}:${first.line})`, context.command("lint"))];
  const names = Object.keys(config.models);
  const models = await Promise.all(names.map((name) => modelCheck(context, config, name, reach)));
  return [
    check("cadre.yaml", "ok", `${counted(names.length, "model")}, default ${config.map.default ?? "rehearsal"}`),
    ...models,
  ];
}

async function modelCheck(context: Context, config: Config, name: string, reach: boolean): Promise<Check> {
  const label = `model ${name}`;
  const configured = config.models[name];
  if (configured?.tier === "embedded") return embeddedCheck({ ...context, hub: config.hub }, name, configured);
  const spec = resolvedOr(config, name);
  if ("failed" in spec) return check(label, "broken", spec.failed, spec.hint);
  if (spec.kind === "rehearsal" || spec.kind === "embedded") return check(label, "ok", "in this process");
  const detail = detailOf(spec);
  const { token } = spec;
  if (token !== null && !isSet(token)) return check(label, "note", detail, `set ${token} before a run that uses it`);
  if (!reach) return check(label, "ok", `${detail}; not tried`, context.command("doctor --models"));
  return tried(config, name, spec, detail);
}

type Remote = Exclude<ModelSpec, { readonly kind: "rehearsal" | "embedded" }>;

type EmbeddedModel = Extract<ConfiguredModel, { tier: "embedded" }>;

type EmbeddedPlace = Pick<Context, "dir" | "data"> & { readonly hub?: Config["hub"] };

/** Whether llama.cpp can be there, and whether the file is there and a GGUF, or known and still to be fetched; nothing is loaded. */
export async function embeddedCheck(
  place: EmbeddedPlace,
  name: string,
  model: Pick<EmbeddedModel, "file" | "model" | "revision">,
  isInstalled?: () => boolean,
): Promise<Check> {
  const label = `model ${name}`;
  const file = await fileOf(place, name, model);
  if ("fault" in file) return check(label, "broken", file.fault, file.hint);
  const { isLlamaInstalled, llamaInstall } = await import("../models/embedded/llama-engine.ts");
  const detail = `${model.file ?? model.model ?? ""} in this process; ${file.found}`;
  if ((isInstalled ?? isLlamaInstalled)()) return check(label, "ok", detail);
  return check(label, "note", `${detail}; node-llama-cpp is not installed`, llamaInstall);
}

async function fileOf(
  { dir, data, hub }: EmbeddedPlace,
  name: string,
  { file, model = "", revision }: Pick<EmbeddedModel, "file" | "model" | "revision">,
): Promise<{ readonly found: string } | { readonly fault: string; readonly hint: string }> {
  const { fileFault, isFetched } = await import("../models/embedded/model-file.ts");
  const found = "not loaded";
  if (file !== undefined) {
    const fault = fileFault(resolve(dir, file));
    return fault === null
      ? { found }
      : { fault: `${file} ${fault}`, hint: `mend \`models.${name}.file\` in cadre.yaml` };
  }
  const source = ggufSource(model, revision ?? null);
  try {
    if (source?.kind !== "hub" || isFetched({ dir, data, hub }, source)) return { found };
    return { found: "not here yet: fetched at its first use, and pinned in cadre.lock" };
  } catch (thrown) {
    const { message, hint = "" } = asCadreError(thrown);
    return { fault: message, hint };
  }
}

function detailOf(spec: Remote): string {
  const where = spec.kind === "endpoint" ? new URL(spec.url).host : (spec.provider ?? "hf");
  const priced = spec.price === null ? "unpriced" : `priced in ${spec.price.currency}`;
  const { token } = spec;
  const has = token === null ? "no token" : `${token} is ${isSet(token) ? "set" : "not set"}`;
  return `${spec.model} at ${where}, ${priced}, ${has}`;
}

async function tried(config: Config, name: string, { model }: Remote, detail: string): Promise<Check> {
  const label = `model ${name}`;
  const { isServed, tryModel } = await import("../models/try-model.ts");
  const { served, ms, fault } = await tryModel(config, name, process.env);
  if (fault !== null) return check(label, "broken", `${detail}; ${fault.message}`, fault.hint ?? "");
  if (served === null || isServed(model, served)) return check(label, "ok", `${detail}; answered in ${ms} ms`);
  return check(
    label,
    "note",
    `${detail}; answered in ${ms} ms, and its list does not name that model: ${someOf(served)}`,
    `look at \`models.${name}.model\` in cadre.yaml: another model may have answered`,
  );
}

function resolvedOr(config: Config, name: string): ModelSpec | { readonly failed: string; readonly hint: string } {
  try {
    return namedModel(config, name);
  } catch (thrown) {
    const { message, hint } = asCadreError(thrown);
    return { failed: message, hint: hint ?? "" };
  }
}

/** A server's own words: few, and short. */
function someOf(names: readonly string[]): string {
  const shown = names.slice(0, 5).map((name) => name.slice(0, 80));
  const more = names.length - shown.length;
  return names.length === 0 ? "it is empty" : `${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function isSet(name: string): boolean {
  return (process.env[name] ?? "") !== "";
}
