import { describe, expect, test } from "vitest";
import { findAsk, findLeftRun, findRun, type RunReader } from "../../src/cli/find-run.ts";
import { isCadreError } from "../../src/errors.ts";
import { thisOwner } from "../../src/store/owner.ts";
import type { AskRow, LineRow, RunRow } from "../../src/store/rows.ts";

type Small = { readonly run: string; readonly id: string; readonly state?: string };

/** Runs newest first, as the store has them. */
function reader(ids: readonly string[], rows: readonly Small[] = []): RunReader {
  const runs = ids.map((id) => ({ id, status: "waiting" }) as unknown as RunRow);
  const asks = rows.map(
    (row) => ({ state: "open", question: "May we?\nMore", role: "lead", ...row }) as unknown as AskRow,
  );
  return {
    run: async (id) => runs.find((run) => run.id === id),
    runs: async ({ limit } = {}) => runs.slice(0, limit),
    ask: async (id) => asks.find((ask) => ask.id === id),
    asks: async ({ run, state } = {}) =>
      asks.filter((ask) => (run === undefined || ask.run === run) && (state === undefined || ask.state === state)),
  };
}

async function codeOf(found: Promise<unknown>): Promise<string> {
  const error: unknown = await found.then(
    () => "found",
    (thrown: unknown) => thrown,
  );
  return isCadreError(error) ? `${error.code}: ${error.hint ?? ""}` : String(error);
}

const one = { run: "r-aaaaaa", id: "a-aaaaaa-1-4" };
const two = { run: "r-aaaaaa", id: "a-aaaaaa-2-9" };
const elsewhere = { run: "r-abbbbb", id: "a-abbbbb-1-3" };

describe("finding what a word means", () => {
  test("a run is meant by its id, the unique start of it, an ask of it, @latest or @waiting", async () => {
    const store = reader(["r-abbbbb", "r-aaaaaa"], [one]);
    const found = await Promise.all(
      ["r-aaaaaa", "r-aa", "aaa", one.id, "@waiting"].map(async (name) => (await findRun(store, name)).id),
    );
    expect(new Set(found)).toEqual(new Set(["r-aaaaaa"]));
    expect((await findRun(store, "@latest")).id).toBe("r-abbbbb");
    expect((await findRun(store, undefined)).id).toBe("r-abbbbb");
  });

  test("what is meant by nothing or by several is an error that says what there is", async () => {
    const store = reader(["r-abbbbb", "r-aaaaaa"], [one, elsewhere]);
    expect(await codeOf(findRun(store, "r-ffffff"))).toMatch(/^run-unknown: .*npx cadre runs/);
    expect(await codeOf(findRun(store, "nonsense"))).toMatch(/^run-unknown/);
    expect(await codeOf(findRun(store, "a-ffffff-1-1"))).toMatch(/^ask-unknown: .*npx cadre inbox/);
    expect(await codeOf(findRun(store, "@waiting"))).toMatch(/^ask-ambiguous: [^]*a-aaaaaa-1-4[^]*a-abbbbb-1-3/);
    expect(await codeOf(findRun(reader([]), undefined))).toMatch(/^run-unknown: start one/);
  });

  test("a run with one open ask stands for it, one with several does not, one with none says so", async () => {
    expect((await findAsk(reader(["r-aaaaaa"], [one, { ...two, state: "decided" }]), "r-aaaaaa")).id).toBe(one.id);
    expect(await codeOf(findAsk(reader(["r-aaaaaa"], [one, two]), "r-aaaaaa"))).toMatch(/^ask-ambiguous/);
    expect(await codeOf(findAsk(reader(["r-aaaaaa"]), "@latest"))).toMatch(/^ask-unknown: .*show r-aaaaaa/);
    expect(await codeOf(findAsk(reader(["r-aaaaaa"]), "@waiting"))).toMatch(/^ask-unknown/);
  });
});

describe("what resume goes on with when no run is named", () => {
  const standing = (rows: readonly (readonly [string, string])[], held: readonly string[] = []) => {
    const runs = rows.map(([id, status]) => ({ id, status }) as unknown as RunRow);
    const owner = { ...thisOwner() };
    return {
      ...reader(rows.map(([id]) => id)),
      runs: async ({ status, limit }: { status?: string; limit?: number } = {}) =>
        runs.filter((run) => status === undefined || run.status === status).slice(0, limit),
      lines: async (run: string) => [
        {
          owner: held.includes(run) ? owner : null,
          leaseUntil: held.includes(run) ? 1000 : null,
        } as unknown as LineRow,
      ],
    };
  };

  test("the newest that was left in the middle comes before newer ones that wait or have ended; the others are named", async () => {
    const store = standing([
      ["r-5", "waiting"],
      ["r-4", "running"],
      ["r-3", "finished"],
      ["r-2", "running"],
      ["r-1", "running"],
    ]);
    const { run, others } = await findLeftRun(store, 0);
    expect([run.id, ...others.map((other) => other.id)]).toEqual(["r-4", "r-2", "r-1"]);
  });

  test("one that a live process moves was not left; where none was, it is the newest", async () => {
    const store = standing(
      [
        ["r-2", "waiting"],
        ["r-1", "running"],
      ],
      ["r-1"],
    );
    expect((await findLeftRun(store, 0)).run.id).toBe("r-2");
    expect((await findLeftRun(store, 2000)).run.id).toBe("r-1");
  });
});
