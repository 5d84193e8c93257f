/** What `doctor` says of programs and servers outside: MCP servers and who is told of asks. Tokens are named, never shown. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../clock.ts";
import { readConfig } from "../config/config.ts";
import type { HubConfig } from "../config/hub.ts";
import type { McpConfig, McpServerConfig, NoticeTarget } from "../config/outside.ts";
import { targetId } from "../notices/tell.ts";
import type { NoticeFailure } from "../store/outbox.ts";
import { McpFault } from "../tools/mcp/port.ts";
import { counted } from "../views/counted.ts";
import { check, type Check } from "./check.ts";
import type { Context } from "./context.ts";
import { asCadreError } from "./errors.ts";

/** `reach`: start every server and read its list. */
export async function outsideChecks(context: Context, reach: boolean): Promise<Check[]> {
  const { mcp, notify, hub } = readConfig(context.dir).config;
  return [
    ...(hub === undefined ? [] : [await hubCheck(context, hub, reach)]),
    ...(await Promise.all(
      Object.entries(mcp.servers).map(([name, server]) => serverCheck(context, mcp, name, server, reach)),
    )),
    ...(await receiverChecks(context, mcp)),
    ...notify.map(targetCheck),
    ...(notify.length > 0 ? await noticeChecks(context, notify) : []),
  ];
}

/** `reach`: ask for the name of one model. */
async function hubCheck(context: Context, hub: HubConfig, reach: boolean): Promise<Check> {
  const { token } = hub;
  const detail = `${new URL(hub.url).host}, ${token === undefined ? "no token" : `${token} is set`}`;
  if (token !== undefined && isUnset(token))
    return check("hub", "note", `${new URL(hub.url).host}, ${token} is not set`, `set ${token}`);
  if (!reach) return check("hub", "ok", `${detail}; not tried`, context.command("doctor --servers"));
  const { openHub } = await import("../models/hub/hub.ts");
  try {
    await openHub(hub, { env: process.env, signal: new AbortController().signal }).search("model", {
      sort: "downloads",
      limit: 1,
    });
    return check("hub", "ok", `${detail}; reached`);
  } catch (thrown) {
    const { message, hint } = asCadreError(thrown);
    return check("hub", "broken", message, hint ?? "look at `hub` in cadre.yaml");
  }
}

async function serverCheck(
  context: Context,
  mcp: McpConfig,
  name: string,
  server: McpServerConfig,
  reach: boolean,
): Promise<Check> {
  const label = `mcp ${name}`;
  const unset = [...server.env, ...(server.token === undefined ? [] : [server.token])].filter(isUnset);
  const roles = server.roles === undefined ? "every role with the group mcp" : server.roles.join(", ");
  const detail = `${placeOf(server)}, ${counted(server.tools.length, "tool")} for ${roles}`;
  if (unset.length > 0)
    return check(label, "note", `${detail}; ${unset.join(", ")} is not set`, `set ${unset.join(", ")}`);
  if (!reach) return check(label, "ok", `${detail}; not tried`, context.command("doctor --servers"));
  const [{ connectServer, openMcpPool }, { missingTools }] = await Promise.all([
    import("../tools/mcp/pool.ts"),
    import("../tools/mcp/bind-tools.ts"),
  ]);
  const pool = openMcpPool({ mcp, dir: context.dir, env: process.env, connect: connectServer });
  try {
    const offered = await pool.offered(name, AbortSignal.timeout(server.timeoutSeconds * 1000));
    const missing = missingTools(name, server, offered).map(({ tool, why }) => `${tool}: ${why}`);
    return missing.length === 0
      ? check(label, "ok", `${detail}; reached`)
      : check(label, "broken", `${detail}; ${missing.join("; ")}`, `mend \`mcp.servers.${name}.tools\` in cadre.yaml`);
  } catch (thrown) {
    const what = thrown instanceof McpFault ? thrown.message : asCadreError(thrown).message;
    return check(label, "broken", what, `mend \`mcp.servers.${name}\` in cadre.yaml`);
  } finally {
    await pool.close();
  }
}

/** Who is to get a server's tools, and does not; a chart that cannot be read is told of by its own checks. */
async function receiverChecks(context: Context, { servers }: McpConfig): Promise<Check[]> {
  if (Object.keys(servers).length === 0) return [];
  const [{ readChart }, { rolesWithMcp }] = await Promise.all([import("./read-chart.ts"), import("../project.ts")]);
  const read = await readChart(context, []).catch(() => null);
  if (read === null) return [];
  const [all, having] = [read.chart.roles.map(({ slug }) => slug), rolesWithMcp(read)];
  const under = read.workflow === null ? "" : ` under ${read.workflow.name}`;
  return Object.entries(servers).flatMap(([name, { roles }]) =>
    withoutTools(roles, all, having, under).map(({ detail, hint }) => check(`mcp ${name}`, "note", detail, hint)),
  );
}

type InVain = { readonly detail: string; readonly hint: string };

function withoutTools(
  named: readonly string[] | undefined,
  all: readonly string[],
  having: readonly string[],
  under: string,
): InVain[] {
  const hint = "add mcp to its tool_groups in modes/, or to `grants` of the workflow";
  if (named === undefined)
    return having.length > 0
      ? []
      : [{ detail: `no role that a model plays${under} has the group mcp: none gets its tools`, hint }];
  return named.flatMap((role): InVain[] => {
    if (!all.includes(role))
      return [{ detail: `${role} is no role in modes/`, hint: "mend `roles` of the server in cadre.yaml" }];
    if (having.includes(role)) return [];
    return [{ detail: `${role} gets none of its tools${under}: it has not the group mcp, or a person plays it`, hint }];
  });
}

function targetCheck(target: NoticeTarget, index: number): Check {
  const unset = [...target.env, ...(target.token === undefined ? [] : [target.token])].filter(isUnset);
  const detail = `told of what waits for a person, and ${target.before} minutes before a deadline`;
  return unset.length === 0
    ? check(`notify ${index + 1}`, "ok", `${placeOf(target)}: ${detail}`)
    : check(
        `notify ${index + 1}`,
        "note",
        `${placeOf(target)}: ${unset.join(", ")} is not set`,
        `set ${unset.join(", ")}`,
      );
}

async function noticeChecks(context: Context, notify: readonly NoticeTarget[]): Promise<Check[]> {
  const file = join(context.data, "cadre.db");
  if (!existsSync(file)) return [];
  try {
    const { openStore } = await import("../store/open.ts");
    const store = openStore({ file, clock: systemClock, readOnly: true });
    try {
      const { told, waiting, givenUp, failures } = await store.noticeCounts();
      const detail = `of asks that are open: ${told} told, ${waiting} to be tried again, ${givenUp} given up`;
      if (failures.length === 0) return [check("notices", "ok", detail)];
      return [
        check("notices", "note", [detail, ...failureLines(notify, failures)].join("; "), context.command("notify")),
      ];
    } finally {
      store.close();
    }
  } catch {
    return []; // what is wrong with the file is said by the checks of the data
  }
}

/** Who could not be told, why, and from when on it is tried again: a line each. */
export function failureLines(notify: readonly NoticeTarget[], failures: readonly NoticeFailure[]): string[] {
  return failures.map(({ target, words, nextAt }) => {
    const at = notify.findIndex((each) => targetId(each) === target);
    const entry = notify[at];
    const who = entry ? `notify ${at + 1} (${placeOf(entry)})` : "one that cadre.yaml names no longer";
    return `${who}: ${words}, ${nextAt === null ? "given up" : `tried again from ${nextAt.slice(0, 19).replace("T", " ")} UTC on`}`;
  });
}

function placeOf({
  command,
  url,
}: {
  readonly command?: string[] | undefined;
  readonly url?: string | undefined;
}): string {
  return url === undefined ? (command?.[0] ?? "") : new URL(url).host;
}

function isUnset(name: string): boolean {
  return (process.env[name] ?? "") === "";
}
