/** `cadre doctor`: what cadre needs and has here. Says which tokens are set, never what they are. Exit 1 when something is broken. */
import { execFile } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { systemClock } from "../../clock.ts";
import { readConfig } from "../../config.ts";
import { asCadreError } from "../errors.ts";
import { visible } from "../../views/escape.ts";
import type { Context } from "../context.ts";
import type { Input } from "../input.ts";
import { showList } from "../list.ts";
import { packageVersion } from "../package-files.ts";
import { readChart } from "../read-chart.ts";
import { respell } from "../spelling.ts";

type State = "ok" | "note" | "broken";
type Check = { readonly name: string; readonly state: State; readonly detail: string; readonly hint: string };

const check = (name: string, state: State, detail: string, hint = ""): Check => ({ name, state, detail, hint });
const run = promisify(execFile);

export async function doctor(context: Context, _input: Input): Promise<number> {
  const checks = [
    check("cadre", "ok", `${packageVersion()} on Node ${process.versions.node} (${process.platform} ${process.arch})`),
    ...(await chartChecks(context)),
    ...modelChecks(context),
    ...(await dataChecks(context)),
    await gitCheck(context),
  ].map((row) => ({ ...row, hint: respell(row.hint, context.command) }));
  const styles = { ok: "green", note: "yellow", broken: "red" } as const;
  showList(context, {
    schema: "cadre.doctor/1",
    key: "checks",
    rows: checks,
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

async function dataChecks(context: Context): Promise<Check[]> {
  const file = join(context.data, "cadre.db");
  if (!existsSync(file)) return [check("data", "note", `${file} is not there yet`, "the first run makes it")];
  try {
    const { openStore } = await import("../../store/open.ts");
    const store = openStore({ file, clock: systemClock, readOnly: true });
    try {
      const health = await store.health();
      const runs = await store.runs();
      const open = await store.asks({ state: "open" });
      const sizes = `${kilobytes(health.bytes)} and ${kilobytes(health.walBytes)} of log, schema ${health.schema}`;
      return [
        check(
          "data",
          health.integrity === "ok" ? "ok" : "broken",
          `${file}: ${sizes}, integrity ${health.integrity}`,
          health.integrity === "ok" ? "" : context.command("verify"),
        ),
        check("runs", "ok", `${runs.length}, ${open.length} open ${open.length === 1 ? "ask" : "asks"}`),
        writable(context.data)
          ? check("writable", "ok", context.data)
          : check(
              "writable",
              "note",
              `${context.data} may only be read`,
              "runs need --data for a folder that can be written",
            ),
      ];
    } finally {
      store.close();
    }
  } catch (thrown) {
    const error = asCadreError(thrown);
    return [check("data", "broken", error.message, error.hint)];
  }
}

function writable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function kilobytes(bytes: number): string {
  return bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
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
