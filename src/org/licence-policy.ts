/**
 * What a workflow says of licences, and what follows for a model, what it descends from, and the data it was made of.
 *
 * L1. A name on one of the workflow's lists goes before everything else: `deny`, then `ask`, then `allow`.
 * L2. Without a word about it: what only asks for its authors to be named is allowed. Whatever restricts the intended use, binds what is
 *     made from it, or is not known is a question to a person. Nothing is denied but by the workflow.
 * L3. A model inherits: its own card may be silent or more generous than what it was made from, so every part is judged, and a card
 *     that gives away more than its base could is said to.
 */
import { findLicence, licenceOf, licenceWords, type Licence } from "./licences.ts";
import type { Workflow } from "./workflow.ts";

export type IntendedUse = "commercial" | "internal" | "research";

export type LicencePolicy = {
  readonly use: IntendedUse;
  readonly allow: readonly string[];
  readonly ask: readonly string[];
  readonly deny: readonly string[];
};

/** Charts of earlier versions say nothing of licences: the default stands. */
export function licencePolicy({ licences }: Pick<Workflow, "licences">): LicencePolicy {
  return {
    use: licences?.use ?? "commercial",
    allow: licences?.allow ?? [],
    ask: licences?.ask ?? [],
    deny: licences?.deny ?? [],
  };
}

export type Verdict = { readonly word: "allow" | "ask" | "deny"; readonly why: string };

/** L1, L2. */
export function judgeLicence(policy: LicencePolicy, id: string): Verdict {
  const licence = licenceOf(id);
  const listed = (list: readonly string[]): boolean =>
    list.some((name) => findLicence(name)?.id === licence.id || name === licence.ref);
  if (listed(policy.deny)) return { word: "deny", why: "the workflow's `licences.deny` names it" };
  if (listed(policy.ask)) return { word: "ask", why: "the workflow's `licences.ask` names it" };
  if (listed(policy.allow)) return { word: "allow", why: "the workflow's `licences.allow` names it" };
  const doubt = doubtAbout(policy.use, licence);
  return doubt === null ? { word: "allow", why: licenceWords(licence) } : { word: "ask", why: doubt };
}

function doubtAbout(use: IntendedUse, licence: Licence): string | null {
  if (licence.kind === "unclear") return "what it permits is for a person to read";
  if (licence.researchOnly && use !== "research") return `it is for research only, and the intended use is ${use}`;
  if (licence.commercial === "no" && use === "commercial")
    return "it forbids commercial use, and that is the intended use";
  if (licence.commercial === "no" && use === "internal")
    return "it forbids commercial use; whether use within a company is that, it leaves open";
  if (licence.commercial === "conditions" && use !== "research")
    return "it permits commercial use under conditions that a person has to read";
  if (licence.shareAlike === "work" && use === "commercial") return "what is derived from it has to stay under it";
  return null;
}

export type LicencePart = {
  readonly what: "model" | "base model" | "data set";
  readonly id: string;
  /** Null: not on the Hub, or it could not be asked. */
  readonly commit: string | null;
  /** As the Hub spells them; none: nothing is said. */
  readonly licences: readonly string[];
  /** Why nothing is known of it; null where it was read. */
  readonly unread: string | null;
  /** The part that it was made from this one; null for the model itself. */
  readonly of: string | null;
};

export type LicenceReview = {
  readonly word: Verdict["word"];
  /** One sentence for each part that is not simply allowed, and for each conflict between parts. */
  readonly reasons: readonly string[];
};

/** L3. `more`: there is more descent than was looked at. */
export function reviewLicences(policy: LicencePolicy, parts: readonly LicencePart[], more: boolean): LicenceReview {
  const reasons: string[] = [];
  let denied = false;
  for (const part of parts) {
    const name = `${part.what} ${part.id}`;
    if (part.unread !== null) reasons.push(`${name}: its licence is not known (${part.unread})`);
    else if (part.licences.length === 0) reasons.push(`${name}: its card names no licence`);
    for (const id of part.licences) {
      const { word, why } = judgeLicence(policy, id);
      if (word === "allow") continue;
      denied ||= word === "deny";
      reasons.push(`${name} is under ${licenceOf(id).ref}: ${word === "deny" ? "denied, " : ""}${why}`);
    }
    if (part.licences.length > 1)
      reasons.push(`${name} names ${part.licences.length} licences, and not which of them goes for what`);
  }
  reasons.push(...conflicts(parts));
  if (more) reasons.push("there are more base models or data sets than were looked at");
  return { word: denied ? "deny" : reasons.length > 0 ? "ask" : "allow", reasons };
}

/** What a part gives away although what it was made from does not. */
function conflicts(parts: readonly LicencePart[]): string[] {
  return parts.flatMap((base) => {
    const derived = parts.find((part) => part.id === base.of && part.what !== "data set");
    if (base.what !== "base model" || !derived) return [];
    return base.licences.flatMap((id) => {
      const licence = licenceOf(id);
      if (derived.licences.includes(id)) return [];
      const says =
        derived.licences.length === 0
          ? "names none"
          : `says ${derived.licences.map((each) => licenceOf(each).ref).join(" and ")}`;
      const conflict = conflictOf(licence, derived.licences.map(licenceOf));
      return conflict === null
        ? []
        : [`${derived.what} ${derived.id} ${says}, but its base ${base.id} is under ${licence.ref}, which ${conflict}`];
    });
  });
}

function conflictOf(base: Licence, derived: readonly Licence[]): string | null {
  if (!base.derivatives) return "permits no changed versions";
  if (base.shareAlike === "work") return "has to go on with whatever is derived";
  if (base.commercial === "no" && derived.some((each) => each.commercial !== "no")) return "forbids commercial use";
  if (base.restrictedUse && derived.some((each) => !each.restrictedUse))
    return "has restrictions that go on with whatever is derived";
  return null;
}
