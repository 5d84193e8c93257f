/** `cadre doctor`: what cadre needs and has here. Says which tokens are set, never what they are. Exit 1 when something is broken. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { asCadreError } from "../errors.ts";
import type { Problem } from "../../documents/problem.ts";
import { counted } from "../../views/counted.ts";
import { visible } from "../../views/escape.ts";
import { check, type Check } from "../check.ts";
import type { Context } from "../context.ts";
import { dataChecks } from "../data-checks.ts";
import { flag, type Input } from "../input.ts";
import { showList } from "../list.ts";
import { modelChecks } from "../model-checks.ts";
import { outsideChecks } from "../outside-checks.ts";
import { packageVersion } from "../package-files.ts";
import { readChart } from "../read-chart.ts";
import { respell } from "../respell.ts";

const run = promisify(execFile);

export async function doctor(context: Context, input: Input): Promise<number> {
  const data = await dataChecks(context);
  const checks = await checksOf(context, data.checks, {
    models: flag(input, "models"),
    servers: flag(input, "servers"),
  });
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

/** `models`: ask each of them for a word. `servers`: start every MCP server and read its list. */
export type Reach = { readonly models: boolean; readonly servers: boolean };

/** Everything that doctor looks at. */
export async function checksOf(context: Context, data: readonly Check[], reach: Reach): Promise<Check[]> {
  return [
    check("cadre", "ok", `${packageVersion()} on Node ${process.versions.node} (${process.platform} ${process.arch})`),
    ...(await chartChecks(context)),
    ...(await modelChecks(context, reach.models)),
    ...(await outsideChecks(context, reach.servers)),
    await sandboxCheck(),
    ...tracingChecks(),
    ...data,
    await gitCheck(context),
  ].map((row) => ({ ...row, hint: respell(row.hint, context.command) }));
}

async function chartChecks(context: Context): Promise<Check[]> {
  try {
    const { chart, problems, workflow } = await readChart(context, [], "every");
    const errors = Object.groupBy(
      problems.filter((problem) => problem.severity === "error"),
      rowOf,
    );
    const row = (name: Row, fine: string | null): Check[] => {
      const [first] = errors[name] ?? [];
      if (!first) return fine === null ? [] : [check(name, "ok", fine)];
      const many = (errors[name] ?? []).length;
      const what = `${first.message} (${first.file}:${first.line})${many > 1 ? ` and ${counted(many - 1, "other error")}` : ""}`;
      return [check(name, "broken", what, context.command("lint"))];
    };
    const roles = `${counted(chart.roles.length, "role")}, ${counted(chart.routes.length, "route")}, chart ${chart.hash.slice(0, 12)}`;
    const none = check("workflow", "broken", "none that can be used in graphs/", context.command("lint"));
    return [
      ...row("modes", roles),
      ...(workflow === null && errors.workflow === undefined
        ? [none]
        : row("workflow", workflow && `${workflow.name}, entry ${workflow.entry}`)),
      ...row("briefs", null),
    ];
  } catch (thrown) {
    const error = asCadreError(thrown);
    return [check("modes", "broken", error.message, error.hint)];
  }
}

type Row = "modes" | "workflow" | "briefs" | "cadre.yaml";

/** Whose matter a problem is; `modelChecks` has a row for cadre.yaml. */
function rowOf({ file }: Problem): Row {
  if (file === "cadre.yaml") return "cadre.yaml";
  if (/^graphs(\/|$)/.test(file)) return "workflow";
  return file.startsWith("briefs/") ? "briefs" : "modes";
}

/** What LangChain reads; any of them is enough. */
const tracing = ["LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2"];

/** Whether commands of roles can run here, found by running one. */
async function sandboxCheck(): Promise<Check> {
  const { bubblewrap } = await import("../../tools/sandbox/bubblewrap.ts");
  const found = bubblewrap({ node: process.execPath }).available();
  if ("no" in found) return check("sandbox", "note", "commands of roles are refused here", found.no);
  return check("sandbox", "ok", "commands of roles run in bubblewrap");
}

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
