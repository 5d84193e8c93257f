/** `cadre serve`: the control room, until SIGINT or SIGTERM; runs that move here rest after their step then. */
import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { systemClock } from "../../clock.ts";
import { readConfig } from "../../config/config.ts";
import { CadreError } from "../../errors.ts";
import { hubRouter } from "../../models/resolve.ts";
import { namedVariables } from "../../notices/tell.ts";
import { secretRemover } from "../../outside/secrets.ts";
import { workflowNames } from "../../run/load-workflow.ts";
import type { ControlRoom, ServeOptions } from "../../server/serve.ts";
import { codeFrame, readForFrame } from "../code-frame.ts";
import { personOf, type Context } from "../context.ts";
import { dataChecks } from "../data-checks.ts";
import { count, flag, option, type Input } from "../input.ts";
import { withCadre } from "../open.ts";
import { packageFolder, packageVersion } from "../package-files.ts";
import { readChart } from "../read-chart.ts";
import { onStop } from "../signals.ts";
import { checksOf } from "./doctor.ts";

const usualPort = 7317;

/** Errors: usage, file-unreadable, config-invalid. */
export function serve(context: Context, input: Input): Promise<number> {
  const { output } = context;
  const opens = flag(input, "open");
  return withCadre(context, async (cadre) => {
    const { serveControlRoom } = await import("../../server/serve.ts");
    let first = true;
    const onLink = (link: string | null): void => {
      if (link !== null) tellLink(context, link, first);
      if (first && opens && link !== null) openBrowser(link);
      first = false;
    };
    const room = await serveControlRoom({ ...optionsOf(context, input), cadre, onLink });
    if (output.json) output.record({ schema: "cadre.serve/1", url: room.url });
    else output.line(`serving ${cadre.dir} at ${room.url}`);
    await untilStopped(context, room);
    return 0;
  });
}

function optionsOf(context: Context, input: Input): Omit<ServeOptions, "cadre" | "onLink"> {
  return {
    clock: systemClock,
    project: {
      files: () => projectFiles(context),
      servers: () => modelServers(context.dir),
      choices: () => ({
        workflows: workflowNames(context.dir),
        models: ["rehearsal", ...Object.keys(readConfig(context.dir).config.models)],
      }),
      cleaned: () => secretRemover(namedVariables(readConfig(context.dir).config), process.env),
      checks: async () => checksOf(context, (await dataChecks(context)).checks, { models: false, servers: false }),
    },
    web: `${packageFolder}dist/web`,
    host: option(input, "host") ?? "127.0.0.1",
    port: count(input, "port", "--port", usualPort) ?? usualPort,
    base: basePath(option(input, "basePath")),
    publicOrigin: originOf(option(input, "origin")),
    owner: personOf(option(input, "as")),
    version: packageVersion(),
    command: context.command("").trim(),
    onFault: (error) =>
      context.output.complain(error instanceof Error ? (error.stack ?? error.message) : String(error)),
  };
}

/** A model of the Hub is asked through its router. */
function modelServers(dir: string): readonly { readonly model: string; readonly origin: string }[] {
  return Object.entries(readConfig(dir).config.models).flatMap(([model, { tier, ...own }]) =>
    tier === "embedded" ? [] : [{ model, origin: new URL("url" in own ? own.url : hubRouter).origin }],
  );
}

async function projectFiles(context: Context): ReturnType<ServeOptions["project"]["files"]> {
  const { modes, chart, declared, workflow, problems, base } = await readChart(context, [], "every");
  const sources = new Map<string, string | null>();
  return {
    modes,
    chart,
    declared,
    workflow,
    problems,
    frameOf: (problem) => {
      if (!sources.has(problem.file)) sources.set(problem.file, readForFrame(resolve(base, problem.file)));
      return codeFrame(sources.get(problem.file) ?? null, problem, (_style, text) => text, 110);
    },
  };
}

function tellLink({ output }: Context, link: string, first: boolean): void {
  if (output.json) output.record({ link });
  else if (first)
    output.line(`open ${output.paint("cyan", link)}\n  it works once; for another browser a new one is shown here`);
  else output.line(`the link was used; for another browser: ${output.paint("cyan", link)}`);
}

/** Empty, or `/a/b`. */
function basePath(given: string | undefined): string {
  const path = (given ?? "").replace(/\/+$/, "");
  if (path === "" || /^(\/[A-Za-z0-9._~-]+)+$/.test(path)) return path;
  throw new CadreError("usage", `--base-path ${given} is not a path`, { hint: "for example: --base-path /cadre" });
}

function originOf(given: string | undefined): string | null {
  if (given === undefined) return null;
  const url = URL.parse(given);
  if (url && /^https?:$/.test(url.protocol) && url.pathname === "/") return url.origin;
  throw new CadreError("usage", `--origin ${given} is not where a page can be`, {
    hint: "for example: --origin https://cadre.example.org",
  });
}

/** Where none can be opened, the link is there to be followed. */
function openBrowser(link: string): void {
  const [command, ...args] =
    process.platform === "darwin"
      ? ["open", link]
      : process.platform === "win32"
        ? ["cmd", "/c", "start", "", link]
        : ["xdg-open", link];
  const child = spawn(command as string, args, { stdio: "ignore", detached: true });
  child.on("error", () => undefined);
  child.unref();
}

async function untilStopped({ output }: Context, room: ControlRoom): Promise<void> {
  const stopped = Promise.withResolvers<void>();
  let told = false;
  const onSignal = (): void => {
    if (told) process.exit(130); // a second time: now; every step that was told is on disk
    told = true;
    output.complain("stopping: what moves here rests after its step");
    stopped.resolve();
  };
  const release = onStop(onSignal);
  try {
    await stopped.promise;
    await room.close();
  } finally {
    release();
  }
}
