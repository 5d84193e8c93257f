/**
 * Who gets in, asked of every request, of reads and the stream too: a page of somebody else in the same browser can send anything here.
 *
 * A1. The Host is one of ours: a name that was pointed at this machine later (DNS rebinding) is not.
 * A2. An Origin, where there is one, is ours; Sec-Fetch-Site, where there is one, is same-origin, or none for what was typed in.
 * A3. What changes something is a POST of JSON by its content type. A GET changes nothing.
 * A4. The API wants a session's cookie, or a user's token as `Authorization: Bearer`; tokens elsewhere are not looked at.
 * A5. A change by cookie needs an Origin: every browser sends one.
 * A6. Where other machines reach it, wrong tokens are counted by where they come from (`attempts.ts`).
 */
import type { Context, MiddlewareHandler } from "hono";
import { getCookie } from "hono/cookie";
import { CadreError } from "../errors.ts";
import type { Permission } from "../views/control-room/session.ts";
import { placeOf, type Attempts } from "./attempts.ts";
import type { Sessions } from "./sessions.ts";
import type { User, Users } from "./users.ts";

export type Vars = { Variables: { user: User } };

export type AccessOptions = {
  /** `host:port`, in lower case; filled once the port is known. */
  readonly hosts: ReadonlySet<string>;
  /** `scheme://host:port`. */
  readonly origins: ReadonlySet<string>;
  readonly sessions: Sessions;
  readonly users: Users;
  /** Who a one-time link lets in; null where only tokens do. Asked for as this very object: a user may have the same name (S3 of `sessions.ts`). */
  readonly owner: User | null;
  /** Null where only this machine reaches it. `proxied`: something in front says where a request comes from. */
  readonly attempts: { readonly made: Attempts; readonly proxied: boolean } | null;
};

/** What it is refused with: a status, a word and what to do, and nothing about what is here. */
class Refused extends CadreError {
  readonly status: 400 | 401 | 403 | 415;
  constructor(status: Refused["status"], message: string, hint: string | null = null) {
    super("not-approver", message, hint === null ? {} : { hint });
    this.status = status;
  }
}

const otherName =
  "Ask by the address that `cadre serve` printed. Where others reach it by another name, it is started with that as --host, or, behind a proxy, as --origin.";
const signIn =
  "A program sends a user's token as `Authorization: Bearer <token>`; `cadre users <name> --may decide,run` makes one.";

export function refusedStatus(error: unknown): Refused["status"] | null {
  return error instanceof Refused ? error.status : null;
}

/** A1, A2, A3: of everything that is served. */
export function onlyFromHere({ hosts, origins }: AccessOptions): MiddlewareHandler {
  return async (context, next) => {
    const host = context.req.header("host")?.toLowerCase();
    if (host === undefined) throw new Refused(400, "there is no Host header");
    if (!hosts.has(host)) throw new Refused(403, "this server has another name", otherName);
    const origin = context.req.header("origin");
    if (origin !== undefined && !origins.has(origin.toLowerCase()))
      throw new Refused(403, "this came from another page");
    requireSameSite(context);
    if (context.req.method !== "GET" && context.req.method !== "HEAD") requireJson(context);
    await next();
  };
}

/** A2. What browsers say of where a request comes from; other programs say nothing. */
function requireSameSite(context: Context): void {
  const site = context.req.header("sec-fetch-site");
  if (site === undefined || site === "same-origin") return;
  const reads = context.req.method === "GET";
  if (reads && site === "none") return;
  // Following a link from elsewhere shows the page itself, which holds nothing: what it asks for comes from here.
  const follows = context.req.header("sec-fetch-mode") === "navigate" && !context.req.path.includes("/api/");
  if (!(reads && follows)) throw new Refused(403, "this came from another page");
}

function requireJson(context: Context): void {
  if (context.req.method !== "POST") throw new Refused(403, "changes are sent by POST");
  const type = context.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") throw new Refused(415, "only JSON is taken: content-type: application/json");
}

/** A4, A5: of the API. */
export function onlySignedIn(options: AccessOptions): MiddlewareHandler<Vars> {
  return async (context, next) => {
    const user = byToken(context, options) ?? byCookie(context, options);
    if (!user) throw new Refused(401, "you are not signed in", signIn);
    context.set("user", user);
    await next();
  };
}

function byToken(context: Context, options: AccessOptions): User | undefined {
  const token = /^Bearer ([A-Za-z0-9_-]{20,200})$/.exec(context.req.header("authorization") ?? "")?.[1];
  return token === undefined ? undefined : userWithToken(context, options, token);
}

/** Errors: too-many-attempts (A6). */
export function userWithToken(context: Context, { users, attempts }: AccessOptions, token: string): User | undefined {
  const from = attempts === null ? "" : placeOf(context, attempts.proxied);
  attempts?.made.requireRoom(from);
  const user = users.withToken(token);
  if (!user) attempts?.made.failed(from);
  return user;
}

function byCookie(context: Context, { sessions, users, owner }: AccessOptions): User | undefined {
  const cookie = getCookie(context, sessions.cookieName);
  const who = cookie === undefined ? null : sessions.whoIn(cookie);
  if (who === null) return undefined;
  if (context.req.method === "POST" && context.req.header("origin") === undefined)
    throw new Refused(403, "this came from no page");
  if (who.as === "user") return users.named(who.name);
  return owner?.name === who.name ? owner : undefined;
}

/** Errors: not-approver. */
export function requireMay(user: User, permission: Permission): void {
  if (user.may.includes(permission)) return;
  throw new CadreError("not-approver", `${user.name} may only look`, {
    hint: `Whoever runs the server can change that: \`cadre users ${user.name} --may decide,run\``,
    data: { by: user.name, needs: permission },
  });
}
