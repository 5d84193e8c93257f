/** What the page is like for everyone: safe with what models write, usable by keys and by ear, readable at ninety roles. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import type { AskId, RunId } from "../../src/ids.ts";
import { openPlacer } from "../../src/layout/place.ts";
import { openAssets } from "../../src/server/assets.ts";
import { exportPage } from "../../src/server/export-page.ts";
import { exportRun } from "../../src/server/export-run.ts";
import { readBrief } from "../../src/briefs/read-brief.ts";
import { briefOrThrow, loadBrief } from "../../src/briefs/load-brief.ts";
import { reply, scriptedModel } from "../../src/testing.ts";
import {
  axeFindings,
  inChromium,
  launch,
  serveProject,
  shoot,
  shots,
  signIn,
  type Served,
} from "../fixtures/browser.ts";
import { shippedProject } from "../fixtures/project-folder.ts";

const hostile = [
  "# A heading <script>window.harm = 1</script>",
  '<img src="https://evil.example/pixel.png" onerror="window.harm = 2"> <iframe src="https://evil.example"></iframe>',
  "![pixel](https://evil.example/pixel2.png) [a link](javascript:window.harm=3) [data](data:text/html,<script>window.harm=4</script>)",
  '[good](https://example.org/page) <svg onload="window.harm=5"><style>*{display:none}</style>',
  "user\u202Etxt.exe \u2066hidden\u2069 \u200Bzero \x1b[31mred <form action=https://evil.example><input></form>",
  "| a | b |\n|---|---|\n| <b onclick=window.harm=6>x</b> | `code <script>` |",
].join("\n\n");

inChromium("the page", () => {
  let browser: Browser;
  const open: (() => Promise<void> | void)[] = [];
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());
  afterEach(async () => {
    for (const close of open.splice(0).toReversed()) await close();
  });

  async function served(
    options: Parameters<typeof serveProject>[1] = {},
    change: (dir: string) => void = () => undefined,
  ) {
    const project = shippedProject();
    change(project.dir);
    const own = await serveProject(project.dir, options);
    open.push(async () => {
      await own.close();
      project.remove();
    });
    return { ...own, dir: project.dir };
  }

  async function signedIn(own: Served) {
    const signed = await signIn(browser, own);
    open.push(() => signed.context.close());
    return signed;
  }

  async function started(own: Served & { readonly dir: string }): Promise<RunId> {
    const file = "briefs/vietnamese-reviews.md";
    const run = await own.cadre.start(await loadBrief(join(own.dir, file), file), { by: "mai" });
    await own.cadre.advance(run.id);
    return run.id;
  }

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
    for (const tab of ["Messages", "Journal", "Trace"]) {
      await page.getByRole("tab", { name: tab }).click();
      if (tab === "Messages") await page.locator(".message .markdown").first().waitFor();
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
    const own = await served();
    const run = await started(own);
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

  test("a run is found, read and answered with keys alone", async () => {
    const own = await served();
    await started(own);
    const run = await started(own);
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
    await page.locator(".ask-row").nth(1).waitFor();
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

  test("ninety roles are on one screen, each with its whole name", async () => {
    const own = await served({}, ninetyRoles);
    const { page } = await signedIn(own);
    await page.goto(`${own.origin}/modes`);
    await page.locator(".chip").first().waitFor();
    const { inside, chips, clipped } = await page.locator(".chip").evaluateAll((all) => {
      const frame = document.querySelector(".canvas")?.getBoundingClientRect() as DOMRect;
      const within = (box: DOMRect): boolean =>
        box.left >= frame.left && box.right <= frame.right && box.top >= frame.top && box.bottom <= frame.bottom;
      return {
        chips: all.length,
        inside: all.filter((chip) => within(chip.getBoundingClientRect())).length,
        clipped: all.filter((chip) => {
          const name = chip.querySelector(".chip-name") as HTMLElement;
          return name.scrollWidth > name.clientWidth + 1;
        }).length,
      };
    });
    expect({ inside, chips, clipped }).toEqual({ inside: chips, chips: 91, clipped: 0 });
    await shoot(page, "ninety-roles");
    await page.getByRole("button", { name: "Worker 7 of area 3" }).click();
    await page.getByRole("complementary", { name: /Worker 7 of area 3/ }).waitFor();
    expect(await page.locator(".way-near").count()).toBeGreaterThan(1);
  });

  test("a long run puts no more on the page than one of a hundred steps", async () => {
    const model = scriptedModel(({ messages }) =>
      reply.call(
        "search_files",
        { path: ".", regex: `needle-${messages.length}` },
        `looking for the needle ${messages.length}`,
      ),
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
    await page.locator(".step").first().waitFor();
    expect(await page.locator(".step").count()).toBeLessThanOrEqual(121);
    await page.getByRole("button", { name: /earlier steps/ }).waitFor();
  });

  test("an exported run opens from the disk, shows the same, and asks nobody for anything", async () => {
    const own = await served();
    const run = await started(own);
    const placer = openPlacer();
    const row = await own.cadre.store.run(run);
    if (!row) throw new Error("the run is gone");
    const view = await exportRun({ cadre: own.cadre, placer, clock: systemClock, version: "0.0.0" }, row);
    await placer.close();
    const assets = openAssets(new URL("../../dist/web", import.meta.url).pathname);
    const file = join(own.dir, "run.html");
    writeFileSync(file, exportPage(view, { assets, withoutSecrets: (text) => text }));
    const context = await browser.newContext({ offline: true });
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

  test("axe finds nothing on any page, in light and in dark, wide and on a phone", { timeout: 400_000 }, async () => {
    const own = await served({}, (dir) =>
      writeFileSync(
        join(dir, "modes/stray.md"),
        "---\nslug: stray\nname: Stray\nlevel: 03-worker\ndescription: x\nescalates_to:\n  - nobody\n---\n",
      ),
    );
    mkdirSync(shots, { recursive: true });
    const empty = await served();
    const { page } = await signedIn(empty);
    await page.getByText("No runs here yet").waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await shoot(page, "empty");
    // The broken chart keeps runs from being started, and pages from nothing.
    const walked = await served();
    const run = await started(walked);
    const { page: other } = await signedIn(walked);
    const [ask] = await walked.cadre.store.asks({ run, state: "open" });
    await walked.cadre.decide(ask?.id as AskId, { verb: "answer", text: "1", by: "mai", face: "web" });
    await walked.cadre.advance(run);
    await started(walked);
    const { page: broken } = await signedIn(own);
    const pages: readonly (readonly [name: string, page: Page, url: string, ready: string])[] = [
      ["runs", other, `${walked.origin}/`, ".run-row"],
      ["run", other, `${walked.origin}/runs/${run}`, ".role"],
      ["inbox", other, `${walked.origin}/inbox`, ".ask-row"],
      [
        "ask",
        other,
        `${walked.origin}/inbox/${(await walked.cadre.store.asks({ run, state: "open" }))[0]?.id}`,
        ".exact",
      ],
      ["modes", other, `${walked.origin}/modes`, ".role"],
      ["modes-table", other, `${walked.origin}/modes/table`, ".roles"],
      ["modes-problems", broken, `${own.origin}/modes/problems`, ".problem"],
      ["new-run", other, `${walked.origin}/new`, ".brief-form"],
      ["compare", other, `${walked.origin}/compare`, ".compared"],
      ["health", other, `${walked.origin}/health`, ".check"],
      ["nowhere", other, `${walked.origin}/no/such/page`, ".empty"],
    ];
    const found: string[] = [];
    for (const [name, tab, url, ready] of pages) {
      for (const colorScheme of ["light", "dark"] as const) {
        await tab.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        for (const [device, size] of [
          ["wide", { width: 1440, height: 900 }],
          ["phone", { width: 390, height: 844 }],
        ] as const) {
          await tab.setViewportSize(size);
          await tab.goto(url);
          await tab.locator(ready).first().waitFor({ state: "attached" });
          if (device === "wide" || colorScheme === "light")
            found.push(...(await axeFindings(tab)).map((line) => `${name} ${colorScheme} ${device}: ${line}`));
          await shoot(tab, `${name}-${colorScheme}-${device}`);
        }
      }
    }
    expect([...new Set(found)]).toEqual([]);
  });
});

/** Six areas of fifteen: a director, three leads, eleven workers each. */
function ninetyRoles(dir: string): void {
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
  // With the ten that ship: eighty more.
  for (let area = 1; area <= 5; area += 1) {
    const leads = [1, 2, 3].map((n) => `lead-${area}-${n}`);
    put(`director-${area}`, `Director of area ${area}`, `01-director-area-${area}`, "project-manager", leads);
    const workers = Array.from({ length: 12 }, (_, n) => `worker-${area}-${n + 1}`);
    leads.forEach((lead, at) =>
      put(
        lead,
        `Lead ${at + 1} of area ${area}`,
        `02-lead-area-${area}`,
        `director-${area}`,
        workers.slice(at * 4, at * 4 + 4),
      ),
    );
    workers.forEach((worker, at) =>
      put(
        worker,
        `Worker ${at + 1} of area ${area}`,
        `03-worker-area-${area}`,
        leads[Math.floor(at / 4)] as string,
        [],
      ),
    );
  }
}
