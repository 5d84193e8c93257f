/** People in the chart at the command line: seen, given on, handed up, voted on, and taken up the next route by the clock. */
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { begun, brief, cadre, document, inbox, project } from "./cli-process.ts";

/** The shipped project with people in it. */
function staffed(workflow: string): string {
  const dir = project();
  const file = join(dir, "graphs/feature-workflow.ts");
  const before = readFileSync(file, "utf8");
  const after = before
    .replace("  staffing: {},", `  staffing: { "project-manager": { by: "person", name: "linh" } },`)
    .replace("  signOff: true,", "")
    .replace("  deadlineMinutes: 24 * 60,", workflow);
  expect(after).not.toBe(before);
  writeFileSync(file, after);
  return dir;
}

test("R1 an ask is acknowledged, given on and handed up along declared routes, and each is told", () => {
  const dir = staffed("");
  expect(begun(dir, ["--as", "quan"]).code).toBe(8);
  const [ask] = inbox(dir) as unknown as [Record<string, unknown> & { id: string }];
  expect(ask).toMatchObject({
    role: "project-manager",
    to: "linh",
    bumpsTo: "user",
    overdue: false,
    acknowledged: null,
    seat: { role: "project-manager" },
  });
  const seen = cadre(dir, ["ack", "@waiting", "--as", "linh"]);
  expect([seen.code, seen.out]).toEqual([0, expect.stringContaining(`acknowledged ${ask.id}`)]);
  const again = cadre(dir, ["ack", ask.id, "--as", "mai"]);
  expect([again.code, again.err]).toEqual([5, expect.stringContaining("acknowledged already by linh")]);
  expect(cadre(dir, ["show", ask.id]).out).toMatch(/seen by +linh/);

  const wrong = cadre(dir, ["delegate", ask.id, "count", "them", "--to", "qa-manager"]);
  expect(wrong.code).toBe(2);
  expect(wrong.err).toMatch(
    /project-manager declares no delegation to qa-manager\. Declared: .*modes\/project-manager\.md:\d+/,
  );
  const given = cadre(dir, [
    "delegate",
    ask.id,
    "--to",
    "technical-writer",
    "--criterion",
    "a page",
    "--as",
    "linh",
    "--",
    "note it",
  ]);
  expect(given.code).toBe(8);
  expect(given.out).toContain("Report from technical-writer");
  const up = cadre(dir, ["escalate", "@waiting", "not mine", "--as", "linh"]);
  expect(up.code).toBe(8);
  expect(inbox(dir)).toMatchObject([{ role: "project-manager", to: "user" }]);
  expect(cadre(dir, ["trace"]).out).toMatch(/linh → project-manager {2}acknowledges/);
  expect(document(cadre(dir, ["verify", "--json"]))["ok"]).toBe(true);
});

test("whoever answers in another's place may, and the command, the trace, the journal and both ways to show it say so", () => {
  const dir = staffed("");
  expect(begun(dir, ["--as", "quan"]).code).toBe(8);
  const [ask] = inbox(dir) as unknown as [{ id: string; run: string; to: string }];
  expect(ask.to).toBe("linh");
  const said = "asked of linh, answered by root";
  const answered = cadre(dir, ["answer", ask.id, "1", "--as", "root"]);
  expect(answered.code).toBe(8);
  expect(answered.out.split("\n").slice(0, 2)).toEqual([`answered ${ask.id} as root`, said]);
  expect(cadre(dir, ["trace"]).out).toMatch(/root → project-manager .*\n +asked of linh, answered by root\n/);
  const steps = document(cadre(dir, ["trace", "--json"]))["steps"] as { ask?: object }[];
  expect(steps.flatMap((step) => (step.ask && "askedOf" in step.ask ? [step.ask] : []))).toMatchObject([
    { id: ask.id, by: "root", askedOf: "linh" },
  ]);
  expect(cadre(dir, ["show"]).out).toContain(`answered by root for project-manager (${said})`);
  expect(cadre(dir, ["show", ask.id]).out).toContain(`\n${said}\n`);
  const [page] = globSync(join(dir, "journal", ask.run, "decisions", "02-*.md"));
  const written = readFileSync(page ?? "", "utf8");
  expect(written).toContain("Asked of linh, answered by root.");
  expect(written).toContain('\nasked_of: "linh"\n');
  // Their own answers, and what is put to whoever started the run, need no such word.
  expect(cadre(dir, ["approve", "@waiting", "--as", "root"]).out).not.toContain("asked of");
  expect(cadre(dir, ["trace"]).out.split("asked of")).toHaveLength(2);
  expect(document(cadre(dir, ["verify", "--json"]))["ok"]).toBe(true);
});

test("an escalation that nobody answers in time goes up by itself, whoever looks first, and late answers are told where it went", () => {
  const dir = staffed("  deadlineMinutes: { high: 0.001 },");
  expect(begun(dir).code).toBe(8);
  // The run's own process may have seen the deadline pass, or the inbox does.
  if (document(cadre(dir, ["inbox", "--json"]))["expired"] !== undefined) expect(cadre(dir, ["resume"]).code).toBe(8);
  const shown = document(cadre(dir, ["show", "--json"]));
  const asks = shown["asks"] as { id: string; to: string; state: string; decision: unknown; overdue: boolean }[];
  const [late, top] = asks.slice(-2);
  expect(late).toMatchObject({ to: "linh", decision: { verb: "bump", to: "user", by: "the clock" } });
  expect(top).toMatchObject({ to: "user", state: "open", overdue: true, bumpsTo: null });
  const refused = cadre(dir, ["answer", late!.id, "1"]);
  expect(refused.code).toBe(5);
  expect(refused.err).toContain("went up to user");
  expect(refused.err).toMatch(/npx cadre resume r-[0-9a-f]{6}/);
  expect(cadre(dir, ["show", top!.id]).out).toContain("overdue");
});

test("R4 a sign-off by two: who may not is told so, a first vote decides nothing, the second does", () => {
  const dir = staffed('  signOff: { by: ["mai", "linh", "quan"], quorum: 2, notBy: "requester" },');
  expect(begun(dir, ["--as", "quan"]).code).toBe(8);
  expect(cadre(dir, ["answer", "@waiting", "1"]).out).toContain("2 of: mai, linh, quan, but not quan");
  const own = cadre(dir, ["approve", "@waiting", "--as", "quan"]);
  expect([own.code, own.err]).toEqual([4, expect.stringContaining("quan started the run and may not approve")]);
  const first = cadre(dir, ["approve", "@waiting", "--as", "mai"]);
  expect([first.code, first.out]).toEqual([8, expect.stringContaining("voted to approve (1 of 2)")]);
  expect(first.out).toMatch(/vote +mai approves/);
  const last = cadre(dir, ["approve", "@waiting", "--as", "linh"]);
  expect([last.code, last.out]).toEqual([
    0,
    expect.stringContaining("voted to approve (2 of 2), which decides: approved"),
  ]);
  expect(document(cadre(dir, ["verify", "--json"]))["ok"]).toBe(true);
});

test("the operator's approvers approve, and nobody else; a run that nobody could sign off is not begun", () => {
  const dir = staffed(`  signOff: { by: ["quan"], notBy: "requester" }, deadlineMinutes: 24 * 60,`);
  const refused = cadre(dir, ["run", brief, "--as", "quan"]);
  expect([refused.code, refused.err]).toEqual([
    2,
    expect.stringMatching(
      /takes 1, and without quan, who starts the run, that leaves nobody\s+at graphs\/feature-workflow\.ts:28/,
    ),
  ]);
  writeFileSync(join(dir, "cadre.yaml"), "approvers: [quan]\n");
  expect(begun(dir, ["--as", "mai"]).code).toBe(8);
  expect(cadre(dir, ["answer", "@waiting", "1", "--as", "mai"]).code).toBe(8);
  const [ask] = inbox(dir) as unknown as [{ id: string; kind: string }];
  expect(ask.kind).toBe("sign_off");
  const no = cadre(dir, ["approve", ask.id, "--as", "mai"]);
  expect([no.code, no.err]).toEqual([
    4,
    expect.stringMatching(/mai is none of those who decide .*quan[\s\S]*cadre\.yaml/),
  ]);
  expect(cadre(dir, ["approve", ask.id, "--as", "quan"]).code).toBe(0);
});
