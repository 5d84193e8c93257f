/**
 * The control room: the first paint of a run of many steps beside one of ten, in a real Chromium, and what idle watchers of one run cost. The
 * two runs take turns within each round; paint is when the first step of the trace and the first role stand on the page.
 *
 * Not measured: a network, other browsers, a page that was loaded before. The watchers share the process with the server: what is printed is
 * what both ends cost together.
 */
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { chromium, type Browser } from "playwright-core";
import { readBrief } from "../../src/briefs/read-brief.ts";
import { briefOrThrow } from "../../src/briefs/load-brief.ts";
import type { RunId } from "../../src/ids.ts";
import { openTrace } from "../../src/views/trace/trace.ts";
import { reply, scriptedModel } from "../../src/testing.ts";
import { chromiumFlags, chromiumPath, serveProject, type Served } from "../fixtures/browser.ts";
import { shippedProject } from "../fixtures/project-folder.ts";
import { printTable, ratios, spread } from "./statistics.ts";

const few = 10;
/** What is promised. */
const bounds = { paint: 2, watchers: 0.05 } as const;

export async function webBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      steps: { type: "string", default: "1000" },
      rounds: { type: "string", default: "5" },
      watchers: { type: "string", default: "50" },
      seconds: { type: "string", default: "20" },
    },
  });
  const [steps, rounds, watchers, seconds] = [values.steps, values.rounds, values.watchers, values.seconds].map(Number) as [number, number, number, number]; // prettier-ignore
  const project = shippedProject();
  const model = scriptedModel(({ messages }) =>
    reply.call(
      "search_files",
      { path: "briefs", regex: `needle-${messages.length}` },
      `looking for ${messages.length}`,
    ),
  );
  const own = await serveProject(project.dir, { model });
  try {
    const short = await runOf(own, few);
    const long = await runOf(own, steps);
    const cookie = await signedIn(own);
    await paints(own, cookie, { short, long, steps, rounds });
    await idle(own, cookie, watchers, seconds);
    console.log(`load of the machine: ${loadavg()[0]?.toFixed(2)}`);
  } finally {
    await own.close();
    project.remove();
  }
}

async function runOf({ cadre }: Served, steps: number): Promise<RunId> {
  const limits = { steps: 50_000, modelCalls: 50_000, repeats: 50_000 };
  const brief = briefOrThrow(readBrief("## What\n\nLook for needles.", null));
  const run = await cadre.start({ ...brief, limits }, { by: "bench" });
  const drain = new AbortController();
  const trace = openTrace();
  await cadre.advance(run.id, {
    drain: drain.signal,
    onEvent: (event) => {
      if ((trace.add(event)?.n ?? 0) >= steps) drain.abort();
    },
  });
  return run.id;
}

async function signedIn(own: Served): Promise<string> {
  const { origin } = own;
  const answer = await fetch(`${origin}/api/session`, {
    method: "POST",
    headers: { origin, "content-type": "application/json" },
    body: JSON.stringify({ key: new URL(own.link()).hash.slice("#key=".length) }),
  });
  return answer.headers.get("set-cookie")?.split(";")[0] ?? "";
}

async function paints(
  { origin }: Served,
  cookie: string,
  runs: { readonly short: RunId; readonly long: RunId; readonly steps: number; readonly rounds: number },
): Promise<void> {
  const browser = await chromium.launch({ executablePath: chromiumPath ?? "", args: chromiumFlags });
  const took = { short: [] as number[], long: [] as number[] };
  try {
    await paint(browser, origin, cookie, runs.short); // the first page of a browser pays for the browser
    for (let round = 0; round < runs.rounds; round += 1)
      for (const which of ["short", "long"] as const)
        took[which].push(await paint(browser, origin, cookie, runs[which]));
  } finally {
    await browser.close();
  }
  const ratio = ratios(took.long, took.short);
  printTable(
    ["first paint", "ms"],
    [
      [`${few} steps`, spread(took.short, 0)],
      [`${runs.steps} steps`, spread(took.long, 0)],
      [`ratio (at most ${bounds.paint})`, spread(ratio, 2)],
    ],
  );
}

async function paint(browser: Browser, origin: string, cookie: string, run: RunId): Promise<number> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  try {
    const [name = "", value = ""] = cookie.split(/=(.*)/s);
    await context.addCookies([{ name, value, url: origin }]);
    const page = await context.newPage();
    await page.goto(`${origin}/runs/${run}`);
    for (const part of [".step", ".role"]) await page.locator(part).first().waitFor();
    return Number(await page.evaluate("performance.now()"));
  } finally {
    await context.close();
  }
}

async function idle({ origin }: Served, cookie: string, watchers: number, seconds: number): Promise<void> {
  const gone = new AbortController();
  // From the newest event on: a replay is work, and no idling.
  const session = await fetch(`${origin}/api/session`, { headers: { cookie } });
  const { newest } = (await session.json()) as { newest: number };
  const read = async (): Promise<void> => {
    const { body } = await fetch(`${origin}/api/stream?after=${newest}`, { headers: { cookie }, signal: gone.signal });
    for await (const piece of body ?? []) void piece;
  };
  const reading = Array.from({ length: watchers }, () => read().catch(() => undefined));
  await new Promise((resolve) => setTimeout(resolve, 3000)); // until each is connected
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const { user, system } = process.cpuUsage(before);
  gone.abort();
  await Promise.all(reading);
  const part = (user + system) / 1e6 / seconds;
  console.log(
    `${watchers} idle watchers: ${(100 * part).toFixed(2)} % of a core over ${seconds} s (at most ${100 * bounds.watchers} %)`,
  );
}
