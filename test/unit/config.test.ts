import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { emptyConfig, parseConfig, readConfig, requireConfig } from "../../src/config/config.ts";
import { isFileHost } from "../../src/config/hub-hosts.ts";
import { temporaryFolder } from "../../src/testing.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

const found = (text: string): string[] =>
  parseConfig(text).problems.map(({ code, line, column, message }) => `${line}:${column} ${code} ${message}`);

describe("readConfig", () => {
  it("C2 a missing file is an empty one", () => {
    expect(readConfig(folder.path)).toEqual({ config: emptyConfig, problems: [] });
  });

  it("reads the file of the folder", async () => {
    await writeFile(
      join(folder.path, "cadre.yaml"),
      "models:\n  m: {tier: hf, model: a/b, token: HF_TOKEN}\nmap: {default: m}\n",
    );
    const { config, problems } = readConfig(folder.path);
    expect(problems).toEqual([]);
    expect(config.models["m"]).toEqual({ tier: "hf", model: "a/b", token: "HF_TOKEN", timeouts: {} });
    expect(config.map.default).toBe("m");
  });

  it("says that a folder of that name cannot be read", async () => {
    const { mkdir } = await import("node:fs/promises");
    await mkdir(join(folder.path, "cadre.yaml"));
    expect(readConfig(folder.path).problems).toMatchObject([
      { code: "config-unreadable", file: "cadre.yaml", line: 1 },
    ]);
  });

  it("requireConfig throws the first problem with its place, and gives a sound configuration", async () => {
    expect(requireConfig(folder.path)).toEqual(emptyConfig);
    await writeFile(join(folder.path, "cadre.yaml"), "modles: {}\nx: 1\n");
    expect(() => requireConfig(folder.path)).toThrow(
      expect.objectContaining({ code: "config-invalid", place: { file: "cadre.yaml", line: 1, column: 1 } }),
    );
  });

  it.each(["", "# nothing\n", "{}", "---\n"])("takes an empty file (%o) for no configuration", (text) => {
    expect(parseConfig(text)).toEqual({ config: emptyConfig, problems: [] });
  });
});

describe("C1 a literal token", () => {
  const literals = [
    "hf_AbCdEfGh0123456789",
    "sk-proj-0123456789",
    "AKIA0123456789ABCDEF",
    "0123456789abcdef",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "Bearer X",
    "$HF_TOKEN",
  ];

  it.each(literals)("%s is refused at its line, and not repeated", (token) => {
    const { problems, config } = parseConfig(`models:\n  m:\n    tier: hf\n    model: a/b\n    token: "${token}"\n`);
    expect(problems).toMatchObject([{ code: "config-literal-token", line: 5, column: 5 }]);
    expect(problems[0]?.message).toContain("HF_TOKEN");
    expect(JSON.stringify(problems).replaceAll("HF_TOKEN", "")).not.toContain(token.replace("$HF_TOKEN", "$"));
    expect(config).toEqual(emptyConfig);
  });

  it.each(["HF_TOKEN", "TOKEN", "OPENAI_API_KEY_2"])("%s is a name", (token) => {
    expect(parseConfig(`models: {m: {tier: hf, model: a/b, token: ${token}}}`).problems).toEqual([]);
  });

  it.each([
    `models: {m: {tier: hf, model: [sk-SECRET-1], token: HF_TOKEN}}`,
    `models: {m: {tier: sk-SECRET-1, model: a}}`,
    `models: {m: {tier: endpoint, url: "https://u:sk-SECRET-1@x.example", model: a}}`,
    `models: {m: {tier: endpoint, url: "https://x.example?k=sk-SECRET-1", model: a}}`,
    `models: {m: {tier: hf, model: a, token: "sk-SECRET-1`,
    `models: sk-SECRET-1`,
    `map: {default: sk-SECRET-1}`,
    `allowedHosts: ["sk-SECRET-1!"]`,
    `"a": "b" "sk-SECRET-1"`,
  ])("C3 no problem quotes a value: %s", (text) => {
    const { problems } = parseConfig(text);
    expect(problems.length).toBeGreaterThan(0);
    expect(JSON.stringify(problems)).not.toContain("SECRET");
  });
});

describe("C3 what is wrong is found with its place", () => {
  it("names every fault of a file at once", () => {
    const text = `models:
  a: {tier: hf, model: x, url: "https://x.example"}
  b:
    tier: endpoint
    model: 3
  c: {tier: clouds, model: x}
  d: {tier: hf, model: x, timeouts: {idle: -1}, price: {promptPerMillion: 1, completionPerMillion: 1, currency: euro}}
map:
  ranks: {boss: a}
modles: {}
`;
    expect(found(text)).toEqual([
      "2:27 config-unknown-key `models.a.url` is not a setting that cadre knows.",
      expect.stringMatching(/^4:5 config-value `models\.b\.url` is missing/),
      expect.stringMatching(/^5:5 config-value `models\.b\.model` is not right: expected string/),
      "6:7 config-value `models.c.tier` must be endpoint, hf or embedded.",
      expect.stringMatching(/^7:38 config-value `models\.d\.timeouts\.idle`/),
      expect.stringMatching(/^7:103 config-value `models\.d\.price\.currency`/),
      expect.stringMatching(/^9:11 config-unknown-key `map\.ranks\.boss`/),
      "10:1 config-unknown-key `modles` is not a setting that cadre knows.",
    ]);
  });

  it.each([
    ["{promptPerMillion: 1, completionPerMillion: 2, cachedPerMillion: 0.1, currency: EUR}", true],
    ["{perGpuHour: 2.5, currency: USD}", true],
    ["{promptPerMillion: 0, completionPerMillion: 0, currency: EUR}", true],
    ["{promptPerMillion: 1, currency: EUR}", false],
    ["{perGpuHour: 2.5, promptPerMillion: 1, completionPerMillion: 2, currency: EUR}", false],
    ["{currency: EUR}", false],
    ["{promptPerMillion: -1, completionPerMillion: 2, currency: EUR}", false],
  ])("a price is by tokens or by the hour of a GPU: %s", (price, whole) => {
    const { problems } = parseConfig(`models: {m: {tier: hf, model: x, gpus: 0.5, price: ${price}}}`);
    expect(problems.length === 0).toBe(whole);
  });

  it("a mapped name that is no model, with the names that are", () => {
    expect(found("models: {a: {tier: hf, model: x}}\nmap:\n  default: a\n  roles:\n    lead: b\n")).toEqual([
      "5:5 config-value `map.roles.lead` names a model that is not under `models`; there are a.",
    ]);
  });

  it.each<[string, string[]]>([
    ["{model: a, threshold: 0.6}", []],
    ["{model: lexical, threshold: 1}", []],
    [
      "{model: b, threshold: 0.6}",
      ["2:11 config-value `routing.model` names neither a model under `models` nor `lexical`."],
    ],
    [
      "{model: labels, threshold: 0.6}",
      ["2:11 config-value `routing.model` names a model that does not chat, and so cannot be asked to choose."],
    ],
    ["{model: a}", ["2:10 config-value `routing.threshold` is missing."]],
    ["{model: a, threshold: 0}", ["2:21 config-value `routing.threshold` is too small: expected number to be >0."]],
    ["{model: a, threshold: 60}", ["2:21 config-value `routing.threshold` is too big: expected number to be <=1."]],
    [
      "{model: a, threshold: 0.6, sure: 1}",
      ["2:37 config-unknown-key `routing.sure` is not a setting that cadre knows."],
    ],
  ])("who is asked about routes: %s", (routing, problems) => {
    const labels = "labels: {tier: endpoint, url: 'http://127.0.0.1:1/v1', model: x, task: text-classification}";
    expect(found(`models: {a: {tier: hf, model: x}, ${labels}}\nrouting: ${routing}\n`)).toEqual(problems);
  });

  it("a token that would travel in clear", () => {
    const model = (url: string): string => `models: {m: {tier: endpoint, url: "${url}", model: a, token: X_TOKEN}}`;
    for (const url of [
      "http://x.example/v1",
      "http://127.0.0.1.x.example",
      "http://localhost.x.example",
      "http://0.0.0.0:1",
    ]) {
      expect(found(model(url))).toMatchObject([expect.stringContaining("https")]);
    }
    for (const url of [
      "https://x.example/v1",
      "http://127.0.0.1:1",
      "http://localhost:1",
      "http://[::1]:1/v1",
      "http://0x7f.1",
    ]) {
      expect(found(model(url))).toEqual([]);
    }
  });

  it.each([
    ["a syntax error", "models: {a: [}\n", "yaml-invalid"],
    ["a key given twice", "data: a\ndata: b\n", "yaml-duplicate-key"],
    ["a list", "- a\n", "config-value"],
    [
      "an alias bomb",
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n`,
      "yaml-too-large",
    ],
    ["a deep nest", `a: ${"[".repeat(50_000)}`, "yaml-too-deep"],
    ["a large file", `# ${"x".repeat(300 * 1024)}`, "config-unreadable"],
    ["a prototype", "__proto__: {data: x}\n", "yaml-key"],
    ["a model's name that is none", "models: {'a b': {tier: hf, model: x}}\n", "config-value"],
  ])("%s", (_title, text, code) => {
    const { problems, config } = parseConfig(text);
    expect(problems.map((problem) => problem.code)).toContain(code);
    expect(config).toEqual(emptyConfig);
    expect(({} as { data?: string }).data).toBeUndefined();
  });
});

describe("the Hub", () => {
  it("B1 is not asked unless the file says so", () => {
    expect(parseConfig("").config.hub).toBeUndefined();
    expect(parseConfig("hub: {}").config.hub).toMatchObject({
      url: "https://huggingface.co",
      fileHosts: ["*.hf.co", "*.huggingface.co"],
    });
  });

  it.each([
    ["hub: {token: hf_abcdefghijklmnop}", "config-literal-token"],
    ["hub: {url: 'http://hub.example.com', token: HF_TOKEN}", "would carry the token in clear"],
    ["hub: {url: 'https://me:secret@hub.example.com'}", "must not hold a user or a password"],
    ["hub: {fileHosts: ['https://cdn.example.com']}", "is not a host such as"],
    ["hub: {fileHosts: ['*']}", "is not a host such as"],
    ["{hub: {}, allowedHosts: [models.example.com]}", "is at a host that is not among `allowedHosts`"],
    ["hub: {licences: []}", "config-unknown-key"],
  ])("%s is refused", (text, reason) => {
    expect(found(text).join("\n")).toContain(reason);
    expect(found(text).join("\n")).not.toContain("abcdefghijklmnop");
  });

  it("B2 a pattern of file hosts holds what is below it, and nothing that only ends alike", () => {
    const fits = (url: string): boolean => isFileHost(["*.hf.co", "cdn.example.com:8443"], new URL(url));
    expect(["https://cdn-lfs.hf.co/x", "https://a.b.hf.co", "https://cdn.example.com:8443/"].map(fits)).toEqual([
      true,
      true,
      true,
    ]);
    expect(
      ["https://hf.co", "https://evilhf.co", "https://hf.co.evil.example", "https://cdn.example.com"].map(fits),
    ).toEqual([false, false, false, false]);
  });
});
