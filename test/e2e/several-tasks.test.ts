/** Several tasks at once through the public API, with real files: each keeps to its part, and each is answered by itself. DESIGN §5, RELIABILITY 15. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openCadre, readBrief, type Cadre } from "../../src/index.ts";
import { reply, scriptedModel } from "../../src/testing.ts";
import { cadre as command } from "../fixtures/cli.ts";

const workers = ["api", "docs", "tables"] as const;

function mode(slug: string, level: string, routes: string): string {
  return `---\nslug: ${slug}\nname: ${slug}\ndescription: The ${slug}.\nlevel: ${level}\n${routes}tool_groups: [read, edit, communication, completion]\n---\n\nYou are ${slug}.\n`;
}

function project(): string {
  const dir = mkdtempSync(join(tmpdir(), "cadre-several-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  for (const folder of ["modes", "graphs"]) mkdirSync(join(dir, folder));
  const routes = workers.map((slug) => `  - ${slug} # ${slug} matters\n`).join("");
  writeFileSync(
    join(dir, "modes/lead.md"),
    mode("lead", "020-lead", `delegates_to:\n${routes}escalates_to:\n  - user # whatever is unclear\n`),
  );
  for (const slug of workers)
    writeFileSync(
      join(dir, `modes/${slug}.md`),
      mode(slug, "030-worker", "escalates_to:\n  - user # whatever is unclear\nreports_to:\n  - lead # results\n"),
    );
  writeFileSync(
    join(dir, "graphs/team.ts"),
    `export const workflow = { name: "team", entry: "lead", approvals: [{ tool: "write_to_file", roles: ["tables"], reason: "tables are looked at" }] };\n`,
  );
  return dir;
}

const tasks = workers.map((slug) => ({
  mode: slug,
  task: `Do the ${slug} matters`,
  acceptance_criteria: ["it is there"],
  writes: [slug],
}));

/** Each writes its file, tries a sibling's, asks a question of its own, and reports. */
function model() {
  return scriptedModel((request, { role, turn }) => {
    if (role === "lead")
      return turn === 0
        ? reply.call("new_tasks", { tasks })
        : reply.call("attempt_completion", { summary: "all is there", criteria: [] });
    const sibling = workers[(workers.indexOf(role as never) + 1) % workers.length];
    const steps = [
      reply.call("write_to_file", { path: `${role}/own.md`, content: `${role}\n` }),
      reply.call("read_file", { path: `${role}/own.md` }),
      reply.call("escalate", {
        to: "user",
        question: `What of ${role}?`,
        topic: role,
        severity: "low",
        tried: "",
        options: ["this", "that"],
      }),
    ];
    if (role === "docs") steps[1] = reply.call("write_to_file", { path: `${sibling}/own.md`, content: "taken over\n" });
    const said = request.messages.map((message) => message.content).join("\n");
    return (
      steps[turn] ??
      reply.call("attempt_completion", {
        summary: `${role} was told ${/Decision: (.*)/.exec(said)?.[1]}`,
        criteria: [{ id: "A1", status: "met", evidence: `${role}/own.md` }],
        artifacts: [`${role}/own.md`],
      })
    );
  });
}

async function started(): Promise<{ readonly dir: string; readonly cadre: Cadre; readonly run: string }> {
  const dir = project();
  const cadre = openCadre({ dir, model: model() });
  onTestFinished(() => cadre.close());
  const { brief } = readBrief("Task: Several things", null);
  const run = await cadre.start(brief!, { by: "linh" });
  expect((await cadre.advance(run.id)).status).toBe("waiting");
  return { dir, cadre, run: run.id };
}

test("R6 each of several tasks writes its own part, and is told what a sibling's is; the others go on", async () => {
  const { cadre, run } = await started();
  const asks = await cadre.store.asks({ state: "open" });
  expect(asks.map(({ kind, role }) => [kind, role]).toSorted((a, b) => a.join().localeCompare(b.join()))).toEqual([
    ["approval", "tables"],
    ["escalation", "api"],
    ["escalation", "docs"],
  ]);
  const events = (await cadre.store.runEvents(run as never)).map(({ event }) => event);
  const refused = events
    .flatMap((event) => (event.type === "action_done" ? event.results : []))
    .filter(({ ok }) => !ok);
  expect(refused.map(({ text }) => text)).toEqual([expect.stringContaining("this task may write docs")]);
});

test("the first page of the journal shows everything that waits, of whichever line, with what decides it; then what is left", async () => {
  const { dir, cadre, run } = await started();
  const waiting = (): string => {
    const page = readFileSync(join(dir, "journal", run, "README.md"), "utf8");
    return page.slice(0, page.indexOf("## Outcome"));
  };
  const asks = await cadre.store.asks({ state: "open" });
  expect(asks).toHaveLength(3);
  expect(waiting().match(/\*\*Waits for user\*\*/g)).toHaveLength(3);
  for (const { id, question, role } of asks) {
    expect(waiting()).toContain(`on behalf of ${role}:`);
    expect(waiting()).toContain(question);
    expect(waiting()).toMatch(new RegExp(`npx cadre (answer|approve) ${id}`));
  }
  const first = asks.find(({ role }) => role === "api")!;
  await cadre.decide(first.id, { verb: "answer", text: "1", hash: first.hash, by: "linh", face: "test" });
  await cadre.advance(run as never);
  expect(waiting().match(/\*\*Waits for user\*\*/g)).toHaveLength(2);
  expect(waiting()).not.toContain(first.id);
});

test("R3 R6 arguments that a person edits are held to the task's part too, before anything is recorded", async () => {
  const { cadre } = await started();
  const [ask] = (await cadre.store.asks({ state: "open" })).filter(({ kind }) => kind === "approval");
  const decide = (path: string) =>
    cadre.decide(ask!.id, {
      verb: "approve",
      args: { path, content: "edited\n" },
      hash: ask!.hash,
      by: "linh",
      face: "test",
    });
  await expect(decide("api/own.md")).rejects.toMatchObject({
    code: "decision-invalid",
    message: expect.stringContaining("this task may write tables"),
  });
  expect((await cadre.store.ask(ask!.id))?.state).toBe("open");
  expect((await decide("tables/other.md")).decision?.verb).toBe("approve");
});

test("RELIABILITY 15 several open questions of one run: a run's id is refused with the list, an ask's id reaches its own child", async () => {
  const { dir, cadre, run } = await started();
  const ambiguous = await command(["answer", run, "1", "--dir", dir], { cwd: dir });
  expect(ambiguous.code).toBe(2);
  for (const ask of await cadre.store.asks({ state: "open" })) expect(ambiguous.stderr).toContain(ask.id);
  let result = await cadre.advance(run as never);
  const told = new Map<string, string>();
  while (result.status === "waiting") {
    for (const ask of result.asks) {
      const choice = ask.role === "docs" ? "2" : "1";
      if (ask.kind === "escalation") told.set(ask.role, choice === "2" ? "that" : "this");
      const said = ask.kind === "escalation" ? { verb: "answer" as const, text: choice } : { verb: "approve" as const };
      await cadre.decide(ask.id, { ...said, hash: ask.hash, by: "linh", face: "test" });
    }
    result = await cadre.advance(run as never);
  }
  expect(result.status).toBe("finished");
  expect(Object.fromEntries(told)).toEqual({ api: "this", docs: "that", tables: "this" });
  const events = (await cadre.store.runEvents(run as never)).map(({ event }) => event);
  for (const slug of workers) {
    const closed = events.find((event) => event.type === "child_closed" && event.from === slug);
    expect(closed).toMatchObject({ report: { summary: `${slug} was told ${told.get(slug)}` } });
    expect(readFileSync(join(result.run.workspace, slug, "own.md"), "utf8")).toBe(`${slug}\n`);
  }
  expect((await cadre.verify(run as never)).problems).toEqual([]);
});

test("D6 a role that rests while its tasks are worked on is whole to verify", async () => {
  const { cadre, run } = await started();
  expect((await cadre.verify(run as never)).problems).toEqual([]);
});
