/**
 * Which model plays a role. Pure, and light: no model library is loaded here.
 *
 * M1. `--model`, else the model that the workflow names, else cadre.yaml's map (role, then the mode's model name, then rank, then
 *     default), else the rehearsal. What is found in the environment never chooses anything.
 * M2. A mode never names a host: its `api_config.model` counts only where the operator mapped that name.
 * M3. A token goes only with a model of cadre.yaml or with `hf:`; an address typed with `--model` gets none.
 */
import type { Config, ConfiguredModel, Price } from "../config/config.ts";
import { publicHub } from "../config/hub-hosts.ts";
import { ggufName, ggufSource, type GgufSource } from "../config/gguf.ts";
import { didYouMean } from "../documents/nearest.ts";
import { endpointUrlFault, isLoopback } from "../endpoint-url.ts";
import { CadreError } from "../errors.ts";

export type RemoteSpec = {
  /** What is shown and stored, e.g. `Qwen/Qwen3-8B`. */
  readonly id: string;
  readonly model: string;
  /** The name of an environment variable; null: no token is sent. */
  readonly token: string | null;
  /** In seconds. */
  readonly timeouts: ConfiguredModel["timeouts"];
  readonly maxTokens: number | null;
  readonly temperature: number | null;
  /** Null: unpriced, which is not free. */
  readonly price: Price | null;
  /** Where that stands, e.g. `models.it in cadre.yaml`; null where no file names the model. */
  readonly place: string | null;
  /** GPUs that a call holds; null: none that are counted. */
  readonly gpus: number | null;
  /** What chose it, in words: `--model`, or the place in cadre.yaml. */
  readonly because: string;
};

export type ModelSpec =
  | { readonly kind: "rehearsal"; readonly because: string }
  | (RemoteSpec & { readonly kind: "endpoint"; readonly url: string })
  | (RemoteSpec & { readonly kind: "hf"; readonly provider: string | null; readonly billTo: string | null })
  | EmbeddedSpec;

export type EmbeddedSpec = RemoteSpec & {
  readonly kind: "embedded";
  readonly source: GgufSource;
  /** In tokens; null: as many as memory and the model allow, within bounds. */
  readonly context: number | null;
  readonly threads: number | null;
  readonly gpu: boolean;
  readonly toolChoice: "required" | "auto";
  readonly seed: number | null;
};

/** What the Hub calls it, if it is there at all: without a provider, and without a quantisation. */
export function hubIdOf(spec: Exclude<ModelSpec, { kind: "rehearsal" }>): string {
  return spec.kind === "embedded" && spec.source.kind === "hub" ? spec.source.repo : spec.model;
}

export type ResolveInput = {
  readonly role: string;
  readonly rank: string;
  /** The mode's `api_config.model`. */
  readonly modeModel?: string | null;
  /** The model that the workflow's staffing names: a name of cadre.yaml. */
  readonly staffed?: string | null;
  /** `--model`: a name of cadre.yaml, `hf:<org/model>[:provider]`, `<url>#<model>`, `embedded:<file.gguf or hf:…>`, or `rehearsal`. */
  readonly flag?: string | null;
};

/** Errors: `model-unknown` for a name that is not there, `usage` for an unusable `--model`, `config-invalid` for a host not allowed. */
export function resolveModel(config: Config, input: ResolveInput): ModelSpec {
  return allowed(config, chosen(config, input));
}

/** A model that a tool or a setting calls by its name in cadre.yaml. `because`: what says so. Errors: as `resolveModel`. */
export function namedModel(config: Config, name: string, because = `models.${name} in cadre.yaml`): ModelSpec {
  return allowed(config, byName(config, name, because));
}

function allowed(config: Config, spec: ModelSpec): ModelSpec {
  const host = hostOf(config, spec);
  if (host === null || config.allowedHosts.length === 0 || isLoopback(host)) return spec;
  if (config.allowedHosts.includes(host.host) || config.allowedHosts.includes(host.hostname)) return spec;
  throw new CadreError(
    "config-invalid",
    `${host.host} is not among the allowed hosts of cadre.yaml (${spec.because}).`,
    {
      hint: "Add it to `allowedHosts` in cadre.yaml, or choose another model.",
      data: { allowedHosts: config.allowedHosts },
    },
  );
}

/** Where Inference Providers are asked. */
export const hubRouter = "https://router.huggingface.co";

/** Where the model is, or its file comes from; null: nowhere but here. */
function hostOf(config: Config, spec: ModelSpec): URL | null {
  switch (spec.kind) {
    case "rehearsal":
      return null;
    case "endpoint":
      return new URL(spec.url);
    case "hf":
      return new URL(hubRouter);
    case "embedded":
      return spec.source.kind === "file" ? null : new URL(config.hub?.url ?? publicHub);
  }
}

function chosen(config: Config, input: ResolveInput): ModelSpec {
  if (input.flag) return fromFlag(config, input.flag);
  if (input.staffed) return byName(config, input.staffed, `the workflow's staffing of ${input.role}`);
  const { roles, names, ranks } = config.map;
  const steps: readonly (readonly [string | undefined, string])[] = [
    [own(roles, input.role), `map.roles.${input.role}`],
    [input.modeModel ? own(names, input.modeModel) : undefined, `map.names.${input.modeModel ?? ""}`],
    [own(ranks, input.rank), `map.ranks.${input.rank}`],
    [config.map.default, "map.default"],
  ];
  for (const [name, place] of steps) if (name !== undefined) return byName(config, name, `${place} in cadre.yaml`);
  return { kind: "rehearsal", because: "no model is configured" };
}

function own(record: Readonly<Record<string, string | undefined>> | undefined, key: string): string | undefined {
  return record && Object.hasOwn(record, key) ? record[key] : undefined;
}

function fromFlag(config: Config, flag: string): ModelSpec {
  const hf = /^hf:([^/:\s]+\/[^/:\s]+)(?::([a-z0-9-]{1,40}))?$/.exec(flag);
  if (hf?.[1] !== undefined) {
    const model = { tier: "hf", model: hf[1], timeouts: {}, ...(hf[2] ? { provider: hf[2] } : {}) } as const;
    return specOf(model, "--model");
  }
  if (flag.startsWith("hf:")) {
    throw new CadreError("usage", "--model hf: needs an organisation and a model, and may name a provider.", {
      hint: "For example: --model hf:Qwen/Qwen3-8B or --model hf:Qwen/Qwen3-8B:together",
    });
  }
  if (/^https?:/i.test(flag)) return fromAddress(flag);
  if (flag.startsWith("embedded:")) return fromGguf(flag.slice("embedded:".length));
  return byName(config, flag, "--model");
}

function fromAddress(flag: string): ModelSpec {
  const cut = flag.indexOf("#");
  const url = cut < 0 ? flag : flag.slice(0, cut);
  const model = cut < 0 ? "" : flag.slice(cut + 1);
  // The address is not repeated: it may hold a key.
  const fault = model === "" ? "needs the model's name after a #" : endpointUrlFault(url);
  if (fault === null) return specOf({ tier: "endpoint", url, model, timeouts: {} }, "--model");
  throw new CadreError("usage", `The address given as --model ${fault}.`, {
    hint: "For example: --model http://127.0.0.1:8000/v1#Qwen/Qwen3-8B",
  });
}

function fromGguf(text: string): ModelSpec {
  const source = ggufSource(text);
  if (source) return embeddedSpec({ ...embeddedDefaults, source, because: "--model" });
  throw new CadreError("usage", "--model embedded: needs a GGUF file, here or on the hub.", {
    hint: "For example: --model embedded:models/small.gguf or --model embedded:hf:Qwen/Qwen3-0.6B-GGUF:Q8_0",
  });
}

const embeddedDefaults = {
  timeouts: {},
  token: null,
  maxTokens: null,
  temperature: null,
  price: null,
  place: null,
  gpus: null,
  context: null,
  threads: null,
  gpu: true,
  toolChoice: "required",
  seed: null,
} as const;

function embeddedSpec(given: Omit<EmbeddedSpec, "kind" | "id" | "model">): EmbeddedSpec {
  const id = ggufName(given.source);
  return { kind: "embedded", id, model: id, ...given };
}

function byName(config: Config, name: string, because: string): ModelSpec {
  if (name === "rehearsal") return { kind: "rehearsal", because };
  const model = Object.hasOwn(config.models, name) ? config.models[name] : undefined;
  if (model) return { ...specOf(model, because), place: `models.${name} in cadre.yaml` };
  const known = ["rehearsal", ...Object.keys(config.models)];
  const all = `Known: ${known.join(", ")}. Others are written hf:<org/model>[:provider], <url>#<model> or embedded:<file.gguf>.`;
  const hint = name.includes("/") ? `A model of the Hub is written hf:${name}.` : didYouMean(name, known, all);
  throw new CadreError("model-unknown", `There is no model "${name}" in cadre.yaml (asked for by ${because}).`, {
    hint,
    data: { name, known },
  });
}

function specOf(model: ConfiguredModel, because: string): Exclude<ModelSpec, { kind: "rehearsal" }> {
  if (model.tier === "embedded") return configuredGguf(model, because);
  const shared = {
    model: model.model,
    timeouts: model.timeouts,
    maxTokens: model.maxTokens ?? null,
    temperature: model.temperature ?? null,
    price: model.price ?? null,
    place: null,
    gpus: gpusOf(model),
    because,
  };
  if (model.tier === "endpoint") {
    return { kind: "endpoint", id: model.model, url: model.url, token: model.token ?? null, ...shared };
  }
  const provider = model.provider ?? null;
  const id = provider === null ? model.model : `${model.model}:${provider}`;
  return { kind: "hf", id, provider, billTo: model.billTo ?? null, token: model.token ?? "HF_TOKEN", ...shared };
}

/** Whoever pays for a GPU by the hour holds one. */
function gpusOf({ gpus, price }: ConfiguredModel): number | null {
  return gpus ?? (price?.perGpuHour === undefined ? null : 1);
}

function configuredGguf(model: Extract<ConfiguredModel, { tier: "embedded" }>, because: string): EmbeddedSpec {
  const source = ggufSource(model.file ?? model.model ?? "", model.revision ?? null);
  if (source === null) throw new CadreError("config-invalid", `An embedded model has no file (${because}).`);
  return embeddedSpec({
    source,
    because,
    timeouts: model.timeouts,
    token: null,
    maxTokens: model.maxTokens ?? null,
    temperature: model.temperature ?? null,
    price: model.price ?? null,
    place: null,
    gpus: gpusOf(model),
    context: model.context ?? null,
    threads: model.threads ?? null,
    gpu: model.gpu,
    toolChoice: model.toolChoice,
    seed: model.seed ?? null,
  });
}
