/**
 * The server as a function from requests to responses. It opens no socket: tests call `app.request()`.
 *
 * H1. Access is asked before anything else, of every path (`access.ts`).
 * H2. Every answer of the API is JSON; an error has a code and the status of the one table (`src/errors.ts`).
 * H3. What has no code is told to the terminal, and to the page only that it happened (R8).
 */
import { Hono, type Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { basename } from "node:path";
import { z } from "zod";
import { CadreError, isCadreError } from "../errors.ts";
import type { FileVerification } from "../run/api.ts";
import type { SessionView } from "../views/control-room/session.ts";
import { onlyFromHere, onlySignedIn, refusedStatus, requireMay, userWithToken, type Vars } from "./access.ts";
import { asksApi } from "./asks-api.ts";
import { bodyOf } from "./body.ts";
import type { ServerDeps } from "./deps.ts";
import { securityHeaders, shell } from "./page.ts";
import { errorView, statusOf } from "./problem.ts";
import { projectApi } from "./project-api.ts";
import { rehearseApi } from "./rehearse-api.ts";
import { briefsApi, runsApi } from "./runs-api.ts";
import { streamOf } from "./stream-api.ts";

const largestBody = 512 * 1024;

export function createApp(deps: ServerDeps): Hono<Vars> {
  const { base } = deps;
  const app = new Hono<Vars>();
  app.use(async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(securityHeaders)) context.res.headers.set(name, value);
  });
  app.use(onlyFromHere(deps.access)); // H1
  app.use(bodyLimit({ maxSize: largestBody, onError: () => refuseLarge() }));
  app.onError((error, context) => answerError(deps, error, context));
  app.notFound((context) => context.json(errorDocument(new CadreError("usage", "there is nothing here")), 404));

  app.route(`${base}/api/session`, sessionApi(deps));
  const api = new Hono<Vars>();
  api.use(onlySignedIn(deps.access));
  api.use(async (context, next) => {
    await next();
    if (!context.res.headers.has("cache-control")) context.res.headers.set("Cache-Control", "no-store");
  });
  api.get("/session", async (context) => context.json(await sessionView(deps, context)));
  api.post("/link", async (context) => {
    await bodyOf(context, z.strictObject({}));
    const { owner, sessions } = deps.access;
    if (context.get("user") !== owner)
      throw new CadreError("not-approver", "only whoever runs the server can invite another browser");
    return context.json({ path: `${base}/#key=${sessions.key()}` });
  });
  api.route("/runs", runsApi(deps));
  api.route("/briefs", briefsApi(deps));
  api.route("/asks", asksApi(deps));
  api.route("/rehearse", rehearseApi(deps));
  api.get("/stream", (context) => streamOf(deps, context));
  api.post("/notify", async (context) => {
    requireMay(context.get("user"), "run");
    await bodyOf(context, z.strictObject({}));
    return context.json(await deps.cadre.notify());
  });
  // As dear as all runs together: whoever asks while one is under way is told what that one finds.
  let verifying: Promise<FileVerification> | null = null;
  api.get("/verification", async (context) => {
    verifying ??= deps.cadre.verifyAll().finally(() => {
      verifying = null;
    });
    return context.json(await verifying);
  });
  api.route("/", projectApi(deps));
  // What the API does not know is not the page either.
  api.all("*", (context) => context.json(errorDocument(new CadreError("usage", "there is nothing here")), 404));
  app.route(`${base}/api`, api);

  app.get(`${base}/assets/:name`, (context) => asset(deps, context));
  app.get(`${base}/*`, (context) => page(deps, context));
  if (base !== "") app.get(base, (context) => page(deps, context));
  return app;
}

/** Signing in and out. Neither is a GET: a link that somebody sends must not sign anybody in. */
function sessionApi(deps: ServerDeps): Hono<Vars> {
  const { access } = deps;
  const api = new Hono<Vars>();
  const given = z.union([
    z.strictObject({ key: z.string().max(200) }),
    z.strictObject({ token: z.string().max(200) }),
    z.strictObject({ signOut: z.literal(true) }),
  ]);
  api.post("/", async (context) => {
    const body = await bodyOf(context, given);
    if ("signOut" in body) {
      context.header("Set-Cookie", access.sessions.setCookie(""));
      return context.json({});
    }
    const user =
      "key" in body
        ? access.owner !== null && access.sessions.useKey(body.key)
          ? access.owner
          : undefined
        : userWithToken(context, access, body.token);
    if (!user)
      return context.json(errorDocument(new CadreError("not-approver", "that is not valid, or was used already")), 401);
    if ("key" in body) deps.onLinkUsed();
    context.header(
      "Set-Cookie",
      access.sessions.setCookie(access.sessions.sign({ as: "key" in body ? "owner" : "user", name: user.name })),
    );
    return context.json({});
  });
  return api;
}

async function sessionView(deps: ServerDeps, context: Context<Vars>): Promise<SessionView> {
  const { cadre, listings, version, command, loopback } = deps;
  return {
    user: { name: context.get("user").name, may: context.get("user").may },
    project: basename(cadre.dir),
    version,
    command,
    dir: loopback ? cadre.dir : null,
    openAsks: await listings.countOpenAsks(),
    newest: deps.live.newest(),
  };
}

function asset({ assets }: ServerDeps, context: Context): Response {
  const served = assets.serve(context.req.param("name") ?? "", context.req.header("accept-encoding") ?? "");
  if (!served) return context.json(errorDocument(new CadreError("usage", "there is nothing here")), 404);
  context.header("Content-Type", served.type);
  context.header("Cache-Control", "public, max-age=31536000, immutable");
  context.header("Vary", "Accept-Encoding");
  if (served.encoding !== null) context.header("Content-Encoding", served.encoding);
  return context.body(served.body);
}

/** Every address that is not the API's is the page's own: it knows what to show. */
function page({ assets, base }: ServerDeps, context: Context): Response {
  context.header("Cache-Control", "no-cache");
  return context.html(shell(assets.manifest, base));
}

function answerError(deps: ServerDeps, error: unknown, context: Context): Response {
  const refused = refusedStatus(error);
  if (refused !== null) return context.json(errorDocument(error), refused);
  if (error instanceof HTTPException) return context.json(errorDocument(error), error.status);
  if (!isCadreError(error) || error.code === "internal") deps.onFault(error); // H3
  if (isCadreError(error, "too-many-attempts")) context.header("Retry-After", String(error.data["seconds"]));
  return context.json(errorDocument(error), statusOf(error) as ContentfulStatusCode);
}

function errorDocument(error: unknown): Record<string, unknown> {
  return { schema: "cadre.error/1", ...errorView(error) };
}

function refuseLarge(): Response {
  return Response.json(errorDocument(new CadreError("usage", "the request is too large")), { status: 413 });
}
