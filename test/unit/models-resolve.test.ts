import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { emptyConfig, parseConfig } from "../../src/config/config.ts";
import { createRoleModel } from "../../src/models/create-role-model.ts";
import { modelSource } from "../../src/models/served-model.ts";
import { resolveModel, type ResolveInput } from "../../src/models/resolve.ts";
import { scriptedModel } from "../../src/testing.ts";

const { config, problems } = parseConfig(`
models:
  big: {tier: hf, model: Qwen/Qwen3-32B, provider: together, billTo: shop, price: {promptPerMillion: 0.4, completionPerMillion: 1.2, currency: EUR}}
  local: {tier: endpoint, url: "http://127.0.0.1:8000/v1", model: Qwen/Qwen3-8B, timeouts: {firstToken: 30}}
map:
  default: local
  roles: {ai-ml-lead: big, technical-writer: rehearsal}
  ranks: {executive: big}
  names: {gemini-2.5-pro: big}
`);

const lead = { role: "backend-lead", rank: "lead" };
const kindAndModel = (input: Partial<ResolveInput>, given = config): string => {
  const spec = resolveModel(given, { ...lead, ...input });
  return spec.kind === "rehearsal" ? "rehearsal" : `${spec.kind} ${spec.id}`;
};
const error = (input: Partial<ResolveInput>, given = config): unknown => {
  try {
    return resolveModel(given, { ...lead, ...input });
  } catch (thrown) {
    return thrown;
  }
};

it("a model that is called by its name in cadre.yaml, and not by --model, says so where it cannot be called", async () => {
  const opened = modelSource(async () => config, { env: {}, run: "r-000001" }).open("big");
  await expect(opened).rejects.toMatchObject({
    code: "model-auth",
    hint: expect.stringMatching(/\(models\.big in cadre\.yaml\)\.$/),
  });
});

describe("M1 which model plays a role", () => {
  it("the configuration is sound", () => expect(problems).toEqual([]));

  it.each([
    ["the default", {}, "endpoint Qwen/Qwen3-8B"],
    ["a rank before the default", { rank: "executive" }, "hf Qwen/Qwen3-32B:together"],
    [
      "a mapped model name before the rank",
      { modeModel: "gemini-2.5-pro", rank: "lead" },
      "hf Qwen/Qwen3-32B:together",
    ],
    ["a role before a mapped model name", { role: "technical-writer", modeModel: "gemini-2.5-pro" }, "rehearsal"],
    ["the workflow's staffing before the map", { role: "ai-ml-lead", staffed: "local" }, "endpoint Qwen/Qwen3-8B"],
    ["--model before everything", { role: "ai-ml-lead", staffed: "local", flag: "rehearsal" }, "rehearsal"],
    ["--model with a configured name", { flag: "big" }, "hf Qwen/Qwen3-32B:together"],
    ["--model hf:", { flag: "hf:org/model" }, "hf org/model"],
    ["--model hf: with a provider", { flag: "hf:org/model:cheapest" }, "hf org/model:cheapest"],
    ["--model with an address", { flag: "http://127.0.0.1:1234/v1#a/b#c" }, "endpoint a/b#c"],
  ] as const)("%s", (_title, input, expected) => expect(kindAndModel(input)).toBe(expected));

  it("M2 a mode's model name that nobody mapped chooses nothing", () => {
    const bare = { ...config, map: { names: { "gpt-x": "big" } } };
    for (const modeModel of [
      "gemini-2.5-pro",
      "big",
      "hf:org/model",
      "http://evil.example#m",
      "__proto__",
      "constructor",
    ]) {
      expect(kindAndModel({ modeModel }, bare)).toBe("rehearsal");
    }
  });

  it("nothing configured is a rehearsal, whatever the environment holds", () => {
    expect(kindAndModel({}, emptyConfig)).toBe("rehearsal");
  });

  it("carries what the operator set, and says what chose it", () => {
    expect(resolveModel(config, { ...lead, role: "ai-ml-lead" })).toMatchObject({
      provider: "together",
      billTo: "shop",
      token: "HF_TOKEN",
      price: { currency: "EUR" },
      place: "models.big in cadre.yaml",
      gpus: null,
      because: "map.roles.ai-ml-lead in cadre.yaml",
    });
    expect(resolveModel(config, lead)).toMatchObject({ token: null, price: null, timeouts: { firstToken: 30 } });
  });
});

describe("a model that is not there", () => {
  it("names the nearest, or all", () => {
    expect(error({ flag: "locla" })).toMatchObject({ code: "model-unknown", hint: expect.stringContaining('"local"') });
    expect(error({ flag: "entirely-other" })).toMatchObject({ hint: expect.stringContaining("rehearsal, big, local") });
    expect(error({ flag: "Qwen/Qwen3-8B" })).toMatchObject({ hint: expect.stringContaining("hf:Qwen/Qwen3-8B") });
  });

  it.each([
    "hf:",
    "hf:model",
    "hf:a/b/c",
    "hf:a/b:C D",
    "http://x.example/v1",
    "https://user:sk-SECRET@x.example#m",
    "https://x.example?key=sk-SECRET#m",
  ])("--model %s is a usage error that does not repeat it", (flag) => {
    expect(error({ flag })).toMatchObject({ code: "usage", message: expect.not.stringContaining("SECRET") });
  });
});

describe("allowed hosts", () => {
  const bounded = { ...config, allowedHosts: ["models.example.com"] };

  it("bind every tier, and never this machine", () => {
    expect(error({ flag: "https://other.example/v1#m" }, bounded)).toMatchObject({ code: "config-invalid" });
    expect(error({ flag: "hf:org/model" }, bounded)).toMatchObject({ code: "config-invalid" });
    expect(kindAndModel({ flag: "https://models.example.com/v1#m" }, bounded)).toBe("endpoint m");
    expect(kindAndModel({ flag: "http://127.0.0.1:9/v1#m" }, bounded)).toBe("endpoint m");
    expect(error({ flag: "http://127.0.0.1.evil.example/v1#m" }, bounded)).toMatchObject({ code: "config-invalid" });
  });
});

describe("createRoleModel", () => {
  const rehearsal = scriptedModel([]);

  it("gives the rehearsal", async () => {
    expect(
      await createRoleModel(resolveModel(emptyConfig, lead), { env: {}, rehearsal: () => rehearsal, run: "r-000001" }),
    ).toBe(rehearsal);
  });

  it("wants the variable that the spec names, and says which", async () => {
    const spec = resolveModel(config, { ...lead, flag: "big" });
    const made = createRoleModel(spec, { env: {}, rehearsal: () => rehearsal, run: "r-000001" });
    await expect(made).rejects.toMatchObject({ code: "model-auth", message: expect.stringContaining("HF_TOKEN") });
  });

  it("shows the model and its tier", async () => {
    const spec = resolveModel(config, { ...lead, flag: "big" });
    const model = await createRoleModel(spec, {
      env: { HF_TOKEN: "hf_x" },
      rehearsal: () => rehearsal,
      run: "r-000001",
    });
    expect(model).toMatchObject({ id: "Qwen/Qwen3-32B:together", tier: "hf" });
  });
});

it("choosing a model loads no model library", () => {
  const file = (path: string): string => JSON.stringify(fileURLToPath(new URL(`../../src/${path}`, import.meta.url)));
  const script = `
    import { registerHooks } from "node:module";
    const loaded = [];
    registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
    await import(${file("config/config.ts")}); await import(${file("models/resolve.ts")}); await import(${file("models/create-role-model.ts")});
    console.log(JSON.stringify(loaded));`;
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  const loaded = JSON.parse(output) as string[];
  expect(loaded.some((url) => url.endsWith("/models/resolve.ts"))).toBe(true);
  expect(loaded.filter((url) => /@langchain|@huggingface/.test(url))).toEqual([]);
});
