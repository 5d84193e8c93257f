/**
 * RELIABILITY 14: whatever another page, another name of this machine or another program of this user sends, the control room lets none of
 * it in. The app is asked without a socket; `test/browser` lets a real browser try.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { putUser } from "../../src/server/users.ts";
import { usersFile } from "../../src/server/users-file.ts";
import { host, openRoom, origin, type Room } from "../fixtures/control-room.ts";
import { shippedProject, type ProjectFolder } from "../fixtures/project-folder.ts";

let project: ProjectFolder;
let room: Room;
let token = "";

beforeAll(() => {
  project = shippedProject();
  room = openRoom(project.dir);
  token = putUser(usersFile(room.cadre.data), { name: "Linh", may: ["decide"] });
});
afterAll(async () => {
  await room.close();
  project.remove();
});

const decision = JSON.stringify({ verb: "approve", hash: "0".repeat(64) });
const json = { "content-type": "application/json" };

/** The ten requests, each as it would pass but for the one thing that is wrong with it. */
const attacks: readonly (readonly [what: string, path: string, init: () => RequestInit, status: number])[] = [
  ["a foreign Host", "/api/runs", () => ({ headers: { host: "evil.example:7317", cookie: room.cookie } }), 403],
  ["no Host", "/api/runs", () => ({ headers: { cookie: room.cookie } }), 400],
  [
    "a foreign Origin with JSON",
    "/api/asks/a-000000-1-1/decide",
    () => ({
      method: "POST",
      headers: { host, ...json, cookie: room.cookie, origin: "https://evil.example" },
      body: decision,
    }),
    403,
  ],
  [
    "Origin: null",
    "/api/asks/a-000000-1-1/decide",
    () => ({ method: "POST", headers: { host, ...json, cookie: room.cookie, origin: "null" }, body: decision }),
    403,
  ],
  [
    "text/plain",
    "/api/asks/a-000000-1-1/decide",
    () => ({
      method: "POST",
      headers: { host, "content-type": "text/plain", cookie: room.cookie, origin },
      body: decision,
    }),
    415,
  ],
  [
    "a form",
    "/api/asks/a-000000-1-1/decide",
    () => ({
      method: "POST",
      headers: { host, "content-type": "application/x-www-form-urlencoded", cookie: room.cookie, origin },
      body: "verb=approve",
    }),
    415,
  ],
  ["no token", "/api/runs", () => ({ headers: { host } }), 401],
  ["a token in the wrong place", `/api/runs?token=${"x".repeat(43)}`, () => ({ headers: { host } }), 401],
  [
    "the stream, from a foreign Origin",
    "/api/stream",
    () => ({ headers: { host, cookie: room.cookie, origin: "http://localhost:3000" } }),
    403,
  ],
  [
    "a GET that changes something",
    "/api/asks/a-000000-1-1/decide",
    () => ({ headers: { host, cookie: room.cookie } }),
    404,
  ],
];

describe("the ten requests", () => {
  test.each(attacks)("R4 %s passes nowhere", async (_what, path, init, status) => {
    const answer = await room.app.request(path, init());
    expect(answer.status).toBe(status);
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
  });

  test("the same without what is wrong gets through", async () => {
    expect((await room.app.request("/api/runs", { headers: { host, cookie: room.cookie } })).status).toBe(200);
    const decided = await room.app.request("/api/asks/a-000000-1-1/decide", {
      method: "POST",
      headers: { host, ...json, cookie: room.cookie, origin },
      body: decision,
    });
    expect(await decided.json()).toMatchObject({ code: "ask-unknown" });
  });
});

describe("what a program is told that was turned away", () => {
  const told = async (path: string, init: RequestInit): Promise<unknown> => (await room.app.request(path, init)).json();

  test("how to sign in, by which name to ask, and which keys are taken; and nothing of what is here", async () => {
    expect(await told("/api/runs", { headers: { host } })).toMatchObject({
      message: "you are not signed in",
      hint: expect.stringContaining("Authorization: Bearer <token>"),
    });
    expect(await told("/api/runs", { headers: { host: "evil.example:7317" } })).toMatchObject({
      message: "this server has another name",
      hint: expect.stringMatching(/^(?!.*7317).*--host.*--origin/),
    });
    const headers = { host, ...json, cookie: room.cookie, origin };
    expect(await told("/api/runs", { method: "POST", headers, body: '{"brief":"x"}' })).toMatchObject({
      code: "usage",
      hint: "Send one JSON object; its keys: text, file, to, workflow, model, includeDirty",
    });
    expect(await told("/api/notify", { method: "POST", headers, body: "{" })).toMatchObject({
      message: "the request holds no JSON",
      hint: "Send an empty object: {}",
    });
  });
});

describe("what else is turned away", () => {
  test.each([
    ["a request of a page of the same site on another port", { cookie: true, "sec-fetch-site": "same-site" }],
    ["a request that another page made", { cookie: true, "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }],
    [
      "a link to the API on another page",
      { cookie: true, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" },
    ],
  ])("%s", async (_what, { cookie: _cookie, ...headers }) => {
    const answer = await room.app.request("/api/runs", { headers: { host, cookie: room.cookie, ...headers } });
    expect(answer.status).toBe(403);
  });

  test("a link on another page may show the page, which holds nothing", async () => {
    const headers = { host, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };
    const answer = await room.app.request("/runs/r-000000", { headers });
    expect(answer.status).toBe(200);
    expect(await answer.text()).not.toContain("vietnamese");
  });

  test("a change by cookie without any Origin", async () => {
    const answer = await room.app.request("/api/notify", {
      method: "POST",
      headers: { host, ...json, cookie: room.cookie },
      body: "{}",
    });
    expect(answer.status).toBe(403);
  });

  test.each(["PUT", "DELETE", "PATCH", "OPTIONS"])("the method %s", async (method) => {
    const answer = await room.app.request("/api/runs", { method, headers: { host, cookie: room.cookie, origin } });
    expect(answer.status).toBe(403);
  });

  test("a cookie that was changed, one of another key, and one that is over", async () => {
    const [name = "", value = ""] = room.cookie.split("=");
    const [as = "", whom = "", ...rest] = value.split(".");
    const other = [as, Buffer.from("root").toString("base64url"), ...rest].join(".");
    const kind = ["user", whom, ...rest].join(".");
    for (const cookie of [
      `${name}=${other}`,
      `${name}=${kind}`,
      `${name}=${value}x`,
      `${name}=`,
      `cadre-9999=${value}`,
    ]) {
      expect((await room.app.request("/api/runs", { headers: { host, cookie } })).status).toBe(401);
    }
  });

  test("a body that is too large", async () => {
    const body = JSON.stringify({ text: "x".repeat(600_000) });
    const answer = await room.app.request("/api/runs", {
      method: "POST",
      headers: { host, ...json, origin, cookie: room.cookie },
      body,
    });
    expect(answer.status).toBe(413);
  });

  test("a brief outside of briefs/, under any spelling", async () => {
    for (const file of [
      "../secret.md",
      "briefs/../cadre.yaml",
      "/etc/passwd",
      "briefs/..%2f..%2fx.md",
      "briefs/a/b.md",
    ]) {
      expect((await room.send(`/api/briefs/read?file=${encodeURIComponent(file)}`)).status).toBe(400);
    }
  });
});

describe("signing in", () => {
  const signIn = (body: unknown): Promise<Response> | Response =>
    room.app.request("/api/session", {
      method: "POST",
      headers: { host, ...json, origin },
      body: JSON.stringify(body),
    });

  test("the link's key opens once, and its cookie is for this server alone", async () => {
    const key = room.sessions.key();
    const first = await signIn({ key });
    const cookie = first.headers.get("set-cookie") ?? "";
    expect(first.status).toBe(200);
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Strict/);
    expect(
      (await room.app.request("/api/session", { headers: { host, cookie: cookie.split(";")[0] as string } })).status,
    ).toBe(200);
    expect((await signIn({ key })).status).toBe(401);
    expect(room.sessions.key()).not.toBe(key);
  });

  test("a key in the address of the server opens nothing", async () => {
    const key = room.sessions.key();
    const answer = await room.app.request(`/?key=${key}`, { headers: { host } });
    expect(answer.headers.get("set-cookie")).toBeNull();
    expect(room.sessions.key()).toBe(key);
  });

  test("a user's token opens as that user, with what they may do, and no longer once they are gone", async () => {
    const bearer = { host, authorization: `Bearer ${token}` };
    const seen = await room.app.request("/api/session", { headers: bearer });
    expect(await seen.json()).toMatchObject({ user: { name: "Linh", may: ["decide"] } });
    const started = await room.app.request("/api/runs", {
      method: "POST",
      headers: { ...bearer, ...json },
      body: JSON.stringify({ text: "What: x" }),
    });
    expect(started.status).toBe(403);
    expect((await room.app.request("/api/runs", { headers: { host, authorization: `Bearer ${token}x` } })).status).toBe(
      401,
    );
    const { removeUser } = await import("../../src/server/users.ts");
    removeUser(usersFile(room.cadre.data), "Linh");
    expect((await room.app.request("/api/session", { headers: bearer })).status).toBe(401);
  });

  test("a user whose name is that of whoever runs the server has their own rights, and invites nobody as the other", async () => {
    const own = putUser(usersFile(room.cadre.data), { name: "mai", may: [] });
    const signedIn = await signIn({ token: own });
    const cookie = (signedIn.headers.get("set-cookie") ?? "").split(";")[0] as string;
    const change = { method: "POST", body: "{}" };
    for (const as of [{ cookie, origin }, { authorization: `Bearer ${own}` }]) {
      const seen = await room.app.request("/api/session", { headers: { host, ...as } });
      expect(await seen.json()).toMatchObject({ user: { name: "mai", may: [] } });
      for (const path of ["/api/notify", "/api/link"])
        expect((await room.app.request(path, { ...change, headers: { host, ...json, ...as } })).status).toBe(403);
    }
    // Nor is the owner's cookie a user's, where the same data is served to others.
    const { removeUser } = await import("../../src/server/users.ts");
    const outside = openRoom(project.dir, { owner: null, proxied: false });
    expect((await outside.app.request("/api/session", { headers: { host, cookie } })).status).toBe(200);
    expect((await outside.app.request("/api/session", { headers: { host, cookie: room.cookie } })).status).toBe(401);
    removeUser(usersFile(room.cadre.data), "mai");
    expect((await outside.app.request("/api/session", { headers: { host, cookie } })).status).toBe(401);
    await outside.close();
    expect((await room.send("/api/link", {})).status).toBe(200);
  });

  test("R8 the file of users holds no token, and is its owner's alone", async () => {
    const { readFileSync, statSync } = await import("node:fs");
    const made = putUser(usersFile(room.cadre.data), { name: "Ana", may: [] });
    expect(readFileSync(usersFile(room.cadre.data), "utf8")).not.toContain(made);
    expect(statSync(usersFile(room.cadre.data)).mode & 0o077).toBe(0);
  });
});

describe("what it says", () => {
  test("every answer keeps others from framing, sniffing and running anything", async () => {
    for (const path of ["/", "/api/runs", "/nowhere/at/all", "/api/nothing"]) {
      const { headers } = await room.app.request(path, { headers: { host, cookie: room.cookie } });
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(headers.get("content-security-policy")).not.toMatch(/unsafe|\*/);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("x-frame-options")).toBe("DENY");
    }
  });

  test("R8 a fault of ours is told to the terminal, and to the page only that it happened", async () => {
    const before = room.faults.length;
    const broken = openRoom(project.dir, {
      over: {
        project: {
          files: () => Promise.reject(new Error("secret-in-a-stack")),
          checks: async () => [],
          cleaned: () => (text) => text,
          servers: () => [],
          choices: () => ({ workflows: [], models: [] }),
        },
      },
    });
    const answer = await broken.send("/api/modes");
    expect(answer.status).toBe(500);
    const text = await answer.text();
    expect(text).toContain('"internal"');
    expect(text).not.toMatch(/secret-in-a-stack|at .*\.ts/);
    expect(broken.faults).toHaveLength(1);
    expect(room.faults).toHaveLength(before);
    await broken.close();
  });
});

describe("wrong tokens, where other machines reach it", () => {
  const wrong = `Bearer ${"w".repeat(43)}`;
  const clock = { at: 1_800_000_000_000, now: () => clock.at };
  const from = (address: string) => ({ incoming: { socket: { remoteAddress: address } } });

  test("are looked at ten times a minute from one place, and a right one waits with them; whoever is in goes on", async () => {
    const outside = openRoom(project.dir, { clock, owner: null, proxied: false });
    const right = putUser(usersFile(outside.cadre.data), { name: "Linh", may: [] });
    const ask = (authorization: string, address: string, more: Readonly<Record<string, string>> = {}) =>
      outside.app.request("/api/session", { headers: { host, authorization, ...more } }, from(address));
    const signIn = (given: string, address: string) =>
      outside.app.request(
        "/api/session",
        { method: "POST", headers: { host, origin, ...json }, body: JSON.stringify({ token: given }) },
        from(address),
      );
    for (let at = 0; at < 5; at += 1) expect((await ask(wrong, "203.0.113.9")).status).toBe(401);
    for (let at = 0; at < 5; at += 1) expect((await signIn("w".repeat(43), "203.0.113.9")).status).toBe(401);
    for (const refused of [await ask(wrong, "203.0.113.9"), await signIn(right, "203.0.113.9")]) {
      expect(refused.status).toBe(429);
      expect(refused.headers.get("retry-after")).toBe("60");
      expect(await refused.json()).toMatchObject({ code: "too-many-attempts", data: { seconds: 60 } });
    }
    const cookie = `${outside.sessions.cookieName}=${outside.sessions.sign({ as: "user", name: "Linh" })}`;
    expect((await ask("", "203.0.113.9", { cookie })).status).toBe(200);
    expect((await ask(`Bearer ${right}`, "203.0.113.10")).status).toBe(200);
    // What it says before is no place of its own here: no proxy wrote it.
    expect((await ask(wrong, "203.0.113.9", { "x-forwarded-for": "198.51.100.1" })).status).toBe(429);
    clock.at += 60_000;
    expect((await ask(`Bearer ${right}`, "203.0.113.9")).status).toBe(200);
    await outside.close();
  });

  test("are counted by what the nearest proxy says, and for IPv6 by the network; what is remembered is bounded", async () => {
    const behind = openRoom(project.dir, { clock, owner: null, proxied: true });
    const ask = async (said: string) =>
      (
        await behind.app.request(
          "/api/session",
          { headers: { host, authorization: wrong, "x-forwarded-for": said } },
          from("127.0.0.1"),
        )
      ).status;
    for (let at = 0; at < 10; at += 1) expect(await ask(`forged-${at}, 2001:db8:1:2::${at + 1}`)).toBe(401);
    expect(await ask("2001:db8:1:2:ffff::1")).toBe(429);
    expect(await ask("2001:db8:1:3::1")).toBe(401);
    for (let at = 0; at < 2000; at += 1) await ask(`10.0.${at >> 8}.${at & 255}`);
    expect(await ask("2001:db8:1:2::1")).toBe(401); // forgotten
    await behind.close();
  });

  test("are not counted where only this machine reaches it: nobody is locked out of their own by a script", async () => {
    for (let at = 0; at < 12; at += 1)
      expect((await room.app.request("/api/session", { headers: { host, authorization: wrong } })).status).toBe(401);
  });
});
