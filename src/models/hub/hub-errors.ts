/**
 * What the Hub or the way to it did wrong, as CadreErrors: origin, status and the Hub's short code, never its words (R8). A person fetches
 * a model's file, a role looks an entry up: what either can do beside this is said by whom they asked.
 */
import { CadreError, type ErrorCode } from "../../errors.ts";

export function hubRefused(message: string, hint?: string): CadreError {
  return new CadreError("hub-refused", message, hint === undefined ? {} : { hint });
}

/** `why`: the system's code of a failed connection, or words. */
export function hubUnreachable(origin: string, why: string): CadreError {
  return new CadreError("hub-unreachable", `No answer from ${origin}${why === "unknown" ? "" : ` (${why})`}.`, {
    hint: "This machine may be offline.",
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
  const told = code === null ? `${origin} answered ${status}` : `${origin} answered ${status} [${code}]`;
  const { word, what, hint } =
    code === "GatedRepo" || status === 403 ? gated(token) : saidBy(status, code, token, response);
  const data = { origin, status, ...(code === null ? {} : { code }) };
  return new CadreError(word, `${told}: ${what}.`, { data, ...(hint === undefined ? {} : { hint }) });
}

type Said = { readonly word: ErrorCode; readonly what: string; readonly hint?: string };

function gated(token: boolean): Said {
  const how = token ? "with the account that the token belongs to" : "and name a token under `hub.token` in cadre.yaml";
  const hint = `A person has to accept its terms ${how}; nothing can be agreed to from here.`;
  return { word: "hub-auth", what: "access is gated", hint };
}

function saidBy(status: number, code: string | null, token: boolean, response: Response): Said {
  if (status === 401)
    return token
      ? {
          word: "hub-auth",
          what: "the token was not accepted, or may not see it",
          hint: "Check the id, and the variable that `hub.token` names.",
        }
      : {
          word: "hub-auth",
          what: "it is not there, or not public",
          hint: "Check the id; what is private needs `hub.token` in cadre.yaml.",
        };
  if (status === 404)
    return {
      word: "hub-missing",
      what: missingWhat[code ?? ""] ?? "there is no such entry",
      hint: "Search for it, and check the spelling of its id.",
    };
  if (status === 429) return { word: "hub-busy", what: "too many requests", hint: waitHint(response) };
  if (status >= 500) return { word: "hub-busy", what: "the server failed", hint: "Try again later." };
  return { word: "hub-refused", what: "the request was refused" };
}

const missingWhat: Readonly<Record<string, string>> = {
  RevisionNotFound: "there is no such revision",
  EntryNotFound: "there is no such file",
};

function waitHint(response: Response): string {
  const seconds = response.headers.get("retry-after") ?? "";
  return /^\d{1,6}$/.test(seconds) ? `It asks to wait ${seconds} s.` : "Ask for less, or later.";
}
