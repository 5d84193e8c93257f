/** What `verify` found, gathered while it goes on reading. */
import { damage } from "../../store/verify-chain.ts";

/** `index`: of the event in its line. `row`: the table and the name of a row beside the log, where that is what is wrong. */
export type Found = { readonly index: number; readonly what: string; readonly row?: string };

/** More of one line would say nothing new, and would have no bound. */
const most = 50;

export class Findings {
  readonly list: Found[] = [];
  #more = 0;

  add(found: Found | null): void {
    if (found === null) return;
    if (this.list.length < most) this.list.push(found);
    else this.#more += 1;
  }

  /** What `read` gives; undefined, and a finding, where the file does not hold it any more. Other errors are thrown. */
  async reading<Result>(at: Omit<Found, "what">, read: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await read();
    } catch (error) {
      const what = damage(error);
      if (what === null) throw error;
      this.add({ ...at, what: `it cannot be read: ${what}` });
      return undefined;
    }
  }

  all(): readonly Found[] {
    const last = this.list.at(-1);
    return this.#more === 0 || !last
      ? this.list
      : [...this.list, { index: last.index, what: `${this.#more} more like these` }];
  }
}
