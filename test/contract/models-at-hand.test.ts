/** What is known of a model without asking anybody is said before a run is made (`src/models/at-hand.ts`). */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { readBrief } from "../../src/briefs/read-brief.ts";
import type { Brief } from "../../src/briefs/brief.ts";
import { fetchNotice } from "../../src/cli/fetch-notice.ts";
import { openCadre } from "../../src/cadre/cadre.ts";
import { parseConfig } from "../../src/config/config.ts";
import { isCadreError } from "../../src/errors.ts";
import { requireAtHand } from "../../src/models/at-hand.ts";
import { requireLlama } from "../../src/models/embedded/llama-engine.ts";
import { resolveModel } from "../../src/models/resolve.ts";
import { openRoom, shippedBrief } from "../fixtures/control-room.ts";
import { startChatServer } from "../fixtures/chat-server.ts";
import { sha256 } from "../fixtures/model-hub.ts";
import { shippedProject, type ProjectFolder } from "../fixtures/project-folder.ts";
import { writeTinyModel } from "../fixtures/tiny-model.ts";

let project: ProjectFolder;
beforeEach(() => {
  project = shippedProject();
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  project.remove();
});

const commit = "a".repeat(40);
const write = (path: string, text: string | Buffer): void => writeFileSync(join(project.dir, path), text);
const lock = (pin: object): string => JSON.stringify({ version: 1, models: { "hf:org/tiny:Q8_0": pin } });

/** With a network that nobody may use. */
async function looked(flag: string, env: Record<string, string> = {}, yaml = "models: {}"): Promise<string> {
  const asked = vi.fn(() => Promise.reject(new TypeError("the network was used")));
  vi.stubGlobal("fetch", asked);
  const { config, problems } = parseConfig(yaml);
  expect(problems).toEqual([]);
  const spec = resolveModel(config, { role: "", rank: "", flag });
  const { dir } = project;
  try {
    await requireAtHand([spec], { dir, data: join(dir, ".cadre"), config, env });
    return "at hand";
  } catch (error) {
    if (!isCadreError(error)) throw error;
    expect(error.hint).toMatch(/\w/);
    return `${error.code}: ${error.message}`;
  } finally {
    expect(asked).not.toHaveBeenCalled();
  }
}

describe("a token", () => {
  const yaml = JSON.stringify({
    models: { far: { tier: "endpoint", url: "https://m.example/v1", model: "m", token: "T" } },
  });

  test.each([
    ["hf:org/model", {}, /^model-auth: .*HF_TOKEN is not set\. --model chooses it; no run was made\.$/],
    ["hf:org/model", { HF_TOKEN: " " }, /^model-auth: .*HF_TOKEN is not set/],
    ["hf:org/model", { HF_TOKEN: "two words" }, /^model-auth: .*no token has/],
    ["hf:org/model", { HF_TOKEN: "hf_x" }, /^at hand$/],
    ["far", { HF_TOKEN: "hf_x" }, /^model-auth: .*variable T is not set/],
    ["far", { T: "sk-x" }, /^at hand$/],
    ["http://far.example/v1#m", {}, /^at hand$/],
  ])("of %s with %o", async (flag, env, said) => {
    expect(await looked(flag, env, yaml)).toMatch(said);
  });
});

describe("a file", () => {
  test("that is here, or is not, or is something else", async () => {
    write("whole.gguf", "GGUF and the rest");
    write("other.gguf", "PK");
    expect(await looked("embedded:whole.gguf")).toBe("at hand");
    expect(await looked("embedded:other.gguf")).toMatch(/^model-file: .*is no GGUF file/);
    expect(await looked("embedded:gone.gguf")).toMatch(/^model-file: .*gone\.gguf is not there\. --model chooses it/);
  });

  test("of the Hub that was never fetched is the Hub's to tell of, but for its token", async () => {
    expect(await looked("embedded:hf:org/tiny:Q8_0")).toBe("at hand");
    const yaml = "hub: {token: HUB_TOKEN}";
    expect(await looked("embedded:hf:org/tiny:Q8_0", {}, yaml)).toMatch(/^hub-auth: The variable HUB_TOKEN/);
    expect(await looked("embedded:hf:org/tiny:Q8_0", { HUB_TOKEN: "hf_x" }, yaml)).toBe("at hand");
  });

  test("of the Hub that is pinned and in the cache needs nothing more; one that is larger than is fetched is named", async () => {
    writeTinyModel(join(project.dir, "made.gguf"), { says: ["Hello"] });
    const bytes = readFileSync(join(project.dir, "made.gguf"));
    const pin = { revision: commit, file: "tiny-Q8_0.gguf", bytes: bytes.length, sha256: sha256(bytes) };
    write("cadre.lock", lock(pin));
    mkdirSync(join(project.dir, "cache"));
    write(`cache/${pin.sha256}.gguf`, bytes);
    expect(await looked("embedded:hf:org/tiny:Q8_0", {}, "hub: {token: HUB_TOKEN, cache: cache}")).toBe("at hand");
    write("cadre.lock", lock({ ...pin, sha256: "b".repeat(64), bytes: 90e9 }));
    expect(await looked("embedded:hf:org/tiny:Q8_0")).toMatch(/^model-file: .*larger than/);
    write("cadre.lock", "{}");
    expect(await looked("embedded:hf:org/tiny:Q8_0")).toMatch(/^config-invalid: cadre\.lock is not a lock file/);
  });

  test("without llama.cpp, with the line that installs it", () => {
    expect(() => requireLlama(() => false)).toThrow(
      expect.objectContaining({ code: "model-engine", hint: expect.stringContaining("npm install node-llama-cpp@") }),
    );
    expect(() => requireLlama()).not.toThrow();
  });
});

describe("that a file would be fetched from the Hub", () => {
  const models = {
    mapped: { tier: "embedded", model: "hf:org/mapped:Q8_0" },
    staffed: { tier: "embedded", model: "hf:org/staffed:Q8_0" },
    judge: { tier: "embedded", model: "hf:org/judge:Q8_0" },
    unused: { tier: "embedded", model: "hf:org/unused:Q8_0" },
  };
  const routing = { model: "judge", threshold: 0.5 };
  const told = async (config: object, model: string | null = null): Promise<string[]> => {
    write("cadre.yaml", JSON.stringify({ models, ...config }));
    write(
      "graphs/seated.ts",
      'export const workflow = { name: "seated", entry: "backend-lead", staffing: { "backend-lead": { by: "model", model: "staffed" } } };',
    );
    const said = await fetchNotice(project.dir, join(project.dir, ".cadre"), { model, workflow: "seated" });
    for (const sentence of said)
      expect(sentence).toMatch(/is not here yet: it is fetched from huggingface\.co when it is first called/);
    return said.map((sentence) => /org\/(\w+)/.exec(sentence)?.[1] ?? sentence);
  };

  test.each<[string, object, string | null, string[]]>([
    [
      "cadre.yaml maps, and of one that the workflow seats",
      { map: { default: "mapped" } },
      null,
      ["mapped", "staffed"],
    ],
    ["the workflow seats alone", {}, null, ["staffed"]],
    ["is asked about routes", { routing }, null, ["staffed", "judge"]],
    ["is asked about routes, beside the one of --model", { routing }, "mapped", ["mapped", "judge"]],
    ["plays and is asked", { routing: { ...routing, model: "mapped" } }, "mapped", ["mapped"]],
    ["nobody calls in a rehearsal", { routing, map: { default: "mapped" } }, "rehearsal", []],
  ])("is said of a model that %s", async (_what, config, model, names) => {
    expect(await told(config, model)).toEqual(names);
  });
});

describe("a run", () => {
  const mapped = (map: object, more: object = {}): void =>
    write(
      "cadre.yaml",
      JSON.stringify({ models: { far: { tier: "hf", model: "org/m", token: "NO_TOKEN" } }, map, ...more }),
    );
  const theBrief = (): Brief => readBrief(shippedBrief(project.dir), null).brief as Brief;
  const open = () => openCadre({ dir: project.dir });

  test.each([
    ["by cadre.yaml", { default: "far" }, {}, "map.default in cadre.yaml"],
    [
      "for one role",
      { default: "rehearsal", roles: { "technical-architect": "far" } },
      {},
      "map.roles.technical-architect in",
    ],
    ["by --model", {}, { model: "far" }, "--model"],
  ])("is not made without the token of a model that is chosen %s", async (_how, map, begin, because) => {
    mapped(map);
    const cadre = open();
    const brief = theBrief();
    await expect(cadre.start(brief, { by: "mai", ...begin })).rejects.toMatchObject({
      code: "model-auth",
      message: expect.stringContaining(because),
    });
    expect(await cadre.store.runs()).toEqual([]);
    expect(existsSync(join(cadre.data, "workspaces"))).toBe(false);
    // What is only looked at in a rehearsal needs no token.
    expect(await cadre.preview(brief, { by: "mai", ...begin })).not.toEqual([]);
    expect((await cadre.start(brief, { by: "mai", model: "rehearsal" })).rehearsal).toBe(true);
    cadre.close();
  });

  test("is not made without the token of the model that is asked about routes, unless all is rehearsed", async () => {
    const server = await startChatServer([{ kind: "status", status: 401 }]);
    const near = { tier: "endpoint", url: server.url, model: "m" };
    const models = { near, far: { tier: "hf", model: "org/m", token: "NO_TOKEN" } };
    const routing = { model: "far", threshold: 0.5 };
    mapped({ default: "near" }, { models, routing });
    const cadre = open();
    await expect(cadre.start(theBrief(), { by: "mai" })).rejects.toMatchObject({
      message: expect.stringContaining("routing.model in cadre.yaml chooses it"),
    });
    expect((await cadre.start(theBrief(), { by: "mai", model: "rehearsal" })).rehearsal).toBe(true);
    expect(server.requests).toEqual([]);
    cadre.close();
    await server.close();
  });

  test("that was made with a token is resumed without one as ever, and none is forked from it", async () => {
    mapped({ default: "far" });
    vi.stubEnv("NO_TOKEN", "hf_there_for_now");
    const cadre = open();
    const run = await cadre.start(theBrief(), { by: "mai" });
    vi.stubEnv("NO_TOKEN", "");
    await expect(cadre.advance(run.id)).rejects.toMatchObject({ code: "model-auth" });
    expect((await cadre.store.run(run.id))?.status).toBe("running");
    await expect(cadre.fork(run.id, { by: "mai" })).rejects.toMatchObject({
      code: "model-auth",
      message: expect.stringContaining("no run was made"),
    });
    expect((await cadre.store.runs()).map(({ id }) => id)).toEqual([run.id]);
    cadre.close();
  });

  test("that a page asks for is refused with the same words", async () => {
    mapped({ default: "far" });
    const room = openRoom(project.dir);
    const answer = await room.send("/api/runs", { text: shippedBrief(project.dir) });
    expect(answer.status).toBe(502);
    expect(await answer.json()).toMatchObject({
      code: "model-auth",
      hint: expect.stringContaining("NO_TOKEN"),
    });
    expect(await (await room.send("/api/runs")).json()).toMatchObject({ runs: [] });
    await room.close();
  });
});
