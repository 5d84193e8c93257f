/**
 * Who is signed in: a one-time link or a user's token is given for a cookie, which names its user and is signed.
 *
 * S1. The link's key is used once; a new one takes its place. It travels behind `#`, which browsers send to nobody.
 * S2. The cookie is HttpOnly and SameSite=Strict, carries the port in its name (ports of one machine share their cookies), and ends.
 * S3. A cookie says whether it was given for the link or for a token: who runs the server and a user may bear one name.
 * S4. The key that signs lies in the data folder, for its owner alone: a server that starts again knows its pages still.
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import type { Clock } from "../clock.ts";
import { CadreError } from "../errors.ts";

const lifeMs = 7 * 24 * 3600 * 1000;

/** `owner`: whoever the one-time link let in. */
export type SignedIn = { readonly as: "owner" | "user"; readonly name: string };

export interface Sessions {
  readonly cookieName: string;
  /** The key of the link that is good now. */
  key(): string;
  /** True once for each key (S1). */
  useKey(key: string): boolean;
  /** The value of a new cookie. */
  sign(who: SignedIn): string;
  /** Whom a cookie was signed for; null where it was not signed here, or has ended. */
  whoIn(cookie: string): SignedIn | null;
  /** The header that sets it; an empty value takes it away. */
  setCookie(value: string): string;
}

export type SessionOptions = {
  readonly clock: Clock;
  readonly secret: Uint8Array;
  readonly cookieName: string;
  readonly path: string;
  /** Only over https. */
  readonly secure: boolean;
};

export function openSessions({ clock, secret, cookieName, path, secure }: SessionOptions): Sessions {
  let current = freshKey();
  const signature = (text: string): string => createHmac("sha256", secret).update(text).digest("base64url");
  return {
    cookieName,
    key: () => current,
    useKey: (key) => {
      if (!equal(key, current)) return false;
      current = freshKey();
      return true;
    },
    sign: ({ as, name }) => {
      const text = `${as}.${Buffer.from(name).toString("base64url")}.${clock.now() + lifeMs}`;
      return `${text}.${signature(text)}`;
    },
    whoIn: (cookie) => {
      const at = cookie.lastIndexOf(".");
      const text = cookie.slice(0, Math.max(0, at));
      if (!equal(cookie.slice(at + 1), signature(text))) return null;
      const [as, name = "", until = ""] = text.split(".");
      if (as !== "owner" && as !== "user") return null; // of an older server
      return Number(until) > clock.now() ? { as, name: Buffer.from(name, "base64url").toString() } : null;
    },
    setCookie: (value) =>
      [
        `${cookieName}=${value}`,
        `Path=${path === "" ? "/" : path}`,
        "HttpOnly",
        "SameSite=Strict",
        `Max-Age=${value === "" ? 0 : lifeMs / 1000}`,
        ...(secure ? ["Secure"] : []),
      ].join("; "),
  };
}

/** S4. Errors: file-unreadable (it is there and cannot be read). */
export function sessionSecret(file: string): Uint8Array {
  try {
    const held = readFileSync(file);
    if (held.length === 32) return held;
  } catch (error) {
    // Not there yet. One that cannot be read is not to be written over: every page would be signed out.
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "") throw error;
    if (code !== "ENOENT")
      throw new CadreError("file-unreadable", `${file} cannot be read (${code})`, {
        hint: "It holds what cookies are signed with. Make it readable, or take it away: every browser then signs in anew.",
        cause: error,
      });
  }
  const secret = randomBytes(32);
  writeFileSync(file, secret, { mode: 0o600 });
  return secret;
}

function freshKey(): string {
  return randomBytes(32).toString("base64url");
}

function equal(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
