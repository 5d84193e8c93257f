/** Every page as axe sees it, in the colours and on the screens that people have. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { AskId, RunId } from "../../src/ids.ts";
import { axeFindings, browserTests, inChromium, shoot, shots } from "../fixtures/browser.ts";

inChromium("the looks of the page", () => {
  const { browser, open, served, servedWaiting, signedIn } = browserTests();

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
    const walked = await servedWaiting(3);
    const [run, stopped] = walked.runs as [RunId, RunId, RunId];
    const { page: other } = await signedIn(walked);
    const [ask] = await walked.cadre.store.asks({ run, state: "open" });
    await walked.cadre.decide(ask?.id as AskId, { verb: "answer", text: "1", by: "mai", face: "web" });
    await walked.cadre.advance(run);
    await walked.cadre.stop(stopped, "mai");
    const outside = await browser().newContext();
    open.push(() => outside.close());
    const out = await outside.newPage();
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
      ["modes-coverage", other, `${walked.origin}/modes/coverage`, ".covered"],
      ["modes-problems", broken, `${own.origin}/modes/problems`, ".problem"],
      ["new-run", other, `${walked.origin}/new`, ".brief-form"],
      ["compare", other, `${walked.origin}/compare`, ".compared"],
      ["health", other, `${walked.origin}/health`, ".check"],
      ["stopped", other, `${walked.origin}/runs/${stopped}`, ".pill-stopped"],
      ["sign-in", out, `${walked.origin}/`, ".sign-in"],
      ["nowhere", other, `${walked.origin}/no/such/page`, ".empty"],
    ];
    const found: string[] = [];
    for (const [at, [name, tab, url, ready]] of pages.entries()) {
      for (const [colorScheme, device] of looksAt(at)) {
        await tab.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        await tab.setViewportSize(screens[device]);
        await tab.goto(url);
        await tab.locator(ready).first().waitFor({ state: "attached" });
        found.push(...(await axeFindings(tab)).map((line) => `${name} ${colorScheme} ${device}: ${line}`));
        await shoot(tab, `${name}-${colorScheme}-${device}`);
      }
    }
    expect([...new Set(found)]).toEqual([]);
  });
});

const screens = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } } as const;

type Look = readonly ["light" | "dark", keyof typeof screens];
const usual: readonly [Look, Look] = [
  ["light", "wide"],
  ["dark", "phone"],
];

/** Every page in one of two looks, in turns; with CADRE_LOOKS=all, as in CI, in each colour on each screen. */
function looksAt(page: number): readonly Look[] {
  if (process.env["CADRE_LOOKS"] === "all") return [...usual, ["light", "phone"], ["dark", "wide"]];
  return [page % 2 === 0 ? usual[0] : usual[1]];
}
