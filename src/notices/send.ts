/**
 * Tells one notice to one command or address.
 *
 * S1. It ends in time: a command's whole process group and a request are ended with the limit.
 * S2. What the other side says is not kept: the outcome is an exit code or a status, in our words.
 * S3. A command gets PATH, HOME and the variables that were named; a token goes to the one address, and a redirect is not followed.
 */
import type { NoticeTarget } from "../config/outside.ts";
import { cleanEnvironment } from "../outside/clean-environment.ts";
import { startChildGroup } from "../outside/child-group.ts";

export type SendDeps = {
  /** The project's folder: where commands run. */
  readonly dir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
};

/** `late`: the limit ended it; trying again at once would only take as long once more. */
export type Sent = { readonly ok: boolean; readonly words: string; readonly late: boolean };

/** Never throws: whatever goes wrong is how it went. `id`: the same at every attempt, so that who listens can tell repetitions. */
export function sendNotice(deps: SendDeps, target: NoticeTarget, id: string, text: string): Promise<Sent> {
  return target.command === undefined ? post(deps, target, id, text) : runCommand(deps, target, target.command, text);
}

async function runCommand(
  { dir, env }: SendDeps,
  target: NoticeTarget,
  argv: readonly string[],
  text: string,
): Promise<Sent> {
  const group = startChildGroup({ argv, dir, env: cleanEnvironment(target.env, env) });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), target.timeoutSeconds * 1000);
  });
  try {
    group.process.stdout.resume();
    group.process.stderr.resume();
    group.process.stdin.end(`${text}\n`);
    const how = await Promise.race([group.ended, late]);
    if (how === null) return { ok: false, words: `did not end within ${target.timeoutSeconds} s`, late: true };
    return { ok: how === "ended with exit code 0", words: how, late: false };
  } finally {
    clearTimeout(timer);
    await group.close(0);
  }
}

async function post({ env }: SendDeps, target: NoticeTarget, id: string, text: string): Promise<Sent> {
  const token = target.token === undefined ? null : (env[target.token]?.trim() ?? "");
  // A header's own error message would quote the token.
  if (token !== null && !/^[\x21-\x7e]+$/.test(token))
    return { ok: false, words: `${target.token} holds no token`, late: false };
  try {
    const response = await fetch(target.url ?? "", {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "idempotency-key": id,
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      },
      body: text,
      redirect: "manual",
      signal: AbortSignal.timeout(target.timeoutSeconds * 1000),
    });
    await response.body?.cancel();
    return { ok: response.ok, words: `answered ${response.status}`, late: false };
  } catch (error) {
    const late = error instanceof Error && error.name === "TimeoutError";
    return { ok: false, words: late ? `did not answer within ${target.timeoutSeconds} s` : failureWords(error), late };
  }
}

/** Nothing of an error's text: it may quote what was sent. */
function failureWords(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "no connection";
  return `could not be reached (${code})`;
}
