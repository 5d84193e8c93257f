/** `cadre doctor`: what cadre needs and has here. Says which tokens are set, never what they are. Exit 1 when something is broken. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { readConfig, type ConfiguredModel } from "../../config.ts";
import { asCadreError } from "../errors.ts";
import { visible } from "../../views/escape.ts";
import { check, type Check } from "../check.ts";
import type { Context } from "../context.ts";
import { dataChecks } from "../data-checks.ts";
import { flag, type Input } from "../input.ts";
import { showList } from "../list.ts";
import { outsideChecks } from "../outside-checks.ts";
import { packageVersion } from "../package-files.ts";
import { readChart } from "../read-chart.ts";
import { respell } from "../spelling.ts";

const run = promisify(execFile);

export async function doctor(context: Context, input: Input): Promise<number> {
  const data = await dataChecks(context);
  const checks = await checksOf(context, data.checks, flag(input, "servers"));
  const styles = { ok: "green", note: "yellow", broken: "red" } as const;
  showList(context, {
    schema: "cadre.doctor/1",
    key: "checks",
    rows: checks,
    more: { data: data.facts },
    columns: [
      { key: "state", title: "", value: (row) => row.state, style: (row) => styles[row.state] },
      { key: "name", title: "what", value: (row) => row.name },
      {
        key: "detail",
        title: "found",
        value: (row) => row.detail,
        text: (row) => visible(row.detail),
        brief: (row) => visible(row.hint === "" ? row.detail : `${row.detail} → ${row.hint}`),
        flexible: true,
      },
      { key: "hint", title: "hint", value: (row) => row.hint, text: (row) => visible(row.hint), onlyPiped: true },
    ],
    empty: "",
  });
  return checks.some((row) => row.state === "broken") ? 1 : 0;
}

/** Everything that doctor looks at. `reach`: start every MCP server and read its list. */
export async function checksOf(context: Context, data: readonly Check[], reach: boolean): Promise<Check[]> {
  return [
    check("cadre", "ok", `${packageVersion()} on Node ${process.versions.node} (${process.platform} ${process.arch})`),
    ...(await chartChecks(context)),
    ...modelChecks(context),
    ...(await outsideChecks(context, reach)),
    ...tracingChecks(),
    ...data,
    await gitCheck(context),
  ].map((row) => ({ ...row, hint: respell(row.hint, context.command) }));
}

async function chartChecks(context: Context): Promise<Check[]> {
  try {
    const { chart, problems, workflow } = await readChart(context, []);
    const errors = problems.filter((problem) => problem.severity === "error").length;
    const detail = `${chart.roles.length} roles, ${chart.routes.length} routes, chart ${chart.hash.slice(0, 12)}`;
    return [
      errors === 0
        ? check("modes", "ok", detail)
        : check("modes", "broken", `${detail}, ${errors} lint errors`, context.command("lint")),
      workflow === null
        ? check("workflow", "broken", "none that can be used in graphs/", context.command("lint"))
        : check("workflow", "ok", `${workflow.name}, entry ${workflow.entry}`),
    ];
  } catch (thrown) {
    const error = asCadreError(thrown);
    return [check("modes", "broken", error.message, error.hint)];
  }
}

function modelChecks(context: Context): Check[] {
  if (!existsSync(join(context.dir, "cadre.yaml"))) {
    return [
      check(
        "cadre.yaml",
        "note",
        "none: every role is rehearsed, no model is called",
        "`npx cadre init` writes one to start from",
      ),
    ];
  }
  const { config, problems } = readConfig(context.dir);
  const broken = problems.filter((problem) => problem.severity === "error");
  const [first] = broken;
  if (first)
    return [check("cadre.yaml", "broken", `${first.message} (${first.file}:${first.line})`, context.command("lint"))];
  const models = Object.entries(config.models).map(([name, model]) => {
    if (model.tier === "embedded") return embeddedCheck(context, name, model);
    const where = model.tier === "endpoint" ? new URL(model.url).host : (model.provider ?? "hf");
    const token = model.token;
    if (token === undefined) return check(`model ${name}`, "ok", `${model.model} at ${where}, no token`);
    return process.env[token] === undefined || process.env[token] === ""
      ? check(
          `model ${name}`,
          "note",
          `${model.model} at ${where}, ${token} is not set`,
          `set ${token} before a run that uses it`,
        )
      : check(`model ${name}`, "ok", `${model.model} at ${where}, ${token} is set`);
  });
  const mapped = config.map.default ?? "rehearsal";
  return [check("cadre.yaml", "ok", `${models.length} models, default ${mapped}`), ...models];
}

type EmbeddedModel = Extract<ConfiguredModel, { tier: "embedded" }>;

/** Whether the file is there, or known and still to be fetched; nothing is loaded. */
function embeddedCheck(context: Context, name: string, model: EmbeddedModel): Check {
  const label = `model ${name}`;
  if (model.file === undefined) {
    return check(label, "ok", `${model.model ?? ""} in this process; fetched at its first use, pinned in cadre.lock`);
  }
  return existsSync(resolve(context.dir, model.file))
    ? check(label, "ok", `${model.file} in this process`)
    : check(label, "broken", `${model.file} is not there`, `mend \`models.${name}.file\` in cadre.yaml`);
}

/** What LangChain reads; any of them is enough. */
const tracing = ["LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2"];

/** The command itself holds no client to trace with (`scripts/build.ts`); what runs the same graphs with its own packages does. */
function tracingChecks(): Check[] {
  const set = tracing.filter((name) => process.env[name] === "true");
  if (set.length === 0) return [];
  return [
    check(
      "tracing",
      "note",
      `${set.join(", ")} asks LangChain to send prompts and replies to LangSmith; this command sends nothing there`,
      "unset it before LangGraph's own tools (Studio, `langgraph dev`) run graphs/: they would",
    ),
  ];
}

async function gitCheck(context: Context): Promise<Check> {
  try {
    const { stdout } = await run("git", ["-C", context.dir, "status", "--porcelain"], { maxBuffer: 16 * 1024 * 1024 });
    const dirty = stdout.split("\n").filter((line) => line !== "").length;
    return dirty === 0
      ? check("git", "ok", "a run works on a copy of the last commit")
      : check(
          "git",
          "note",
          `${dirty} uncommitted ${dirty === 1 ? "file" : "files"}`,
          "a run leaves them out unless --include-dirty",
        );
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    return check(
      "git",
      "note",
      missing ? "git is not installed" : "not a git repository",
      "a run works on a copy of the folder",
    );
  }
}
