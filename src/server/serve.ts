/** The server with everything behind it: sockets, sessions, the mover, the feed. Its owner closes it; runs rest after their step. */
import { serve as listen } from "@hono/node-server";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Cadre } from "../cadre/api.ts";
import type { Clock } from "../clock.ts";
import { CadreError } from "../errors.ts";
import { openPlacer } from "../layout/place.ts";
import { openFeed } from "../store/feed.ts";
import { openReader } from "../store/open-reader.ts";
import { noteServed } from "./served.ts";
import type { AccessOptions } from "./access.ts";
import { createApp } from "./app.ts";
import { openAssets } from "./assets.ts";
import { openAttempts } from "./attempts.ts";
import type { ProjectPort } from "./deps.ts";
import { openFigures } from "./figures.ts";
import { openLive } from "./live.ts";
import { openMover } from "./mover.ts";
import { openSessions, sessionSecret } from "./sessions.ts";
import { usersFile } from "./users-file.ts";
import { openUsers, type User } from "./users.ts";

export type ServeOptions = {
  readonly cadre: Cadre;
  readonly clock: Clock;
  readonly project: ProjectPort;
  /** Folder of the built page. */
  readonly web: string;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Empty, or `/cadre`. */
  readonly base: string;
  /** Where a proxy serves it, e.g. `https://cadre.example.org`; none: as it is bound. */
  readonly publicOrigin: string | null;
  /** Who a one-time link lets in: whoever runs the server. */
  readonly owner: string;
  readonly version: string;
  readonly command: string;
  readonly onFault: (error: unknown) => void;
  /** The address with the one-time key, and again each time when it was used; null: users sign in with their tokens. */
  readonly onLink: (link: string | null) => void;
};

export interface ControlRoom {
  /** Where it is, without a key. */
  readonly url: string;
  /** Stops taking requests, lets runs rest after their step, closes what it opened (not the project). */
  close(): Promise<void>;
}

const loopbackNames: readonly string[] = ["127.0.0.1", "localhost", "[::1]"];
/** How often it is looked whether a deadline has passed, and whether somebody is to be told of an ask. */
const deadlineMs = 20_000;

/** Errors: usage (a public address without users), file-unreadable (the page was not built), config-invalid; what the port says. */
export async function serveControlRoom(options: ServeOptions): Promise<ControlRoom> {
  const { cadre, clock, host, base, owner, onFault, onLink } = options;
  const loopback = isLoopbackHost(host);
  const users = openUsers(usersFile(cadre.data));
  if (!loopback && users.list().length === 0)
    throw new CadreError("usage", `${host} can be reached from other machines, and nobody may use it there yet`, {
      hint: "Make a user first: `cadre users <name> --may decide,run` shows their token once.",
    });
  if (/^(0\.0\.0\.0|\[?::\]?)$/.test(host) && options.publicOrigin === null)
    throw new CadreError("usage", `${host} is every address of this machine, and none that a request can name`, {
      hint: "Say what others call this machine: --host <its address or name>; behind a proxy, also --origin <where that serves it>.",
    });
  const assets = openAssets(options.web);
  // All that can be refused is, before a port is taken: who is told that nothing is served shall find nothing served.
  const outside = options.publicOrigin === null ? null : new URL(options.publicOrigin);
  const secret = sessionSecret(join(cadre.data, "serve.key"));
  const file = join(cadre.data, "cadre.db");
  const feed = openFeed({ file, clock });
  const reader = openReader({ file, clock });
  const live = openLive(feed, () => reader.countOpenAsks());
  const mover = openMover({
    cadre,
    onText: (run, role, text) => live.text({ run, role, text }),
    onChange: () => live.nudge(),
    onFault,
  });
  const placer = openPlacer();
  placer.warm();
  const everything: User = { name: owner, may: ["decide", "run"] };

  const wait = Promise.withResolvers<AddressInfo>();
  const fetchWith: { fetch: (request: Request, socket: object) => Response | Promise<Response> } = {
    fetch: () => new Response(null, { status: 503 }),
  };
  const server = listen(
    { fetch: (request, socket) => fetchWith.fetch(request, socket), hostname: host, port: options.port },
    wait.resolve,
  );
  server.on("error", (error) => wait.reject(error));
  const { port } = await wait.promise.catch((error: unknown) => {
    feed.close();
    reader.close();
    live.close();
    throw portError(error, options.port);
  });

  const { hosts, origins, home } = addressesOf(host, port, outside);
  const sessions = openSessions({
    clock,
    secret,
    cookieName: `cadre-${port}`,
    path: base,
    secure: home.startsWith("https:"),
  });
  const proxied = outside !== null;
  const alone = loopback && !proxied;
  const attempts = alone ? null : { made: openAttempts(clock), proxied };
  const tellLink = (): void => onLink(loopback ? `${home}${base}/#key=${sessions.key()}` : null);
  const app = createApp({
    cadre,
    listings: reader,
    clock,
    project: options.project,
    access: { hosts, origins, sessions, users, owner: loopback ? everything : null, attempts },
    assets,
    live,
    mover,
    figures: openFigures(cadre.store),
    placer,
    version: options.version,
    command: options.command,
    base,
    loopback: alone,
    onFault,
    onLinkUsed: tellLink,
  });
  fetchWith.fetch = (request, socket) => app.fetch(request, socket);
  tellLink();
  const unnote = noteServed(cadre.data, `${home}${base}/`);

  const seeToDeadlines = async (): Promise<void> => {
    for (const ask of await cadre.passDeadlines()) mover.wake(ask.run);
    await cadre.notify();
  };
  // One look at a time: targets of notices that are slow would otherwise be asked by more and more of them.
  let looking: Promise<void> | null = null;
  const look = (): void => {
    looking ??= seeToDeadlines()
      .catch(onFault)
      .finally(() => {
        looking = null;
      });
  };
  const timer = setInterval(look, deadlineMs);
  timer.unref();

  return {
    url: `${home}${base}/`,
    close: async () => {
      clearInterval(timer);
      unnote();
      live.close();
      server.close();
      await mover.drain();
      await looking; // it reads and writes the project, which is closed next
      if ("closeAllConnections" in server) server.closeAllConnections();
      await placer.close();
      feed.close();
      reader.close();
    },
  };
}

/** What it is called by those who reach it, and where it is: behind a proxy where that serves it. */
function addressesOf(
  host: string,
  port: number,
  outside: URL | null,
): Pick<AccessOptions, "hosts" | "origins"> & { readonly home: string } {
  const loopback = isLoopbackHost(host);
  const names = (loopback ? loopbackNames : [hostInUrl(host)]).map((name) => `${name}:${port}`);
  return {
    hosts: new Set([...names, ...(outside === null ? [] : [outside.host])]),
    origins: new Set([...names.map((name) => `http://${name}`), ...(outside === null ? [] : [outside.origin])]),
    home: outside?.origin ?? `http://${loopback ? "127.0.0.1" : hostInUrl(host)}:${port}`,
  };
}

function isLoopbackHost(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

function hostInUrl(host: string): string {
  return host.includes(":") ? `[${host}]` : host.toLowerCase();
}

function portError(error: unknown, port: number): unknown {
  const code = error instanceof Error && "code" in error ? error.code : "";
  if (code === "EADDRINUSE")
    return new CadreError("usage", `port ${port} is taken`, {
      hint: "choose another: --port 0 takes any that is free",
    });
  if (code === "EACCES" || code === "EADDRNOTAVAIL")
    return new CadreError("usage", `cannot listen there (${String(code)})`, {
      hint: "choose another --host or --port",
    });
  return error;
}
