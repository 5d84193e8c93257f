/** An approval that expired, at the command line: whoever looks first takes it back, and everyone is told how to go on. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { begun, cadre, decideUntil, document, inbox, project } from "./cli-process.ts";

/** Two hours later, by the clock of the command that is given this. */
const later = {
  env: { NODE_OPTIONS: "--import=data:text/javascript,const{now}=Date;Date.now=()=>now()+7200000" },
};

/** A project in which an approval stands for an hour. */
function hurried(): string {
  const dir = project();
  const file = join(dir, "graphs/feature-workflow.ts");
  const before = readFileSync(file, "utf8");
  const after = before.replace('{ tool: "execute_command",', '{ tool: "write_to_file", expiresMinutes: 60,');
  expect(after).not.toBe(before);
  writeFileSync(file, after);
  return dir;
}

/** At the approval; its id. */
function atApproval(dir: string): string {
  expect(begun(dir).code).toBe(8);
  return decideUntil(dir, "approval").id;
}

test("R4 approving after the time is exit 5, and says when it expired and how to go on", () => {
  const dir = hurried();
  const ask = atApproval(dir);
  const late = cadre(dir, ["approve", ask], later);
  expect(late.code).toBe(5);
  expect(late.err).toMatch(new RegExp(`${ask} expired at \\d{4}-.*: nobody had decided it by then`));
  expect(late.err).toMatch(/npx cadre resume r-[0-9a-f]{6}/);
  expect(cadre(dir, ["show", ask]).out).toContain("expired by the clock");
  // The role is told, and proposes again.
  expect(cadre(dir, ["resume"], later).code).toBe(8);
  expect(cadre(dir, ["trace"]).out).toContain("the clock");
  expect(document(cadre(dir, ["verify", "--json"]))["ok"]).toBe(true);
});

test("R4 the inbox takes an expired approval back, and names the command that goes on", () => {
  const dir = hurried();
  const ask = atApproval(dir);
  const listed = cadre(dir, ["inbox"], later);
  expect([listed.code, listed.out]).toEqual([0, ""]);
  expect(listed.err).toMatch(new RegExp(`${ask} .*expired`));
  expect(listed.err).toMatch(/npx cadre resume r-[0-9a-f]{6}/);
  expect(inbox(dir)).toEqual([]);
  expect(cadre(dir, ["show", ask]).out).toContain("expired by the clock");
});

test("R4 a run whose approval expired is not forgotten: every later look at inbox and runs says why it stands still, and what to do", () => {
  const dir = hurried();
  const ask = atApproval(dir);
  cadre(dir, ["inbox"], later);
  for (const verb of ["inbox", "runs"]) {
    const { err } = cadre(dir, [verb]);
    expect(err).toMatch(
      /r-[0-9a-f]{6} was left in the middle: .*\n {2}its approval \(.*\) expired .*\n.*npx cadre resume r-/,
    );
    const [left] = document(cadre(dir, [verb, "--json"]))["left"] as {
      decided: unknown[];
      next: { command: string }[];
    }[];
    expect(left?.decided).toEqual([{ ask, kind: "approval", verb: "expire", at: expect.any(String) }]);
  }
  const { err } = cadre(dir, ["inbox"]);
  const [, run] = /resume (r-[0-9a-f]{6})/.exec(err) ?? [];
  expect(cadre(dir, ["resume", run ?? ""]).code).toBe(8);
  expect(cadre(dir, ["runs"]).err).not.toContain("left in the middle");
});

test("R4 of an approval that expired and was not taken back yet, a run's page names the command that works, and none that decides it", () => {
  const dir = hurried();
  const ask = atApproval(dir);
  const [run] = document(cadre(dir, ["runs", "--json"]))["runs"] as { id: string }[];
  const shown = cadre(dir, ["show", run?.id ?? ""], later);
  expect(shown.out).toMatch(new RegExp(`Next\\n {2}npx cadre resume ${run?.id}\\n`));
  expect(shown.out).not.toContain(`npx cadre approve ${ask}`);
  const { next } = document(cadre(dir, ["show", run?.id ?? "", "--json"], later)) as { next: { command: string }[] };
  expect(next.map(({ command }) => command)).toEqual([`npx cadre resume ${run?.id}`]);
});
