/** Notices: at least once, recorded, bounded, without secrets; and never a run's trouble. */
import { mkdirSync, mkdtempSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { Brief } from "../../src/briefs/brief.ts";
import { readBrief } from "../../src/briefs/read-brief.ts";
import { openCadre } from "../../src/cadre/cadre.ts";
import type { RunId } from "../../src/ids.ts";
import type { AdvanceResult } from "../../src/run/api.ts";
import type { Cadre } from "../../src/cadre/api.ts";
import { parseConfig, type Config } from "../../src/config/config.ts";
import { noticeText } from "../../src/notices/notice.ts";
import { occasionsOf } from "../../src/notices/occasions.ts";
import { sendNotice, type Sent } from "../../src/notices/send.ts";
import { targetId, tellDue, type TellDeps } from "../../src/notices/tell.ts";
import { openStore } from "../../src/store/open.ts";
import type { AskRow } from "../../src/store/rows.ts";
import { reply, scriptedModel } from "../../src/testing.ts";
import { isAlive } from "../fixtures/is-alive.ts";
import { modeText } from "../fixtures/line-harness.ts";

const canary = "canary-9000-secret";
let dir: string;
let cadre: Cadre;
let now: number;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "cadre-notices-"));
  now = Date.parse("2026-01-01T00:00:00Z");
  process.env["CANARY_TOKEN"] = canary;
});

afterEach(() => {
  cadre?.close();
  delete process.env["CANARY_TOKEN"];
  rmSync(dir, { recursive: true, force: true });
});

/** Appends what it hears to a file, with what is in its environment; `dir` is its folder. */
const listener = ["/bin/sh", "-c", "cat >> heard; env >> environment"];
/** Hears, and fails. */
const failing = ["/bin/sh", "-c", "cat >> heard; exit 7"];

function heard(): { readonly event: string; readonly [key: string]: unknown }[] {
  if (!existsSync(join(dir, "heard"))) return [];
  const lines = readFileSync(join(dir, "heard"), "utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line) as { event: string });
}

function project(notify: unknown, question = "where to?"): Cadre {
  for (const folder of ["modes", "graphs"]) mkdirSync(join(dir, folder), { recursive: true });
  writeFileSync(join(dir, "modes", "hand.md"), modeText("hand", "030-worker"));
  const workflow = { name: "w", entry: "hand", signOff: false, deadlineMinutes: 120 };
  writeFileSync(join(dir, "graphs", "w.ts"), `export const workflow = ${JSON.stringify(workflow)};\n`);
  writeFileSync(join(dir, "cadre.yaml"), JSON.stringify({ notify }));
  const report = { summary: "done", criteria: [], artifacts: [], limitations: [] };
  const model = scriptedModel([
    reply.call("ask_followup_question", { question }),
    reply.call("attempt_completion", report),
  ]);
  cadre = openCadre({ dir, model, clock: { now: () => now } });
  return cadre;
}

async function asked(): Promise<AdvanceResult> {
  const run = await cadre.start(readBrief("Do the thing.", null).brief as Brief, { by: "tester" });
  return moved(run.id);
}

/** Advanced, and all of it told. */
async function moved(run: RunId): Promise<AdvanceResult> {
  const result = await cadre.advance(run);
  await cadre.settled();
  return result;
}

function config(notify: unknown): Config {
  const read = parseConfig(JSON.stringify({ notify }));
  expect(read.problems).toEqual([]);
  return read.config;
}

describe("a command", () => {
  test("is told once of an ask that is raised, with all that is needed to answer, and it is recorded", async () => {
    project([{ command: listener, link: "https://desk.example/{run}/{ask}" }]);
    const { asks, run, status } = await asked();
    expect(status).toBe("waiting");
    const [ask] = asks;
    expect(heard()).toMatchObject([
      {
        schema: "cadre.notice/1",
        event: "raised",
        ask: ask!.id,
        run: run.id,
        kind: "question",
        role: "hand",
        question: "where to?",
        severity: "medium",
        deadline: ask!.deadline,
        rule: ask!.rule,
        answerWith: [
          `cadre show ${ask!.id}`,
          `cadre answer ${ask!.id} "<your answer>"`,
          `cadre reject ${ask!.id} "<reason>"`,
        ],
        link: `https://desk.example/${run.id}/${ask!.id}`,
      },
    ]);
    await moved(run.id);
    await cadre.notify();
    expect(heard()).toHaveLength(1);
    expect(await cadre.store.notices(ask!.id)).toMatchObject([
      { occasion: "raised", attempts: 1, outcome: "ended with exit code 0", toldAt: "2026-01-01T00:00:00.000Z" },
    ]);
  });

  test("is told when a deadline comes near, and when it has passed; and no more once it is answered", async () => {
    project([{ command: listener, before: 30 }]);
    const { asks, run } = await asked();
    now += 89 * 60_000;
    await cadre.notify();
    expect(heard().map((each) => each.event)).toEqual(["raised"]);
    now += 2 * 60_000;
    await cadre.notify();
    await cadre.notify();
    expect(heard().map((each) => each.event)).toEqual(["raised", "expiring"]);
    now += 60 * 60_000;
    await cadre.notify();
    expect(heard().map((each) => each.event)).toEqual(["raised", "expiring", "overdue"]);
    await cadre.decide(asks[0]!.id, { verb: "answer", text: "there", by: "tester", face: "test" });
    expect((await moved(run.id)).status).toBe("finished");
    expect(await cadre.notify()).toMatchObject({ told: 0, failed: 0 });
  });

  test("that fails fails no run, and how it failed is recorded", async () => {
    project([{ command: failing }]);
    const { asks, run, status } = await asked();
    expect(status).toBe("waiting");
    expect(heard()).toHaveLength(3);
    expect(await cadre.notify()).toMatchObject({ told: 0, failed: 0 }); // its time has not come
    expect(await cadre.store.notices(asks[0]!.id)).toMatchObject([
      { occasion: "raised", attempts: 3, outcome: "ended with exit code 7", toldAt: null },
    ]);
    expect((await cadre.verify(run.id)).problems).toEqual([]);
  });

  test("that hangs is ended in time, with what it started", async () => {
    project([{ command: ["/bin/sh", "-c", "sleep 300 & echo $! > pid; wait"], timeoutSeconds: 1 }]);
    const began = performance.now();
    const { asks } = await asked();
    expect(performance.now() - began).toBeLessThan(8000);
    expect(await cadre.store.notices(asks[0]!.id)).toMatchObject([{ outcome: "did not end within 1 s", toldAt: null }]);
    const pid = Number(readFileSync(join(dir, "pid"), "utf8"));
    await expect.poll(() => isAlive(pid)).toBe(false);
  });

  test("R8 gets no variable that was not named; no notice holds the value of one that is named anywhere", async () => {
    const words = `token ${canary}, \u001b[2J and \u202e: <script>`;
    project([{ command: listener, env: ["CANARY_TOKEN"] }], words);
    process.env["OTHER_TOKEN"] = "not-for-anybody";
    try {
      await asked();
    } finally {
      delete process.env["OTHER_TOKEN"];
    }
    const environment = readFileSync(join(dir, "environment"), "utf8");
    expect(environment).toContain(`CANARY_TOKEN=${canary}`);
    expect(environment).not.toContain("OTHER_TOKEN");
    const text = readFileSync(join(dir, "heard"), "utf8");
    expect(text).not.toContain(canary);
    expect(heard()[0]?.["question"]).toBe("token [CANARY_TOKEN], \\x1b[2J and \\u{202e}: <script>");
  });
});

describe("an address", () => {
  type Got = { readonly headers: IncomingHttpHeaders; readonly body: string };

  async function withServer(
    status: number,
    body: (url: string, got: readonly Got[]) => Promise<void>,
    to = "",
  ): Promise<void> {
    const got: Got[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        got.push({ headers: request.headers, body: Buffer.concat(chunks).toString("utf8") });
        response.writeHead(status, to === "" ? {} : { location: to }).end("thanks");
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      await body(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, got);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  const sent = (url: string, more: Record<string, unknown> = {}): Promise<Sent> =>
    sendNotice({ dir, env: { CANARY_TOKEN: canary } }, config([{ url, ...more }]).notify[0]!, "a-1/raised", "{}");

  test("gets the notice as a POST, with its token and one key for all attempts", async () => {
    await withServer(200, async (url, got) => {
      expect(await sent(url, { token: "CANARY_TOKEN" })).toEqual({ ok: true, words: "answered 200", late: false });
      expect(got).toMatchObject([
        { body: "{}", headers: { authorization: `Bearer ${canary}`, "idempotency-key": "a-1/raised" } },
      ]);
    });
  });

  test("that sends callers on has not been told, and its token goes nowhere else", async () => {
    await withServer(200, async (thief, got) => {
      await withServer(
        307,
        async (url) => {
          expect(await sent(url, { token: "CANARY_TOKEN" })).toMatchObject({ ok: false, words: "answered 307" });
        },
        thief,
      );
      expect(got).toEqual([]);
    });
  });

  test("that takes its time keeps nobody waiting for the outcome of a run, and is still told", async () => {
    const arrived = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const server = createServer((_request, response) => {
      arrived.resolve();
      void release.promise.then(() => response.end());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      project([{ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` }]);
      const run = await cadre.start(readBrief("Do the thing.", null).brief as Brief, { by: "tester" });
      const { status, asks } = await cadre.advance(run.id);
      expect(status).toBe("waiting");
      await arrived.promise;
      expect(await cadre.store.notices(asks[0]!.id)).toMatchObject([{ toldAt: null }]);
      release.resolve();
      await cadre.settled();
      expect(await cadre.store.notices(asks[0]!.id)).toMatchObject([{ outcome: "answered 200" }]);
    } finally {
      release.resolve();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test("that is not there, or has no token, is said so in our words", async () => {
    let gone = "";
    await withServer(200, async (url) => void (gone = url));
    expect(await sent(gone)).toEqual({ ok: false, words: "could not be reached (ECONNREFUSED)", late: false });
    expect(await sent(gone, { token: "UNSET_TOKEN" })).toMatchObject({
      ok: false,
      words: "UNSET_TOKEN holds no token",
    });
  });
});

describe("a deadline that passes while nobody looks", () => {
  const up = {
    to: "lead",
    question: "Which licence, for lead matters?",
    topic: "licence",
    severity: "high",
    tried: "",
    options: ["MIT", "Apache"],
  };

  /** A worker who escalates to linh, whose role escalates to `director`: dana, or a model. */
  function chain(director: "person" | "model"): Cadre {
    for (const folder of ["modes", "graphs"]) mkdirSync(join(dir, folder), { recursive: true });
    const modes = {
      director: modeText("director", "010-director", { delegates: ["lead"] }),
      lead: modeText("lead", "020-lead", { delegates: ["hand"], escalates: ["director"] }),
      hand: modeText("hand", "030-worker", { escalates: ["lead"] }),
    };
    for (const [slug, text] of Object.entries(modes)) writeFileSync(join(dir, "modes", `${slug}.md`), text);
    const staffing = {
      lead: { by: "person", name: "linh" },
      ...(director === "person" ? { director: { by: "person", name: "dana" } } : {}),
    };
    const workflow = { name: "w", entry: "hand", signOff: false, deadlineMinutes: 120, staffing };
    writeFileSync(join(dir, "graphs", "w.ts"), `export const workflow = ${JSON.stringify(workflow)};\n`);
    writeFileSync(join(dir, "cadre.yaml"), JSON.stringify({ notify: [{ command: listener }] }));
    const report = { summary: "done", criteria: [], artifacts: [], limitations: [] };
    const model = scriptedModel({
      hand: (request) =>
        request.messages.some((message) => message.role === "tool")
          ? reply.call("attempt_completion", report)
          : reply.call("escalate", up),
      director: [reply.call("attempt_completion", { decision: "MIT", reason: "it is shorter" })],
    });
    cadre = openCadre({ dir, model, clock: { now: () => now } });
    return cadre;
  }

  const events = (): unknown[][] => heard().map(({ event, role, to, bumpedTo }) => [event, role, to, bumpedTo]);

  test("the clock decides at the next look of a timer, which tells that it went up, once; the run is left to whoever resumes it", async () => {
    chain("person");
    const { run } = await asked();
    now += 121 * 60_000;
    expect(await cadre.notify()).toMatchObject({ told: 1, resumed: [] });
    expect(await cadre.notify()).toMatchObject({ told: 0 });
    expect(events()).toEqual([
      ["raised", "lead", "linh", null],
      ["bumped", "lead", "linh", "director"],
    ]);
    expect(heard()[1]?.["answerWith"]).toContain(`cadre resume ${run.id}`);
    expect((await moved(run.id)).asks).toMatchObject([{ role: "director", to: "dana" }]);
    expect(events().at(-1)).toEqual(["raised", "director", "dana", null]);
  });

  test("what an inbox decided for the clock is told at the next look as well", async () => {
    chain("person");
    await asked();
    now += 121 * 60_000;
    expect(await cadre.passDeadlines()).toMatchObject([{ state: "decided", decision: { verb: "bump" } }]);
    expect(await cadre.notify()).toMatchObject({ told: 1 });
    expect(events().at(-1)).toEqual(["bumped", "lead", "linh", "director"]);
  });

  test("with `resume` the timer goes on with the run: the next one up is asked, and so on to the top, where it is overdue", async () => {
    chain("person");
    const { run } = await asked();
    for (let looks = 0; looks < 4; looks += 1) {
      now += 121 * 60_000;
      await cadre.notify({ resume: true });
    }
    expect(events()).toEqual([
      ["raised", "lead", "linh", null],
      ["bumped", "lead", "linh", "director"],
      ["raised", "director", "dana", null],
      ["bumped", "director", "dana", "user"],
      ["raised", "director", "user", null],
      ["overdue", "director", "user", null],
    ]);
    expect(await cadre.notify({ resume: true })).toMatchObject({ resumed: [], stuck: [], told: 0 });
    const [ask] = await cadre.store.asks({ state: "open" });
    await cadre.decide(ask!.id, { verb: "answer", text: "1", by: "tester", face: "test" });
    expect((await moved(run.id)).status).toBe("finished");
    expect((await cadre.verify(run.id)).problems).toEqual([]);
  });

  test("what goes up to a role that a model plays is told too, and with `resume` that role decides", async () => {
    chain("model");
    const { run } = await asked();
    now += 121 * 60_000;
    expect(await cadre.notify({ resume: true })).toMatchObject({
      resumed: [{ run: { id: run.id }, status: "finished" }],
    });
    expect(events()).toEqual([
      ["raised", "lead", "linh", null],
      ["bumped", "lead", "linh", "director"],
    ]);
  });

  test("a run that cannot go on keeps none of the others, and is named", async () => {
    chain("person");
    const [first, second] = [await asked(), await asked()];
    now += 121 * 60_000;
    rmSync(join(dir, ".cadre", "workspaces", first.run.id), { recursive: true });
    expect(await cadre.notify({ resume: true })).toMatchObject({
      resumed: [{ run: { id: second.run.id }, status: "waiting" }],
      stuck: [{ run: first.run.id, error: { code: "folder-missing" } }],
    });
  });
});

describe("the outbox", () => {
  const hook = { url: "http://127.0.0.1:9/hook" };

  async function deps(send: TellDeps["send"]): Promise<{ deps: TellDeps; asks: readonly AskRow[] }> {
    project([]);
    const { asks } = await asked();
    const clock = { now: () => now };
    const store = openStore({ file: join(cadre.data, "cadre.db"), clock });
    onTestFinished(() => store.close());
    return { asks, deps: { store, clock, env: {}, send, pause: async () => undefined } };
  }

  const ok: Sent = { ok: true, words: "told", late: false };

  test("N1 a process that dies while it tells loses nothing and repeats at most that one", async () => {
    const count: string[] = [];
    const given = await deps(async (_target, id) => {
      count.push(id);
      if (count.length === 1) throw new Error("killed here");
      return ok;
    });
    const settings = config([hook]);
    await expect(tellDue(given.deps, settings, given.asks)).rejects.toThrow("killed here");
    expect(await tellDue(given.deps, settings, given.asks)).toEqual({ told: 0, failed: 0 }); // it may still be at it
    now += 16_000;
    expect(await tellDue(given.deps, settings, given.asks)).toEqual({ told: 1, failed: 0 });
    expect(await tellDue(given.deps, settings, given.asks)).toEqual({ told: 0, failed: 0 });
    expect(count).toHaveLength(2);
  });

  test("N2 what fails is tried again later and later, ten times in all, and shown", async () => {
    const times: number[] = [];
    const given = await deps(async () => {
      times.push(now);
      return { ok: false, words: "answered 500", late: false };
    });
    const settings = config([hook]);
    const begun = now;
    for (let minutes = 0; minutes < 24 * 60; minutes += 1) {
      await tellDue(
        given.deps,
        settings,
        given.asks.map((ask) => ({ ...ask, deadline: null })),
      );
      now += 60_000;
    }
    expect(times.map((at) => (at - begun) / 60_000)).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2, 7]);
    const failures = [{ target: targetId(hook), words: "answered 500", nextAt: null }];
    expect(await cadre.store.noticeCounts()).toEqual({ told: 0, waiting: 0, givenUp: 1, failures });
  });

  test("N1 two that look at once tell once", async () => {
    let count = 0;
    const given = await deps(async () => {
      count += 1;
      return ok;
    });
    const settings = config([hook]);
    const both = await Promise.all([1, 2].map(() => tellDue(given.deps, settings, given.asks)));
    expect(both.map((each) => each.told).toSorted((a, b) => a - b)).toEqual([0, 1]);
    expect(count).toBe(1);
  });

  test("N1 a clock that was set back keeps nothing for long", async () => {
    const given = await deps(async () => {
      throw new Error("killed here");
    });
    const settings = config([hook]);
    await expect(tellDue(given.deps, settings, given.asks)).rejects.toThrow();
    now -= 86_400_000;
    expect(await tellDue({ ...given.deps, send: async () => ok }, settings, given.asks)).toEqual({
      told: 1,
      failed: 0,
    });
  });

  test("T4 who cannot be told of one ask is not tried for the next; others are told", async () => {
    const tried: string[] = [];
    const given = await deps(async (target) => {
      tried.push(target.url ?? "");
      return target.url === hook.url ? { ok: false, words: "no", late: true } : ok;
    });
    const twice = given.asks.flatMap((ask) => [ask, { ...ask }]);
    const other = { url: "http://127.0.0.1:9/other" };
    expect(await tellDue(given.deps, config([hook, other]), twice)).toEqual({ told: 1, failed: 1 });
    expect(tried).toEqual([hook.url, other.url]);
  });

  test("somebody who is named later hears of what waits already", async () => {
    const given = await deps(async () => ok);
    await tellDue(given.deps, config([hook]), given.asks);
    const other = { url: "http://127.0.0.1:9/other" };
    expect(targetId(config([hook]).notify[0]!)).not.toBe(targetId(config([other]).notify[0]!));
    expect(await tellDue(given.deps, config([hook, other]), given.asks)).toEqual({ told: 1, failed: 0 });
  });

  test("a short deadline is told with the raising, not once more", async () => {
    const [ask] = (await deps(async () => ok)).asks;
    const hour = 3600_000;
    expect(occasionsOf(ask!, now, 3 * hour)).toEqual(["raised"]);
    expect(occasionsOf(ask!, now + 1.5 * hour, hour)).toEqual(["raised", "expiring"]);
    expect(occasionsOf(ask!, now + 2 * hour, hour)).toEqual(["raised", "overdue"]);
    expect(occasionsOf({ ...ask!, state: "decided" }, now, hour)).toEqual([]);
  });

  test("a notice is bounded, whatever was asked", async () => {
    const [ask] = (await deps(async () => ok)).asks;
    const text = noticeText({ ...ask!, question: "🙂".repeat(50_000) }, "raised", {
      link: null,
      clean: (words) => words,
    });
    expect(Buffer.byteLength(text)).toBeLessThan(32 * 1024);
    expect((JSON.parse(text) as { question: string }).question.isWellFormed()).toBe(true);
  });
});
