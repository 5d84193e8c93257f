/** What `run_inference` puts to a person before anything of it is sent: licences, personal data, pictures. */
import fs from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openHub } from "../../src/models/hub/hub.ts";
import { licencePolicy } from "../../src/org/licence-policy.ts";
import type { HubSource } from "../../src/tools/hub/source.ts";
import type { Concerns } from "../../src/tools/tool.ts";
import { commitOf, startHubServer, type FakeEntry, type HubServer } from "../fixtures/hub-server.ts";
import { openInferenceBench, type InferenceBench } from "../fixtures/inference-bench.ts";
import { startInferenceServer, type InferenceServer } from "../fixtures/inference-server.ts";

let hub: HubServer;
let server: InferenceServer;
const models: Record<string, FakeEntry> = {};

beforeEach(async () => {
  Object.assign(models, {
    "team/free": { card: { license: "apache-2.0" }, files: {} },
    "team/nc": { card: { license: "cc-by-nc-4.0" }, files: {} },
    "team/other": { card: { license: "other" }, files: {} },
  });
  hub = await startHubServer({ models });
  server = await startInferenceServer(() => ({ json: [[{ label: "ok", score: 1 }]] }));
});
afterEach(() => Promise.all([hub.close(), server.close()]));

const source = (): HubSource => ({
  off: () => null,
  open: (signal) => openHub({ url: hub.url, fileHosts: [], timeoutSeconds: 5, maxFileGb: 1 }, { env: {}, signal }),
});

/** `far`: an address that is not this machine's; the test's `fetch` brings it to the server here. */
function bench(
  model: string,
  files: Record<string, string | Uint8Array> = {},
  more: { far?: boolean; about?: string; noHub?: boolean } = {},
): InferenceBench {
  const url = more.far ? "https://models.example.com/task" : `${server.url}/task`;
  const yaml = `models:\n  m: {tier: endpoint, url: "${url}", model: ${model}${more.about ? `, about: {licence: ${more.about}}` : ""}}\n`;
  const transport = more.far
    ? { fetch: (_input: unknown, init?: RequestInit) => fetch(`${server.url}/task`, init) }
    : {};
  return openInferenceBench(yaml, files, {
    ...(more.noHub ? {} : { hub: source() }),
    transport: transport as { fetch: typeof fetch },
  });
}

const args = { model: "m", task: "text-classification", inputs: ["good shop"], output_file: "out.jsonl" };
const texts = (found: Concerns): string[] =>
  "findings" in found ? found.findings.map(({ kind, text }) => `${kind}: ${text}`) : [`refused: ${found.refused}`];

describe("licences", () => {
  test("a free model asks nobody, and is pinned by its commit", async () => {
    const made = bench("team/free");
    expect(await made.concerns(args)).toEqual({ findings: [] });
    const outcome = await made.infer(args);
    expect(outcome.ok).toBe(true);
    const lock = JSON.parse(fs.readFileSync(join(made.workspace, "models.lock.json"), "utf8")) as unknown;
    expect(lock).toEqual({
      lock: 1,
      models: { "team/free": { hub: hub.url, commit: commitOf("team/free"), licences: ["apache-2.0"] } },
    });
    expect(outcome.receipt?.files.map(({ path }) => path)).toEqual(["out.jsonl", "models.lock.json"]);
    expect(outcome.receipt?.detail).toMatchObject({ commit: commitOf("team/free") });
  });

  test("weights are pinned by what the Hub says of them, asked once for a commit; what is no weights is not", async () => {
    const weights = { size: 1000, sha256: "b".repeat(64) };
    models["team/free"] = {
      ...models["team/free"]!,
      files: { "model.safetensors": weights, "q8/m.GGUF": weights, "model.bin": weights, "config.json": "{}" },
    };
    const made = bench("team/free");
    await made.infer(args);
    const lock = (): unknown => JSON.parse(fs.readFileSync(join(made.workspace, "models.lock.json"), "utf8"));
    const pinned = ["model.safetensors", "q8/m.GGUF"].map((path) => ({ path, bytes: 1000, sha256: weights.sha256 }));
    expect(lock()).toMatchObject({ models: { "team/free": { commit: commitOf("team/free"), files: pinned } } });
    const listings = (): number => hub.requests.filter(({ path }) => path.includes("/tree/")).length;
    expect(listings()).toBe(1);
    await made.infer(args, { key: "r-000001.1/e8" });
    expect(listings()).toBe(1);
    expect(lock()).toMatchObject({ models: { "team/free": { files: pinned } } });
  });

  test("a Hub that does not list its files leaves a pin without them, and the answers as they are", async () => {
    const made = bench("team/free");
    hub.behave(`/api/models/team/free/tree/${commitOf("team/free")}`, { kind: "status", status: 500 } as never);
    const outcome = await made.infer(args);
    expect(outcome.ok).toBe(true);
    const lock = JSON.parse(fs.readFileSync(join(made.workspace, "models.lock.json"), "utf8")) as {
      models: Record<string, object>;
    };
    expect(Object.keys(lock.models["team/free"] ?? {})).toEqual(["hub", "commit", "licences"]);
  });

  test("another commit than was pinned is said, and pinned once it was let pass", async () => {
    const made = bench("team/free");
    await made.infer(args);
    models["team/free"] = { ...models["team/free"]!, commit: "f".repeat(40) };
    expect(texts(await made.concerns(args))).toEqual([
      `revision: team/free was used here at commit ${commitOf("team/free").slice(0, 12)} and is at ffffffffffff now: what it answered before need not hold`,
    ]);
    await made.infer(args, { key: "r-000001.1/e8" });
    expect(await made.concerns(args)).toEqual({ findings: [] });
  });

  test.each([
    [
      "team/nc",
      /^licence: team\/nc, for commercial use: model team\/nc is under CC-BY-NC-4\.0: it forbids commercial use/,
    ],
    ["team/other", /LicenseRef-HF-other: what it permits is for a person to read/],
    ["team/gone", /the licence of team\/gone is not known: .*not there, or not public/],
    ["local-model", /the licence of local-model is not known: it is no model of the Hub/],
  ])("%s is a question", async (model, expected) => {
    const found = texts(await bench(model).concerns(args));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(expected);
  });

  test("the same matter has the same id, another licence another", async () => {
    const idOf = async (): Promise<string> => {
      const found = await bench("team/nc").concerns(args);
      return "findings" in found ? (found.findings[0]?.id ?? "") : "";
    };
    const first = await idOf();
    expect(await idOf()).toBe(first);
    models["team/nc"] = { card: { license: "cc-by-nc-sa-4.0" }, files: {} };
    expect(await idOf()).not.toBe(first);
  });

  test("the operator's word goes for the Hub's; the workflow's policy judges it", async () => {
    expect(await bench("team/nc", {}, { about: "mit" }).concerns(args)).toEqual({ findings: [] });
    expect(hub.requests).toEqual([]);
    expect(texts(await bench("x", {}, { about: "gemma" }).concerns(args))[0]).toMatch(
      /LicenseRef-HF-gemma \(cadre\.yaml\)/,
    );
    const licences = { ...licencePolicy({}), deny: ["mit"], use: "research" as const };
    expect(texts(await bench("x", {}, { about: "mit" }).concerns(args, { licences }))).toEqual([
      "refused: x is under MIT: the workflow's `licences.deny` names it",
    ]);
    expect(await bench("team/nc").concerns(args, { licences })).toEqual({ findings: [] });
  });

  test("offline, and without a Hub, the licence is not known: that is a question, not a leave", async () => {
    expect(texts(await bench("team/free", {}, { noHub: true }).concerns(args))[0]).toMatch(
      /not known: the Hugging Face Hub is not asked here/,
    );
    const made = bench("team/free");
    await hub.close();
    expect(texts(await made.concerns(args))[0]).toMatch(/not known: No answer from/);
    hub = await startHubServer({ models });
  });

  test("roles cannot write the lock file", async () => {
    const made = bench("team/free");
    for (const [tool, given] of [
      ["write_to_file", { path: "models.lock.json", content: "{}" }],
      ["write_to_file", { path: "MODELS.lock.json", content: "{}" }],
    ] as const)
      expect(await made.call(tool, given)).toMatchObject({ ok: false, text: expect.stringContaining("protected") });
  });

  test("a lock file that is none is said", async () => {
    const made = bench("team/free", { "models.lock.json": "nonsense" });
    expect(texts(await made.concerns(args))).toEqual([
      "revision: models.lock.json is no lock file: what was used before is not known",
    ]);
  });
});

describe("personal data", () => {
  const rows = [
    "fine",
    "write to ana@example.com",
    "or bo@example.org",
    "call 0912 345 678",
    "cy@example.net",
    "di@example.com",
  ];
  const file = { "in.jsonl": rows.map((text) => JSON.stringify({ text })).join("\n") };
  const given = { ...args, inputs: undefined, input_file: "in.jsonl" };
  const withFile = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));

  test("that would leave this machine is put to a person: kind, count, file and line, masked", async () => {
    const found = await bench("x", file, { far: true, about: "mit" }).concerns(withFile);
    expect(texts(found)).toEqual([
      "personal-data: 4 × e-mail address would go to https://models.example.com: in.jsonl:2 a***@***.com, in.jsonl:3 b***@***.org, in.jsonl:5 c***@***.net, …",
      "personal-data: 1 × telephone number would go to https://models.example.com: in.jsonl:4 ***78",
    ]);
    expect(JSON.stringify(found)).not.toMatch(/ana@|0912/);
  });

  test("that stays on this machine asks nobody", async () => {
    expect(await bench("x", file, { about: "mit" }).concerns(withFile)).toEqual({ findings: [] });
  });

  test("nothing is sent unless exactly this was let pass", async () => {
    const made = bench("x", file, { far: true, about: "mit" });
    const refused = await made.infer(withFile, { accepted: [] });
    expect(refused).toMatchObject({
      ok: false,
      text: expect.stringContaining("nobody was asked about this: 4 × e-mail address"),
    });
    const found = await made.concerns(withFile);
    const accepted = "findings" in found ? found.findings.map(({ id }) => id) : [];
    fs.appendFileSync(join(made.workspace, "in.jsonl"), `\n${JSON.stringify({ text: "eve@example.com" })}`);
    expect((await made.infer(withFile, { accepted })).ok).toBe(false);
    expect(server.requests).toEqual([]);
    fs.writeFileSync(join(made.workspace, "in.jsonl"), file["in.jsonl"]);
    expect((await made.infer(withFile, { accepted })).ok).toBe(true);
    expect(server.requests).toHaveLength(rows.length);
  });

  test("pictures are not looked into, and say so", async () => {
    const made = bench("x", { "a.png": "png" }, { far: true, about: "mit" });
    const picture = { model: "m", task: "image-classification", files: ["a.png"], output_file: "out.jsonl" };
    expect(texts(await made.concerns(picture))).toEqual([
      "unscreened: 1 file of image would go to https://models.example.com; what is in them was not looked at: a.png",
    ]);
    expect(await bench("x", { "a.png": "png" }, { about: "mit" }).concerns(picture)).toEqual({ findings: [] });
  });
});
