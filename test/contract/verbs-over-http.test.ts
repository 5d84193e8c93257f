/** Every verb of the command line is there over HTTP, or it is said why it is not (docs/operating.md). */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { briefOrThrow } from "../../src/briefs/load-brief.ts";
import { readBrief } from "../../src/briefs/read-brief.ts";
import { commands as verbs } from "../../src/cli/command-table.ts";
import type { RehearsalView } from "../../src/views/control-room/project.ts";
import { host, openRoom, type Room } from "../fixtures/control-room.ts";
import { shippedProject, type ProjectFolder } from "../fixtures/project-folder.ts";

const page = readFileSync(new URL("../../docs/operating.md", import.meta.url), "utf8");
const table = page.slice(page.indexOf("| command | over HTTP |")).split("\n\n")[0] ?? "";
const rows = table
  .split("\n")
  .slice(2)
  .map((row) => row.split("|").map((cell) => cell.trim()));

let project: ProjectFolder;
let room: Room;
beforeAll(() => {
  project = shippedProject();
  room = openRoom(project.dir);
});
afterAll(async () => {
  await room.close();
  project.remove();
});

test("the page has each command once, and names routes that are there", () => {
  const named = rows.flatMap(([, commands = ""]) => [...commands.matchAll(/`([a-z]+)`/g)].map(([, name]) => name));
  expect(new Set(named)).toEqual(new Set(verbs.map(({ name }) => name)));
  expect(named).toHaveLength(verbs.length);
  const there = new Set(room.app.routes.map(({ method, path }) => `${method} ${path.replace(/\/$/, "")}`));
  const routes = rows.flatMap(([, , said = ""]) =>
    [...said.matchAll(/`((?:GET|POST) \/[^`?]+)/g)].map(([, route = ""]) => route),
  );
  expect(routes.length).toBeGreaterThan(25);
  expect(routes.filter((route) => !there.has(route))).toEqual([]);
  for (const [, , said = ""] of rows) expect(said).toMatch(/`(GET|POST) |only by command: /);
});

test("lint and graph say over HTTP what they say by command", async () => {
  expect(await (await room.send("/api/lint")).json()).toMatchObject({ schema: "cadre.lint/1", problems: [] });
  const graph = (await (await room.send("/api/graph")).json()) as { readonly roles: readonly unknown[] };
  expect(graph).toMatchObject({ schema: "cadre.graph/1", entry: "backend-lead" });
  expect(graph.roles).toHaveLength(10);
  const picture = await room.send("/api/graph?format=svg");
  expect(picture.headers.get("content-type")).toContain("image/svg+xml");
  expect(await picture.text()).toMatch(/^<svg[^>]*>/);
});

test("a rehearsal tells which routes a brief exercised, one at a time, and keeps nothing", async () => {
  const [told, refused] = await Promise.all([
    room.send("/api/rehearse", { briefs: ["briefs/ticket-summaries.md"] }),
    room.send("/api/rehearse", {}),
  ]);
  expect(refused.status).toBe(503);
  const view = (await told.json()) as RehearsalView;
  expect(view).toMatchObject({ schema: "cadre.rehearse/1", rehearsal: true, refused: [] });
  expect(view.briefs).toHaveLength(1);
  expect(view.briefs[0]).toMatchObject({
    brief: "briefs/ticket-summaries.md",
    entry: "backend-lead",
    status: "finished",
  });
  expect(view.routes.filter(({ times }) => times > 0).length).toBeGreaterThan(2);
  expect(await room.cadre.store.runs()).toEqual([]);
  expect((await room.send("/api/rehearse", { briefs: ["../cadre.yaml"] })).status).toBe(400);
  expect((await room.send("/api/rehearse", {}, { cookie: "", host })).status).toBe(401);
});

test("an exported run is saved, never shown as a page of ours", async () => {
  const run = await room.cadre.start(briefOrThrow(readBrief("What: x", null)), { by: "mai" });
  const file = await room.send(`/api/runs/${run.id}/export`);
  expect(file.status).toBe(200);
  expect(file.headers.get("content-disposition")).toBe(`attachment; filename="cadre-${run.id}.html"`);
  expect(await file.text()).toContain("cadre-export");
});

test("verify of the whole file is made once for all who ask while it is under way", async () => {
  const verify = vi.spyOn(room.cadre, "verifyAll");
  onTestFinished(() => verify.mockRestore());
  const asked = Array.from({ length: 5 }, async () => (await room.send("/api/verification")).json());
  const [first, ...others] = await Promise.all(asked);
  expect(first).toMatchObject({ ok: true, problems: [] });
  for (const other of others) expect(other).toEqual(first);
  expect(verify).toHaveBeenCalledTimes(1);
  await room.send("/api/verification");
  expect(verify).toHaveBeenCalledTimes(2);
});

test("what the page shows a program to send is taken", async () => {
  const shown = [...page.matchAll(/^curl .*:7317(\/api\/\S+?)"?(?: -d '(.*)')?$/gm)];
  const [start, look, decide] = shown.map(([, path = "", body]) => ({ path, body }));
  expect(shown).toHaveLength(3);
  const begun = await room.send(start?.path ?? "", JSON.parse(start?.body ?? "") as object);
  expect(begun.status).toBe(201);
  expect(await (await room.send(look?.path ?? "")).json()).toMatchObject({ schema: "cadre.inbox/1" });
  const decision = (decide?.body ?? "").replace("'$HASH'", "0".repeat(64));
  const decided = await room.send((decide?.path ?? "").replace("$ID", "a-000000-1-1"), JSON.parse(decision) as object);
  expect(await decided.json()).toMatchObject({ code: "ask-unknown" }); // and nothing is said of its keys
});
