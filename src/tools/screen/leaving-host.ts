/** What a person has to let pass before it leaves this machine: kind, count and place of what looks like personal data, masked. */
import { hashOf } from "../../canonical.ts";
import type { Finding } from "../../events/event.ts";
import { findPersonalData, type PersonalKind } from "./personal-data.ts";

const mostExamples = 3;

/** Collects what is found, text by text, and forgets the texts. */
export class PersonalCount {
  readonly #kinds = new Map<PersonalKind, { count: number; readonly first: string[] }>();

  /** `place`: where the text stands, e.g. `data/reviews.csv:12`. */
  add(text: string, place: () => string): void {
    for (const { kind, masked } of findPersonalData(text)) {
      const seen = this.#kinds.get(kind) ?? { count: 0, first: [] };
      seen.count += 1;
      if (seen.first.length < mostExamples) seen.first.push(`${place()} ${masked}`);
      this.#kinds.set(kind, seen);
    }
  }

  /** `of`: a hash of what was looked at; the same data to the same place is the same matter. */
  findings(origin: string, of: string): Finding[] {
    return this.found().map(({ kind, count, places }) => ({
      kind: "personal-data" as const,
      id: hashOf({ personal: kind, of, origin }),
      text: `${count} × ${kind} would go to ${origin}: ${places}`,
    }));
  }

  /** How much of each kind, and where the first of it stand, masked. */
  found(): { readonly kind: PersonalKind; readonly count: number; readonly places: string }[] {
    return Array.from(this.#kinds, ([kind, { count, first }]) => ({
      kind,
      count,
      places: `${first.join(", ")}${count > first.length ? ", …" : ""}`,
    }));
  }
}
