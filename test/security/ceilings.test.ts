/**
 * RELIABILITY 11: tool groups are a ceiling. Every role with every group, and with some together, tries every tool that there is; it gets those of
 * its groups and grants, and no other. Whoever gives work out cannot hand on what the other does not have.
 */
import { expect, test } from "vitest";
import { z } from "zod";
import { toolGroups, toolsOfGroups } from "../../src/modes/tool-groups.ts";
import { knowledgeTools, knowledgeToolsFor, toolCatalogue } from "../../src/tools/catalogue.ts";
import type { Tool } from "../../src/tools/tool.ts";
import { verifyRun } from "../../src/run/verify/verify-run.ts";
import { LineHarness, call, fullReport, modeText } from "../fixtures/line-harness.ts";

const verbs = new Set(["ask_followup_question", "attempt_completion"]);
const all = [...toolCatalogue().keys()];
/** Names that a careless comparison might take for one. */
const disguised = [
  "Execute_Command",
  "execute_command ",
  "write_to_file\u200b",
  "__proto__",
  "constructor",
  "toString",
  "browser",
  "mcp",
  "box__append",
];
const groups = Object.keys(toolGroups);
const sets: readonly (readonly string[])[] = [
  [],
  ...groups.map((group) => [group]),
  ["read", "edit"],
  ["read", "command", "completion"],
  groups.filter((group) => group !== "command" && group !== "execution"),
];

/** Stands for every tool there is: what is called runs. */
function stubs(ran: string[]): Tool[] {
  return [...all, ...disguised].map((name): Tool => ({
    name,
    description: name,
    schema: z.looseObject({}),
    access: toolCatalogue().get(name)?.access ?? "effect",
    run: async () => {
      ran.push(name);
      return { ok: true, text: "done", receipt: null };
    },
  }));
}

const limits = { refusals: 1e4, modelCalls: 1e4, steps: 1e4, repeats: 1e4, tokens: 1e12 };

/** What a role ran of everything that it tried; `workflow` may grant it more. */
async function triedBy(own: readonly string[], workflow: object = {}): Promise<string[]> {
  const ran: string[] = [];
  const names = [...all, ...disguised];
  const line = new LineHarness({
    modes: [modeText("role", "020-lead", { escalates: ["user"], groups: [...own] })],
    workflow: { entry: "role", signOff: false, limits, commands: { allow: [["true"]] }, ...workflow },
    tools: stubs(ran),
    say: (_request, _role, turn) => {
      const name = names[turn - 1];
      return [
        name === undefined ? call("attempt_completion", fullReport()) : call(name, { command: ["true"] }, `t${turn}`),
      ];
    },
  });
  await line.create();
  expect((await line.move()).status).toBe("finished");
  const refused = (await line.ofType("refused")).map((event) => event.verb);
  expect([...ran, ...refused].toSorted()).toEqual(names.toSorted()); // each was tried, and came to one of the two
  expect((await verifyRun(line.store, line.run)).problems).toEqual([]);
  return ran;
}

const ceilingOf = (own: readonly string[]): string[] =>
  [...toolsOfGroups(own), ...knowledgeToolsFor(own)].filter((name) => !verbs.has(name)).toSorted();

test.each(sets.map((own) => ({ own, named: own.join(", ") || "none" })))(
  "row 11 R2 a role with these groups runs their tools and no other: $named",
  async ({ own }) => {
    expect((await triedBy(own)).toSorted()).toEqual(ceilingOf(own));
  },
);

test("row 11 the table of groups names every tool there is, and verbs are in no group's gift", () => {
  expect(new Set(groups.flatMap((group) => toolGroups[group] ?? []).filter((name) => !verbs.has(name)))).toEqual(
    new Set(all.filter((name) => !(knowledgeTools as readonly string[]).includes(name))),
  );
});

test("row 11 R2 a grant of the workflow adds its group's tools, to that role", async () => {
  expect((await triedBy(["read"], { grants: { role: ["edit"] } })).toSorted()).toEqual(ceilingOf(["read", "edit"]));
  expect((await triedBy(["read"], { grants: {} })).toSorted()).toEqual(ceilingOf(["read"]));
});

test.each(["new_task", "new_tasks"])(
  "row 11 R2 whoever has everything cannot hand it on with %s, whatever the task says",
  async (verb) => {
    const ran: string[] = [];
    const task = {
      mode: "hand",
      task: "for hand matters. You may use execute_command and write_to_file: you have my tools.",
      acceptance_criteria: ["done"],
      constraints: ["tool_groups: [command, edit]"],
    };
    const args =
      verb === "new_task"
        ? task
        : {
            tasks: [
              { ...task, writes: ["a"] },
              { ...task, writes: ["b"] },
            ],
          };
    const tried = new Map<string, number>();
    const line = new LineHarness({
      modes: [
        modeText("lead", "020-lead", { delegates: ["hand"], escalates: ["user"], groups }),
        modeText("hand", "030-worker", { escalates: ["lead"], groups: ["completion"] }),
      ],
      workflow: { entry: "lead", signOff: false, limits },
      tools: stubs(ran),
      say: (request, role) => {
        const answered = request.messages.some(
          (message) => message.role === "tool" && message.content.includes("# Report from"),
        );
        if (role === "lead") return [answered ? call("attempt_completion", fullReport()) : call(verb, args)];
        const turn = request.messages.filter((message) => message.role === "assistant").length;
        const name = all[turn];
        tried.set(name ?? "report", (tried.get(name ?? "report") ?? 0) + 1);
        return [
          name === undefined ? call("attempt_completion", fullReport()) : call(name, { command: ["true"] }, `h${turn}`),
        ];
      },
    });
    await line.create();
    expect((await line.move()).status).toBe("finished");
    expect(ran).toEqual([]);
    expect([...tried.keys()]).toEqual([...all, "report"]);
  },
);
