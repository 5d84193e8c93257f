/**
 * What a model descends from and was made of, as far as cards say it, with the licence of each part.
 *
 * N1. The way up is bounded: so many generations and parts; what lies beyond is said to be there.
 * N2. A part that cannot be read is a part whose licence is not known, never one that is left out.
 */
import { isCadreError } from "../../errors.ts";
import type { EntryFacts } from "../../models/hub/facts.ts";
import { idPattern, type Entry, type Hub } from "../../models/hub/hub.ts";
import type { LicencePart } from "../../org/licence-policy.ts";

const mostGenerations = 4;
const mostParts = 16;

export type Lineage = {
  readonly parts: readonly LicencePart[];
  /** There is more than was looked at. */ readonly more: boolean;
};

/** The model itself first. Errors: whatever keeps the Hub from answering at all (hub-unreachable, hub-busy). */
export async function lineageOf(hub: Hub, model: EntryFacts): Promise<Lineage> {
  const parts: LicencePart[] = [partOf("model", model, null)];
  const seen = new Set([model.id]);
  let more = false;
  let generation: readonly EntryFacts[] = [model];
  for (let depth = 1; generation.length > 0; depth += 1) {
    const next: EntryFacts[] = [];
    for (const { id: of, baseModels, datasets } of generation) {
      for (const [what, id] of [
        ...baseModels.map((each) => ["base model", each] as const),
        ...datasets.map((each) => ["data set", each] as const),
      ]) {
        const mark = what === "data set" ? `datasets/${id}` : id;
        if (seen.has(mark)) continue;
        seen.add(mark);
        if (parts.length >= mostParts || depth > mostGenerations) {
          more = true;
          continue;
        }
        const found = await read(hub, what === "data set" ? "dataset" : "model", id);
        parts.push(
          "unread" in found
            ? { what, id, commit: null, licences: [], unread: found.unread, of }
            : partOf(what, found, of),
        );
        if (!("unread" in found) && what === "base model") next.push(found);
      }
    }
    generation = next;
  }
  return { parts, more };
}

function partOf(what: LicencePart["what"], { id, commit, licences }: EntryFacts, of: string | null): LicencePart {
  return { what, id, commit, licences, unread: null, of };
}

async function read(hub: Hub, entry: Entry, id: string): Promise<EntryFacts | { readonly unread: string }> {
  if (!idPattern.test(id)) return { unread: "its card names something that is no id on the Hub" };
  try {
    return await hub.facts(entry, id);
  } catch (error) {
    if (isCadreError(error, "hub-missing")) return { unread: "it is not on the Hub" };
    if (isCadreError(error, "hub-auth")) return { unread: "it is not there, or not public" };
    if (isCadreError(error, "hub-refused")) return { unread: "the Hub's answer could not be read" };
    throw error;
  }
}
