/** What a run cost, as a user sees it: `show`, its JSON and the journal say what the server counted, at the operator's prices. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startChatServer, type Behaviour, type ChatBody } from "../fixtures/chat-server.ts";
import { brief, document, project, startCadre, type Ended } from "./cli-process.ts";

const escalation = (to: string): Behaviour => ({
  kind: "reply",
  calls: [
    {
      name: "escalate",
      args: {
        to,
        question: "Which licence may we use?",
        topic: "model licence",
        severity: "high",
        tried: "Read the cards.",
        options: ["MIT", "none"],
      },
    },
  ],
});
const task: Behaviour = {
  kind: "reply",
  calls: [
    {
      name: "new_task",
      args: {
        mode: "huggingface-specialist",
        task: "Select a machine-learning model",
        acceptance_criteria: ["it is measured"],
        inputs: [],
        constraints: [],
      },
    },
  ],
};

/** The key of the route to this role, as the question lists it, and that nothing else is likely. */
function opinionOn(body: ChatBody, role: string): Behaviour {
  const key = new RegExp(`^([A-Z]): \\w+ ${role} `, "m").exec(String(body.messages[0]?.content))?.[1] ?? "";
  const top = [{ token: key, logprob: 0 }];
  const content = ['{"answer":"', key, '"}'].map((token) => ({ token, logprob: 0, top_logprobs: top }));
  return { kind: "reply", text: JSON.stringify({ answer: key }), logprobs: { content } };
}

test(
  "show has the bill: by role, with an opinion on a route in it, in the run's currency and beside its limit",
  { timeout: 60_000 },
  async () => {
    let turns = 0;
    const server = await startChatServer((body) => {
      if (body.response_format !== undefined)
        return opinionOn(body, turns === 1 ? "huggingface-specialist" : "project-manager");
      turns += 1;
      return [task, escalation("project-manager")][turns - 1] ?? escalation("user");
    });
    onTestFinished(() => server.close());
    const dir = project();
    const price = { promptPerMillion: 1, completionPerMillion: 10, cachedPerMillion: 0.5, currency: "EUR" };
    const local = { tier: "endpoint", url: server.url, model: "org/model", price };
    const config = { models: { local }, map: { default: "local" }, routing: { model: "local", threshold: 0.5 } };
    writeFileSync(join(dir, "cadre.yaml"), JSON.stringify(config));
    const limited = readFileSync(join(dir, brief), "utf8").replace(/^---\n/, "---\nlimits: {money: 5 EUR}\n");
    writeFileSync(join(dir, "limited.md"), limited);
    const run = (...args: string[]): Promise<Ended> => startCadre(dir, args, () => {}).ended;

    // The lead gives a task out, the specialist escalates, and what it escalated to goes to the user: three turns, and two opinions.
    expect(await run("run", "limited.md", "--as", "lead")).toMatchObject({ code: 8 });
    expect(server.requests).toHaveLength(5);
    // The server counts 120 tokens of prompt, 100 of them cached, and 8 of reply in every answer.
    const shown = await run("show", "@latest");
    expect(shown.code).toBe(0);
    for (const line of [
      "5 of 120 model calls, 600 + 40 (500 cached) tokens, 0.00075 of 5.00 EUR",
      "backend-lead (org/model): 2 model calls, 240 + 16 (200 cached) tokens, 0.0003 EUR",
      "huggingface-specialist (org/model): 2 model calls, 240 + 16 (200 cached) tokens, 0.0003 EUR",
      "project-manager (org/model): 1 model call, 120 + 8 (100 cached) tokens, 0.00015 EUR",
    ])
      expect(shown.out).toContain(line);
    const { run: shownRun, usage } = document(await run("show", "@latest", "--json")) as {
      run: { id: string };
      usage: object;
    };
    expect(usage).toMatchObject({ calls: 5, counted: 5, money: { sums: { EUR: 0.00075 }, unpriced: 0 } });
    const journal = readFileSync(join(dir, "journal", shownRun.id, "README.md"), "utf8");
    expect(journal).toContain("0.00075 EUR");
    expect(journal).toContain("Priced by models.local in cadre.yaml: 1 and 10 EUR for a million tokens");
    expect((await run("trace", "@latest")).out).toContain(
      "delegation to huggingface-specialist: org/model finds it 1.00 likely",
    );
    expect((await run("verify", "@latest")).code).toBe(0);
  },
);
