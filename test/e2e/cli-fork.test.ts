/** A run's escalation answered otherwise, at the command line, with the shipped brief; and what everything says of the two runs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { begun, cadre, decideAll, document, openAsks, project, records } from "./cli-process.ts";

type Step = {
  readonly n: number;
  readonly kind: string;
  readonly verb: string;
  readonly ask?: { readonly id: string };
};
type Row = {
  readonly section: string;
  readonly what: string;
  readonly one: string | null;
  readonly other: string | null;
};

function stepsOf(dir: string, run: string): Step[] {
  return document(cadre(dir, ["trace", run, "--json"]))["steps"] as Step[];
}

test("another answer to an escalation: fork at the ask, answer differently, compare the two", () => {
  const dir = project();
  expect(begun(dir).code).toBe(8);
  const asked = openAsks(dir)[0]!;
  const { run } = asked;
  expect(decideAll(dir).code).toBe(0);

  const dry = cadre(dir, ["fork", run, "--at", asked.id, "--dry-run", "--json"]);
  expect(document(dry)).toMatchObject({ schema: "cadre.fork/1", of: run, asksAgain: asked.id, stays: [] });
  expect(document(cadre(dir, ["runs", "--json"]))["runs"]).toHaveLength(1);

  const ask = stepsOf(dir, run).find((step) => step.ask?.id === asked.id)!;
  const forked = cadre(dir, ["fork", run, "--at", String(ask.n), "--json"]);
  expect([forked.code, forked.err]).toEqual([8, ""]);
  const again = openAsks(dir)[0]!;
  const fork = again.run;
  expect([fork === run, again.role]).toEqual([false, asked.role]);
  const steps = records(forked).filter(({ type }) => type === "step");
  expect(steps[0]).toMatchObject({ kind: "fork", n: ask.n + 1, verb: `goes on from step ${ask.n} of ${run}` });

  const answered = cadre(dir, ["answer", again.id, "Yes: rent one GPU for a week"]);
  expect(answered.code).toBe(8);
  expect(answered.out).toContain("Yes: rent one GPU for a week");
  expect(decideAll(dir).code).toBe(0);
  expect(document(cadre(dir, ["verify", "--json"]))).toMatchObject({ ok: true });

  const rows = document(cadre(dir, ["compare", run, fork, "--json"]))["rows"] as Row[];
  const row = (what: string): Row => rows.find((each) => each.what === what)!;
  expect(row("goes on from")).toMatchObject({ one: null, other: `${run} after step ${ask.n}` });
  expect(row("status")).toMatchObject({ one: "finished: signed off", other: "finished: signed off" });
  expect(rows.some(({ section, other }) => section === "decisions" && other?.startsWith("Yes: rent one GPU"))).toBe(
    true,
  );
  const measured = rows.filter(({ section }) => section === "measurements");
  expect(measured.length).toBeGreaterThan(0);
  expect(measured.filter(({ one, other }) => one !== other)).toEqual([]);
  const turns = Number(row("turns of the rehearsal").other);
  expect(turns).toBeGreaterThan(0);
  expect(turns + Number(row("turns of the rehearsal shared").other)).toBe(Number(row("turns of the rehearsal").one));
  // In the same words everywhere: the rehearsal's turns are no calls of a model.
  expect(row("model calls")).toMatchObject({ one: "0", other: "0" });
  expect(cadre(dir, ["fork", run, "--at", asked.id, "--dry-run"]).out).toMatch(
    /\d+ events are shared, \d+ turns of the rehearsal not made again/,
  );

  const page = readFileSync(join(dir, "journal", fork, "README.md"), "utf8");
  expect(page).toContain(`Goes on from run \`${run}\` after step ${ask.n}`);
  expect(page).toMatch(new RegExp(`No model was called: ${turns} turns? of the rehearsal used no tokens`));
  expect(page).toMatch(
    new RegExp(`Without what run \`${run}\` did up to step ${ask.n}: \\d+ turns of the rehearsal\\.`),
  );
  expect(cadre(dir, ["show", fork]).out).toMatch(new RegExp(`from +${run} after step ${ask.n}`));
  const walked = document(cadre(dir, ["graph", "--walked", "--json"]));
  const first = (walked["routes"] as { from: string; to: string; kind: string; times: number }[]).find(
    ({ kind, from, to }) => kind === "delegation" && from === "backend-lead" && to === "huggingface-specialist",
  );
  expect(first?.times).toBe(1);
});

test("a stopped run is retried; what cannot be retried or cut at says what can be done", () => {
  const dir = project();
  expect(begun(dir).code).toBe(8);
  const [asked] = openAsks(dir);
  const early = cadre(dir, ["retry", asked?.run ?? ""]);
  expect([early.code, early.err]).toEqual([2, expect.stringContaining("cadre resume") as string]);
  expect(cadre(dir, ["stop", asked?.run ?? ""]).code).toBe(0);
  expect(cadre(dir, ["show", asked?.run ?? ""]).out).toContain(`npx cadre retry ${asked?.run}`);
  const again = cadre(dir, ["retry", "@latest"]);
  expect([again.code, again.err]).toEqual([8, expect.stringContaining(`compare ${asked?.run} `) as string]);
  expect(openAsks(dir)).toMatchObject([{ kind: asked?.kind, role: asked?.role }]);
  const nowhere = cadre(dir, ["fork", "@latest", "--at", "1"]);
  expect([nowhere.code, nowhere.err]).toEqual([2, expect.stringMatching(/nothing comes before step 1[\s\S]*begins anew/) as string]); // prettier-ignore
  const unnamed = cadre(dir, ["fork", "@latest"]);
  expect([unnamed.code, unnamed.err]).toEqual([2, expect.stringContaining("--at does not say") as string]);
  expect(cadre(dir, ["retry", "--help"]).out.replaceAll(/\s+/g, " ")).toMatch(
    /`resume` goes on with a run that has not ended; `fork` does/,
  );
});
