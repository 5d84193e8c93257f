/** What has to be let pass before models are measured: their licences, and what of the sample would leave this machine. */
import { hashOf } from "../../canonical.ts";
import type { Finding } from "../../events/event.ts";
import { isOutcome } from "../answer.ts";
import { licenceConcerns } from "../hub/licence-concerns.ts";
import type { HubSource } from "../hub/source.ts";
import { PersonalCount } from "../screen/leaving-host.ts";
import type { Concerns, Tool, ToolContext } from "../tool.ts";
import type { EvaluateArgs } from "./arguments.ts";
import { evaluateModelsTool, planned } from "./evaluate-models.ts";
import { isUnmeasured, openServed } from "./plan.ts";

/** `evaluate_models`, which asks before a model is used. */
export function evaluatingTool(hub: HubSource): Tool<EvaluateArgs> {
  return { ...evaluateModelsTool, concerns: (context, given) => evaluationConcerns(hub, context, given) };
}

async function evaluationConcerns(hub: HubSource, context: ToolContext, given: EvaluateArgs): Promise<Concerns> {
  const plan = await planned(context, given);
  if (isOutcome(plan)) return { findings: [] }; // `run` says what is wrong with it
  const findings: Finding[] = [];
  const of = given.instruction === undefined ? plan.setting : hashOf([plan.setting, given.instruction]);
  for (const name of plan.candidates.served) {
    const model = await openServed(context, name);
    if (isUnmeasured(model)) continue;
    const { concerns } = await licenceConcerns(hub, context, { id: model.model, licence: model.about.licence ?? null });
    if ("refused" in concerns) return concerns;
    findings.push(...concerns.findings);
    if (model.local) continue;
    const personal = new PersonalCount();
    for (const [index, { text }] of plan.parts.test.entries())
      personal.add(text, () => `${plan.dataset}, row ${index + 1} of the test part`);
    personal.add(given.instruction ?? "", () => "instruction");
    findings.push(...personal.findings(model.origin, of));
  }
  // Two models at one address are one matter.
  return { findings: [...new Map(findings.map((finding) => [finding.id, finding])).values()] };
}
