/** What the Hub or the way to it did wrong, as CadreErrors: origin, status and the Hub's short code, never its words (R8). */
import { CadreError } from "../../errors.ts";

export function hubRefused(message: string, hint?: string): CadreError {
  return new CadreError("hub-refused", message, hint === undefined ? {} : { hint });
}

/** `why`: the system's code of a failed connection, or words. */
export function hubUnreachable(origin: string, why: string): CadreError {
  return new CadreError("hub-unreachable", `No answer from ${origin}${why === "unknown" ? "" : ` (${why})`}.`, {
    hint: "This machine may be offline. Go on without the Hub, and say in the report what was not looked up.",
    data: { origin, why },
  });
}

/** The Hub's word for what is wrong; anything that is no plain word is dropped. */
function shortCode(response: Response): string | null {
  const code = response.headers.get("x-error-code") ?? "";
  return /^[A-Za-z]{3,40}$/.test(code) ? code : null;
}

export function hubStatusError(origin: string, response: Response, token: boolean): CadreError {
  const { status } = response;
  const code = shortCode(response);
  const data = { origin, status, ...(code === null ? {} : { code }) };
  const told = code === null ? `${origin} answered ${status}` : `${origin} answered ${status} [${code}]`;
  if (code === "GatedRepo" || status === 403)
    return new CadreError("hub-auth", `${told}: access is gated.`, {
      hint: token
        ? "A person has to accept its terms with the account that the token belongs to. Escalate it; nothing can be agreed to from here."
        : "A person has to accept its terms, and name a token under `hub.token` in cadre.yaml. Escalate it; nothing can be agreed to from here.",
      data,
    });
  if (status === 401)
    return new CadreError("hub-auth", `${told}: ${token ? "the token was not accepted, or may not see it" : "it is not there, or not public"}.`, {
      hint: token ? "Check the id, and the variable that `hub.token` names." : "Check the id; what is private needs `hub.token` in cadre.yaml.",
      data,
    });
  if (status === 404) {
    const what = code === "RevisionNotFound" ? "there is no such revision" : code === "EntryNotFound" ? "there is no such file" : "there is no such entry";
    return new CadreError("hub-missing", `${told}: ${what}.`, { hint: "Search for it, and check the spelling of its id.", data });
  }
  if (status === 429)
    return new CadreError("hub-busy", `${told}: too many requests.`, {
      hint: waitHint(response),
      data,
    });
  if (status >= 500) return new CadreError("hub-busy", `${told}: the server failed.`, { hint: "Try again later.", data });
  return new CadreError("hub-refused", `${told}: the request was refused.`, { data });
}

function waitHint(response: Response): string {
  const seconds = response.headers.get("retry-after") ?? "";
  return /^\d{1,6}$/.test(seconds) ? `It asks to wait ${seconds} s.` : "Ask for less, or later.";
}
