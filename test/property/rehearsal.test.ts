/** The rehearsal over charts and briefs that nobody wrote with it in mind, and over answers that make no sense. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Brief } from "../../src/briefs/brief.ts";
import { canonicalJson } from "../../src/canonical.ts";
import { rehearsalModel } from "../../src/models/rehearsal/rehearsal.ts";
import { rehearseBrief, type LoopResult, type Turn } from "../fixtures/rehearsal-loop.ts";
import { bind } from "../fixtures/line-harness.ts";

const words =
  "oven bread soup lease budget guests menu licence garden fence paint music stage light sound ticket price safety water heat".split(
    " ",
  );
const phrase = fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 4 }).map((each) => each.join(" "));
const purpose = fc.array(phrase, { minLength: 1, maxLength: 3 }).map((each) => each.join(", "));
const cue = fc.constantFrom("", "Whether this holds is open:", "Nobody has approved", "At least 3", "A page documents");
const sentence = fc.tuple(cue, phrase, phrase).map(([start, a, b]) => `${start} the ${a} and the ${b}.`.trim());

const levels = ["011-director-a", "021-lead-a", "031-worker-a", "032-worker-b"];
const groupSets = [
  ["completion"],
  ["communication", "completion"],
  ["file_management", "communication", "completion"],
  ["read", "completion", "inference"],
  ["file_management", "inference", "completion"],
];

type Draft = { readonly modes: readonly string[]; readonly slugs: readonly string[] };

const chart: fc.Arbitrary<Draft> = fc.integer({ min: 1, max: 6 }).chain((size) => {
  const slugs = Array.from({ length: size }, (_, index) => `role-${index}`);
  const routes = fc.uniqueArray(fc.tuple(fc.constantFrom(...slugs, "user"), purpose), {
    maxLength: 4,
    selector: ([to]) => to,
  });
  const role = fc.record({
    level: fc.constantFrom(...levels),
    groups: fc.constantFrom(...groupSets),
    down: routes,
    up: routes,
  });
  return fc
    .tuple(...slugs.map(() => role))
    .map((roles) => ({ slugs, modes: roles.map((each, index) => modeOf(slugs[index] as string, each)) }));
});

function modeOf(
  slug: string,
  role: {
    level: string;
    groups: readonly string[];
    down: readonly (readonly [string, string])[];
    up: readonly (readonly [string, string])[];
  },
): string {
  const list = (key: string, routes: readonly (readonly [string, string])[]): string => {
    const others = routes.filter(([to]) => to !== slug && (key === "escalates_to" || to !== "user"));
    return others.length === 0 ? "" : `${key}:\n${others.map(([to, why]) => `  - ${to} # ${why}\n`).join("")}`;
  };
  return `---\nslug: ${slug}\nname: ${slug}\ndescription: Does things.\nlevel: ${role.level}\ntool_groups: [${role.groups.join(", ")}]\n${list("delegates_to", role.down)}${list("escalates_to", role.up)}---\n\nBody.\n`;
}

const brief: fc.Arbitrary<Brief> = fc
  .record({
    task: fc.oneof(sentence, fc.string({ maxLength: 60 })),
    criteria: fc.array(sentence, { maxLength: 4 }),
    constraints: fc.array(fc.oneof(sentence, fc.string({ maxLength: 40 })), { maxLength: 4 }),
    table: fc.boolean(),
  })
  .map(({ task, criteria, constraints, table }) => ({
    title: "Something",
    task: task.trim() || "Do it.",
    why: "",
    where: "",
    when: "",
    acceptance: criteria.map((text, index) => ({ id: `A${index + 1}`, text })),
    inputs: table ? [{ path: "data/a.csv" }] : [],
    constraints: constraints.filter((each) => each.trim() !== ""),
    limits: {},
    to: null,
    file: null,
  }));

const files = {
  "data/a.csv": `text,label\n${Array.from({ length: 10 }, (_, index) => `some words ${index},${index % 2 ? "a" : "b"}`).join("\n")}\n`,
};

/** No call is made three times in one frame: names and arguments, counted over the frame's own transcript. */
function repeated(turns: readonly Turn[]): string[] {
  return turns.flatMap(({ request, calls }) => {
    const start = request.messages.findLastIndex(
      (message) => message.role === "user" && /^# (?:Your assignment|An escalation|A question)/.test(message.content),
    );
    const before = request.messages
      .slice(start + 1)
      .flatMap((message) => (message.role === "assistant" ? message.calls : []));
    const same = (call: { name: string; args: unknown }): number =>
      before.filter((other) => canonicalJson([other.name, other.args]) === canonicalJson([call.name, call.args]))
        .length;
    return calls.filter((call) => same(call) >= 2).map((call) => call.name);
  });
}

const effects = new Set([
  "write_to_file",
  "apply_diff",
  "evaluate_models",
  "new_task",
  "escalate",
  "ask_followup_question",
  "attempt_completion",
]);

function check(result: LoopResult): void {
  expect(result.undeclared).toEqual([]);
  expect(repeated(result.turns)).toEqual([]);
  for (const turn of result.turns) {
    const offered = turn.request.tools.map((tool) => tool.name);
    for (const call of turn.calls) expect(offered).toContain(call.name);
    if (turn.calls.some((call) => effects.has(call.name))) expect(turn.calls).toHaveLength(1);
    expect(turn.say).not.toBe("");
  }
}

describe("on any chart and any brief", () => {
  it("R1 R3 it ends, goes only where routes are declared, calls only what is offered, and repeats nothing three times", async () => {
    await fc.assert(
      fc.asyncProperty(chart, brief, async ({ modes, slugs }, given) => {
        const bound = bind(modes, { entry: slugs[0] as string });
        const result = await rehearseBrief({
          bound,
          brief: given,
          model: rehearsalModel(),
          entry: slugs[0] as string,
          files,
          maxTurns: 3000,
        });
        check(result);
        expect(result.report?.criteria.map((each) => each.id)).toEqual(given.acceptance.map((each) => each.id));
      }),
      { numRuns: 100 },
    );
  });

  it("R2 the same prompt gives the same reply, whatever was asked before", async () => {
    await fc.assert(
      fc.asyncProperty(chart, brief, async ({ modes, slugs }, given) => {
        const bound = bind(modes, { entry: slugs[0] as string });
        const once = await rehearseBrief({
          bound,
          brief: given,
          model: rehearsalModel(),
          entry: slugs[0] as string,
          files,
          maxTurns: 3000,
        });
        const fresh = rehearsalModel();
        for (const turn of once.turns.toReversed().slice(0, 30)) {
          const reply = await fresh.call(turn.request, {});
          expect(reply.calls).toEqual(turn.calls);
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe("whatever comes back", () => {
  const nonsense = fc.oneof(
    fc.constantFrom(
      "Refused: no.",
      "Rejected by linh: no",
      "Returned by linh: again",
      "one decision a reply. Send this again if you still want it.",
      "",
      "# Report from x",
      "# Decision from y\nDecision: \nReason: \nDecided by: z\n",
      "Refused: the report does not hold: there is no criterion [A1].",
    ),
    fc.string({ maxLength: 80 }),
  );

  it("R1 each frame ends, and no call is made three times in it", async () => {
    await fc.assert(
      fc.asyncProperty(
        chart,
        brief,
        fc.array(fc.option(nonsense, { nil: undefined }), { minLength: 1, maxLength: 40 }),
        async ({ modes, slugs }, given, answers) => {
          const bound = bind(modes, { entry: slugs[0] as string });
          const meddle = (_call: unknown, _role: string, turn: number): string | undefined => answers[turn];
          const result = await rehearseBrief({
            bound,
            brief: given,
            model: rehearsalModel(),
            entry: slugs[0] as string,
            files,
            meddle,
            maxTurns: 3000,
          });
          expect(result.undeclared).toEqual([]);
          expect(repeated(result.turns)).toEqual([]);
        },
      ),
      { numRuns: 100 },
    );
  });
});
