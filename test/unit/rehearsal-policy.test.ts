/** What the rehearsal does in single situations, each a prompt as the run makes it. */
import { describe, expect, it } from "vitest";
import type { Message, ModelCall, ModelRequest, ToolSpec } from "../../src/models/model.ts";
import { rehearsalModel } from "../../src/models/rehearsal/rehearsal.ts";
import { assignmentText, questionText } from "../../src/run/prompt-texts.ts";

const rule = { purpose: "as declared", file: "modes/a.md", line: 4 };

function routeTool(
  name: "new_task" | "escalate",
  property: "mode" | "to",
  routes: Readonly<Record<string, string>>,
): ToolSpec {
  const lines = Object.entries(routes).map(([to, purpose]) => `- ${to}: ${purpose}`);
  const others =
    name === "new_task"
      ? ["task", "acceptance_criteria", "inputs", "constraints"]
      : ["question", "topic", "severity", "tried", "options"];
  const properties = Object.fromEntries(others.map((each) => [each, { type: "string" }]));
  return {
    name,
    description: "",
    schema: {
      type: "object",
      properties: {
        ...properties,
        [property]: { type: "string", enum: Object.keys(routes), description: ["Who:", ...lines].join("\n") },
      },
    },
  };
}

const report: ToolSpec = {
  name: "attempt_completion",
  description: "",
  schema: {
    type: "object",
    properties: Object.fromEntries(
      ["summary", "criteria", "artifacts", "measurements", "limitations", "resources"].map((key) => [key, {}]),
    ),
  },
};
const answer: ToolSpec = {
  name: "attempt_completion",
  description: "",
  schema: { type: "object", properties: { decision: {}, reason: {} } },
};
const write: ToolSpec = {
  name: "write_to_file",
  description: "",
  schema: { type: "object", properties: { path: {}, content: {} } },
};

async function next(messages: readonly Message[], tools: readonly ToolSpec[]): Promise<ModelCall> {
  const request: ModelRequest = { messages, tools, maxTokens: 100, temperature: 0 };
  const reply = await rehearsalModel().call(request, {});
  expect(reply.calls).toHaveLength(1);
  expect(await rehearsalModel().call(request, {})).toEqual(reply);
  return reply.calls[0]!;
}

function answered(messages: readonly Message[], call: ModelCall, content: string): Message[] {
  return [
    ...messages,
    { role: "assistant", content: "", calls: [call] },
    { role: "tool", callId: call.id, name: call.name, content },
  ];
}

const assigned = (task: string, more: { criteria?: string[]; constraints?: string[] } = {}): Message => ({
  role: "user",
  content: assignmentText(
    { from: "user", rule },
    {
      task,
      criteria: (more.criteria ?? []).map((text, index) => ({ id: `A${index + 1}`, text })),
      inputs: [],
      constraints: more.constraints ?? [],
    },
  ),
});

const asked = (topic: string, question: string, options: string[] = []): Message => ({
  role: "user",
  content: questionText(
    { from: "cook", kind: "escalation", rule },
    { question, topic, severity: "high", tried: "Looked.", options },
  ),
});

describe("answering", () => {
  const up = routeTool("escalate", "to", {
    owner: "Prices, leases, anything that cannot be undone",
    chef: "Recipes, seasoning",
  });

  it("Q1 Q3 hands up what a purpose above covers: the question word for word, the options, and who advises what", async () => {
    const call = await next([asked("lease of the oven", "May we sign a lease?", ["No", "Yes"])], [up, answer]);
    expect(call).toMatchObject({
      name: "escalate",
      args: { to: "owner", topic: "lease of the oven", severity: "high", options: ["No", "Yes"] },
    });
    expect(call.args).toMatchObject({
      question: "May we sign a lease?",
      tried: expect.stringMatching(/^Looked\. .*what cook advises/),
    });
  });

  it("decides what nobody above is there for: the first option, labelled, with a reason", async () => {
    const call = await next(
      [asked("plates", "Round or square plates?", ["Round plates.", "Square plates"])],
      [up, answer],
    );
    expect(call).toMatchObject({ name: "attempt_completion", args: { decision: "Round plates (rehearsed decision)" } });
    expect((call.args as { reason: string }).reason).not.toBe("");
  });

  it("Q2 passes on what was decided above, unchanged, and says by whom", async () => {
    const start = [asked("lease", "May we sign a lease?", ["No"])];
    const first = await next(start, [up, answer]);
    const later = answered(
      start,
      first,
      "# Decision from owner\nDecision: Sign for one year.\nReason: cheap now\nDecided by: a person, as owner\nTake it up in your next step.",
    );
    expect(await next(later, [up, answer])).toMatchObject({
      name: "attempt_completion",
      args: { decision: "Sign for one year.", reason: "Decided by a person, as owner: cheap now" },
    });
  });

  it("Q1 decides itself when handing up was refused", async () => {
    const start = [asked("lease", "May we sign a lease?", ["No"])];
    const first = await next(start, [up, answer]);
    expect(await next(answered(start, first, "Refused: no."), [up, answer])).toMatchObject({
      name: "attempt_completion",
      args: { decision: "No (rehearsed decision)" },
    });
  });

  it("Q1 never hands a question back to the one who asked", async () => {
    const back = routeTool("escalate", "to", { cook: "Leases" });
    expect(await next([asked("lease", "May we sign a lease?", ["No"])], [back, answer])).toMatchObject({
      name: "attempt_completion",
    });
  });

  it("answers without options by what the brief says", async () => {
    const call = await next([asked("plates", "Which plates?")], [answer]);
    expect(call).toMatchObject({
      name: "attempt_completion",
      args: { decision: expect.stringContaining("(rehearsed decision)") },
    });
  });
});

describe("leading", () => {
  const down = routeTool("new_task", "mode", { cook: "Soups, sauces, cold dishes", baker: "Bread, cakes, pastry" });

  it("L1 gives the task to the purpose that it fits, with every criterion", async () => {
    const call = await next(
      [assigned("Bake bread for Sunday.", { criteria: ["The bread is dark.", "It weighs at least 900 g."] })],
      [down, report],
    );
    expect(call).toMatchObject({
      name: "new_task",
      args: { mode: "baker", acceptance_criteria: ["The bread is dark.", "It weighs at least 900 g."] },
    });
  });

  it("L1 asks who should take what no purpose names, and follows the answer", async () => {
    const ask: ToolSpec = {
      name: "ask_followup_question",
      description: "",
      schema: { type: "object", properties: {} },
    };
    const start = [assigned("Paint the fence green.")];
    const first = await next(start, [down, ask, report]);
    expect(first).toMatchObject({
      name: "ask_followup_question",
      args: { options: [expect.stringMatching(/^cook: /), expect.stringMatching(/^baker: /)] },
    });
    const later = answered(
      start,
      first,
      "# Decision from user\nDecision: baker: Bread, cakes, pastry\nReason: free\nDecided by: a person, as user\n",
    );
    expect(await next(later, [down, ask, report])).toMatchObject({ name: "new_task", args: { mode: "baker" } });
  });

  it("L1 takes the only role below it even without a common word", async () => {
    const only = routeTool("new_task", "mode", { cook: "Soups" });
    expect(await next([assigned("Paint the fence.")], [only, report])).toMatchObject({
      name: "new_task",
      args: { mode: "cook" },
    });
  });

  it("tries the next best after a refusal, once, and then reports what it could not place", async () => {
    const start = [assigned("Bread and soups for Sunday.", { criteria: ["Nobody is hungry."] })];
    const first = await next(start, [down, report]);
    const second = await next(answered(start, first, "Refused: not now."), [down, report]);
    expect([first.name, second.name]).toEqual(["new_task", "new_task"]);
    expect((first.args as { mode: string }).mode).not.toBe((second.args as { mode: string }).mode);
    const third = await next(
      answered(answered(start, first, "Refused: not now."), second, "Refused: not now either."),
      [down, report],
    );
    expect(third).toMatchObject({
      name: "attempt_completion",
      args: { criteria: [{ id: "A1", status: "not_measured" }] },
    });
  });

  it("gives returned work back to whoever did it, with the reason, then reports again", async () => {
    const start = [assigned("Bake bread.", { criteria: ["The bread is dark."] })];
    const first = await next(start, [down, report]);
    const back =
      "# Report from baker\n\n## Summary\nBaked.\n\n## Criteria\n- [A1] met: seen\n\n## Artifacts\n- bread.md\n\n## Measurements\n- none\n\n## Limitations\n- none";
    const afterFirst = answered(start, first, back);
    const done = await next(afterFirst, [down, report]);
    expect(done).toMatchObject({
      name: "attempt_completion",
      args: { criteria: [{ id: "A1", status: "met", evidence: "baker: seen" }], artifacts: ["bread.md"] },
    });
    const returned = answered(afterFirst, done, "Returned by linh: not dark enough");
    const again = await next(returned, [down, report]);
    expect(again).toMatchObject({ name: "new_task", args: { mode: "baker", inputs: ["bread.md"] } });
    expect((again.args as { task: string }).task).toContain("not dark enough");
    const reportAgain = await next(answered(returned, again, back), [down, report]);
    expect(reportAgain).toMatchObject({ name: "attempt_completion" });
    expect((reportAgain.args as { summary: string }).summary).toContain("not dark enough");
  });

  it("of a measurement that was made again for returned work, only the newest is reported", async () => {
    const start = [assigned("Bake bread.", { criteria: ["The macro-F1 is at least 0.5."] })];
    const back = (value: number, effect: string): string =>
      `# Report from baker\n\n## Summary\nBaked.\n\n## Criteria\n- [A1] met: seen\n\n## Artifacts\n- bread.md\n\n## Measurements\n- macro-F1 (a) = ${value} score (${effect})\n\n## Limitations\n- none`;
    const first = await next(start, [down, report]);
    const afterFirst = answered(start, first, back(0.6, "r-1.1/e8"));
    const done = await next(afterFirst, [down, report]);
    const returned = answered(afterFirst, done, "Returned by linh: not dark enough");
    const again = await next(returned, [down, report]);
    const last = await next(answered(returned, again, back(0.7, "r-1.1/e52")), [down, report]);
    expect(last.args).toMatchObject({
      measurements: [{ name: "macro-F1 (a)", value: 0.7, unit: "score", effect: "r-1.1/e52" }],
    });
    expect(JSON.stringify(last.args)).not.toContain("r-1.1/e8");
  });
});

describe("working", () => {
  const up = routeTool("escalate", "to", {
    owner: "Budget, leases, anything that cannot be undone",
    chef: "Seasoning, the choice of recipes",
  });

  it("A1 raises what the assignment leaves open with the role whose purpose names it, once a topic", async () => {
    const start = [
      assigned("Cook a soup.", {
        constraints: ["Whether we may sign a lease is open.", "The budget has not been approved, nor has the lease."],
      }),
    ];
    const first = await next(start, [up, report]);
    expect(first).toMatchObject({ name: "escalate", args: { to: "owner" } });
    const decided = "# Decision from owner\nDecision: Not now\nReason: rent\nDecided by: owner\n";
    const second = await next(answered(start, first, decided), [up, report]);
    expect(second).toMatchObject({ name: "escalate", args: { to: "owner" } });
    expect((first.args as { topic: string }).topic).not.toBe((second.args as { topic: string }).topic);
    const third = await next(answered(answered(start, first, decided), second, decided), [up, report]);
    expect(third).toMatchObject({ name: "attempt_completion" });
    expect((third.args as { summary: string }).summary).toContain("Not now");
  });

  it("A2 asks nothing where nothing is open but what the task itself is", async () => {
    const call = await next([assigned("Cook a soup with little salt.", { constraints: ["No meat."] })], [up, report]);
    expect(call.name).toBe("attempt_completion");
  });

  it("asks nothing where the assigner says that the decisions hold", async () => {
    const settled = ["Whether we may sign a lease is open.", "Decisions taken so far hold; do not raise them again."];
    expect(await next([assigned("Cook.", { constraints: settled })], [up, report])).toMatchObject({
      name: "attempt_completion",
    });
  });

  it("writes once, and once more after each return; a rejected write is not repeated", async () => {
    const start = [assigned("Cook a soup.")];
    const first = await next(start, [write, report]);
    expect(first).toMatchObject({ name: "write_to_file", args: { path: "deliverables/cook-a-soup.md" } });
    const rejected = await next(answered(start, first, "Rejected by linh: no files"), [write, report]);
    expect(rejected).toMatchObject({ name: "attempt_completion", args: { artifacts: [] } });
    expect(JSON.stringify(rejected.args)).toContain("no files");
    const written = answered(start, first, "Created deliverables/cook-a-soup.md, sha256 0.");
    const done = await next(written, [write, report]);
    expect(done).toMatchObject({
      name: "attempt_completion",
      args: { artifacts: ["deliverables/cook-a-soup.md"] },
    });
    const again = await next(answered(written, done, "Returned by linh: say more about salt"), [write, report]);
    expect(again.name).toBe("write_to_file");
    expect((again.args as { content: string }).content).toContain("say more about salt");
  });

  it("P2 a refused report is sent again with less in it, never the same", async () => {
    const start = [assigned("Cook.", { criteria: ["It is hot."] })];
    const first = await next(start, [report]);
    const once = answered(
      start,
      first,
      'Refused: the report does not hold: criterion [A7] "extra" is not reported on; artifact x.md is not in the workspace.',
    );
    const second = await next(once, [report]);
    expect(second).toMatchObject({
      name: "attempt_completion",
      args: { criteria: [{ id: "A1" }, { id: "A7", status: "not_measured" }] },
    });
    const third = await next(answered(once, second, "Refused: still not."), [report]);
    const sent = [first, second, third].map((call) => JSON.stringify(call.args));
    expect(new Set(sent).size).toBe(3);
  });
});

describe("whatever it is given", () => {
  it("an empty prompt still ends with a completion", async () => {
    expect(await next([], [report])).toMatchObject({ name: "attempt_completion" });
    expect(await next([{ role: "user", content: "" }], [report])).toMatchObject({ name: "attempt_completion" });
  });

  it("without any tool it says something and calls nothing", async () => {
    const reply = await rehearsalModel().call(
      { messages: [assigned("Cook.")], tools: [], maxTokens: 10, temperature: 0 },
      {},
    );
    expect(reply).toMatchObject({ calls: [], finish: "stop", malformed: [] });
    expect(reply.text).not.toBe("");
  });

  it("does not start when it is already aborted", async () => {
    const call = rehearsalModel().call(
      { messages: [], tools: [report], maxTokens: 10, temperature: 0 },
      { signal: AbortSignal.abort() },
    );
    await expect(call).rejects.toMatchObject({ code: "interrupted" });
  });

  it("R2 ids of calls follow from the place in the transcript and do not repeat", async () => {
    const start = [assigned("Cook a soup.")];
    const first = await next(start, [write, report]);
    const second = await next(answered(start, first, "Created x.md, sha256 0."), [write, report]);
    expect(first.id).not.toBe(second.id);
  });
});
