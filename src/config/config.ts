/**
 * cadre.yaml: the operator's file. It says where models are, which role gets which, what they cost, and where data lies.
 *
 * C1. It holds no secret: `token` is the NAME of an environment variable, and a literal is refused without being repeated.
 * C2. A missing file is an empty one: every role is then played by the rehearsal.
 * C3. What is wrong is a problem with file, line and column; values are never quoted, as they may be secrets.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Problem } from "../documents/problem.ts";
import { embeddedFaults, embeddedFields } from "./embedded.ts";
import { settableRules } from "../documents/rules.ts";
import { hubSchema } from "./hub.ts";
import { mcpSchema, notifySchema, outsideHosts } from "./outside.ts";
import { routingFault, routingSchema } from "./routing.ts";
import { parseYaml, plainValue, positionOf, type YamlValue } from "../documents/yaml-tree.ts";
import { endpointUrlFault, isLoopback, isVariableName } from "../endpoint-url.ts";
import { CadreError } from "../errors.ts";
import { currencyPattern } from "../money.ts";

const maxBytes = 64 * 1024;
const seconds = z.number().positive().max(86_400);
const modelName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, {
  error: "is not a model's name: letters, digits, dots, dashes and underscores",
});

const amount = z.number().nonnegative().max(1_000_000);

/** By tokens, or by the hour of a GPU. */
const priceSchema = z
  .strictObject({
    promptPerMillion: amount.optional(),
    completionPerMillion: amount.optional(),
    /** Prompt tokens that the server had in its cache; left out: they cost what the others do. */
    cachedPerMillion: amount.optional(),
    perGpuHour: amount.optional(),
    currency: z.string().regex(currencyPattern, { error: "is not a currency: three capitals, such as EUR" }),
  })
  .superRefine((price, context) => {
    const byTokens = price.promptPerMillion !== undefined && price.completionPerMillion !== undefined;
    const some = [price.promptPerMillion, price.completionPerMillion, price.cachedPerMillion].some(
      (each) => each !== undefined,
    );
    if (price.perGpuHour === undefined ? byTokens : !some) return;
    const message = "needs either `promptPerMillion` and `completionPerMillion`, or `perGpuHour` alone";
    context.addIssue({ code: "custom", message });
  });

/** What a server is asked to do with a text that it is measured on: a chat answers every question, a summary is a text, the others give labels. */
export const servedTasks = ["chat", "text-classification", "zero-shot-classification", "summarization"] as const;

/** What the operator says of a model; shown as said by the operator, never as measured. */
const aboutSchema = z
  .strictObject({
    /** A commit, not a branch. */
    revision: z.string().min(1).max(100),
    /** SPDX, or the Hub's id. */
    licence: z.string().min(1).max(100),
    quantisation: z.string().min(1).max(40),
    /** Of the weights on disk, and of what it takes in memory while it runs. */
    diskMb: z.number().positive(),
    memoryMb: z.number().positive(),
  })
  .partial();

const shared = {
  /** As the server knows it. */
  model: z.string().min(1).max(200),
  /** The name of an environment variable. */
  token: z
    .string()
    .refine(isVariableName, {
      error: "must be the name of an environment variable, such as HF_TOKEN; a token itself never belongs in this file",
      params: { code: "config-literal-token" },
    })
    .optional(),
  /** In seconds. */
  timeouts: z.strictObject({ firstToken: seconds, idle: seconds, total: seconds }).partial().default({}),
  maxTokens: z.number().int().positive().optional(),
  temperature: z.number().min(0).max(2).optional(),
  price: priceSchema.optional(),
  about: aboutSchema.optional(),
  /** How many GPUs a call holds while it runs; a part of one where several calls share it. With `perGpuHour`, left out: one. */
  gpus: z.number().positive().max(1024).optional(),
};

const endpointSchema = z.strictObject({
  tier: z.literal("endpoint"),
  /** What is asked of the server where a model is measured; only a chat model plays a role. */
  task: z.enum(servedTasks).optional(),
  url: z.string().superRefine((url, context) => {
    const fault = endpointUrlFault(url);
    if (fault !== null) context.addIssue({ code: "custom", message: fault });
  }),
  ...shared,
});

const hfSchema = z.strictObject({
  tier: z.literal("hf"),
  /** An inference provider, or `fastest` or `cheapest`; left out, the account's own order decides. */
  provider: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/, { error: "is not a provider: a word such as together or fastest" })
    .optional(),
  /** The organisation that pays. */
  billTo: z.string().min(1).max(100).optional(),
  ...shared,
});

const { model: _server, token: _token, ...sharedHere } = shared;
const embeddedSchema = z.strictObject({ ...sharedHere, ...embeddedFields });

const configSchema = z
  .strictObject({
    models: z.record(modelName, z.discriminatedUnion("tier", [endpointSchema, hfSchema, embeddedSchema])).default({}),
    map: z
      .strictObject({
        default: z.string(),
        roles: z.record(z.string(), z.string()),
        ranks: z.partialRecord(z.enum(["executive", "director", "lead", "worker", "assistant"]), z.string()),
        /** From a mode's `api_config.model` to a model here; a mode alone never chooses a host. */
        names: z.record(z.string(), z.string()),
      })
      .partial()
      .default({}),
    /** A second opinion on where work goes; left out: none is asked for. */
    routing: routingSchema,
    /** Where models may be; empty: wherever this file and `--model` say. This machine is always allowed. */
    allowedHosts: z
      .array(z.string().regex(/^[a-z0-9.-]+(:\d+)?$/, { error: "is not a host such as api.example.com" }))
      .default([]),
    /** Folder of the database; relative to the project. */
    data: z.string().min(1).optional(),
    journal: z.string().min(1).optional(),
    /** Who may decide approvals, sign-offs and limits, whatever a workflow says; empty: everyone. */
    approvers: z.array(z.string().min(1)).default([]),
    /** How much the findings of `lint` matter here, and so what keeps a run from starting. */
    lint: z
      .strictObject({
        rules: z.partialRecord(z.enum(settableRules), z.enum(["off", "info", "warning", "error"])).default({}),
      })
      .default({ rules: {} }),
    /** Servers whose tools roles with the group `mcp` may use. */
    mcp: mcpSchema,
    /** Who is told that something waits for a person. */
    notify: notifySchema,
    /** The Hugging Face Hub, where models and data sets are looked up; left out: it is not asked. */
    hub: hubSchema,
  })
  .superRefine((config, context) => {
    for (const { path, url } of outsideHosts(config)) {
      if (hostAllowed(config.allowedHosts, new URL(url))) continue;
      context.addIssue({ code: "custom", message: "is at a host that is not among `allowedHosts`", path: [...path] });
    }
    for (const [name, model] of Object.entries(config.models)) {
      if (model.tier !== "embedded") continue;
      embeddedFaults(model, (message, key) =>
        context.addIssue({ code: "custom", message, path: ["models", name, ...(key === undefined ? [] : [key])] }),
      );
    }
    for (const path of tokensInClear(config)) {
      const message = "would carry the token in clear: use https, or a server on this machine";
      context.addIssue({ code: "custom", message, path });
    }
    const routing = routingFault(config.routing, config.models);
    if (routing !== null) context.addIssue({ code: "custom", message: routing, path: ["routing", "model"] });
    for (const { path, target } of mapTargets(config.map)) {
      if (target === "rehearsal" || Object.hasOwn(config.models, target)) continue;
      const message = `names a model that is not under \`models\`; there ${listed(Object.keys(config.models))}`;
      context.addIssue({ code: "custom", message, path: ["map", ...path] });
    }
  });

export type Config = z.infer<typeof configSchema>;
export type ConfiguredModel = Config["models"][string];
export type Price = z.infer<typeof priceSchema>;
export type ServedTask = (typeof servedTasks)[number];
export type AboutModel = z.infer<typeof aboutSchema>;

export const emptyConfig: Config = configSchema.parse({});

/** Reads `<dir>/cadre.yaml`. With problems of severity `error` the config is the empty one: half a configuration is none. */
export function readConfig(dir: string): { readonly config: Config; readonly problems: readonly Problem[] } {
  let text: string;
  try {
    text = readFileSync(join(dir, "cadre.yaml"), "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    return code === "ENOENT" ? { config: emptyConfig, problems: [] } : failed([unreadable(`cannot be read (${code})`)]);
  }
  return parseConfig(text);
}

/** The configuration, or the first thing that is wrong with it. Errors: `config-invalid`, with every problem in its data. */
export function requireConfig(dir: string): Config {
  const { config, problems } = readConfig(dir);
  const first = problems[0];
  if (first === undefined) return config;
  const { file, line, column } = first;
  throw new CadreError("config-invalid", first.message, {
    place: { file, line, column },
    hint: "`npx cadre lint` lists everything that is wrong",
    data: { problems },
  });
}

/** The text of a cadre.yaml; `file` is what problems call it. */
export function parseConfig(
  text: string,
  file = "cadre.yaml",
): { readonly config: Config; readonly problems: readonly Problem[] } {
  if (Buffer.byteLength(text) > maxBytes) return failed([unreadable(`is larger than ${maxBytes / 1024} KB`, file)]);
  const { tree, problems } = parseYaml(text, file);
  const faults = problems.filter((problem) => problem.severity === "error");
  if (faults.length > 0)
    return failed(faults.map((problem) => ({ ...problem, message: syntaxMessage(file, problem) })));
  const parsed = configSchema.safeParse((tree && plainValue(tree, true)) ?? {});
  if (parsed.success) return { config: parsed.data, problems: [] };
  return failed(parsed.error.issues.flatMap((issue) => issueProblems(file, tree, issue)));
}

function failed(problems: readonly Problem[]): { readonly config: Config; readonly problems: readonly Problem[] } {
  return { config: emptyConfig, problems };
}

function unreadable(what: string, file = "cadre.yaml"): Problem {
  return { code: "config-unreadable", severity: "error", message: `${file} ${what}.`, file, line: 1, column: 1 };
}

/** C3: the parser's own messages quote what it stumbled over. */
function syntaxMessage(file: string, problem: Problem): string {
  const what: Readonly<Record<string, string>> = {
    "yaml-too-deep": "is nested too deeply",
    "yaml-line-too-long": "has a line that is longer than 16 KB here",
    "yaml-too-large": "holds too many values once its aliases are expanded",
    "yaml-duplicate-key": "has a key twice here",
    "yaml-key": "has a key here that is not accepted",
  };
  return `${file} ${what[problem.code] ?? "is not valid YAML here"}.`;
}

function issueProblems(file: string, tree: YamlValue | null, issue: z.core.$ZodIssue): Problem[] {
  const keys = issue.code === "unrecognized_keys" ? issue.keys : [null];
  return keys.map((key) => {
    const path = key === null ? issue.path : [...issue.path, key];
    const { line, column } = tree ? positionOf(tree, path) : { line: 1, column: 1 };
    const what = key === null ? reason(issue) : "is not a setting that cadre knows";
    const message = `\`${path.map(String).join(".") || file}\` ${what}.`;
    return { code: codeOf(issue), severity: "error", message, file, line, column };
  });
}

function codeOf(issue: z.core.$ZodIssue): Problem["code"] {
  const params: unknown = issue.code === "custom" ? issue.params : undefined;
  const code = typeof params === "object" && params !== null && "code" in params ? params.code : undefined;
  if (code === "config-literal-token") return code;
  return issue.code === "unrecognized_keys" ? "config-unknown-key" : "config-value";
}

/** C3: zod's own texts name types and options, never the value. */
function reason(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_key") return issue.issues[0]?.message ?? "is not a name that can be used here";
  if (issue.code === "invalid_union" && issue.path.at(-1) === "tier") return "must be endpoint, hf or embedded";
  const text = issue.message.replace(/^Invalid input: /, "");
  if (text.endsWith("received undefined")) return "is missing";
  if (text.startsWith("expected")) return `is not right: ${text}`;
  return text.startsWith("Too ") ? `is ${text.toLowerCase()}` : text;
}

/** An empty list allows wherever this file says; this machine is always allowed. */
function hostAllowed(allowed: readonly string[], url: URL): boolean {
  return allowed.length === 0 || isLoopback(url) || allowed.includes(url.host) || allowed.includes(url.hostname);
}

function sendsInClear(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const parsed = new URL(url);
  return parsed.protocol !== "https:" && !isLoopback(parsed);
}

/** Addresses to which a token would go over plain http, by their places. */
function tokensInClear({ models, hub }: Pick<Config, "models" | "hub">): string[][] {
  const clear = (token: string | undefined, url: string): boolean => token !== undefined && sendsInClear(url);
  return [
    ...(hub && clear(hub.token, hub.url) ? [["hub", "url"]] : []),
    ...Object.entries(models).flatMap(([name, model]) =>
      model.tier === "endpoint" && clear(model.token, model.url) ? [["models", name, "url"]] : [],
    ),
  ];
}

type MapInput = {
  readonly default?: string | undefined;
  readonly roles?: Readonly<Record<string, string>> | undefined;
  readonly ranks?: Readonly<Partial<Record<string, string>>> | undefined;
  readonly names?: Readonly<Record<string, string>> | undefined;
};

function mapTargets(map: MapInput): { path: string[]; target: string }[] {
  const inside = (["roles", "ranks", "names"] as const).flatMap((part) =>
    Object.entries(map[part] ?? {}).map(([key, target]) => ({ path: [part, key], target: target ?? "" })),
  );
  return map.default === undefined ? inside : [{ path: ["default"], target: map.default }, ...inside];
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "is none" : `are ${names.join(", ")}`;
}
