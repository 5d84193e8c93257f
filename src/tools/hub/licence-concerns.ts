/**
 * What a model's licence asks of a person before the model is used: to be called by every tool that runs one.
 *
 * Q1. The operator's word on a model of cadre.yaml goes for what the Hub says. Without it the Hub is asked, down to base models and data.
 * Q2. What cannot be found out is a question, not a leave.
 */
import { hashOf } from "../../canonical.ts";
import { isCadreError } from "../../errors.ts";
import type { Finding } from "../../events/event.ts";
import { idPattern, type Hub } from "../../models/hub/hub.ts";
import { judgeLicence, licencePolicy, reviewLicences } from "../../org/licence-policy.ts";
import { licenceOf } from "../../org/licences.ts";
import { oneLine } from "../screen/untrusted.ts";
import type { Concerns, ToolContext } from "../tool.ts";
import { lineageOf } from "./lineage.ts";
import { readModelsLock, type ModelPin } from "./models-lock.ts";
import type { HubSource } from "./source.ts";

export type UsedModel = {
  /** As its server knows it; on the Hub where it looks like an id there. */
  readonly id: string;
  /** The operator's word; null: none. */
  readonly licence: string | null;
};

export type LicenceConcerns = {
  readonly concerns: Concerns;
  /** What to pin once it was used; null where the Hub was not asked. */
  readonly pin: ModelPin | null;
};

const mostReasons = 12;

export async function licenceConcerns(
  source: HubSource,
  context: ToolContext,
  model: UsedModel,
): Promise<LicenceConcerns> {
  const policy = context.licences ?? licencePolicy({});
  const name = oneLine(model.id);
  const asking = (text: string, about: unknown): LicenceConcerns => ({
    concerns: { findings: [{ kind: "licence", id: hashOf({ licence: model.id, use: policy.use, about }), text }] },
    pin: null,
  });
  if (model.licence !== null) {
    const { word, why } = judgeLicence(policy, model.licence);
    const { ref } = licenceOf(model.licence);
    if (word === "allow") return { concerns: { findings: [] }, pin: null };
    if (word === "deny") return { concerns: { refused: `${name} is under ${ref}: ${why}` }, pin: null };
    return asking(`${name} is under ${ref} (cadre.yaml): ${why}`, model.licence);
  }
  const off = source.off();
  if (!idPattern.test(model.id) || !model.id.includes("/") || off !== null)
    return asking(
      `the licence of ${name} is not known: ${off ?? "it is no model of the Hub"}; \`about: { licence: … }\` of the model in cadre.yaml can say it`,
      "unknown",
    );
  try {
    return await fromHub(source.open(context.signal), context, model.id);
  } catch (error) {
    context.signal.throwIfAborted();
    if (!isCadreError(error) || !error.code.startsWith("hub-")) throw error;
    return asking(`the licence of ${name} is not known: ${error.message}`, error.code);
  }
}

async function fromHub(hub: Hub, context: ToolContext, id: string): Promise<LicenceConcerns> {
  const policy = context.licences ?? licencePolicy({});
  const facts = await hub.facts("model", id);
  const { parts, more } = await lineageOf(hub, facts);
  const { word, reasons } = reviewLicences(policy, parts, more);
  const text = `${oneLine(id)}, for ${policy.use} use: ${reasons
    .slice(0, mostReasons)
    .map((reason) => oneLine(reason, 300))
    .join("; ")}`;
  if (word === "deny") return { concerns: { refused: text }, pin: null };
  // The same parts under the same licences are the same matter, whatever else changed on the Hub.
  const about = parts.map((part) => [part.what, part.id, part.licences, part.unread]);
  const findings: Finding[] =
    word === "allow" ? [] : [{ kind: "licence", id: hashOf({ licence: id, use: policy.use, about, more }), text }];
  const pin = facts.commit === null ? null : { hub: hub.origin, commit: facts.commit, licences: facts.licences };
  return { concerns: { findings: [...findings, ...revisionFindings(context.workspace, id, pin)] }, pin };
}

/** A pinned model that is another by now. */
function revisionFindings(workspace: string, id: string, pin: ModelPin | null): Finding[] {
  const lock = readModelsLock(workspace);
  if (lock === null)
    return [
      {
        kind: "revision",
        id: hashOf({ lock: "unreadable" }),
        text: "models.lock.json is no lock file: what was used before is not known",
      },
    ];
  const before = Object.hasOwn(lock, id) ? lock[id] : undefined;
  if (before === undefined || pin === null || before.commit === pin.commit) return [];
  const text = `${oneLine(id)} was used here at commit ${before.commit.slice(0, 12)} and is at ${pin.commit.slice(0, 12)} now: what it answered before need not hold`;
  return [{ kind: "revision", id: hashOf({ revision: id, from: before.commit, to: pin.commit }), text }];
}
