import { describe, expect, test } from "vitest";
import { readMode } from "../../src/modes/read-mode.ts";
import { bindChart } from "../../src/org/bind.ts";
import { compile } from "../../src/org/compile.ts";
import { checkWorkflow } from "../../src/org/workflow-check.ts";
import { workflowSchema } from "../../src/org/workflow.ts";

const { chart } = compile(
  ["lead", "worker"].flatMap((slug) => readMode(`---\nslug: ${slug}\n---\n`, `modes/${slug}.md`).mode ?? []),
);
const packs = [{ name: "house", title: "House", reportSections: [], body: "b", file: "modes/rules/house.md" }];

function check(workflow: unknown, places?: Record<string, { line: number }>) {
  const { problems } = checkWorkflow(workflow, "graphs/w.ts", chart, packs, places);
  return problems.map((problem) => `${problem.code} ${problem.line} ${problem.message} ${problem.hint}`);
}

describe("checkWorkflow", () => {
  test("a workflow whose names all exist is parsed, with its defaults", () => {
    const { workflow, problems } = checkWorkflow(
      {
        name: "w",
        entry: "lead",
        staffing: { worker: { by: "person" } },
        grants: { worker: ["inference"] },
        rules: [
          {
            pack: "house",
            roles: ["worker"],
          },
        ],
        approvals: [
          {
            tool: "write_to_file",
            reason: "r",
          },
        ],
      },
      "graphs/w.ts",
      chart,
      packs,
    );
    expect(problems).toEqual([]);
    expect(workflow).toMatchObject({ entry: "lead", signOff: true, deadlineMinutes: 1440 });
  });

  test("every unknown name is reported with a suggestion, at the line of its key where that is known", () => {
    const found = check(
      {
        name: "w",
        entry: "laed",
        staffing: { wroker: { by: "person" } },
        grants: {
          worker: ["inferense"],
          x: ["read"],
        },
        rules: [
          {
            pack: "hose",
            roles: ["lead", "user"],
          },
        ],
        approvals: [
          {
            tool: "write_file",
            roles: ["y"],
            reason: "r",
          },
        ],
      },
      { entry: { line: 7 }, workflow: { line: 3 } },
    );
    expect(found).toEqual([
      'workflow-unknown-role 7 The workflow names the role "laed" at entry, which does not exist. Did you mean "lead"?',
      'workflow-unknown-role 3 The workflow names the role "wroker" at staffing, which does not exist. Did you mean "worker"?',
      'workflow-unknown-tool-group 3 The workflow names the tool group "inferense" at grants.worker, which does not exist. Did you mean "inference"?',
      'workflow-unknown-role 3 The workflow names the role "x" at grants, which does not exist. There are: lead, worker.',
      'workflow-unknown-rules-pack 3 The workflow names the rules pack "hose" at rules.0, which does not exist. Did you mean "house"?',
      'workflow-unknown-role 3 The workflow names the role "user" at rules.0.roles, which does not exist. There are: lead, worker.',
      'workflow-unknown-tool 3 The workflow names the tool "write_file" at approvals.0, which does not exist. Did you mean "write_to_file"?',
      'workflow-unknown-role 3 The workflow names the role "y" at approvals.0.roles, which does not exist. There are: lead, worker.',
    ]);
  });

  test.each([
    [undefined],
    [null],
    [3],
    ["x"],
    [[]],
    [{}],
    [{ name: "w" }],
    [{ name: "w", entry: "lead", extra: 1 }],
    [{ name: "w", entry: "lead", staffing: { lead: { by: "persn" } } }],
    [{ name: "w", entry: "lead", limits: { steps: 0 } }],
  ])("%j has the wrong shape", (workflow) => {
    expect(check(workflow)[0]).toMatch(/^workflow-shape 1 /);
    expect(checkWorkflow(workflow, "w", chart, packs).workflow).toBeNull();
  });
});

test.each([
  ["limit", { limit: {} }, 'The workflow has no key "limit". Did you mean "limits"?'],
  ["limits.step", { limits: { step: 9 } }, 'The workflow has no key "limits.step". Did you mean "steps"?'],
  [
    "approvals.0.quorom",
    { approvals: [{ tool: "read_file", reason: "r", quorom: 2 }] },
    'The workflow has no key "approvals.0.quorom". Did you mean "quorum"?',
  ],
  [
    "staffing.lead.nam",
    { staffing: { lead: { by: "person", nam: "x" } } },
    'The workflow has no key "staffing.lead.nam". Did you mean "name"?',
  ],
  [
    "staffing.lead.by",
    { staffing: { lead: { by: "persn" } } },
    "The workflow is not valid at staffing.lead.by: expected 'person' | 'model'. undefined",
  ],
])("a fault at %s says what may stand there", (_, more, said) => {
  const { problems } = checkWorkflow({ name: "w", entry: "lead", ...more }, "w", chart, packs);
  expect(problems.map(({ message, hint }) => `${message} ${hint}`)).toEqual([said]);
});

describe("D9 the bound chart's hash", () => {
  const workflow = workflowSchema.parse({ name: "w", entry: "lead", rules: [{ pack: "house", roles: ["lead"] }] });
  const parts = { chart, rules: packs, workflow, places: {}, toolHashes: { read_file: "a" } };
  const base = bindChart(parts).hash;

  test("changes with modes, the rules that bind, the workflow and the tools", () => {
    const changed = [
      bindChart({ ...parts, chart: { ...chart, hash: "other" } }),
      bindChart({ ...parts, rules: packs.map((pack) => ({ ...pack, body: "c" })) }),
      bindChart({ ...parts, workflow: { ...workflow, signOff: false } }),
      bindChart({ ...parts, toolHashes: { read_file: "b" } }),
    ];
    expect(new Set([base, ...changed.map((bound) => bound.hash)]).size).toBe(5);
  });

  test("does not change with the order of packs, or with a pack that binds nobody", () => {
    const idle = { name: "idle", title: "Idle", reportSections: [], body: "", file: "modes/rules/idle.md" };
    expect(bindChart({ ...parts, rules: [idle, ...packs] })).toEqual(bindChart(parts));
  });
});
