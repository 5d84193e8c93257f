/**
 * What a server or a connection did wrong, said as a CadreError.
 *
 * R8. No error holds a prompt, a token or a server's free text: servers echo prompts in their messages. What is said is the URL's
 * origin, the status, a machine-readable code that is not part of what was sent, and what to do. Whoever calls may have no run, and no
 * line in cadre.yaml: hints speak of neither alone. How a run goes on is said by those who move runs.
 */
import { CadreError, type ErrorCode } from "../errors.ts";

/** Where a model's address and name were given. */
const whereGiven = "`url` and `model` in cadre.yaml, or what --model says";

type Said = { readonly code: ErrorCode; readonly what: string; readonly hint: string };

const byStatus: Readonly<Record<number, Said>> = {
  401: {
    code: "model-auth",
    what: "the token was not accepted",
    hint: "Check the environment variable that `token` names in cadre.yaml; for `hf` models that is HF_TOKEN where nothing is said.",
  },
  402: {
    code: "model-refused",
    what: "the account has no credit left",
    hint: "Add credit, or bill another account with `billTo` in cadre.yaml.",
  },
  403: {
    code: "model-auth",
    what: "the token may not use this model",
    hint: "Give the token the right to call inference, or accept the model's terms with its account.",
  },
  404: {
    code: "model-refused",
    what: "there is no such model or path",
    hint: `Check ${whereGiven}; the URL is the server's address, with or without /v1.`,
  },
  413: {
    code: "model-refused",
    what: "the prompt is too large",
    hint: "Use a model with a longer context, or shorten the inputs.",
  },
  429: {
    code: "model-busy",
    what: "too many requests",
    hint: "Wait and try again, or raise the rate limit of the account.",
  },
  503: { code: "model-busy", what: "the server is busy or loading", hint: "Wait and try again." },
};

const otherFault: Said = {
  code: "model-unreachable",
  what: "the server failed",
  hint: "Try again later, or look at the server's log.",
};
const otherRefusal: Said = {
  code: "model-refused",
  what: "the request was refused",
  hint: `Check ${whereGiven}, the model's context length, and whether it takes tools.`,
};

/** Statuses that a later attempt may mend. */
export function mayRetry(status: number): boolean {
  return status === 429 || status === 500 || status === 502 || status === 503 || status === 504;
}

const noToken: Said = {
  code: "model-auth",
  what: "it wants a token, and none is configured",
  hint: "Write the name of the environment variable that holds it as `token` of this model in cadre.yaml.",
};

/** A status that is not a success. `serverCode`: see `readServerCode`. */
export function statusError(
  origin: string,
  status: number,
  attempts: number,
  given: { readonly serverCode: string | null; readonly token: boolean },
): CadreError {
  const { serverCode } = given;
  const known = status === 401 && !given.token ? noToken : byStatus[status];
  const said = known ?? (status >= 500 ? otherFault : otherRefusal);
  const code = serverCode === null ? "" : ` [${serverCode}]`;
  const tries = attempts > 1 ? ` after ${attempts} attempts` : "";
  return new CadreError(said.code, `${origin} answered ${status}${code}: ${said.what}${tries}.`, {
    hint: said.hint,
    data: { origin, status, attempts, ...(serverCode === null ? {} : { serverCode }) },
  });
}

/** The `code` or `type` of an error body, if it is a plain word and no part of what was sent; else null. */
export function readServerCode(body: string, sent: string): string | null {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return null;
  }
  const error = isRecord(value) && isRecord(value["error"]) ? value["error"] : value;
  if (!isRecord(error)) return null;
  const word = [error["code"], error["type"]].find(
    (entry) => typeof entry === "string" && /^[a-z_]{3,48}$/.test(entry),
  );
  return typeof word === "string" && !sent.includes(word) ? word : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The system's code of a failed connection, such as ECONNREFUSED; `unknown` where there is none. */
export function connectionCode(error: unknown): string {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth++) {
    const code: unknown = "code" in at ? at.code : undefined;
    if (typeof code === "string" && /^[A-Z0-9_]{2,64}$/.test(code)) return code;
  }
  return "unknown";
}

/** False for what stays as it is however often one asks: names that do not resolve, certificates that do not hold. */
export function connectionMayRetry(code: string): boolean {
  return !/^(ENOTFOUND|CERT_|ERR_TLS|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|UND_ERR_HEADERS_TIMEOUT)/.test(code);
}

export function connectionError(origin: string, code: string, attempts: number): CadreError {
  if (code === "UND_ERR_HEADERS_TIMEOUT") return timeoutError(origin, "first-token", null);
  const tries = attempts > 1 ? ` after ${attempts} attempts` : "";
  const why = code === "unknown" ? "" : ` (${code})`;
  return new CadreError("model-unreachable", `No connection to ${origin}${why}${tries}.`, {
    hint: /^(ENOTFOUND|EAI_AGAIN|ENETUNREACH)$/.test(code)
      ? "This machine may be offline, or the address wrong (`url` in cadre.yaml, or what --model says)."
      : "Is the server running, and is the URL right (`url` in cadre.yaml, or what --model says)?",
    data: { origin, connection: code, attempts },
  });
}

export function timeoutError(origin: string, limit: "first-token" | "idle" | "total", ms: number | null): CadreError {
  const time = ms === null ? "too long" : `${ms / 1000} s`;
  const what = {
    "first-token": `${origin} sent nothing for ${time}`,
    idle: `${origin} stopped sending for ${time}`,
    total: `The call to ${origin} took more than ${time}`,
  }[limit];
  const key = { "first-token": "firstToken", idle: "idle", total: "total" }[limit];
  return new CadreError("model-timeout", `${what}.`, {
    hint: `Look at the server, or raise \`timeouts.${key}\` of this model in cadre.yaml.`,
    data: { origin, limit, ...(ms === null ? {} : { ms }) },
  });
}

export function truncatedError(origin: string): CadreError {
  return new CadreError("model-truncated", `${origin} closed the connection before its answer was complete.`, {
    hint: "Try again; if it stays so, look at the server's log and at any proxy before it.",
    data: { origin },
  });
}

export function malformedError(origin: string, what: string): CadreError {
  return new CadreError("model-malformed", `${origin} ${what}.`, {
    hint: "Check that this is an OpenAI-compatible chat API (`url` in cadre.yaml, or what --model says).",
    data: { origin },
  });
}
