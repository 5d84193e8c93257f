/** A run in the browser from its brief to its end: started, watched, answered, changed, turned down, decided twice, cut off. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import type { Cadre } from "../../src/cadre/api.ts";
import { briefOrThrow } from "../../src/briefs/load-brief.ts";
import { readBrief } from "../../src/briefs/read-brief.ts";
import { openCadre } from "../../src/cadre/cadre.ts";
import type { RoleModel } from "../../src/models/model.ts";
import { reply, scriptedModel } from "../../src/testing.ts";
import type { AskId, RunId } from "../../src/ids.ts";
import { isListed, traceSteps } from "../../src/views/trace/trace.ts";
import { axeFindings, browserTests, inChromium, serveProject, shoot, waitingProject } from "../fixtures/browser.ts";

/** How many of these do not lie wholly in the frame. */
async function outside(frame: Locator, inner: Locator): Promise<number> {
  const box = await frame.boundingBox();
  const boxes = await Promise.all((await inner.all()).map((one) => one.boundingBox()));
  return boxes.filter(
    (own) =>
      own === null ||
      box === null ||
      own.x < box.x ||
      own.y < box.y ||
      own.x + own.width > box.x + box.width ||
      own.y + own.height > box.y + box.height,
  ).length;
}

function transformOf(style: string | null): string | undefined {
  return /transform: ([^;]+);/.exec(style ?? "")?.[1];
}

inChromium("a run in the browser", () => {
  const { open, served, servedWaiting, signedIn, begin, started } = browserTests();

  /** The page of the run that waits in a project. */
  const opened = async (page: Page, own: Awaited<ReturnType<typeof servedWaiting>>): Promise<RunId> => {
    const run = own.runs[0] as RunId;
    await page.goto(`${own.origin}/runs/${run}`);
    return run;
  };

  const steps = (page: Page): Promise<number[]> =>
    page.locator(".steps .badge").evaluateAll((badges) => badges.map((badge) => Number(badge.textContent)));

  /** What waits, a run's steps and its picture are read one by one, and shown in any order: returns once the page has all steps that there are. */
  const showsAllSteps = async (page: Page, { store }: Cadre, run: RunId): Promise<void> => {
    const listed = traceSteps(await store.runEvents(run)).filter(isListed);
    await expect.poll(() => steps(page)).toEqual(listed.map(({ n }) => n));
  };

  test("is started there, walks before one's eyes, is answered, signed off, and finishes", async () => {
    const own = await served();
    const { page, complaints } = await signedIn(own);
    const run = await begin(page);
    // The walk, with the numbers of the trace on its routes, and the ask beside it.
    await page.getByRole("heading", { name: "Project Manager needs you" }).waitFor();
    await page.locator(".number").nth(3).waitFor();
    const numbers = await page.locator(".number text").allTextContents();
    const listed = await steps(page);
    expect(listed).toEqual(listed.toSorted((a, b) => a - b));
    for (const number of numbers.flatMap((text) => text.split("·"))) expect(listed).toContain(Number(number));
    expect(await page.locator(".role-asked").textContent()).toContain("You");
    await expect.poll(() => page.locator(".way-declared").count()).toBeGreaterThan(3);
    // All of it is in sight, also what came while one watched, and on a smaller screen.
    const canvas = page.locator(".canvas");
    await expect.poll(() => outside(canvas, page.locator(".role"))).toBe(0);
    await page.setViewportSize({ width: 1280, height: 720 });
    await expect.poll(() => outside(canvas, page.locator(".role"))).toBe(0);
    // So is what may be answered, and the button, without scrolling.
    const bar = page.locator(".ask-bar");
    const options = page.locator(".options label");
    expect(await options.count()).toBe(3);
    expect(await outside(page.locator(".ask"), options)).toBe(0);
    expect((await options.last().boundingBox())?.y).toBeLessThan(((await bar.boundingBox())?.y ?? 0) - 10);
    // Whoever moves the camera keeps it.
    await canvas.press("ArrowLeft");
    const camera = await page.locator(".plane").getAttribute("style");
    expect(await page.locator(".ask .rule").first().textContent()).toMatch(/modes\/project-manager\.md:\d+/);
    // By words; the command that says the same stands below.
    await page.getByLabel("Or in your own words").fill("Stay with what is granted");
    expect(await page.locator(".ask .command code").textContent()).toContain("answer a-");
    await page.getByRole("button", { name: /Answer and resume/ }).click();
    await page.getByRole("heading", { name: "Backend Lead asks for the sign-off" }).waitFor();
    expect(transformOf(await page.locator(".plane").getAttribute("style"))).toBe(transformOf(camera));
    await page.getByRole("button", { name: /Sign exactly this off/ }).click();
    await page.locator(".pill-finished").waitFor();
    expect((await own.cadre.store.run(run))?.status).toBe("finished");
    const decided = await own.cadre.store.asks({ run, state: "decided" });
    expect(decided.map(({ decision }) => [decision?.by, decision?.face])).toEqual([
      ["mai", "web"],
      ["mai", "web"],
    ]);
    expect(complaints).toEqual([]);
    expect(own.faults).toEqual([]);
    await page.goBack();
    await page.waitForURL(/\/new$/);
    await page.goForward();
    await page.locator(".pill-finished").waitFor();
  });

  test("F1 what happens between the reading of a run and the beginning of the stream is not missed", async () => {
    const own = await served();
    const { page } = await signedIn(own);
    const run = await started(own);
    // Without the worker that tabs share, the stream's own question for the newest event can be held back.
    await page.addInitScript("delete window.SharedWorker");
    // Nor is a late question of the page before counted as one of this.
    await page.goto("about:blank");
    const stream = Promise.withResolvers<void>();
    let asked = 0;
    await page.route("**/api/session", async (route) => {
      asked += 1;
      if (asked > 1) await stream.promise;
      await route.continue();
    });
    await page.goto(`${own.origin}/runs/${run}`);
    await page.getByRole("heading", { name: "Project Manager needs you" }).waitFor();
    await showsAllSteps(page, own.cadre, run); // they were read: what comes now comes after that
    const before = await steps(page);
    const [ask] = await own.cadre.store.asks({ run, state: "open" });
    await own.cadre.decide(ask!.id, { verb: "answer", text: "1", by: "mai", face: "script" });
    await own.cadre.advance(run);
    expect(await steps(page)).toEqual(before);
    stream.resolve();
    await page.getByRole("heading", { name: "Backend Lead asks for the sign-off" }).waitFor();
    await showsAllSteps(page, own.cadre, run);
    expect((await steps(page)).length).toBeGreaterThan(before.length);
    expect(asked).toBeGreaterThan(1);
  });

  test("R3 what was changed before it was approved is what runs, and is recorded as changed", async () => {
    const own = await served({}, (dir) => {
      const file = join(dir, "graphs/feature-workflow.ts");
      const source = readFileSync(file, "utf8");
      writeFileSync(file, source.replaceAll("execute_command", "write_to_file"));
    });
    const { page } = await signedIn(own);
    const run = await begin(page);
    await page.getByRole("heading", { name: "Project Manager needs you" }).waitFor();
    await page.locator(".options input").first().check();
    await page.getByRole("button", { name: /Answer and resume/ }).click();
    await page.getByRole("heading", { name: /asks for your approval/ }).waitFor();
    const before = await page.locator(".hash code").first().getAttribute("title");
    await page.getByRole("button", { name: "Edit, then approve…" }).click();
    const field = page.getByLabel(/arguments to run instead/);
    const args = JSON.parse(await field.inputValue()) as { path: string; content: string };
    await field.fill("{ not json");
    expect(await page.getByRole("button", { name: /Approve the edited/ }).isDisabled()).toBe(true);
    await field.fill(JSON.stringify({ ...args, content: "# Written by hand\n" }));
    await page.getByRole("button", { name: /Approve the edited/ }).click();
    await page.getByText("changes the arguments of").first().waitFor();
    const events = (await own.cadre.store.runEvents(run)).map(({ event }) => event);
    const edited = events.find((event) => event.type === "action_edited");
    expect(edited).toMatchObject({ by: "mai", args: { path: args.path, content: "# Written by hand\n" } });
    expect(edited?.type === "action_edited" && edited.hash !== before).toBe(true);
  });

  test("is turned down with a reason, which the role reads", async () => {
    const own = await servedWaiting();
    const { page } = await signedIn(own);
    const run = await opened(page, own);
    await page.locator(".options input").first().check();
    await page.getByRole("button", { name: /Answer and resume/ }).click();
    await page.getByRole("heading", { name: /sign-off/ }).waitFor();
    await page.getByRole("button", { name: "Reject…" }).click();
    expect(await page.getByRole("button", { name: /^Reject/ }).isDisabled()).toBe(true);
    await page.getByLabel(/Why not/).fill("The address of the service is missing");
    await page.getByRole("button", { name: /^Reject/ }).click();
    await page.getByText("says no to").first().waitFor();
    const rejected = (await own.cadre.store.asks({ run })).find(({ kind }) => kind === "sign_off");
    expect(rejected?.decision).toMatchObject({ verb: "reject", text: "The address of the service is missing" });
  });

  test("R4 who comes second reads who was first, and the page shows what was decided", async () => {
    const own = await servedWaiting();
    const { page } = await signedIn(own);
    const run = await opened(page, own);
    await page.locator(".options input").first().check();
    const [ask] = await own.cadre.store.asks({ run, state: "open" });
    // The page hears nothing while somebody else decides: its answer is on the way at the same moment.
    await page.route("**/api/asks/*/decide", async (route) => {
      await own.cadre.decide(ask?.id as AskId, { verb: "answer", text: "2", by: "Linh", face: "cli" });
      await route.continue();
    });
    await page.getByRole("button", { name: /Answer and resume/ }).click();
    await page.getByText("Linh was first.").waitFor();
    expect((await own.cadre.store.ask(ask?.id as AskId))?.decision).toMatchObject({ by: "Linh", text: "2" });
  });

  test("heals when the server goes and comes back in the middle of it, and has missed nothing", async () => {
    const project = await waitingProject();
    let own = await serveProject(project.dir);
    open.push(async () => {
      await own.close();
      project.remove();
    });
    const { page } = await signedIn(own);
    const [run] = (await own.cadre.store.runs()).map(({ id }) => id) as [RunId];
    await page.goto(`${own.origin}/runs/${run}`);
    await page.getByRole("heading", { name: "Project Manager needs you" }).waitFor();
    const port = Number(new URL(own.origin).port);
    await showsAllSteps(page, own.cadre, run);
    const seen = await steps(page);
    await own.close();
    await page.getByText("The connection to the server is broken").waitFor();
    // Meanwhile somebody goes on with it by the command line.
    const other = openCadre({ dir: project.dir });
    const [ask] = await other.store.asks({ run, state: "open" });
    await other.decide(ask?.id as AskId, { verb: "answer", text: "1", by: "Linh", face: "cli" });
    await other.advance(run);
    other.close();
    own = await serveProject(project.dir, { port });
    await page.getByRole("heading", { name: "Backend Lead asks for the sign-off" }).waitFor();
    await showsAllSteps(page, own.cadre, run);
    expect((await steps(page)).length).toBeGreaterThan(seen.length);
    expect(await page.locator(".live").textContent()).toBe("live");
  });

  test("what is done by command shows in eight tabs at once", async () => {
    const own = await servedWaiting();
    const { page, context } = await signedIn(own);
    const run = await opened(page, own);
    await page.getByRole("heading", { name: "Project Manager needs you" }).waitFor();
    const tabs = [page];
    for (let at = 1; at < 8; at += 1) {
      const tab = await context.newPage();
      await tab.goto(`${own.origin}/runs/${run}`);
      await tab.getByRole("heading", { name: "Project Manager needs you" }).waitFor();
      tabs.push(tab);
    }
    const other = openCadre({ dir: own.dir });
    open.push(() => other.close());
    const [ask] = await other.store.asks({ run, state: "open" });
    await other.decide(ask?.id as AskId, { verb: "answer", text: "1", by: "Linh", face: "cli" });
    await other.advance(run);
    for (const tab of tabs) await tab.getByRole("heading", { name: "Backend Lead asks for the sign-off" }).waitFor();
    for (const tab of tabs) await showsAllSteps(tab, own.cadre, run);
  });

  test("goes on otherwise from an ask, beside the run as it was, and the two are held against each other", async () => {
    const own = await servedWaiting();
    const { page } = await signedIn(own);
    const run = await opened(page, own);
    await page.locator(".options input").first().check();
    await page.getByRole("button", { name: /Answer and resume/ }).click();
    await page.getByRole("heading", { name: /sign-off/ }).waitFor();
    const step = page.locator(".step").filter({ hasText: "the question of step" }).first();
    const number = await step.locator(".badge").textContent();
    await step.getByText("Details").click();
    await step.getByRole("button", { name: "Do it otherwise from here…" }).click();
    const panel = page.getByRole("form", { name: "Fork this run" });
    expect(await panel.getByLabel(/Step to do anew/).inputValue()).toBe(number);
    await panel.getByText(/Goes on after step/).waitFor();
    expect(await panel.locator(".command code").textContent()).toContain(`fork ${run} --at ${number}`);
    await panel.getByRole("button", { name: "Fork" }).click();
    await page.waitForURL((url) => !url.pathname.endsWith(run));
    // The ask is put again, to be answered otherwise.
    await page.getByRole("heading", { name: "Project Manager needs you" }).waitFor();
    await page.locator(".options input").nth(1).check();
    await page.getByRole("button", { name: /Answer and resume/ }).click();
    await page.getByRole("heading", { name: /sign-off/ }).waitFor();
    await page.getByRole("link", { name: "compare", exact: true }).click();
    await page.locator(".differs").first().waitFor();
    expect(await page.locator(".compared").textContent()).toContain("decisions");
    expect((await own.cadre.store.run(run))?.status).toBe("waiting");
  });

  test("shows what a model says in the open step, word for word while it says it, and keeps none of it", async () => {
    const pieces = ["Looking at the ", "tickets of ", "last week."].map((text) => ({
      text,
      gate: Promise.withResolvers<void>(),
    }));
    const followed = Promise.withResolvers<void>();
    open.push(() => [followed, ...pieces.map(({ gate }) => gate)].forEach(({ resolve }) => resolve()));
    const asks = scriptedModel(() => reply.call("ask_followup_question", { question: "Which tickets?" }));
    const model: RoleModel = {
      ...asks,
      call: async (request, call) => {
        await followed.promise;
        for (const { text, gate } of pieces) {
          call.onText?.(text);
          await gate.promise;
        }
        return asks.call(request, {});
      },
    };
    const own = await served({ model });
    const { page } = await signedIn(own);
    await begin(page);
    // What is said before somebody follows the run is told to nobody.
    await page.locator(".run-page").waitFor();
    await page.locator(".live-live").waitFor();
    followed.resolve();
    const step = page.locator(".step-open");
    let said = "";
    for (const { text, gate } of pieces) {
      said += text;
      await expect.poll(() => step.locator(".live-text").textContent()).toBe(said);
      expect(await step.locator(".step-head").textContent()).toBe("Backend Lead is writing");
      expect(await page.locator(".steps > li").last().getAttribute("class")).toContain("step-open");
      gate.resolve();
    }
    await page.getByRole("heading", { name: "Backend Lead has a question" }).waitFor();
    await expect.poll(() => step.count()).toBe(0);
    await page.reload();
    await page.locator(".step").first().waitFor();
    expect(await page.locator("body").textContent()).not.toContain("tickets of last week");
  });

  test("a run that was stopped is retried from the page, in a new one that goes on from where it was cut off", async () => {
    const own = await servedWaiting();
    const { page } = await signedIn(own);
    const run = await opened(page, own);
    await page.getByRole("heading", { name: "Project Manager needs you" }).waitFor();
    await page.getByRole("button", { name: "Stop…" }).click();
    await page.getByRole("button", { name: "Stop it" }).click();
    await page.locator(".pill-stopped").waitFor();
    await page.getByRole("button", { name: "Retry…" }).click();
    const panel = page.getByRole("form", { name: "Retry this run" });
    await panel.getByText(/Goes on after step/).waitFor();
    expect(await panel.locator(".command code").textContent()).toContain(`npx cadre retry ${run}`);
    await panel.getByLabel(/Step to go on with/).fill("4");
    expect(await panel.locator(".command code").textContent()).toContain(`npx cadre retry ${run} --from 4`);
    await panel.getByText(/Goes on after step 3/).waitFor();
    await shoot(page, "retry");
    await panel.getByRole("button", { name: "Retry", exact: true }).click();
    await page.waitForURL((url) => !url.pathname.endsWith(run));
    await page.getByRole("heading", { name: "Project Manager needs you" }).waitFor();
    expect((await own.cadre.store.run(run))?.status).toBe("stopped");
    const file = page.waitForEvent("download");
    await page.getByRole("link", { name: "Export" }).click();
    expect((await file).suggestedFilename()).toMatch(/^cadre-r-[0-9a-f]{6}\.html$/);
  });

  test("what somebody else decides is told to whoever looks at it", async () => {
    const own = await servedWaiting();
    const { page } = await signedIn(own);
    const run = await opened(page, own);
    await page.getByRole("heading", { name: "Project Manager needs you" }).waitFor();
    await page.getByLabel("Or in your own words").fill("I was about to say");
    const [ask] = await own.cadre.store.asks({ run, state: "open" });
    await own.cadre.decide(ask?.id as AskId, { verb: "answer", text: "2", by: "Linh", face: "cli" });
    const note = page.locator(".note-settled");
    await note.getByText("Linh was first.").waitFor();
    expect(await note.textContent()).toContain("answered (cli,");
    await note.getByRole("button", { name: "Dismiss" }).click();
    expect(await note.count()).toBe(0);
  });

  test("R4 on a run's page what somebody else decides keeps its place: no other ask's buttons move there", async () => {
    const question = { topic: "GPU capacity", severity: "medium", tried: "counted", options: ["yes", "no"] };
    const up = (to: string) => reply.call("escalate", { ...question, to, question: `Is there capacity? asks ${to}` });
    const task = (mode: string) => ({
      mode,
      task: `a sentiment page by ${mode}`,
      acceptance_criteria: ["it is there"],
    });
    const given = { tasks: [task("huggingface-specialist"), task("technical-writer")], wait: "all" };
    const model = scriptedModel((_request, { role }) =>
      role === "backend-lead"
        ? reply.call("new_tasks", given)
        : up(role === "project-manager" ? "user" : "project-manager"),
    );
    const own = await served({ model });
    const run = await started(own);
    const [first, second] = await own.cadre.store.asks({ run, state: "open" });
    const { page } = await signedIn(own);
    await page.goto(`${own.origin}/runs/${run}`);
    const next = page.getByLabel(`Ask ${second?.id}`, { exact: true });
    await next.waitFor();
    await showsAllSteps(page, own.cadre, run); // nothing that is still to come moves anything
    const top = async (): Promise<number> => Math.round((await next.boundingBox())?.y ?? 0);
    const before = await top();
    await own.cadre.decide(first?.id as AskId, { verb: "answer", text: "No.", by: "Linh", face: "cli" });
    const note = page.locator(".note-settled");
    await note.getByText("Linh was first.").waitFor();
    expect(await page.getByLabel(`Ask ${first?.id}`, { exact: true }).count()).toBe(0);
    expect(await top()).toBe(before);
    await note.getByRole("button", { name: "Dismiss" }).click();
    await expect.poll(top).toBeLessThan(before);
  });

  test.each(["", "/ask"])(
    "R4 no other ask takes the place of one that somebody else decides, at /inbox%s",
    async (at) => {
      const own = await servedWaiting(2);
      const [first, second] = await own.cadre.store.asks({ state: "open" });
      const { page } = await signedIn(own);
      await page.goto(`${own.origin}/inbox${at === "" ? "" : `/${first?.id}`}`);
      const card = page.locator(".ask");
      await page.getByLabel(`Ask ${first?.id}`, { exact: true }).waitFor();
      await own.cadre.decide(first?.id as AskId, { verb: "answer", text: "2", by: "Linh", face: "cli" });
      await card.getByText(/Linh answered.*: Yes: as far as/).waitFor();
      expect(await card.getAttribute("aria-label")).toBe(`Ask ${first?.id}`);
      expect(await page.locator(".ask-bar").count()).toBe(0);
      expect(await card.textContent()).not.toContain("If you wait");
      await page.keyboard.press("j");
      await page.getByLabel(`Ask ${second?.id}`, { exact: true }).waitFor();
      // What one decides oneself makes way.
      await page.locator(".options input").first().check();
      await page.getByRole("button", { name: /Answer and resume/ }).click();
      await page.getByLabel(`Ask ${second?.id}`, { exact: true }).waitFor({ state: "detached" });
    },
  );

  test("V1 no role lies under the controls of the plane until a person moves it", async () => {
    const own = await servedWaiting();
    const { page } = await signedIn(own);
    await opened(page, own);
    await page.getByRole("button", { name: "Whole org" }).click();
    const camera = page.locator(".camera");
    for (const size of [
      { width: 1280, height: 720 },
      { width: 1440, height: 620 },
      { width: 1100, height: 900 },
      { width: 390, height: 844 },
    ]) {
      await page.setViewportSize(size);
      const covered = async (): Promise<number> => {
        const left = (await camera.boundingBox())?.x ?? 0;
        const roles = await Promise.all((await page.locator(".role").all()).map((one) => one.boundingBox()));
        return roles.filter((box) => box === null || box.x + box.width > left).length;
      };
      await expect.poll(covered, { message: JSON.stringify(size) }).toBe(0);
    }
  });

  test("short lines of a changed file begin at the left, and names in the budget stay whole", async () => {
    const model = scriptedModel((_request, { turn }) =>
      turn === 0
        ? reply.call("write_to_file", { path: "notes.md", content: "short\n" })
        : reply.call("attempt_completion", { summary: "it is there", criteria: [] }),
    );
    const own = await served({ model });
    const run = await own.cadre.start(
      { ...briefOrThrow(readBrief("Task: Write a note", null)), to: "technical-writer" },
      { by: "mai" },
    );
    await own.cadre.advance(run.id);
    const { page } = await signedIn(own);
    await page.setViewportSize({ width: 1280, height: 720 });
    await page.goto(`${own.origin}/runs/${run.id}`);
    await page.getByRole("tab", { name: "Artifacts" }).click();
    const line = page.locator(".artifacts .line-added").first();
    const leftOf = async (place: typeof line): Promise<number> => (await place.boundingBox())?.x ?? Number.NaN;
    expect((await leftOf(line.locator("code"))) - (await leftOf(line))).toBeLessThan(80);
    await page.getByRole("tab", { name: "Budget" }).click();
    // Nobody configured a model, so the run is a rehearsal, and no call of a model is counted.
    expect(await page.locator(".limits").textContent()).toContain("turns of the rehearsal");
    const name = page.locator(".budget td").first();
    expect(await name.evaluate((cell) => getComputedStyle(cell).overflowWrap)).toBe("normal");
  });

  test("begins with the workflow, the model and the limits that were chosen, and what is wrong stands at its field", async () => {
    const own = await served();
    const { page } = await signedIn(own);
    await page.goto(`${own.origin}/new`);
    await page.getByLabel(/^What/).fill("Look at the reviews");
    await page.getByLabel(/^Inputs/).fill("../outside.csv: not ours");
    await page.getByLabel(/^steps/).fill("many");
    const start = page.getByRole("button", { name: "Start", exact: true });
    expect(await start.isDisabled()).toBe(true);
    const faultOf = (label: RegExp): Promise<string | null> =>
      page.getByLabel(label).evaluate((field) => {
        const id = field.getAttribute("aria-describedby");
        return field.getAttribute("aria-invalid") === "true" && id
          ? (document.getElementById(id)?.textContent ?? "")
          : null;
      });
    expect(await faultOf(/^steps/)).toBe("a whole number above 0");
    await page.getByLabel(/^steps/).fill("8");
    await start.click();
    await expect.poll(() => faultOf(/^Inputs/)).toContain("outside the project");
    expect(await faultOf(/^What/)).toBeNull();
    expect(await own.cadre.store.runs()).toEqual([]);
    await page.getByLabel(/^Inputs/).fill("");
    await page.getByLabel(/^Model/).fill("nobody");
    await start.click();
    await expect.poll(() => faultOf(/^Model/)).toContain('"nobody"');
    await page.getByLabel(/^Model/).fill("rehearsal");
    await page.getByLabel(/^Workflow/).selectOption("feature-workflow");
    const command = page.locator(".brief-form .command code");
    expect(await command.textContent()).toContain("npx cadre run - --workflow feature-workflow --model rehearsal");
    await start.click();
    await page.waitForURL(/\/runs\/r-/);
    const [run] = await own.cadre.store.runs();
    expect(run).toMatchObject({ workflow: "feature-workflow", limits: { steps: 8 } });
  });

  test("a long question leaves what may be answered in sight on a small screen, and is read whole on demand", async () => {
    const question = Array.from({ length: 40 }, (_, at) => `Part ${at} says what is left open about the licence.`);
    const options = ["the first model", "the second one, and its licence is named in the report", "none of them"];
    const model = scriptedModel({
      "project-manager": [
        reply.call("escalate", {
          to: "user",
          question: question.join(" "),
          topic: "t",
          severity: "high",
          tried: "",
          options,
        }),
      ],
    });
    const own = await served({ model });
    const brief = { ...briefOrThrow(readBrief("Task: Ask it", null)), to: "project-manager" };
    const run = await own.cadre.start(brief, { by: "mai" });
    const [ask] = (await own.cadre.advance(run.id)).asks;
    const { page } = await signedIn(own);
    await page.setViewportSize({ width: 1280, height: 720 });
    for (const url of [`/runs/${run.id}`, `/inbox/${ask!.id}`]) {
      await page.goto(`${own.origin}${url}`);
      const bar = page.locator(".ask-bar");
      const choices = page.locator(".options label");
      const whole = page.getByRole("button", { name: "Read all of it" });
      await whole.waitFor();
      expect(await choices.count()).toBe(3);
      const end = async (of: Locator): Promise<number> =>
        ((box) => (box?.y ?? NaN) + (box?.height ?? NaN))(await of.boundingBox());
      expect(await end(choices.last())).toBeLessThan((await bar.boundingBox())?.y ?? 0);
      expect(await end(bar)).toBeLessThanOrEqual(720);
      expect(await axeFindings(page)).toEqual([]);
      await whole.click();
      const text = page.locator(".ask-question");
      expect(await text.evaluate((one) => one.scrollHeight <= one.clientHeight + 1)).toBe(true);
      expect(await end(choices.last())).toBeGreaterThan((await bar.boundingBox())?.y ?? Infinity);
      expect(await end(bar)).toBeLessThanOrEqual(720);
      await page.getByRole("button", { name: "Show its beginning" }).click();
      await whole.waitFor();
    }
  });
});
