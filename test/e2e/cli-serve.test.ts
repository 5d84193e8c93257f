/** `cadre serve` and `cadre users` as processes: the link, signing in with it, going away, and who gets in where others can reach it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { cadre } from "../fixtures/cli.ts";
import { main } from "./cli-process.ts";
import { shippedProject, type ProjectFolder } from "../fixtures/project-folder.ts";

let project: ProjectFolder;
beforeAll(() => {
  project = shippedProject();
});
afterAll(() => project.remove());

const run = (args: readonly string[], onLine?: Parameters<typeof cadre>[1]["onLine"]) =>
  cadre(args, { cwd: project.dir, ...(onLine ? { onLine } : {}) });

describe("serve", () => {
  test("shows a link that signs in once, serves the page and the API, and ends with 0 at SIGTERM", async () => {
    let asked: Promise<unknown> | undefined;
    const ended = await run(["serve", "--port", "0"], (line, child) => {
      const link = /^open (http:\S+)$/.exec(line)?.[1];
      if (link === undefined || asked) return;
      const { origin, hash } = new URL(link);
      const signIn = (): Promise<Response> =>
        fetch(`${origin}/api/session`, {
          method: "POST",
          headers: { "content-type": "application/json", origin },
          body: JSON.stringify({ key: hash.slice("#key=".length) }),
        });
      asked = (async () => {
        const first = await signIn();
        const cookie = first.headers.get("set-cookie")?.split(";")[0] ?? "";
        const page = await fetch(`${origin}/`);
        const [, script] = /src="([^"]+\.js)"/.exec(await page.text()) ?? [];
        return {
          signedIn: [first.status, (await signIn()).status],
          runs: (await fetch(`${origin}/api/runs`, { headers: { cookie } })).status,
          stranger: (await fetch(`${origin}/api/runs`)).status,
          script: (await fetch(`${origin}${script}`)).headers.get("content-encoding"),
        };
      })().finally(() => child.kill("SIGTERM"));
    });
    expect(await asked).toEqual({ signedIn: [200, 401], runs: 200, stranger: 401, script: "gzip" });
    expect(ended).toMatchObject({ code: 0, signal: null });
    expect(ended.stdout).toMatch(/serving .* at http:\/\/127\.0\.0\.1:\d+\//);
    expect(ended.stdout.match(/#key=/g)).toHaveLength(2); // the used one, and the one that took its place
  });

  test("ends as at SIGTERM where the npx that started it is killed, which says nothing to what it started", async () => {
    const npx = `require("node:child_process").spawn(process.execPath, ${JSON.stringify([main, "serve", "--port", "0"])}, { stdio: "inherit" })`;
    const env = { ...process.env, npm_command: "exec" };
    const child = spawn(process.execPath, ["-e", npx], {
      cwd: project.dir,
      env,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const group = child.pid;
    onTestFinished(() => {
      try {
        if (group !== undefined) process.kill(-group, "SIGKILL");
      } catch {
        // All of the group has ended.
      }
    });
    let out = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (piece: string) => {
        out += piece;
        if (/^serving /m.test(out)) child.kill("SIGKILL");
      });
    await Promise.all([once(child.stdout, "close"), once(child.stderr, "close")]); // by all who held them
    expect(out).toMatch(/^stopping: /m);
    expect(existsSync(join(project.dir, ".cadre/served.json"))).toBe(false);
  });

  test("a pause by command says where it is shown, as long as somebody serves it", async () => {
    let paused: Promise<{ readonly stdout: string }> | undefined;
    let origin = "";
    await run(["serve", "--port", "0"], (line, child) => {
      origin = /^serving .* at (http:\S+)$/.exec(line)?.[1] ?? origin;
      if (origin === "" || paused) return;
      paused = run(["run", "briefs/vietnamese-reviews.md"]).finally(() => child.kill("SIGTERM"));
    });
    expect((await paused)?.stdout).toMatch(new RegExp(`browser +${origin}inbox/a-`));
    expect((await run(["show", "@latest"])).stdout).not.toContain("browser ");
    expect(existsSync(join(project.dir, ".cadre/served.json"))).toBe(false);
  });

  test("R8 the key that signs cookies is its owner's alone", () => {
    expect(statSync(join(project.dir, ".cadre/serve.key")).mode & 0o077).toBe(0);
  });

  test("says in words what keeps it from serving", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => taken.once("listening", resolve));
    const { port } = taken.address() as AddressInfo;
    mkdirSync(join(project.dir, "unusable/serve.key"), { recursive: true });
    const cases: readonly (readonly [args: readonly string[], why: RegExp])[] = [
      [["--port", String(port)], /port \d+ is taken/],
      [["--host", "0.0.0.0", "--port", "0"], /nobody may use it there yet[\s\S]*cadre users/],
      [["--base-path", "cadre"], /is not a path/],
      [["--port", "abc"], /"abc" is not a whole number\nhint: for example --port 7317\n/],
      [["--origin", "ftp://example.org"], /is not where a page can be/],
      [["--data", join(project.dir, "unusable"), "--port", "0"], /serve\.key/],
    ];
    for (const [args, why] of cases) {
      const ended = await run(["serve", ...args]);
      expect(ended.code).toBe(2);
      expect(ended.stderr).toMatch(why);
      expect(ended.stderr).not.toMatch(/\n\s+at /);
    }
    taken.close();
  });

  test("R4 does not listen on every address under a name that no request can use", async () => {
    await run(["users", "Ana"]);
    for (const host of ["0.0.0.0", "::"]) {
      const ended = await run(["serve", "--host", host, "--port", "0"]);
      expect(ended).toMatchObject({ code: 2, stdout: "" });
      expect(ended.stderr).toMatch(
        /every address of this machine, and none that a request can name\nhint: .*--host <.*--origin/,
      );
    }
    await run(["users", "Ana", "--remove"]);
  });
});

describe("users", () => {
  test("are made with a token that is shown once, listed without it, and removed", async () => {
    const made = await run(["users", "Linh Đỗ", "--may", "decide,run", "--json"]);
    const { token } = JSON.parse(made.stdout) as { token: string };
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(readFileSync(join(project.dir, ".cadre/users.json"), "utf8")).not.toContain(token);
    const listed = await run(["users", "--json"]);
    expect(JSON.parse(listed.stdout)).toMatchObject({ users: [{ name: "Linh Đỗ", may: ["decide", "run"] }] });
    expect(listed.stdout).not.toContain(token);
    expect((await run(["users", "Linh Đỗ", "--remove"])).code).toBe(0);
    expect((await run(["users", "Linh Đỗ", "--remove"])).code).toBe(2);
    expect((await run(["users", "Ana", "--may", "everything"])).code).toBe(2);
    expect((await run(["users", "../x"])).code).toBe(2);
  });
});
