/** Times, figures and commands in words. */
import { visible } from "../../views/escape.ts";

/** `3m`, `2h`, `4d`; `now` below a few seconds. */
export function spanWords(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 5) return "now";
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours}h` : `${Math.round(hours / 24)}d`;
}

export function agoWords(at: string, now: number): string {
  const span = spanWords(now - Date.parse(at));
  return span === "now" ? "just now" : `${span} ago`;
}

/** What happens, or has happened, where nobody decides by then: `in 3h it goes up to Project Manager`, `it was due 14m ago`. */
export function deadlineWords(
  ask: { readonly deadline: string; readonly expires: boolean; readonly bumpsTo: string | null },
  names: (role: string) => string,
  now: number,
): string {
  const up = ask.bumpsTo === null ? null : `goes up to ${names(ask.bumpsTo)}`;
  const left = Date.parse(ask.deadline) - now;
  if (left > 0) {
    const then = ask.expires ? "it can no longer be approved" : up === null ? "it is overdue" : `it ${up}`;
    const span = spanWords(left);
    return `${span === "now" ? "in a moment" : `in ${span}`} ${then}`;
  }
  const ago = agoWords(ask.deadline, now);
  return ask.expires ? `its time was over ${ago}` : `it was due ${ago}${up === null ? "" : `, and ${up}`}`;
}

/** How long something took: `0.4s`, `12s`, `4:10`, `1:02:09`. */
export function tookWords(ms: number): string {
  if (ms < 1000) return `${Math.max(0, ms)}ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  const two = (value: number): string => String(value).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

const clock = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

export function timeWords(at: string): string {
  return clock.format(new Date(at));
}

const figure = new Intl.NumberFormat(undefined);

export function figureWords(value: number): string {
  return figure.format(value);
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${figureWords(count)} ${count === 1 ? one : many}`;
}

/** A word as a shell reads it back unchanged. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** On one line and without anything hidden. */
export function shown(text: string): string {
  return visible(text);
}

/** `sign-off` for `sign_off`. */
export function kindWords(kind: string): string {
  return kind.replaceAll("_", "-");
}
