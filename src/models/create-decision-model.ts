/** From a spec to a decision model. The model libraries are loaded here, on first use, so that light verbs stay light. */
import type { BaseDecisionModel } from "@langchain/core/decisions";
import { CadreError } from "../errors.ts";
import { embeddedLimits, embeddedName, limitsOf, remoteChat, type RoleModelDeps } from "./create-role-model.ts";
import type { ModelSpec } from "./resolve.ts";

/** An answer is a letter: whoever reasons first gets room for that. */
const usualTokens = 512;

/** Of the longest answer of a server. */
export function answerTokens({ maxTokens }: { readonly maxTokens: number | null }): number {
  return Math.min(usualTokens, maxTokens ?? usualTokens);
}

/** Errors: as `createRoleModel`. */
export async function createDecisionModel(
  spec: Exclude<ModelSpec, { kind: "rehearsal" }>,
  deps: Omit<RoleModelDeps, "rehearsal">,
): Promise<BaseDecisionModel> {
  const { ChatDecisionModel, LlamaDecisionModel } = await import("./decisions.ts");
  if (spec.kind === "embedded") {
    const { embedded, limits, transport } = deps;
    if (!embedded) throw new CadreError("internal", "no models can be loaded into this process");
    return new LlamaDecisionModel(async () => (await embedded()).open(spec), {
      id: spec.id,
      name: embeddedName(spec),
      limits: { ...embeddedLimits, ...limitsOf(spec), ...limits },
      ...(transport?.timing === undefined ? {} : { timing: transport.timing }),
    });
  }
  return new ChatDecisionModel(await remoteChat(spec, deps), { id: spec.id, maxTokens: answerTokens(spec) });
}
