/** From a spec to a model that can be called. The model libraries are loaded here, on first use, so that light verbs stay light. */
import { CadreError } from "../errors.ts";
import type { ChatHuggingFace } from "./chat-hugging-face.ts";
import type { RoleModel } from "./model.ts";
import type { EmbeddedModels } from "./embedded/embedded-models.ts";
import type { Gates } from "./gate.ts";
import { hubRouter, type EmbeddedSpec, type ModelSpec } from "./resolve.ts";
import { priceText, type Terms } from "./terms.ts";
import { usualTotalMs } from "./timing.ts";
import type { TransportDeps, TransportLimits } from "./transport.ts";

export type RoleModelDeps = {
  /** Where the variables that cadre.yaml names are looked up. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly rehearsal: () => RoleModel | Promise<RoleModel>;
  /** Whose calls these will be: runs take turns before a server. */
  readonly run: string;
  /** Left out: those of the process. */
  readonly gates?: Gates;
  /** The models that this process has loaded. */
  readonly embedded?: () => Promise<EmbeddedModels>;
  /** In place of the usual ones, and of the operator's. */
  readonly limits?: Partial<TransportLimits>;
  /** For tests. */
  readonly transport?: Partial<TransportDeps>;
};

export type RemoteModelSpec = Exclude<ModelSpec, { kind: "rehearsal" } | EmbeddedSpec>;

/** Errors: `model-auth` when the variable that the spec names is not set; `config-invalid` for a token over plain http. */
export async function createRoleModel(spec: ModelSpec, deps: RoleModelDeps): Promise<RoleModel> {
  if (spec.kind === "rehearsal") return deps.rehearsal();
  if (spec.kind === "embedded") return embeddedRoleModel(spec, deps);
  const [chat, { chatRoleModel }] = await Promise.all([remoteChat(spec, deps), import("./chat-role-model.ts")]);
  return chatRoleModel(chat, {
    id: spec.id,
    tier: spec.kind,
    ...(spec.maxTokens === null ? {} : { maxTokens: spec.maxTokens }),
    ...(spec.temperature === null ? {} : { temperature: spec.temperature }),
    terms: termsOf(spec),
  });
}

/** The client of a server, behind its transport and its gate. Errors: as above. */
export async function remoteChat(
  spec: RemoteModelSpec,
  deps: Omit<RoleModelDeps, "rehearsal">,
): Promise<ChatHuggingFace> {
  const token = tokenOf(spec, deps.env);
  const [{ ChatHuggingFace }, { createTransport }, { processGates }] = await Promise.all([
    import("./chat-hugging-face.ts"),
    import("./transport.ts"),
    import("./gate.ts"),
  ]);
  const url = spec.kind === "endpoint" ? spec.url : hubRouter;
  const gate = { gate: (deps.gates ?? processGates)(url), run: deps.run };
  const transport = createTransport(
    { gate, ...deps.transport },
    { url, limits: { ...mostBytes(spec), ...limitsOf(spec), ...deps.limits }, ...(token === null ? {} : { token }) },
  );
  const where =
    spec.kind === "endpoint"
      ? { endpointUrl: spec.url }
      : {
          ...(spec.provider === null ? {} : { provider: spec.provider }),
          ...(spec.billTo === null ? {} : { billTo: spec.billTo }),
        };
  return new ChatHuggingFace({ model: spec.model, transport, ...where });
}

/**
 * A reply is bounded by its tokens: half a kilobyte for each is more than servers wrap around one, and 64 bytes hold any of them. So an
 * endless answer ends sooner than the transport alone would end it.
 */
function mostBytes({ maxTokens }: RemoteModelSpec): Pick<TransportLimits, "maxBytes" | "maxLineBytes"> {
  const tokens = Math.max(maxTokens ?? 0, 4096);
  return { maxBytes: 512 * (1024 + tokens), maxLineBytes: 64 * tokens };
}

/** A processor reads a long prompt for minutes before it says the first word, and a reply may wait for others. */
export const embeddedLimits = { firstTokenMs: 1_800_000, idleMs: 120_000, totalMs: 3_600_000 };

/** What messages call it: it has no address. */
export function embeddedName({ id }: Pick<EmbeddedSpec, "id">): string {
  return `the embedded model ${id}`;
}

/** What the operator says of its costs. */
export function termsOf(spec: RemoteModelSpec | EmbeddedSpec): Terms {
  const { price, place, gpus } = spec;
  const usual = spec.kind === "embedded" ? embeddedLimits.totalMs : usualTotalMs;
  const source = price === null ? "" : priceText(place ?? spec.because, price);
  return { price, source, gpus, longestMs: limitsOf(spec).totalMs ?? usual };
}

async function embeddedRoleModel(spec: EmbeddedSpec, deps: RoleModelDeps): Promise<RoleModel> {
  const { embedded } = deps;
  if (!embedded) throw new CadreError("internal", "no models can be loaded into this process");
  const [{ ChatHuggingFace }, { chatRoleModel }, { createTransport }, { embeddedFetch, embeddedUrl }] =
    await Promise.all([
      import("./chat-hugging-face.ts"),
      import("./chat-role-model.ts"),
      import("./transport.ts"),
      import("./embedded/embedded-fetch.ts"),
    ]);
  const fetch = embeddedFetch(async () => (await embedded()).open(spec), { seed: spec.seed });
  const transport = createTransport(
    { ...deps.transport, fetch },
    { url: embeddedUrl, name: embeddedName(spec), limits: { ...embeddedLimits, ...limitsOf(spec) } },
  );
  return chatRoleModel(new ChatHuggingFace({ model: spec.model, endpointUrl: embeddedUrl, transport }), {
    id: spec.id,
    tier: "embedded",
    terms: termsOf(spec),
    toolChoice: spec.toolChoice,
    ...(spec.maxTokens === null ? {} : { maxTokens: spec.maxTokens }),
    ...(spec.temperature === null ? {} : { temperature: spec.temperature }),
  });
}

export function tokenOf(spec: RemoteModelSpec, env: RoleModelDeps["env"]): string | null {
  if (spec.token === null) return null;
  const token = env[spec.token];
  if (token !== undefined && token.trim() !== "") return token;
  throw new CadreError("model-auth", `${spec.id} needs a token, and the variable ${spec.token} is not set.`, {
    hint: `Set ${spec.token} in the environment, or choose another model (${spec.because}).`,
  });
}

export function limitsOf(spec: Pick<RemoteModelSpec, "timeouts">): Partial<TransportLimits> {
  const { firstToken, idle, total } = spec.timeouts;
  return {
    ...(firstToken === undefined ? {} : { firstTokenMs: firstToken * 1000 }),
    ...(idle === undefined ? {} : { idleMs: idle * 1000 }),
    ...(total === undefined ? {} : { totalMs: total * 1000 }),
  };
}
