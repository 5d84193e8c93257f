/**
 * Tokens that were wrong, counted by where they came from. Nobody guesses 256 random bits; what this bounds is how fast somebody may try,
 * and what trying costs us.
 *
 * T1. After `most` wrong ones within a window, nothing from there is looked at before the window ends, a right one neither: whoever is
 *     told to wait learns nothing by not waiting. Who is signed in already goes on.
 * T2. What is remembered is bounded: beyond `places` the oldest is forgotten.
 */
import type { Context } from "hono";
import { isIPv6 } from "node:net";
import type { Clock } from "../clock.ts";
import { CadreError } from "../errors.ts";

const most = 10;
const windowMs = 60_000;
const places = 2000;

export interface Attempts {
  /** Errors: too-many-attempts, with the seconds to wait. */
  requireRoom(from: string): void;
  failed(from: string): void;
}

export function openAttempts(clock: Clock): Attempts {
  const held = new Map<string, { readonly until: number; count: number }>();
  return {
    requireRoom: (from) => {
      const own = held.get(from);
      const left = own === undefined || own.count < most ? 0 : own.until - clock.now();
      if (left > 0) throw tooMany(Math.ceil(left / 1000));
    },
    failed: (from) => {
      const now = clock.now();
      const own = held.get(from);
      if (own !== undefined && own.until > now) {
        own.count += 1;
        return;
      }
      held.delete(from);
      held.set(from, { until: now + windowMs, count: 1 });
      if (held.size > places) held.delete(held.keys().next().value as string); // T2
    },
  };
}

function tooMany(seconds: number): CadreError {
  return new CadreError(
    "too-many-attempts",
    `too many wrong tokens came from there; none is looked at for ${seconds} s`,
    {
      hint: "Whoever runs the server can make a new token: `cadre users <name> --may decide,run`",
      data: { seconds },
    },
  );
}

/**
 * Where a request comes from: the address of its connection, of IPv6 the network that one household has. Behind a proxy (`--origin`) it is
 * what the nearest one wrote; what stands before that anybody may have written.
 */
export function placeOf(context: Context, proxied: boolean): string {
  const said = proxied ? context.req.header("x-forwarded-for")?.split(",").at(-1)?.trim() : undefined;
  const address = said === undefined || said === "" ? connectionOf(context) : said.slice(0, 64);
  return isIPv6(address) && !address.startsWith("::ffff:") ? networkOf(address) : address;
}

/** Empty where there is no socket. */
function connectionOf({ env }: Context): string {
  const { incoming } = (env ?? {}) as { readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } } };
  return incoming?.socket?.remoteAddress ?? "";
}

/** The first four of its eight groups. */
function networkOf(address: string): string {
  const [head = "", tail] = address.split("::");
  const groups = (text: string | undefined): string[] => (text ? text.split(":") : []);
  const [before, after] = [groups(head), groups(tail)];
  const zeros =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => "0");
  return [...before, ...zeros, ...after].slice(0, 4).join(":");
}
