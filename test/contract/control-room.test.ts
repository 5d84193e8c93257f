/** The control room's API over a project: runs are started, followed, decided and moved as by the command line, by the same rules. */
import { afterEach, describe, expect, test } from "vitest";
import { briefOrThrow } from "../../src/briefs/load-brief.ts";
import { readBrief } from "../../src/briefs/read-brief.ts";
import { openCadre } from "../../src/cadre/cadre.ts";
import { asCadreError } from "../../src/cli/errors.ts";
import type { AskView } from "../../src/views/control-room/asks.ts";
import type { EventsView, RunView } from "../../src/views/control-room/runs.ts";
import type { HealthView } from "../../src/views/control-room/health.ts";
import { reply, scriptedModel } from "../../src/testing.ts";
import { host, openRoom, shippedBrief, type Room, type RoomOptions } from "../fixtures/control-room.ts";
import { shippedProject } from "../fixtures/project-folder.ts";

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

function room(options: RoomOptions = {}): Room & { readonly dir: string } {
  const project = shippedProject();
  const own = openRoom(project.dir, options);
  open.push(async () => {
    await own.close();
    project.remove();
  });
  return { ...own, dir: project.dir };
}

async function json<Body>(answer: Response): Promise<Body> {
  return (await answer.json()) as Body;
}

/** A run of the shipped brief, up to its first ask. */
async function asked(own: Room & { readonly dir: string }): Promise<{ run: RunView; ask: AskView }> {
  const run = await json<RunView>(await own.send("/api/runs", { text: shippedBrief(own.dir) }));
  await own.rest();
  const { asks } = await json<{ asks: AskView[] }>(await own.send(`/api/asks?run=${run.id}&state=open`));
  return { run, ask: asks[0] as AskView };
}

describe("a run from the page", () => {
  test("is started, walks to its ask, and goes on with the answer, in the name of who is signed in", async () => {
    const own = room();
    const { run, ask } = await asked(own);
    expect(ask).toMatchObject({ run: run.id, state: "open", title: run.title });
    const decided = await json<AskView>(
      await own.send(`/api/asks/${ask.id}/decide`, { verb: "answer", text: "1", hash: ask.hash }),
    );
    expect(decided.decision).toMatchObject({ by: "mai", face: "web", verb: "answer" });
    await own.rest();
    const { asks } = await json<{ asks: AskView[] }>(await own.send(`/api/asks?run=${run.id}&state=open`));
    expect(asks.map(({ kind }) => kind)).toEqual(["sign_off"]);
    const signOff = asks[0] as AskView;
    await own.send(`/api/asks/${signOff.id}/decide`, { verb: "approve", hash: signOff.hash });
    await own.rest();
    expect(await json(await own.send(`/api/runs/${run.id}`))).toMatchObject({
      status: "finished",
      mover: null,
      trouble: null,
    });
    expect(await json(await own.send(`/api/runs/${run.id}/verification`))).toMatchObject({ ok: true });
    expect(own.faults).toEqual([]);
  });

  test("whether an ask is overdue is told by the project's clock, whatever the machine's says", async () => {
    let now = Date.parse("2016-01-01T09:00:00Z");
    const own = room({ clock: { now: () => now } });
    const { ask } = await asked(own);
    expect(ask).toMatchObject({ deadline: expect.stringMatching(/^2016-01-0/), overdue: false });
    now = Date.parse(ask.deadline as string);
    expect(await json<AskView>(await own.send(`/api/asks/${ask.id}`))).toMatchObject({ overdue: true });
  });

  test("R3 what is decided on is named by its hash: without it, or with another, nothing is decided", async () => {
    const own = room();
    const { ask } = await asked(own);
    expect((await own.send(`/api/asks/${ask.id}/decide`, { verb: "answer", text: "1" })).status).toBe(400);
    const stale = await own.send(`/api/asks/${ask.id}/decide`, { verb: "answer", text: "1", hash: "0".repeat(64) });
    expect([stale.status, (await json<{ code: string }>(stale)).code]).toEqual([409, "hash-stale"]);
    expect((await json<AskView>(await own.send(`/api/asks/${ask.id}`))).state).toBe("open");
  });

  test("R4 a second decision says who was first", async () => {
    const own = room();
    const { ask } = await asked(own);
    const say = (text: string): Promise<Response> =>
      own.send(`/api/asks/${ask.id}/decide`, { verb: "answer", text, hash: ask.hash });
    const answers = await Promise.all([say("1"), say("2"), say("3")]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409, 409]);
    const late = answers.find(({ status }) => status === 409) as Response;
    expect(await json(late)).toMatchObject({ code: "ask-decided", data: { by: "mai", face: "web" } });
    await own.rest();
  });

  test("who may only look starts, stops and decides nothing", async () => {
    const own = room({ owner: "mai" });
    const { run, ask } = await asked(own);
    const { putUser } = await import("../../src/server/users.ts");
    const { usersFile } = await import("../../src/server/users-file.ts");
    const token = putUser(usersFile(own.cadre.data), { name: "Ana", may: [] });
    const as = { authorization: `Bearer ${token}`, cookie: "" };
    const tries = [
      own.send(`/api/asks/${ask.id}/decide`, { verb: "answer", text: "1", hash: ask.hash }, as),
      own.send(`/api/asks/${ask.id}/acknowledge`, {}, as),
      own.send(`/api/runs/${run.id}/stop`, {}, as),
      own.send(`/api/runs/${run.id}/resume`, {}, as),
      own.send(`/api/runs/${run.id}/apply`, {}, as),
      own.send("/api/runs", { text: "What: x" }, as),
      own.send("/api/runs/preview", { text: "What: x" }, as),
      own.send("/api/link", {}, as),
    ];
    expect((await Promise.all(tries)).map(({ status }) => status)).toEqual(tries.map(() => 403));
    expect((await own.send(`/api/runs/${run.id}`, undefined, as)).status).toBe(200);
  });

  test("a fault of its model is told with the run, which can be resumed", async () => {
    const failing = scriptedModel(() => {
      throw new Error("no such model");
    });
    const own = room({ model: failing });
    const run = await json<RunView>(await own.send("/api/runs", { text: "What: summarise the tickets" }));
    await own.rest();
    const seen = await json<RunView>(await own.send(`/api/runs/${run.id}`));
    expect(seen).toMatchObject({ status: "running", mover: null, trouble: { code: "internal" } });
    expect(JSON.stringify(seen)).not.toContain("no such model"); // the terminal says it
    expect(own.faults).toHaveLength(1);
  });

  test.each([
    ["ENOSPC", "disk-full", 507],
    ["SQLITE_FULL", "disk-full", 507],
    ["EIO", "disk-failed", 500],
    ["EROFS", "data-read-only", 500],
  ])(
    "%s is %s to who asked and at its run, with the command line's hint and no path",
    async (machine, code, status) => {
      const thrown = Object.assign(new Error(`${machine}: no, write '/home/mai/secret'`), { code: machine });
      const disk: RoomOptions = {
        model: scriptedModel(() => {
          throw thrown;
        }),
      };
      const own = room(disk);
      const { hint } = asCadreError(thrown);
      const run = await json<RunView>(await own.send("/api/runs", { text: "What: summarise the tickets" }));
      await own.rest();
      const { trouble } = await json<RunView>(await own.send(`/api/runs/${run.id}`));
      expect(trouble).toMatchObject({ code, hint });
      own.cadre.store.runEvents = async () => Promise.reject(thrown);
      const answer = await own.send(`/api/runs/${run.id}/trace`);
      expect([answer.status, await json(answer)]).toEqual([status, expect.objectContaining({ code, hint })]);
      expect(JSON.stringify(trouble)).not.toContain("/home");
      expect(own.faults).toEqual([thrown, thrown]);
    },
  );

  test.each(["/api/runs", "/api/coverage"])(
    "%s folds each run in a turn of the loop of its own: others get theirs between",
    async (path) => {
      const own = room();
      for (let made = 0; made < 4; made += 1)
        await own.cadre.start(briefOrThrow(readBrief("What: x", null)), { by: "mai" });
      let turn = 0;
      let next = setImmediate(function count() {
        turn += 1;
        next = setImmediate(count);
      });
      const folded: number[] = [];
      const runEvents = own.cadre.store.runEvents.bind(own.cadre.store);
      own.cadre.store.runEvents = async (run, after) => {
        folded.push(turn);
        return runEvents(run, after);
      };
      const answer = await own.send(path);
      clearImmediate(next);
      expect(answer.status).toBe(200);
      expect([folded.length, new Set(folded).size]).toEqual([4, 4]);
    },
  );

  test("errors have the status of the one table", async () => {
    const own = room();
    expect((await own.send("/api/runs/r-000000")).status).toBe(404);
    expect((await own.send("/api/asks/a-000000-1-1")).status).toBe(404);
    expect((await own.send("/api/runs", { text: "no task here", extra: 1 })).status).toBe(400);
    expect((await own.send("/api/runs", { text: "What: x", to: "nobody" })).status).toBe(404);
    expect((await own.send("/api/nothing")).status).toBe(404);
  });

  test("everything lies below the base path, where there is one", async () => {
    const own = room({ base: "/cadre" });
    expect((await own.send("/api/runs")).status).toBe(200);
    expect((await own.app.request("/api/runs", { headers: { host, cookie: own.cookie } })).status).toBe(404);
    expect(await (await own.send("/inbox")).text()).toContain('content="/cadre"');
  });
});

/** Reads a stream until `enough` says so. */
async function messages(
  own: Room,
  query: string,
  enough: (messages: readonly Message[]) => boolean,
  headers: Readonly<Record<string, string>> = {},
): Promise<readonly Message[]> {
  const gone = new AbortController();
  const answer = await own.app.request(`/api/stream${query}`, {
    headers: { host, cookie: own.cookie, ...headers },
    signal: gone.signal,
  });
  const found: Message[] = [];
  let text = "";
  for await (const piece of (answer.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream())) {
    text += piece;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const lines = text.slice(0, end).split("\n");
      text = text.slice(end + 2);
      const field = (name: string): string | undefined =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const event = field("event");
      if (event) found.push({ event, id: field("id"), data: JSON.parse(field("data") ?? "null") as Message["data"] });
    }
    if (enough(found)) break;
  }
  gone.abort();
  return found;
}

type Message = { readonly event: string; readonly id: string | undefined; readonly data: Record<string, unknown> };

const seqs = (found: readonly Message[]): number[] =>
  found.filter(({ event }) => event === "event").map(({ id }) => Number(id));

describe("the stream", () => {
  test("D5 replays from where a page was, without a gap and without a repeat", async () => {
    const own = room();
    const { run } = await asked(own);
    const { events } = await json<EventsView>(await own.send(`/api/runs/${run.id}/events`));
    const all = events.map(({ seq }) => seq);
    const whole = await messages(own, "", (found) => seqs(found).length >= all.length);
    expect(seqs(whole)).toEqual(all);
    const half = all[Math.floor(all.length / 2)] as number;
    const rest = all.filter((seq) => seq > half);
    const again = await messages(own, "?after=0", (found) => seqs(found).length >= rest.length, {
      "last-event-id": String(half),
    });
    expect(seqs(again)).toEqual(rest);
  });

  test("tells what another process writes", async () => {
    const own = room();
    const { run, ask } = await asked(own);
    const { cursor } = await json<EventsView>(await own.send(`/api/runs/${run.id}/events`));
    const other = openCadre({ dir: own.dir });
    open.push(async () => other.close());
    const heard = messages(own, `?after=${cursor}`, (found) =>
      found.some(({ data }) => (data["event"] as { type?: string } | undefined)?.type === "report_submitted"),
    );
    await other.decide(ask.id as Parameters<typeof other.decide>[0], {
      verb: "answer",
      text: "1",
      by: "Linh",
      face: "cli",
    });
    await other.advance(run.id as Parameters<typeof other.advance>[0]);
    const found = seqs(await heard);
    const { events } = await json<EventsView>(await own.send(`/api/runs/${run.id}/events?after=${cursor}`));
    expect(found).toEqual(events.map(({ seq }) => seq).slice(0, found.length));
  });

  test("brings the text of a step under way, and keeps none of it", async () => {
    const said = "thinking aloud, a secret of the moment";
    const model = scriptedModel((_request, { role }) =>
      role === "backend-lead"
        ? reply.call("ask_followup_question", { question: "Which tickets?" }, said)
        : reply.text(""),
    );
    const own = room({ model });
    const heard = messages(own, "", (found) => found.some(({ event }) => event === "text"));
    await own.send("/api/runs", { text: "What: summarise the tickets" });
    const text = (await heard).find(({ event }) => event === "text");
    expect(text).toMatchObject({ id: undefined, data: { role: "backend-lead", text: said } });
    await own.rest();
  });

  test("eighty watchers each get all of it, and are let go when they leave", async () => {
    const own = room();
    const { run } = await asked(own);
    const { events } = await json<EventsView>(await own.send(`/api/runs/${run.id}/events`));
    const watched = await Promise.all(
      Array.from({ length: 80 }, () => messages(own, "", (found) => seqs(found).length >= events.length)),
    );
    for (const found of watched) expect(seqs(found)).toEqual(events.map(({ seq }) => seq));
    own.live.nudge();
    await expect.poll(() => own.live.watchers).toBe(0);
  });
});

describe("the mover", () => {
  test("lets runs rest after their step when the server ends, and they go on afterwards", async () => {
    const own = room();
    const run = await json<RunView>(await own.send("/api/runs", { text: shippedBrief(own.dir) }));
    await own.mover.drain();
    const id = run.id as Parameters<typeof own.cadre.advance>[0];
    expect((await own.cadre.verify(id)).ok).toBe(true);
    expect((await own.cadre.advance(id)).status).toBe("waiting");
  });
});

describe("health", () => {
  test("says who works on which line with their heartbeats, and of a server that was never asked that nothing was measured", async () => {
    const held = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    const model = scriptedModel(async () => {
      reached.resolve();
      await held.promise;
      return reply.call("ask_followup_question", { question: "Which tickets?" });
    });
    const own = room({ model });
    open.push(async () => held.resolve());
    const run = await json<RunView>(await own.send("/api/runs", { text: "What: summarise the tickets" }));
    await reached.promise;
    const health = await json<HealthView>(await own.send("/api/health"));
    expect(health.room).toMatchObject({ pid: process.pid, moving: 1 });
    expect(health.workers).toMatchObject([{ run: run.id, pid: process.pid, state: "alive" }]);
    const [worker] = health.workers;
    expect((worker?.beatMs ?? 0) + (worker?.leaseMs ?? 0)).toBe(30_000);
    expect(health.servers).toContainEqual({ origin: "http://127.0.0.1:9", models: ["local"], seen: null });
    held.resolve();
    await own.rest();
    expect((await json<HealthView>(await own.send("/api/health"))).workers).toEqual([]);
  });
});
