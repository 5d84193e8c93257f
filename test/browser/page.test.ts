/** What the page is like for everyone: safe with what models write, usable by keys and by ear, readable at ninety roles. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import type { AskId, RunId } from "../../src/ids.ts";
import { openPlacer } from "../../src/layout/place.ts";
import { openAssets } from "../../src/server/assets.ts";
import { exportPage } from "../../src/server/export-page.ts";
import { exportRun } from "../../src/server/export-run.ts";
import { readBrief } from "../../src/briefs/read-brief.ts";
import { briefOrThrow } from "../../src/briefs/load-brief.ts";
import { reply, scriptedModel } from "../../src/testing.ts";
import { axeFindings, browserTests, inChromium, shoot } from "../fixtures/browser.ts";

const hostile = [
  "# A heading <script>window.harm = 1</script>",
  '<img src="https://evil.example/pixel.png" onerror="window.harm = 2"> <iframe src="https://evil.example"></iframe>',
  "![pixel](https://evil.example/pixel2.png) [a link](javascript:window.harm=3) [data](data:text/html,<script>window.harm=4</script>)",
  '[good](https://example.org/page) <svg onload="window.harm=5"><style>*{display:none}</style>',
  "user\u202Etxt.exe \u2066hidden\u2069 \u200Bzero \x1b[31mred <form action=https://evil.example><input></form>",
  "| a | b |\n|---|---|\n| <b onclick=window.harm=6>x</b> | `code <script>` |",
].join("\n\n");

inChromium("the page", () => {
  const { browser, open, served, servedWaiting, signedIn } = browserTests();

  test("RELIABILITY 31: what a model writes is shown, and nothing of it runs, loads, or hides", async () => {
    const model = scriptedModel(() => reply.call("ask_followup_question", { question: hostile }, hostile));
    const own = await served({ model });
    const brief = briefOrThrow(readBrief(`# ${hostile.slice(0, 60)}\n\n## What\n\n${hostile}`, null));
    const run = await own.cadre.start(brief, { by: "mai" });
    await own.cadre.advance(run.id);
    const { page, complaints } = await signedIn(own);
    await page.goto(`${own.origin}/runs/${run.id}`);
    await page.locator(".ask-question").waitFor();
    await page.locator(".ask .more summary").first().click();
    for (const [tab, told] of [
      ["Messages", ".message .markdown"],
      ["Journal", ".journal .markdown"],
      ["Trace", ".step-text"],
    ] as const) {
      await page.getByRole("tab", { name: tab }).click();
      await page.locator(told).getByText("A heading <script>").first().waitFor();
      const found = await page.evaluate(() => ({
        harm: (globalThis as { harm?: number }).harm ?? null,
        elements: document.querySelectorAll(
          "main img, main iframe, main script, main form:not(.ask-form), main style, main b",
        ).length,
        links: [...document.querySelectorAll("main a[href]")]
          .map((link) => link.getAttribute("href") ?? "")
          .filter((href) => !href.startsWith("/") && !href.startsWith("vscode://")),
        hidden: /[\u202A-\u202E\u2066-\u2069\u200B\x1b]/.test(document.body.textContent ?? ""),
      }));
      expect(found).toMatchObject({ harm: null, elements: 0, hidden: false });
      expect(found.links.every((href) => href === "https://example.org/page")).toBe(true);
    }
    await page.getByRole("tab", { name: "Messages" }).click();
    const text = (await page.locator(".messages").textContent()) ?? "";
    expect(text).toContain("<script>window.harm = 1</script>");
    expect(text).toContain("\\u{202e}");
    expect(text).toContain("https://evil.example/pixel2.png");
    expect(complaints).toEqual([]); // no request left, and no policy had to stop one
  });

  test("RELIABILITY 14: a page of somebody else in the same browser reads nothing and decides nothing", async () => {
    const own = await servedWaiting();
    const run = own.runs[0] as RunId;
    const [ask] = await own.cadre.store.asks({ run, state: "open" });
    const { context } = await signedIn(own);
    const evil = createServer((_request, response) => response.end("<!doctype html><title>evil</title><body>")).listen(
      0,
      "127.0.0.1",
    );
    open.push(() => void evil.close());
    await new Promise((resolve) => evil.once("listening", resolve));
    const { port } = evil.address() as AddressInfo;
    const url = `${own.origin}/api/asks/${ask?.id}/decide`;
    const body = JSON.stringify({ verb: "answer", text: "1", hash: ask?.hash });
    // Another port of this machine is the same site: its cookies travel. Another name is not.
    for (const foreign of [`http://127.0.0.1:${port}`, `http://localhost:${port}`]) {
      const page = await context.newPage();
      await page.goto(foreign);
      const got = await page.evaluate(
        async ([origin, decide, sent]) => {
          const results: string[] = [];
          const tryTo = async (what: string, body: () => Promise<unknown>): Promise<void> => {
            results.push(`${what}: ${String(await body().catch(() => "refused"))}`);
          };
          const json = { "content-type": "application/json" };
          await tryTo("read", async () => (await fetch(`${origin}/api/runs`, { credentials: "include" })).status);
          await tryTo(
            "opaque",
            async () => (await fetch(`${origin}/api/runs`, { credentials: "include", mode: "no-cors" })).type,
          );
          await tryTo(
            "json",
            async () =>
              (await fetch(decide, { method: "POST", credentials: "include", headers: json, body: sent })).status,
          );
          await tryTo(
            "text",
            async () =>
              (await fetch(decide, { method: "POST", credentials: "include", mode: "no-cors", body: sent })).type,
          );
          await tryTo(
            "stream",
            () =>
              new Promise((resolve) => {
                const stream = new EventSource(`${origin}/api/stream`, { withCredentials: true });
                stream.addEventListener("open", () => resolve("open"));
                stream.addEventListener("error", () => resolve("refused"));
              }),
          );
          const form = document.createElement("form");
          Object.assign(form, { method: "post", action: decide, enctype: "text/plain", target: "out" });
          const frame = document.createElement("iframe");
          frame.name = "out";
          document.body.append(frame, form);
          const loaded = new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
          form.submit();
          await loaded;
          return results;
        },
        [own.origin, url, body] as const,
      );
      // What did arrive did nothing: that stands below.
      expect(got).toEqual(["read: refused", "opaque: refused", "json: refused", "text: refused", "stream: refused"]);
      const framed = await page.evaluate(async (origin) => {
        const frame = document.createElement("iframe");
        frame.src = origin;
        document.body.append(frame);
        await new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
        try {
          return (frame.contentDocument?.body.textContent ?? "") === "" ? "empty" : "readable";
        } catch {
          return "refused";
        }
      }, own.origin);
      expect(framed).not.toBe("readable");
    }
    expect(await own.cadre.store.ask(ask?.id as AskId)).toMatchObject({ state: "open", decision: null });
  });

  test("the link signs in where the page stands open already, and does not stay in the address", async () => {
    const own = await served();
    const context = await browser().newContext();
    open.push(() => context.close());
    const page = await context.newPage();
    await page.goto(`${own.origin}/inbox`);
    await page.getByText("You are not signed in").waitFor();
    await page.evaluate((link) => (location.hash = new URL(link).hash), own.link());
    await page.getByRole("heading", { name: "Inbox" }).waitFor();
    expect(page.url()).toBe(`${own.origin}/inbox`);
  });

  test("a run is found, read and answered with keys alone", async () => {
    const own = await servedWaiting(2);
    const run = own.runs[1];
    const { page } = await signedIn(own);
    await page.locator(".run-row").nth(1).waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/runs/${run}`);
    // To the inbox by the tab key: the skip link, the name, the pages.
    await page.locator(".ask-question").waitFor();
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    for (let at = 0; at < 4; at += 1) await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toContain("Inbox");
    await page.keyboard.press("Enter");
    const row = page.locator(".ask-row").nth(1);
    await row.waitFor();
    // Two roles of the same name ask in two runs: which one it is stands in the row.
    expect(await row.locator(".ask-row-from").textContent()).toMatch(/ · Sentiment of Vietnamese customer reviews$/);
    await page.keyboard.press("j");
    await page.waitForURL(/\/inbox\/a-/);
    await page.keyboard.press("a");
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe("TEXTAREA");
    await page.keyboard.type("Stay with what is granted");
    await page.keyboard.press("Control+Enter");
    await expect.poll(async () => (await own.cadre.store.asks({ state: "decided" })).length).toBe(1);
    const [decided] = await own.cadre.store.asks({ state: "decided" });
    expect(decided?.decision).toMatchObject({ verb: "answer", text: "Stay with what is granted", by: "mai" });
  });

  test("an escalation and a sign-off show why they came here, whole, above the buttons, on a small screen", async () => {
    const own = await servedWaiting();
    const run = own.runs[0] as RunId;
    const { page } = await signedIn(own);
    await page.setViewportSize({ width: 1280, height: 720 });
    const whyIsWhole = async (heading: RegExp): Promise<void> => {
      await page.goto(`${own.origin}/runs/${run}`);
      await page.getByRole("heading", { name: heading }).waitFor();
      const why = await page.locator(".ask .facts > div").first().boundingBox();
      const bar = await page.locator(".ask-bar").boundingBox();
      expect((why?.y ?? Number.NaN) + (why?.height ?? Number.NaN)).toBeLessThanOrEqual(bar?.y ?? Number.NaN);
    };
    await whyIsWhole(/needs you/);
    const [ask] = await own.cadre.store.asks({ run, state: "open" });
    await own.cadre.decide(ask?.id as AskId, { verb: "answer", text: "1", by: "mai", face: "web" });
    await own.cadre.advance(run);
    await whyIsWhole(/asks for the sign-off/);
    // Both stay in sight whatever is scrolled, and what is written is brought there.
    await page.locator(".ask .exact .hash").scrollIntoViewIfNeeded();
    for (const name of [/Sign exactly this off/, /Reject…/])
      expect(await page.getByRole("button", { name }).evaluate(isSeen)).toBe(true);
    await page.getByRole("button", { name: "Reject…" }).click();
    await expect.poll(() => page.getByLabel(/Why not/).evaluate(isSeen)).toBe(true);
    await shoot(page, "sign-off-small");
  });

  test.each([390, 320])("the ways to all pages are in sight on a phone that is %i wide", async (width) => {
    const own = await servedWaiting();
    const { page } = await signedIn(own);
    await page.setViewportSize({ width, height: 700 });
    await page.goto(`${own.origin}/no/such/page`);
    await page.locator(".top .count-waiting").waitFor();
    for (const name of ["Runs", "Inbox", "Modes", "Compare", "Health"])
      expect(await page.locator(".top nav").getByRole("link", { name }).evaluate(isWhole), name).toBe(true);
    await page.getByRole("link", { name: "All runs" }).click();
    await page.locator(".run-row").waitFor();
  });

  test.each([
    [10, ".role", 11, () => undefined],
    [30, ".chip", 31, (dir: string) => moreRoles(dir, 2, 6)],
    [90, ".chip", 91, (dir: string) => moreRoles(dir, 5, 12)],
  ] as const)(
    "%i roles are on one screen, each with its whole name, large enough to read",
    async (many, box, count, change) => {
      const own = await served({}, change);
      const { page } = await signedIn(own);
      await page.goto(`${own.origin}/modes`);
      await page.locator(box).first().waitFor();
      const seen = await page.locator(box).evaluateAll((all) => {
        const frame = document.querySelector(".canvas")?.getBoundingClientRect() as DOMRect;
        const within = (own: DOMRect): boolean =>
          own.left >= frame.left && own.right <= frame.right && own.top >= frame.top && own.bottom <= frame.bottom;
        return all.map((each) => {
          const name = each.querySelector(".chip-name, .role-name") as HTMLElement;
          const scale = each.getBoundingClientRect().width / (each as HTMLElement).offsetWidth;
          return {
            inside: within(each.getBoundingClientRect()),
            clipped: name.scrollWidth > name.clientWidth + 1,
            size: Number.parseFloat(getComputedStyle(name).fontSize) * scale,
          };
        });
      });
      expect(seen).toHaveLength(count);
      expect(seen.filter(({ inside, clipped }) => !inside || clipped)).toEqual([]);
      expect(Math.min(...seen.map(({ size }) => size))).toBeGreaterThanOrEqual(smallestText[many]);
      await shoot(page, `roles-${many}`);
      if (many === 10) return;
      await page.getByRole("button", { name: "Worker 6 of area 2" }).click();
      await page.getByRole("complementary", { name: /Worker 6 of area 2/ }).waitFor();
      expect(await page.locator(".way-near").count()).toBeGreaterThan(1);
    },
  );

  test("a role's prompt stands there with its size, and a new run says who would take it, by which rule, and how it would walk", async () => {
    const own = await served();
    const { page } = await signedIn(own);
    await page.goto(`${own.origin}/modes/table`);
    await page.getByRole("button", { name: "Backend Lead" }).click();
    await page.getByRole("button", { name: "Show the prompt" }).click();
    const panel = page.getByRole("complementary", { name: /Backend Lead/ });
    await panel.locator(".prompt").waitFor();
    expect(await panel.textContent()).toMatch(/about [\d,.]+ tokens/);
    await page.goto(`${own.origin}/new`);
    await page.getByLabel(/^What/).fill("Choose a model that tells praise from complaint in Vietnamese reviews");
    await page.locator(".suggested").getByText("Hugging Face Specialist").waitFor();
    expect(await page.locator(".suggested .rule").textContent()).toMatch(/modes\/[a-z-]+\.md:\d+/);
    await page.getByRole("button", { name: "Preview the walk" }).click();
    await page.locator(".preview .step").first().waitFor();
    expect(await page.locator(".preview").textContent()).toMatch(/\d+ steps/);
    expect(await page.locator(".preview .command code").textContent()).toContain("npx cadre run --dry-run -");
    expect(await own.cadre.store.runs()).toEqual([]);
  });

  test("the map of the organisation is as warm as its routes were taken, over all runs", async () => {
    const own = await servedWaiting(2);
    const times = new Map<string, number>();
    for (const { id } of await own.cadre.store.runs())
      for (const { event } of await own.cadre.store.runEvents(id)) {
        if (event.type !== "frame_opened" || event.kind === "start") continue;
        const way = `${event.kind} ${event.from} ${event.to}`;
        times.set(way, (times.get(way) ?? 0) + 1);
      }
    expect(times.size).toBeGreaterThan(1);
    const { page } = await signedIn(own);
    await page.goto(`${own.origin}/modes`);
    await page.getByText("Walked in 2 runs").click();
    await page.locator(".way[style]").first().waitFor();
    const drawn = await page
      .locator(".way[data-way]")
      .evaluateAll((ways) =>
        ways.map(
          (way) => [way.getAttribute("data-way") ?? "", Number.parseFloat(getComputedStyle(way).strokeWidth)] as const,
        ),
      );
    expect(
      drawn
        .filter(([, width]) => width > 1)
        .map(([way]) => way)
        .toSorted(),
    ).toEqual([...times.keys()].toSorted());
    const most = Math.max(...times.values());
    for (const [way, width] of drawn) expect(width, way).toBeCloseTo(1 + ((times.get(way) ?? 0) / most) * 5, 3);
    await shoot(page, "modes-heat");
  });

  test("briefs are rehearsed from the page: routes that they exercise, and whom they would ask, with the rule", async () => {
    const own = await served({}, (dir) => {
      for (const name of readdirSync(join(dir, "briefs")))
        if (name.endsWith(".md") && name !== "ticket-summaries.md") rmSync(join(dir, "briefs", name));
    });
    const { page } = await signedIn(own);
    await page.goto(`${own.origin}/modes/coverage`);
    const idle = page.getByRole("button", { name: /Never taken/ });
    const before = Number((await idle.textContent())?.replace(/\D/g, ""));
    await page.getByRole("button", { name: "Rehearse every brief" }).click();
    await page.getByRole("button", { name: "Rehearse again" }).waitFor();
    expect(Number((await idle.textContent())?.replace(/\D/g, ""))).toBeLessThan(before);
    await page.locator(".rehearsed summary").click();
    expect(await page.locator(".rehearsed-asks .rule").first().textContent()).toMatch(/modes\/[a-z-]+\.md:\d+/);
    await page.getByRole("button", { name: /^Taken/ }).click();
    expect(await page.locator(".covered tbody tr").count()).toBeGreaterThan(2);
    expect(await page.locator(".rehearse .command code").textContent()).toContain("npx cadre rehearse");
    expect(await own.cadre.store.runs()).toEqual([]);
    expect(await axeFindings(page)).toEqual([]);
    await shoot(page, "rehearsed");
  });

  test("a long run puts no more on the page than one of a hundred steps", async () => {
    const model = scriptedModel(({ messages }) =>
      reply.call("list_files", { path: "." }, `looking for the needle ${messages.length}`),
    );
    const own = await served({ model });
    const brief = briefOrThrow(readBrief("## What\n\nLook for needles.", null));
    const limits = { steps: 5000, modelCalls: 5000, repeats: 5000 };
    const run = await own.cadre.start({ ...brief, limits }, { by: "mai" });
    const drain = new AbortController();
    let events = 0;
    await own.cadre.advance(run.id, { drain: drain.signal, onEvent: () => (events += 1) > 400 && drain.abort() });
    const { page } = await signedIn(own);
    await page.goto(`${own.origin}/runs/${run.id}`);
    await page.getByRole("button", { name: /earlier steps/ }).waitFor();
    expect(await page.locator(".step").count()).toBeLessThanOrEqual(121);
  });

  test("an exported run opens from the disk, shows the same, and asks nobody for anything", async () => {
    const own = await servedWaiting();
    const run = own.runs[0] as RunId;
    const placer = openPlacer();
    const row = await own.cadre.store.run(run);
    if (!row) throw new Error("the run is gone");
    const view = await exportRun({ cadre: own.cadre, placer, clock: systemClock, version: "0.0.0" }, row);
    await placer.close();
    const assets = openAssets(new URL("../../dist/web", import.meta.url).pathname);
    const file = join(own.dir, "run.html");
    writeFileSync(file, exportPage(view, { assets, withoutSecrets: (text) => text }));
    const context = await browser().newContext({ offline: true });
    open.push(() => context.close());
    const page = await context.newPage();
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    page.on("console", (message) => asked.push(message.text()));
    page.on("pageerror", (error) => asked.push(error.message));
    await page.goto(`file://${file}`);
    await page.locator(".verified-ok").waitFor();
    await page.locator(".number").first().waitFor();
    expect(await page.locator(".ask-form").count()).toBe(0);
    await page.getByRole("tab", { name: "Artifacts" }).click();
    await page.getByRole("tab", { name: "Journal" }).click();
    await page.getByRole("button", { name: "Whole org" }).click();
    await page.locator(".chip").first().waitFor();
    expect(asked).toEqual([`file://${file}`]);
    expect(await axeFindings(page)).toEqual([]);
    await shoot(page, "export");
  });
});

/** Of names, in pixels as they are drawn on a screen of 1440 by 900. */
const smallestText = { 10: 11, 30: 11, 90: 8.5 } as const;

/** Whether nothing of it is cut off by what it stands in. */
function isWhole(element: Element): boolean {
  const { left, right } = element.getBoundingClientRect();
  const frame = element.parentElement?.getBoundingClientRect() as DOMRect;
  return left >= frame.left && right <= frame.right + 1;
}

/** Whether its middle is what a person sees there. */
function isSeen(element: Element): boolean {
  const { left, top, width, height } = element.getBoundingClientRect();
  const there = document.elementFromPoint(left + width / 2, top + height / 2);
  return there !== null && element.contains(there);
}

/** Beside the ten that ship: for each area a director, three leads, and so many workers. */
function moreRoles(dir: string, areas: number, workersEach: number): void {
  const put = (slug: string, name: string, level: string, up: string, down: readonly string[]): void =>
    writeFileSync(
      join(dir, "modes", `${slug}.md`),
      [
        "---",
        `slug: ${slug}`,
        `name: ${name}`,
        `level: ${level}`,
        `description: ${name}`,
        "tool_groups: [read]",
        `escalates_to:\n  - ${up} # What ${name} cannot decide`,
        ...(down.length === 0 ? [] : [`delegates_to:\n${down.map((to) => `  - ${to} # Work for ${to}`).join("\n")}`]),
        "---",
        "",
        `You are ${name}.`,
        "",
      ].join("\n"),
    );
  const leadsEach = 3;
  for (let area = 1; area <= areas; area += 1) {
    const leads = Array.from({ length: leadsEach }, (_, n) => `lead-${area}-${n + 1}`);
    const workers = Array.from({ length: workersEach }, (_, n) => `worker-${area}-${n + 1}`);
    const leadOf = (worker: number): string => leads[worker % leadsEach] as string;
    put(`director-${area}`, `Director of area ${area}`, `01-director-area-${area}`, "project-manager", leads);
    for (const [at, lead] of leads.entries())
      put(
        lead,
        `Lead ${at + 1} of area ${area}`,
        `02-lead-area-${area}`,
        `director-${area}`,
        workers.filter((_, worker) => leadOf(worker) === lead),
      );
    for (const [at, worker] of workers.entries())
      put(worker, `Worker ${at + 1} of area ${area}`, `03-worker-area-${area}`, leadOf(at), []);
  }
}
