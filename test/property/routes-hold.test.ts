/**
 * R1 over the whole square: whatever a model names, a transition happens exactly where the chart declares it.
 *
 * Every role is named from every role under every kind. Of the names that are no role's, `npm test` takes a third from each role, another third from
 * the next one; `CADRE_CRASH=large|full` takes all of them from all.
 */
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { check } from "../../src/org/chart.ts";
import { verifyRun } from "../../src/run/verify/verify-run.ts";
import { scale } from "../crash/scale.ts";
import { forgedStore } from "../fixtures/forged-store.ts";
import { LineHarness, bind, call, fullReport, modeText } from "../fixtures/line-harness.ts";

const modes = [
  modeText("chief", "010-director", { delegates: ["lead-a", "lead-b"], escalates: ["user"] }),
  modeText("lead-a", "020-lead", { delegates: ["worker-a", "worker-b"], escalates: ["chief"], reports: ["chief"] }),
  modeText("lead-b", "020-lead", { delegates: ["worker-b"], escalates: ["chief"], reports: ["chief", "lead-a"] }),
  modeText("worker-a", "030-worker", { escalates: ["lead-a", "chief"], reports: ["lead-a"] }),
  modeText("worker-b", "030-worker", { escalates: ["lead-a", "lead-b"], reports: ["lead-a", "lead-b"] }),
];
const shippedFolder = fileURLToPath(new URL("../../modes/", import.meta.url));
const shipped = readdirSync(shippedFolder)
  .filter((name) => name.endsWith(".md"))
  .map((name) => readFileSync(shippedFolder + name, "utf8"));

function rolesOf(texts: readonly string[]): string[] {
  return bind(texts, { entry: "any" }).chart.roles.map((role) => role.slug);
}

const kinds = ["delegation", "escalation", "report"] as const;

/** Names that are not the role's, though a careless comparison might take them for it. */
function disguises(slug: string): string[] {
  return [
    slug.toUpperCase(),
    ` ${slug}`,
    `${slug} `,
    `${slug}\u200b`,
    `\u2060${slug}`,
    slug.replace("-", "\u2010"),
    slug.replace("e", "\u0435"),
    slug.replace("a", "a\u0301"),
    `${slug}\u0000`,
    `modes/${slug}`,
    `@${slug}`,
  ];
}

const ghosts = [
  "",
  "nobody",
  "_gate",
  "_act",
  "__end__",
  "__start__",
  "user",
  "__proto__",
  "constructor",
  "toString",
  "*",
];

function attempt(kind: (typeof kinds)[number], to: string) {
  if (kind === "delegation") return call("new_task", { mode: to, task: "do this", acceptance_criteria: ["done"] });
  if (kind === "escalation")
    return call("escalate", { to, question: "may I?", topic: "leave", severity: "low", tried: "", options: ["yes"] });
  return call("attempt_completion", { ...fullReport(), report_to: [to] });
}

type Target = { readonly kind: (typeof kinds)[number]; readonly to: string };

/** One line whose entry role makes all these attempts, one a turn; where one is taken, its frame closes again at once. */
async function attempts(texts: readonly string[], entry: string, targets: readonly Target[]) {
  let made = 0;
  const line = new LineHarness({
    modes: texts,
    workflow: {
      entry,
      signOff: true,
      limits: { steps: 100_000, modelCalls: 100_000, refusals: 100_000, repeats: 100_000, pingPong: 100_000 },
    },
    say: (request) => {
      const answering = request.messages.some(
        (message) => message.role === "user" && message.content.startsWith("# An escalation"),
      );
      const assigned = request.messages.filter(
        (message) => message.role === "user" && message.content.startsWith("# Your assignment"),
      );
      if (answering) return [call("attempt_completion", { decision: "yes", reason: "asked" })];
      if (!assigned.at(-1)?.content.startsWith("# Your assignment, from user"))
        return [call("attempt_completion", fullReport())];
      const next = targets[made];
      made += 1;
      if (!next) line.stop = "the test";
      return next ? [attempt(next.kind, next.to)] : [call("no_more", {})];
    },
  });
  let stop = await line.start();
  // A declared report copy ends in the sign-off, a declared way to the user in an ask: both are sent back, and the attempts go on.
  for (let turn = 0; stop === "waiting" && turn < 1000 && made <= targets.length; turn += 1) {
    await line.decide("reject", "go on");
    stop = await line.advance();
  }
  return line;
}

/** Every name under every kind from one role: taken exactly where the chart declares it, refused and recorded everywhere else. */
async function holds(texts: readonly string[], from: string, names: readonly string[]): Promise<void> {
  const { chart } = bind(texts, { entry: from });
  const targets = kinds.flatMap((kind) => names.map((to) => ({ kind, to })));
  const line = await attempts(texts, from, targets);
  const refused = await line.ofType("refused");
  const opened = await line.ofType("frame_opened");
  const copied = await line.ofType("copy_sent");
  for (const { kind, to } of targets) {
    const declared = check(chart, kind, from, to).allowed;
    const wasRefused = refused.some((event) => event.role === from && event.kind === kind && event.to === to);
    const wasTaken =
      kind === "report"
        ? copied.some((event) => event.from === from && event.to === to)
        : opened.some((event) => event.kind === kind && event.from === from && event.to === to);
    expect({ kind, to, refused: wasRefused }).toEqual({ kind, to, refused: !declared });
    if (kind !== "report") expect({ kind, to, taken: wasTaken }).toEqual({ kind, to, taken: declared });
    if (!declared) expect({ kind, to, taken: wasTaken }).toEqual({ kind, to, taken: false });
  }
  expect((await verifyRun(line.store, line.run)).problems).toEqual([]);
}

/** The share of `names` that the role at this place of the chart is tried with. */
function share(names: readonly string[], place: number): string[] {
  return scale === "quick" ? names.filter((_, at) => at % 3 === place % 3) : [...names];
}

test.each(rolesOf(modes))("R1 every pair and kind from %s, ghosts and disguises of a name", async (from) => {
  const roles = rolesOf(modes);
  await holds(modes, from, [...roles, ...share([...ghosts, ...roles.flatMap(disguises)], roles.indexOf(from))]);
});

test.each(rolesOf(shipped))("R1 every pair and kind of the shipped chart from %s", async (from) => {
  const roles = rolesOf(shipped);
  await holds(shipped, from, [...roles, ...share([...ghosts, ...disguises(from)], roles.indexOf(from))]);
});

test("R1 verify finds a hand-over that the chart does not declare", async () => {
  const line = new LineHarness({
    modes,
    workflow: { entry: "chief" },
    say: () => [call("new_task", { mode: "lead-a", task: "x", acceptance_criteria: ["y"] })],
  });
  await line.start();
  const tampered = await forgedStore(line.store, line.run, (event) =>
    event.type === "frame_opened" && event.to === "lead-a" ? { ...event, to: "worker-b" } : event,
  );
  const { problems } = await verifyRun(tampered, line.run);
  expect(problems.map((problem) => problem.what).join()).toContain("worker-b");
});
